//! The stable code and the class of every error.

use patientport_core::emergency::EmergencyError;
use patientport_core::record::RecordError;

use crate::error::{BlobPart, Class, Error};

impl Error {
    /// The stable code of the error, as listed in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadInput { .. } => "input.invalid",
            Self::Halted { .. } => "tx.halted",
            Self::Refused(revert)
            | Self::TransactionFailed {
                revert: Some(revert),
                ..
            } => revert.code(),
            Self::TransactionFailed { revert: None, .. } => "tx.failed",
            Self::InsufficientFunds { .. } => "tx.insufficient_funds",
            Self::InsecureUrl { .. } => "rpc.insecure_url",
            Self::Unreachable { .. } => "rpc.unreachable",
            Self::Busy { .. } => "rpc.busy",
            Self::Rpc { .. } => "rpc.refused",
            Self::InvalidResponse { .. } => "rpc.invalid_response",
            Self::Timeout { .. } => "rpc.timeout",
            Self::ReceiptTimeout { .. } => "tx.receipt_timeout",
            Self::Unsettled { .. } => "tx.unsettled",
            Self::Disagreement { .. } => "rpc.disagreement",
            Self::WrongChain { .. } => "chain.wrong",
            Self::Watched { .. } => "wallet.watched",
            Self::NoDeviceSupport { .. } => "wallet.no_device_support",
            Self::Device { .. } => "wallet.device_failed",
            Self::SignedCall(problem) => problem.code(),
            Self::HandedOver(problem) => problem.code(),
            Self::NotAPort { .. } => "port.not_a_port",
            Self::NotARegistry { .. } => "registry.not_a_registry",
            Self::NotClaimed { .. } => "port.not_claimed",
            Self::UnknownProvider { .. } => "provider.unknown",
            Self::ProfileMismatch { .. } => "provider.profile_mismatch",
            Self::NoEncryptionKey { .. } => "key.none",
            Self::SectionNotOpen { .. } => "section.not_open",
            Self::NoMatchingKey { .. } => "section.no_matching_key",
            Self::NotShared { .. } => "record.not_shared",
            Self::CurrentSecretMissing { .. } => "section.current_secret_missing",
            Self::WrongSectionKey { .. } => "section.wrong_key",
            Self::NotThePatient { .. } => "port.not_owner",
            Self::DelegationOver { .. } => "delegate.over",
            Self::RightMissing { .. } => "delegate.lacks_right",
            Self::DelegateAsReader { .. } => "access.invalid_reader",
            Self::WrongPatientKey { .. } | Self::WrongDelegateKey { .. } => "identity.wrong_key",
            Self::RightsDiffer { .. } => "access.rights_differ",
            Self::WouldShorten { .. } => "access.would_shorten",
            Self::UnknownRecord { .. } => "record.unknown",
            Self::UnknownRequest { .. } => "request.unknown",
            Self::MissingMessage { .. } => "request.missing_message",
            Self::HistoryMismatch { .. } => "history.mismatch",
            Self::MissingBlob {
                part: BlobPart::Head | BlobPart::Body,
                ..
            } => "record.missing_blob",
            Self::NoIntactBlob { source, .. } => match source.code() {
                "store.missing_blob" => "record.missing_blob",
                "store.corrupt_blob" => "record.commitment_mismatch",
                other => other,
            },
            Self::CommitmentMismatch { .. } => "record.commitment_mismatch",
            Self::TooLargeToPublish { .. } => "record.too_large_to_publish",
            Self::Forged { .. } => "record.forged",
            Self::Duplicate { .. } => "record.duplicate",
            Self::PreparedElsewhere { .. } => "input.prepared_elsewhere",
            Self::Deployment { .. } => "deploy.mismatch",
            Self::Code { .. } => "deploy.invalid_code",
            Self::Store(error) => error.code(),
            Self::Key(_) => "key.invalid",
            Self::Open(_) => "message.unreadable",
            Self::Section(_) => "section.invalid",
            Self::Text(_) => "message.invalid_text",
            Self::Emergency(error) => emergency_code(error),
            Self::Package { source, .. } => match source.code() {
                "store.missing_blob" => "emergency.missing_package",
                "store.corrupt_blob" => "emergency.other_package",
                other => other,
            },
            Self::Record { source, .. } | Self::Encrypt(source) => record_code(source),
            Self::Signer(_) => "wallet.signing_failed",
            Self::Past { .. } | Self::OutlastsDelegation { .. } => "access.invalid_expiry",
        }
    }

    /// Which world the error belongs to.
    pub fn class(&self) -> Class {
        match self {
            Self::BadInput { .. }
            | Self::Key(_)
            | Self::Section(_)
            | Self::Text(_)
            | Self::Past { .. }
            | Self::PreparedElsewhere { .. }
            | Self::WrongChain { .. }
            | Self::InsecureUrl { .. }
            | Self::RightsDiffer { .. }
            | Self::WouldShorten { .. }
            | Self::OutlastsDelegation { .. }
            | Self::Code { .. }
            | Self::Watched { .. }
            | Self::NoDeviceSupport { .. }
            | Self::Encrypt(RecordError::Metadata(_) | RecordError::EpochZero) => Class::Usage,
            Self::Unreachable { .. }
            | Self::Busy { .. }
            | Self::Rpc { .. }
            | Self::InvalidResponse { .. }
            | Self::Timeout { .. }
            | Self::ReceiptTimeout { .. }
            | Self::Unsettled { .. }
            | Self::Signer(_)
            | Self::Device { .. }
            | Self::Record {
                source: RecordError::Read(_) | RecordError::Write(_),
                ..
            }
            | Self::Encrypt(
                RecordError::Read(_) | RecordError::Write(_) | RecordError::PayloadLength { .. },
            ) => Class::Environment,
            Self::SignedCall(problem) if problem.is_usage() => Class::Usage,
            Self::HandedOver(problem) if problem.is_usage() => Class::Usage,
            Self::NoIntactBlob { source, .. } => source.class(),
            Self::Package { source, .. } => source.class(),
            Self::Store(error) => error.class(),
            _ => Class::Refused,
        }
    }
}

fn emergency_code(error: &EmergencyError) -> &'static str {
    match error {
        EmergencyError::Malformed(_) | EmergencyError::UnsupportedVersion { .. } => {
            "emergency.malformed_package"
        }
        EmergencyError::WrongPlace | EmergencyError::CommitmentMismatch => {
            "emergency.other_package"
        }
        EmergencyError::NoLayer { .. } => "emergency.no_layer",
        EmergencyError::AuthenticationFailed => "emergency.sealed_otherwise",
        EmergencyError::CustodianCount { .. } | EmergencyError::CustodianRepeated { .. } => {
            "emergency.no_custodian"
        }
        _ => "section.invalid",
    }
}

fn record_code(error: &RecordError) -> &'static str {
    match error {
        RecordError::UnsupportedVersion { .. } => "record.unsupported_version",
        RecordError::WrongPlace(_) => "record.forged",
        RecordError::AuthenticationFailed => "record.authentication_failed",
        RecordError::CommitmentMismatch { .. } => "record.commitment_mismatch",
        RecordError::Metadata(_) => "record.invalid_metadata",
        RecordError::EpochZero => "section.not_open",
        RecordError::PayloadLength { .. } => "record.payload_changed",
        RecordError::Read(_) => "io.read",
        RecordError::Write(_) => "io.write",
        // The rest is malformed; core may come to know more ways to be.
        _ => "record.malformed",
    }
}
