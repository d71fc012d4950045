//! Calls in the form that most tests want them.

use alloy_primitives::{Address, B256, Bytes, keccak256};
use patientport_abi::IPatientPort as abi;

use super::account;

/// A key that could be one, by name.
pub(crate) fn key(name: &str) -> B256 {
    let mut key = keccak256(name);
    // Below the field prime, whatever the hash.
    key.0[0] = 1;
    key
}

/// A rotation of sections that all are at one epoch, sealed to nobody.
pub(crate) fn rotation(sections: u64, epoch: u32) -> abi::Rotation {
    let count = sections.count_ones() as usize;
    abi::Rotation {
        sections,
        epochs: vec![epoch; count],
        keys: (0..count)
            .map(|index| key(&format!("section {index} after {epoch}")))
            .collect(),
        parities: 0,
        links: Bytes::new(),
        sealed_: Vec::new(),
    }
}

/// The patient's acceptance, with sections 0, 1 and 5.
pub(crate) fn claim() -> abi::claimCall {
    abi::claimCall {
        keyX: key("patient"),
        keyParity: 1,
        rotation: rotation(0b10_0011, 0),
    }
}

/// A record of this number's own commitment.
pub(crate) fn add(section: u8, epoch: u32, number: u32) -> abi::addCall {
    abi::addCall {
        commitment: keccak256(number.to_be_bytes()),
        section,
        epoch,
    }
}

pub(crate) fn transfer(owner: Address) -> abi::transferOwnershipCall {
    abi::transferOwnershipCall { newOwner: owner }
}

pub(crate) fn custodian(index: u8, name: &str) -> abi::setCustodianCall {
    abi::setCustodianCall {
        index,
        account: account(name),
        keyX: key(name),
        keyParity: 0,
    }
}

/// Names a delegate, or changes its rights.
pub(crate) fn delegate(name: &str, rights: u8, until: u64) -> abi::setDelegateCall {
    abi::setDelegateCall {
        delegate: account(name),
        keyX: key(name),
        keyParity: 1,
        rights,
        until,
        rotation: rotation(0, 0),
    }
}

pub(crate) fn end_delegate(name: &str) -> abi::setDelegateCall {
    abi::setDelegateCall {
        keyX: B256::ZERO,
        keyParity: 0,
        ..delegate(name, 0, 0)
    }
}

pub(crate) fn arm(name: &str, sections: u64, delay: u32, window: u32) -> abi::setResponderCall {
    abi::setResponderCall {
        responder: account(name),
        sections,
        delay,
        window,
        package: keccak256("package"),
    }
}

pub(crate) fn disarm(name: &str) -> abi::setResponderCall {
    abi::setResponderCall {
        package: B256::ZERO,
        ..arm(name, 0, 0, 0)
    }
}

/// Asks for access for somebody.
pub(crate) fn request(recipient: &str) -> abi::requestCall {
    abi::requestCall {
        recipient: account(recipient),
        message: Bytes::from_static(b"please"),
    }
}

pub(crate) fn revoke(reader: &str) -> abi::revokeCall {
    abi::revokeCall {
        reader: account(reader),
        reason: 1,
        rotation: rotation(0, 0),
    }
}

pub(crate) fn sealed(recipient: &str) -> abi::Sealed {
    abi::Sealed {
        recipient: account(recipient),
        message: Bytes::from_static(b"secrets"),
    }
}

/// What grants and approvals have in common.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) sections: u64,
    pub(crate) epochs: Vec<u32>,
    pub(crate) expiry: u64,
    pub(crate) rights: u8,
    pub(crate) unverified: bool,
    pub(crate) message: Bytes,
}

impl Grant {
    /// To read sections that all are at one epoch.
    pub(crate) fn of(sections: u64, epoch: u32, expiry: u64) -> Self {
        Self {
            sections,
            epochs: vec![epoch; sections.count_ones() as usize],
            expiry,
            rights: 1,
            unverified: false,
            message: Bytes::from_static(b"secrets"),
        }
    }

    pub(crate) fn rights(self, rights: u8) -> Self {
        Self { rights, ..self }
    }

    pub(crate) fn unverified(self) -> Self {
        Self {
            unverified: true,
            ..self
        }
    }

    pub(crate) fn to(self, reader: &str) -> abi::grantCall {
        abi::grantCall {
            reader: account(reader),
            sections: self.sections,
            epochs: self.epochs,
            expiry: self.expiry,
            rights: self.rights,
            allowUnverified: self.unverified,
            message: self.message,
        }
    }

    pub(crate) fn approving(self, request: u32, reader: &str) -> abi::approveCall {
        abi::approveCall {
            requestId: request,
            reader: account(reader),
            sections: self.sections,
            epochs: self.epochs,
            expiry: self.expiry,
            rights: self.rights,
            allowUnverified: self.unverified,
            message: self.message,
        }
    }
}
