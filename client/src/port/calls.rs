//! The transactions of a port.

use alloy::primitives::{Address, B256, Bytes};
use patientport_core::abi::IPatientPort;
use patientport_core::keys::PublicKey;
use patientport_core::section::{SectionId, SectionSet};
use patientport_core::text::Rights;

use super::{DenialReason, Port, RetractionReason, RevocationReason};
use crate::chain::Transaction;
use crate::delegation::Mandate;
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

    /// Adds a record to the section of an earlier one, and marks that one superseded.
    pub fn supersede(&self, record: u32, commitment: B256, epoch: u32) -> Transaction {
        self.transaction(&IPatientPort::supersedeCall {
            recordId: record,
            commitment,
            epoch,
        })
    }

    /// Takes no more requests of an account, or takes them again.
    pub fn set_blocked(&self, requester: Address, blocked: bool) -> Transaction {
        self.transaction(&IPatientPort::setBlockedCall { requester, blocked })
    }

    /// Offers the port to an account; to the zero address: calls that off.
    pub fn transfer_ownership(&self, to: Address) -> Transaction {
        self.transaction(&IPatientPort::transferOwnershipCall { newOwner: to })
    }

    /// Takes over a port that was offered.
    pub fn accept_ownership(&self) -> Transaction {
        self.transaction(&IPatientPort::acceptOwnershipCall {})
    }

    /// Names the primary care provider, or none.
    pub fn set_primary_care(&self, provider: Option<Address>) -> Transaction {
        self.transaction(&IPatientPort::setPrimaryCareCall {
            provider: provider.unwrap_or_default(),
        })
    }

    /// Names a delegate, or changes what it may do, and rotates sections in the same transaction.
    pub fn set_delegate(&self, mandate: &Mandate, rotation: IPatientPort::Rotation) -> Transaction {
        self.transaction(&IPatientPort::setDelegateCall {
            delegate: mandate.account,
            keyX: mandate.key.x(),
            keyParity: mandate.key.parity(),
            rights: mandate.rights.bits(),
            until: mandate.until.0,
            rotation,
        })
    }

    /// Ends a delegation and rotates sections in the same transaction.
    pub fn end_delegation(
        &self,
        delegate: Address,
        rotation: IPatientPort::Rotation,
    ) -> Transaction {
        self.transaction(&IPatientPort::setDelegateCall {
            delegate,
            keyX: B256::ZERO,
            keyParity: 0,
            rights: 0,
            until: 0,
            rotation,
        })
    }

    /// Names a custodian under a number, or none.
    pub fn set_custodian(
        &self,
        index: u8,
        custodian: Option<(Address, &PublicKey)>,
    ) -> Transaction {
        self.transaction(&IPatientPort::setCustodianCall {
            index,
            account: custodian.map_or(Address::ZERO, |(account, _)| account),
            keyX: custodian.map_or(B256::ZERO, |(_, key)| key.x()),
            keyParity: custodian.map_or(0, |(_, key)| key.parity()),
        })
    }

    /// Arms a responder for emergencies.
    pub fn arm(
        &self,
        responder: Address,
        sections: SectionSet,
        delay_secs: u32,
        window_secs: u32,
        package: B256,
    ) -> Transaction {
        self.transaction(&IPatientPort::setResponderCall {
            responder,
            sections: sections.bits(),
            delay: delay_secs,
            window: window_secs,
            package,
        })
    }

    /// Removes a responder and ends its access.
    pub fn disarm(&self, responder: Address) -> Transaction {
        self.arm(responder, SectionSet::EMPTY, 0, 0, B256::ZERO)
    }

    /// Names the package that goes with the present keys.
    pub fn set_package(&self, responder: Address, package: B256) -> Transaction {
        self.transaction(&IPatientPort::setPackageCall { responder, package })
    }

    /// Takes emergency access, with a reason sealed to the patient.
    pub fn break_glass(&self, message: Vec<u8>) -> Transaction {
        let message = Bytes::from(message);
        self.transaction(&IPatientPort::breakGlassCall { message })
    }

    /// Refuses emergency access while its delay runs.
    pub fn veto(&self, responder: Address) -> Transaction {
        self.transaction(&IPatientPort::vetoCall { responder })
    }

    /// Passes on what was inside a custodian's layer of a package.
    pub fn release(&self, responder: Address, message: Vec<u8>) -> Transaction {
        let message = Bytes::from(message);
        self.transaction(&IPatientPort::releaseCall { responder, message })
    }
}
