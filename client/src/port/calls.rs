//! The transactions of a port.

use alloy::primitives::{Address, B256, Bytes};
use patientport_core::abi::IPatientPort;
use patientport_core::keys::PublicKey;
use patientport_core::section::{SectionId, SectionSet};
use patientport_core::text::Rights;

use super::{DenialReason, Port, RetractionReason, RevocationReason};
use crate::chain::Transaction;
use crate::error::BlobPart;
use crate::units::Timestamp;

/// What a grant is to be: the arguments that `approve` and `grant` share.
#[derive(Clone, Debug)]
pub struct GrantCall {
    /// The sections.
    pub sections: SectionSet,
    /// Their epochs, ascending by section.
    pub epochs: Vec<u32>,
    /// Until when.
    pub expiry: Timestamp,
    /// To do what.
    pub rights: Rights,
    /// Whether an unverified reader is accepted.
    pub allow_unverified: bool,
    /// The section secrets, sealed to the reader.
    pub message: Vec<u8>,
}

impl Port {
    /// Accepts the port, publishing the patient's encryption key and first sections.
    pub fn claim(&self, key: &PublicKey, rotation: IPatientPort::Rotation) -> Transaction {
        let (key_x, key_parity) = (key.x(), key.parity());
        self.transaction(&IPatientPort::claimCall {
            keyX: key_x,
            keyParity: key_parity,
            rotation,
        })
    }

    /// Changes the patient's encryption key, with the rotation of the sections that its holder could read.
    pub fn set_encryption_key(
        &self,
        key: &PublicKey,
        rotation: IPatientPort::Rotation,
    ) -> Transaction {
        let (key_x, key_parity) = (key.x(), key.parity());
        self.transaction(&IPatientPort::setEncryptionKeyCall {
            keyX: key_x,
            keyParity: key_parity,
            rotation,
        })
    }

    /// New keys for sections; opens sections that are not open.
    pub fn rotate(&self, rotation: IPatientPort::Rotation) -> Transaction {
        self.transaction(&IPatientPort::rotateCall { rotation })
    }

    /// Gives current section secrets to more recipients.
    pub fn reseal(
        &self,
        sections: SectionSet,
        epochs: Vec<u32>,
        messages: Vec<IPatientPort::Sealed>,
    ) -> Transaction {
        let sections = sections.bits();
        self.transaction(&IPatientPort::resealCall {
            sections,
            epochs,
            sealed_: messages,
        })
    }

    /// Commits to a record.
    pub fn add(&self, commitment: B256, section: SectionId, epoch: u32) -> Transaction {
        let section = section.get();
        self.transaction(&IPatientPort::addCall {
            commitment,
            section,
            epoch,
        })
    }

    /// Takes a record back.
    pub fn retract(&self, record: u32, reason: RetractionReason) -> Transaction {
        let reason = reason.code();
        self.transaction(&IPatientPort::retractCall {
            recordId: record,
            reason,
        })
    }

    /// Publishes a piece of a record's ciphertext: for ever and for everybody.
    pub fn publish(&self, record: u32, part: BlobPart, piece: u32, data: Bytes) -> Transaction {
        self.transaction(&IPatientPort::publishCall {
            recordId: record,
            part: part.code(),
            piece,
            data,
        })
    }

    /// Asks for access on behalf of `recipient`, with a message sealed to the patient.
    pub fn request_access(&self, recipient: Address, message: Vec<u8>) -> Transaction {
        let message = Bytes::from(message);
        self.transaction(&IPatientPort::requestCall { recipient, message })
    }

    /// Takes a request back.
    pub fn cancel(&self, request: u32) -> Transaction {
        self.transaction(&IPatientPort::cancelCall { requestId: request })
    }

    /// Says no to a request, with a message sealed to the requester.
    pub fn deny(&self, request: u32, reason: DenialReason, message: Vec<u8>) -> Transaction {
        let (reason, message) = (reason.code(), message.into());
        self.transaction(&IPatientPort::denyCall {
            requestId: request,
            reason,
            message,
        })
    }

    /// Grants to `reader`, for whom the request asks.
    pub fn approve(&self, request: u32, reader: Address, grant: GrantCall) -> Transaction {
        self.transaction(&IPatientPort::approveCall {
            requestId: request,
            reader,
            sections: grant.sections.bits(),
            epochs: grant.epochs,
            expiry: grant.expiry.0,
            rights: grant.rights.bits(),
            allowUnverified: grant.allow_unverified,
            message: grant.message.into(),
        })
    }

    /// Grants without having been asked.
    pub fn grant(&self, reader: Address, grant: GrantCall) -> Transaction {
        self.transaction(&IPatientPort::grantCall {
            reader,
            sections: grant.sections.bits(),
            epochs: grant.epochs,
            expiry: grant.expiry.0,
            rights: grant.rights.bits(),
            allowUnverified: grant.allow_unverified,
            message: grant.message.into(),
        })
    }

    /// Ends a reader's access and rotates sections in the same transaction.
    pub fn revoke(
        &self,
        reader: Address,
        reason: RevocationReason,
        rotation: IPatientPort::Rotation,
    ) -> Transaction {
        let reason = reason.code();
        self.transaction(&IPatientPort::revokeCall {
            reader,
            reason,
            rotation,
        })
    }

    /// Voids what the patient signed and nobody has sent.
    pub fn cancel_signatures(&self) -> Transaction {
        self.transaction(&IPatientPort::cancelSignaturesCall {})
    }

    /// Gives a reader the keys of at most 16 single records, as
    /// [`seal_record_keys`](patientport_core::record::seal_record_keys) sealed them: for ever.
    pub fn share(&self, reader: Address, records: Vec<u32>, message: Vec<u8>) -> Transaction {
        self.transaction(&IPatientPort::shareCall {
            reader,
            recordIds: records,
            message: message.into(),
        })
    }
}
