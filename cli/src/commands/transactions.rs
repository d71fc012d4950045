//! How the transactions of each command come: what `--dry-run`, `--sign-only` and `--unsigned` can do with it.
//!
//! Every command is named, so that a new one does not compile before somebody has thought about it.

use crate::args::Command;
use crate::args::access::AccessCommand;
use crate::args::delegate::DelegateCommand;
use crate::args::deployment::RegistryCommand;
use crate::args::emergency::EmergencyCommand;
use crate::args::port::PortCommand;
use crate::args::provider::ProviderCommand;
use crate::args::record::RecordCommand;
use crate::args::relay::RelayCommand;
use crate::args::request::RequestCommand;
use crate::args::tx::TxCommand;
use crate::delivery::Transactions;

impl Command {
    /// How this command's transactions come.
    pub const fn transactions(&self) -> Transactions {
        use Transactions::{None, One, Planned, Several};
        match self {
            Self::Init(_)
            | Self::Wallet(_)
            | Self::Identity(_)
            | Self::Doctor
            | Self::History(_)
            | Self::Watch(_)
            | Self::Devnode(_)
            | Self::Demo(_)
            | Self::Deployment(_)
            | Self::Completions(_)
            | Self::Man(_) => None,
            Self::Deploy(args) if args.accept_ownership => One,
            Self::Deploy(_) | Self::Upgrade(_) => Planned,
            Self::Registry(command) => match command {
                RegistryCommand::Show => None,
                RegistryCommand::TransferOwnership(_) | RegistryCommand::AcceptOwnership => One,
            },
            Self::Keepalive(_) | Self::Inbox(_) => Several,
            Self::Provider(command) => match command {
                ProviderCommand::Show(_) | ProviderCommand::List(_) => None,
                ProviderCommand::Register(_)
                | ProviderCommand::ChangeKey(_)
                | ProviderCommand::Attest(_)
                | ProviderCommand::Suspend(_)
                | ProviderCommand::Reinstate(_)
                | ProviderCommand::Retire
                | ProviderCommand::SetProfile(_)
                | ProviderCommand::SetContact(_)
                | ProviderCommand::Attester(_) => One,
            },
            Self::Port(command) => match command {
                PortCommand::Show(_)
                | PortCommand::Card(_)
                | PortCommand::Remember(_)
                | PortCommand::List => None,
                PortCommand::Issue(_)
                | PortCommand::Claim(_)
                | PortCommand::Transfer(_)
                | PortCommand::SetPrimary(_)
                | PortCommand::CancelSignatures(_) => One,
                PortCommand::ChangeKey(_) | PortCommand::Accept(_) => Several,
            },
            Self::Record(command) => match command {
                RecordCommand::List(_)
                | RecordCommand::Get(_)
                | RecordCommand::Fetch(_)
                | RecordCommand::Export(_)
                | RecordCommand::Verify(_) => None,
                RecordCommand::Add(args) if args.is_batch() => Planned,
                RecordCommand::Add(_)
                | RecordCommand::Supersede(_)
                | RecordCommand::Retract(_)
                | RecordCommand::Erase(_) => One,
                RecordCommand::Share(_) => Several,
                RecordCommand::Publish(_) => Planned,
            },
            Self::Request(command) => match command {
                RequestCommand::List(_)
                | RequestCommand::Show(_)
                | RequestCommand::Status(_)
                | RequestCommand::Template(_) => None,
                RequestCommand::Send(_)
                | RequestCommand::Refer(_)
                | RequestCommand::Deny(_)
                | RequestCommand::Cancel(_)
                | RequestCommand::Block(_)
                | RequestCommand::Unblock(_) => One,
                RequestCommand::Approve(_) => Several,
            },
            Self::Access(command) => match command {
                AccessCommand::List(_) | AccessCommand::Mine(_) => None,
                AccessCommand::Grant(_)
                | AccessCommand::Revoke(_)
                | AccessCommand::Reseal(_)
                | AccessCommand::Rotate(_) => Several,
            },
            Self::Delegate(command) => match command {
                DelegateCommand::List(_) => None,
                DelegateCommand::Add(_)
                | DelegateCommand::Change(_)
                | DelegateCommand::Remove(_) => Several,
            },
            Self::Emergency(command) => match command {
                EmergencyCommand::List(_) => None,
                EmergencyCommand::Custodian(_)
                | EmergencyCommand::Disarm(_)
                | EmergencyCommand::Break(_)
                | EmergencyCommand::Veto(_) => One,
                EmergencyCommand::Arm(_)
                | EmergencyCommand::Refresh(_)
                | EmergencyCommand::Release(_) => Several,
            },
            Self::Relay(command) => match command {
                RelayCommand::Show(_) => None,
                RelayCommand::Submit(_) => One,
            },
            Self::Tx(command) => match command {
                TxCommand::Show(_) | TxCommand::Sign(_) => None,
                TxCommand::Send(_) => Planned,
            },
        }
    }
}
