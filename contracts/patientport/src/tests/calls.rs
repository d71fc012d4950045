//! Calls as the tests make them; each changes what it is about by struct update.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, Bytes};
use patientport_abi::IPatientPort as abi;

use super::world::*;

/// A plausible key.
pub(crate) fn key(seed: u8) -> B256 {
    B256::repeat_byte(seed)
}

/// A rotation of `sections` with one message to the patient.
pub(crate) fn rotation(sections: u64, epochs: &[u32]) -> abi::Rotation {
    abi::Rotation {
        sections,
        epochs: epochs.to_vec(),
        keys: (0..epochs.len())
            .map(|index| key(0x70 + index as u8))
            .collect(),
        parities: sections & 0b10_0001,
        links: Bytes::from_static(b"links"),
        sealed_: [sealed(PATIENT, b"for the patient")].into(),
    }
}

/// A rotation of `sections` that is sealed to the patient and to `reader`.
pub(crate) fn rotation_for(reader: Address, sections: u64, epochs: &[u32]) -> abi::Rotation {
    let mut rotation = rotation(sections, epochs);
    rotation.sealed_.push(sealed(reader, b"secrets"));
    rotation
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

pub(crate) fn sealed(recipient: Address, message: &'static [u8]) -> abi::Sealed {
    abi::Sealed {
        recipient,
        message: Bytes::from_static(message),
    }
}

pub(crate) fn claim(rotation: abi::Rotation) -> abi::claimCall {
    abi::claimCall {
        keyX: key(9),
        keyParity: 1,
        rotation,
    }
}

pub(crate) fn rotate(rotation: abi::Rotation) -> abi::rotateCall {
    abi::rotateCall { rotation }
}

pub(crate) fn reseal(reader: Address, sections: u64, epochs: &[u32]) -> abi::resealCall {
    abi::resealCall {
        sections,
        epochs: epochs.to_vec(),
        sealed_: [sealed(reader, b"secrets")].into(),
    }
}

pub(crate) fn add(section: u8, epoch: u32) -> abi::addCall {
    abi::addCall {
        commitment: key(0xc0),
        section,
        epoch,
    }
}

pub(crate) fn supersede(id: u32, epoch: u32) -> abi::supersedeCall {
    abi::supersedeCall {
        recordId: id,
        commitment: key(0xc1),
        epoch,
    }
}

pub(crate) fn retract(id: u32, reason: u8) -> abi::retractCall {
    abi::retractCall {
        recordId: id,
        reason,
    }
}

pub(crate) fn publish(id: u32, part: u8, piece: u32) -> abi::publishCall {
    abi::publishCall {
        recordId: id,
        part,
        piece,
        data: Bytes::from_static(b"ciphertext"),
    }
}

pub(crate) fn share(reader: Address, ids: &[u32]) -> abi::shareCall {
    abi::shareCall {
        reader,
        recordIds: ids.to_vec(),
        message: Bytes::from_static(b"record keys"),
    }
}

pub(crate) fn request(recipient: Address) -> abi::requestCall {
    abi::requestCall {
        recipient,
        message: Bytes::from_static(b"please"),
    }
}

pub(crate) fn cancel(id: u32) -> abi::cancelCall {
    abi::cancelCall { requestId: id }
}

pub(crate) fn deny(id: u32, reason: u8) -> abi::denyCall {
    abi::denyCall {
        requestId: id,
        reason,
        message: Bytes::from_static(b"no"),
    }
}

pub(crate) fn block(requester: Address, blocked: bool) -> abi::setBlockedCall {
    abi::setBlockedCall { requester, blocked }
}

pub(crate) fn grant(
    reader: Address,
    sections: u64,
    epochs: &[u32],
    expiry: u64,
    rights: u8,
) -> abi::grantCall {
    abi::grantCall {
        reader,
        sections,
        epochs: epochs.to_vec(),
        expiry,
        rights,
        allowUnverified: false,
        message: Bytes::from_static(b"secrets"),
    }
}

/// Approves a request for the specialist.
pub(crate) fn approve(
    id: u32,
    sections: u64,
    epochs: &[u32],
    expiry: u64,
    rights: u8,
) -> abi::approveCall {
    abi::approveCall {
        requestId: id,
        reader: SPECIALIST,
        sections,
        epochs: epochs.to_vec(),
        expiry,
        rights,
        allowUnverified: false,
        message: Bytes::from_static(b"secrets"),
    }
}

pub(crate) fn revoke(reader: Address, rotation: abi::Rotation) -> abi::revokeCall {
    abi::revokeCall {
        reader,
        reason: 1,
        rotation,
    }
}

pub(crate) fn set_delegate(delegate: Address, rights: u8, until: u64) -> abi::setDelegateCall {
    abi::setDelegateCall {
        delegate,
        keyX: key(0xd0),
        keyParity: 1,
        rights,
        until,
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

pub(crate) fn no_custodian(index: u8) -> abi::setCustodianCall {
    abi::setCustodianCall {
        index,
        account: Address::ZERO,
        keyX: B256::ZERO,
        keyParity: 0,
    }
}

pub(crate) fn arm(
    responder: Address,
    sections: u64,
    delay: u32,
    window: u32,
) -> abi::setResponderCall {
    abi::setResponderCall {
        responder,
        sections,
        delay,
        window,
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

pub(crate) fn set_package(responder: Address) -> abi::setPackageCall {
    abi::setPackageCall {
        responder,
        package: key(0xb1),
    }
}

pub(crate) fn break_glass() -> abi::breakGlassCall {
    abi::breakGlassCall {
        message: Bytes::from_static(b"found unconscious"),
    }
}

pub(crate) fn veto(responder: Address) -> abi::vetoCall {
    abi::vetoCall { responder }
}

pub(crate) fn release(responder: Address) -> abi::releaseCall {
    abi::releaseCall {
        responder,
        message: Bytes::from_static(b"inner layer"),
    }
}

pub(crate) fn transfer(to: Address) -> abi::transferOwnershipCall {
    abi::transferOwnershipCall { newOwner: to }
}

pub(crate) fn accept() -> abi::acceptOwnershipCall {
    abi::acceptOwnershipCall {}
}

pub(crate) fn set_primary_care(provider: Address) -> abi::setPrimaryCareCall {
    abi::setPrimaryCareCall { provider }
}

pub(crate) fn set_encryption_key(rotation: abi::Rotation) -> abi::setEncryptionKeyCall {
    abi::setEncryptionKeyCall {
        keyX: key(0xe0),
        keyParity: 0,
        rotation,
    }
}

pub(crate) fn unauthorized(caller: Address) -> abi::Unauthorized {
    abi::Unauthorized { caller }
}
