//! Calls as the worlds and the seeds make them; each changes what it is about by struct update.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use patientport_abi::IPatientPort as abi;

use super::PATIENT;
use crate::port::WALLET_SIGNATURE;

pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const DAY: u64 = 24 * 60 * 60;
pub(crate) const YEAR: u64 = 365 * DAY;
/// The sections that a claimed port has.
pub(crate) const OPEN: u64 = 0b10_0011;

/// A plausible key.
pub(crate) fn key(seed: u8) -> B256 {
    B256::repeat_byte(seed)
}

/// The rotation of nothing.
pub(crate) fn no_rotation() -> abi::Rotation {
    abi::Rotation {
        sections: 0,
        epochs: Vec::new(),
        keys: Vec::new(),
        parities: 0,
        links: Bytes::new(),
        sealed_: Vec::new(),
    }
}

/// A rotation of `sections`, all at `epoch`, sealed to `recipients`.
pub(crate) fn rotation(sections: u64, epoch: u32, recipients: &[Address]) -> abi::Rotation {
    let count = sections.count_ones() as u8;
    abi::Rotation {
        sections,
        epochs: vec![epoch; count.into()],
        keys: (0..count).map(|index| key(0x70 + index)).collect(),
        parities: sections & 0b10_0001,
        links: Bytes::from_static(b"links"),
        sealed_: sealed(recipients),
    }
}

pub(crate) fn sealed(recipients: &[Address]) -> Vec<abi::Sealed> {
    let one = |recipient: &Address| abi::Sealed {
        recipient: *recipient,
        message: Bytes::from_static(b"section secrets, sealed: longer than one word"),
    };
    recipients.iter().map(one).collect()
}

pub(crate) fn claim() -> abi::claimCall {
    abi::claimCall {
        keyX: key(9),
        keyParity: 1,
        rotation: rotation(OPEN, 0, &[PATIENT]),
    }
}

pub(crate) fn add(section: u8) -> abi::addCall {
    abi::addCall {
        commitment: key(0xc0),
        section,
        epoch: 1,
    }
}

pub(crate) fn supersede(id: u32) -> abi::supersedeCall {
    abi::supersedeCall {
        recordId: id,
        commitment: key(0xc1),
        epoch: 1,
    }
}

pub(crate) fn request(recipient: Address) -> abi::requestCall {
    abi::requestCall {
        recipient,
        message: Bytes::from_static(b"please"),
    }
}

pub(crate) fn approve(id: u32, reader: Address) -> abi::approveCall {
    abi::approveCall {
        requestId: id,
        reader,
        sections: 0b11,
        epochs: vec![1, 1],
        expiry: START + YEAR,
        rights: 3,
        allowUnverified: false,
        message: Bytes::from_static(b"section secrets"),
    }
}

pub(crate) fn grant(reader: Address) -> abi::grantCall {
    abi::grantCall {
        reader,
        sections: 0b11,
        epochs: vec![1, 1],
        expiry: START + YEAR,
        rights: 3,
        allowUnverified: false,
        message: Bytes::from_static(b"section secrets"),
    }
}

pub(crate) fn set_delegate(delegate: Address, rights: u8) -> abi::setDelegateCall {
    abi::setDelegateCall {
        delegate,
        keyX: key(0xd0),
        keyParity: 1,
        rights,
        until: START + YEAR,
        rotation: no_rotation(),
    }
}

pub(crate) fn end_delegate(delegate: Address, rotation: abi::Rotation) -> abi::setDelegateCall {
    abi::setDelegateCall {
        delegate,
        keyX: B256::ZERO,
        keyParity: 0,
        rights: 0,
        until: 0,
        rotation,
    }
}

pub(crate) fn set_custodian(index: u8, account: Address) -> abi::setCustodianCall {
    abi::setCustodianCall {
        index,
        account,
        keyX: key(0xcd),
        keyParity: 1,
    }
}

/// Access to section 0, an hour after breaking the glass, for a day.
pub(crate) fn arm(responder: Address) -> abi::setResponderCall {
    abi::setResponderCall {
        responder,
        sections: 1,
        delay: 3600,
        window: DAY as u32,
        package: key(0xb0),
    }
}

pub(crate) fn disarm(responder: Address) -> abi::setResponderCall {
    abi::setResponderCall {
        responder,
        sections: 0,
        delay: 0,
        window: 0,
        package: B256::ZERO,
    }
}

pub(crate) fn break_glass() -> abi::breakGlassCall {
    abi::breakGlassCall {
        message: Bytes::from_static(b"found unconscious"),
    }
}

/// A call of the patient's, signed as the harness's `ecrecover` reads it.
pub(crate) fn execute(call: &impl SolCall, nonce: u64) -> abi::executeCall {
    let mut signature = PATIENT.into_word().to_vec();
    signature.extend(B256::with_last_byte(1));
    signature.push(27);
    abi::executeCall {
        call: call.abi_encode().into(),
        nonce: U256::from(nonce),
        deadline: u64::MAX,
        signature: signature.into(),
    }
}

/// A call of the contract wallet's.
pub(crate) fn execute_for_wallet(call: &impl SolCall, nonce: u64) -> abi::executeCall {
    abi::executeCall {
        signature: Bytes::from_static(WALLET_SIGNATURE),
        ..execute(call, nonce)
    }
}
