//! The stable code of every failure.

use patientport_core::keys::PhraseError;

use super::Error;
use crate::home::{FileError, HomeError, KeystoreError};
use crate::terminal::TerminalError;

impl Error {
    /// The stable code, as listed in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Client(error) => error.code(),
            Self::Home(error) => home_code(error),
            Self::Terminal(TerminalError::Interrupted) | Self::Interrupted => "interrupted",
            Self::Terminated | Self::Terminal(TerminalError::Stopped) => "terminated",
            Self::HungUp => "hung_up",
            Self::Terminal(TerminalError::Io(_)) => "terminal.io",
            Self::Terminal(_) => "terminal.no_answer",
            Self::Value { .. } | Self::FlagInvalid { .. } => "usage.invalid_value",
            Self::Arguments(_) => "usage.arguments",
            Self::FlagNeeded { .. } => "usage.flag_needed",
            Self::FlagUnused { .. } => "usage.flag_unused",
            Self::SignedAlready | Self::NotSigned => "tx.wrong_stage",
            Self::Ended(_) => "tx.not_sent",
            Self::ConfirmationRequired => "usage.confirmation_required",
            Self::PasswordRequired { .. } => "usage.password_required",
            Self::Declined | Self::NotShown => "declined",
            Self::PasswordFile { .. } | Self::PasswordEncoding(_) => "password.file_unreadable",
            Self::PasswordsDiffer => "password.differs",
            Self::NoHome => "home.unknown",
            Self::NoRegistry(_) => "registry.unknown",
            Self::NoContracts => "contracts.missing",
            Self::DeployedAlready { .. } => "deploy.exists",
            Self::DevelopmentKey { .. } => "wallet.development_key",
            Self::NoDevelopmentAccount { .. } => "wallet.no_development_account",
            Self::NotAPrivateKey => "wallet.invalid_key",
            Self::Phrase(PhraseError::Account { .. }) => "wallet.no_such_index",
            Self::Phrase(_) => "phrase.invalid",
            Self::NothingRecovered { .. } => "recover.nothing_found",
            Self::AccountTaken { .. } => "wallet.index_taken",
            Self::UnknownSection { .. } => "section.unknown_name",
            Self::Hook { .. } => "watch.hook",
            Self::NotTheOwner { .. } => "port.not_owner",
            Self::UnknownCode { .. } => "port.unknown_code",
            Self::NotThePortsKey { .. }
            | Self::NotThePublishedKey { .. }
            | Self::NotThePersonsKey { .. } => "identity.wrong_key",
            Self::OtherFingerprint { .. } => "key.other_fingerprint",
            Self::DelegateAlready { .. } => "delegate.exists",
            Self::UnseenKey { .. } => "pin.unseen",
            Self::NotOffered { .. } => "port.not_offered",
            Self::NotACustodian { .. } => "emergency.not_custodian",
            Self::WindowNotOpen { .. } => "emergency.wrong_state",
            Self::NothingToRelease(_) => "emergency.nothing_to_release",
            Self::UnknownDelegate { .. } => "delegate.unknown",
            Self::Input { .. } => "input.unreadable",
            Self::Template { .. } => "template.invalid",
            Self::Placeholder { .. } => "template.placeholder",
            Self::Card { .. } => "card.invalid",
            Self::CardChain { .. } => "card.other_chain",
            Self::CardKey { .. } => "card.other_key",
            Self::DirectoryInUse(_) => "output.directory_in_use",
            Self::DeploymentFile { .. } => "deployment.invalid",
            Self::Manifest { .. } => "manifest.invalid",
            Self::Outside { .. } => "manifest.outside",
            Self::ChainAhead { .. } => "chain.ahead",
            Self::CostRisen { .. } => "tx.cost_risen",
            Self::BatchIncomplete { .. } => "record.batch_incomplete",
            Self::ForgottenKey { .. } => "record.forgotten_key",
            Self::Unplaced { .. } => "record.unplaced",
            Self::BatchRunning => "record.batch_running",
            Self::FetchIncomplete { .. } => "record.fetch_incomplete",
            Self::Metadata { .. } => "record.invalid_metadata",
            Self::TooLarge { .. } => "input.too_large",
            Self::Output(FileError::Exists(_)) => "output.exists",
            Self::Output(_) | Self::Stdout(_) => "output.unwritable",
            Self::BinaryToTerminal => "output.binary_to_terminal",
            Self::NoSuchRange { .. } => "record.no_such_range",
            Self::JsonAndRecord => "output.json_and_record",
            Self::NothingToRotate(_) => "section.none_stale",
            Self::Devnode(_) => "devnode.failed",
            Self::Runtime(_) => "runtime.failed",
            Self::UnknownNetwork { .. } => "network.unknown",
            Self::UnknownProfile { .. } => "settings.unknown_profile",
            Self::ProfileTaken(_) => "settings.profile_exists",
            Self::UnknownToHome { .. } => "settings.project_unknown",
            Self::OtherSender { .. } => "wallet.other_sender",
            Self::SecretArgument => "usage.secret_argument",
            Self::Unwell { .. } => "doctor.unwell",
            Self::Demo { .. } => "demo.failed",
            Self::Hinted(hinted) => hinted.error.code(),
        }
    }
}

fn home_code(error: &HomeError) -> &'static str {
    match error {
        HomeError::File(FileError::Malformed { .. } | FileError::TooLong { .. }) => "home.damaged",
        HomeError::File(_) => "home.unavailable",
        HomeError::Unknown {
            what: "identity", ..
        }
        | HomeError::Empty {
            what: "identity", ..
        } => "identity.unknown",
        HomeError::Unknown { .. } | HomeError::Empty { .. } => "wallet.unknown",
        HomeError::Taken { .. } => "home.name_taken",
        HomeError::InvalidName(_) => "home.invalid_name",
        HomeError::Keystore {
            source: KeystoreError::WrongPassword,
            ..
        } => "password.wrong",
        HomeError::Keystore { .. } | HomeError::InvalidSecret { .. } => "keystore.unusable",
        HomeError::UnknownPort(_) => "port.unknown_name",
        HomeError::NoPort(_) => "port.none_known",
        HomeError::AmbiguousPort { .. } => "port.ambiguous",
        HomeError::KeyChanged { .. } => "pin.changed",
        HomeError::UnknownSetting { .. } => "settings.unknown",
        HomeError::UnknownTemplate(_) => "template.unknown",
        HomeError::UnknownPending(_) => "record.nothing_pending",
    }
}
