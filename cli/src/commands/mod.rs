//! The verbs: one file each, returning a typed outcome that `output` renders.

pub mod access;
pub mod acting;
pub mod backup;
pub mod delegate;
pub mod demo;
pub mod deploy;
pub mod deployment;
pub mod describe;
pub mod devnode;
pub mod doctor;
pub mod emergency;
pub mod history;
pub mod identity;
pub mod inbox;
pub mod init;
pub mod keepalive;
pub mod keys;
pub mod manual;
pub mod onward;
pub mod party;
pub mod person;
pub mod port;
pub mod provider;
pub mod record;
pub mod registry;
pub mod relay;
pub mod request;
pub mod sealing;
pub mod stale;
mod transactions;
pub mod tx;
pub mod upgrade;
pub mod wallet;
pub mod watch;

use crate::args::Command;
use crate::args::access::AccessCommand;
use crate::args::delegate::DelegateCommand;
use crate::args::deployment::{DeploymentCommand, RegistryCommand};
use crate::args::emergency::{CustodianCommand, EmergencyCommand};
use crate::args::identity::IdentityCommand;
use crate::args::port::PortCommand;
use crate::args::provider::{AttesterCommand, ProviderCommand};
use crate::args::record::RecordCommand;
use crate::args::relay::RelayCommand;
use crate::args::request::{RequestCommand, TemplateCommand};
use crate::args::tx::TxCommand;
use crate::args::wallet::WalletCommand;
use crate::context::Context;
use crate::error::Error;
use crate::output::{Outcome, Report};

/// As [`execute`]. On a terminal, programs that are not active any more are offered to be activated; then the command
/// begins anew.
///
/// # Errors
/// Whatever the command meets.
pub async fn carry_out(
    context: &Context,
    command: Command,
    anew: &dyn Fn() -> Option<Command>,
) -> Result<Option<Report>, Error> {
    let is_keepalive = matches!(command, Command::Keepalive(_));
    let error = match execute(context, command).await {
        Err(error) if !is_keepalive && keepalive::cures(context, &error) => error,
        other => return other,
    };
    if !keepalive::offer(context).await? {
        return Err(error);
    }
    match anew() {
        Some(command) => Box::pin(execute(context, command)).await,
        None => Err(error),
    }
}

/// Carries out one command. `None`: the command has written its result to stdout itself.
///
/// # Errors
/// Whatever the command meets.
pub async fn execute(context: &Context, command: Command) -> Result<Option<Report>, Error> {
    match command {
        Command::Init(args) => report(init::run(context, &args)),
        Command::Wallet(command) => match command {
            WalletCommand::New(args) => report(wallet::new::run(context, args)),
            WalletCommand::Import(args) => report(wallet::import::run(context, args)),
            WalletCommand::List => report(wallet::list::run(context)),
            WalletCommand::Export(args) => report(wallet::export::run(context, args)),
            WalletCommand::Address(args) => report(wallet::address::run(context, &args)),
        },
        Command::Identity(command) => match command {
            IdentityCommand::New(args) => report(identity::new::run(context, args)),
            IdentityCommand::List => report(identity::list::run(context)),
            IdentityCommand::Show(args) => report(identity::show::run(context, &args)),
            IdentityCommand::Card(args) => report(identity::card::run(context, &args)),
            IdentityCommand::Backup(args) => report(identity::backup::run(context, args)),
            IdentityCommand::Restore(args) => report(identity::restore::run(context, args)),
            IdentityCommand::Recover(args) => report(identity::recover::run(context, args).await),
            IdentityCommand::Export(args) => report(identity::export::run(context, args)),
            IdentityCommand::Import(args) => report(identity::import::run(context, &args)),
        },
        Command::Deploy(args) => report(deploy::run(context, args).await),
        Command::Deployment(command) => match command {
            DeploymentCommand::Show => report(deployment::show(context).await),
            DeploymentCommand::Export(args) => deployment::export(context, &args).await,
            DeploymentCommand::Import(args) => report(deployment::import(context, &args).await),
        },
        Command::Upgrade(args) => report(upgrade::run(context, args).await),
        Command::Registry(command) => match command {
            RegistryCommand::Show => report(registry::show(context).await),
            RegistryCommand::TransferOwnership(args) => {
                report(registry::transfer(context, &args).await)
            }
            RegistryCommand::AcceptOwnership => report(deploy::accept_ownership(context).await),
        },
        Command::Keepalive(args) => report(keepalive::run(context, &args).await),
        Command::Provider(command) => match command {
            ProviderCommand::Register(args) => report(provider::register::run(context, args).await),
            ProviderCommand::ChangeKey(args) => {
                report(provider::change_key::run(context, args).await)
            }
            ProviderCommand::Attest(args) => report(provider::attest::run(context, args).await),
            ProviderCommand::Suspend(args) => report(provider::suspend::run(context, &args).await),
            ProviderCommand::Reinstate(args) => {
                report(provider::status::reinstate(context, &args).await)
            }
            ProviderCommand::Retire => report(provider::status::retire(context).await),
            ProviderCommand::SetProfile(args) => {
                report(provider::profile::set(context, args).await)
            }
            ProviderCommand::SetContact(args) => {
                report(provider::profile::set_contact(context, args).await)
            }
            ProviderCommand::Show(args) => report(provider::show::run(context, &args).await),
            ProviderCommand::List(args) => report(provider::list::run(context, &args).await),
            ProviderCommand::Attester(AttesterCommand::Add(args)) => {
                report(provider::attester::run(context, args.attester, true).await)
            }
            ProviderCommand::Attester(AttesterCommand::Remove(args)) => {
                report(provider::attester::run(context, args.attester, false).await)
            }
        },
        Command::Port(command) => match command {
            PortCommand::Issue(args) => report(port::issue::run(context, args).await),
            PortCommand::Claim(args) => report(port::claim::run(context, args).await),
            PortCommand::Show(args) => report(port::show::run(context, &args).await),
            PortCommand::Card(args) => report(port::card::run(context, &args).await),
            PortCommand::ChangeKey(args) => report(port::change_key::run(context, args).await),
            PortCommand::CancelSignatures(args) => {
                report(port::cancel_signatures::run(context, &args).await)
            }
            PortCommand::Transfer(args) => report(port::transfer::run(context, args).await),
            PortCommand::Accept(args) => report(port::accept::run(context, args).await),
            PortCommand::SetPrimary(args) => report(port::primary::run(context, args).await),
            PortCommand::Remember(args) => report(port::remember::run(context, args).await),
            PortCommand::List => report(port::list::run(context)),
        },
        Command::Record(command) => match command {
            RecordCommand::Add(args) => record::add::run(context, args).await,
            RecordCommand::Supersede(args) => report(record::supersede::run(context, args).await),
            RecordCommand::List(args) => report(record::list::run(context, &args).await),
            RecordCommand::Get(args) => record::get::run(context, args).await,
            RecordCommand::Fetch(args) => report(record::fetch::run(context, &args).await),
            RecordCommand::Export(args) => report(record::export::run(context, &args).await),
            RecordCommand::Share(args) => report(record::share::run(context, &args).await),
            RecordCommand::Verify(args) => report(record::verify::run(context, &args).await),
            RecordCommand::Retract(args) => report(record::retract::run(context, &args).await),
            RecordCommand::Publish(args) => report(record::publish::run(context, &args).await),
            RecordCommand::Erase(args) => report(record::erase::run(context, &args).await),
        },
        Command::Request(command) => match command {
            RequestCommand::Send(args) => report(request::send::run(context, args).await),
            RequestCommand::Refer(args) => report(request::send::refer(context, args).await),
            RequestCommand::Status(args) => report(request::status::run(context, &args).await),
            RequestCommand::Template(command) => match command {
                TemplateCommand::List => report(request::template::list(context)),
                TemplateCommand::Show(args) => report(request::template::show(context, &args)),
                TemplateCommand::Save(args) => report(request::template::save(context, args)),
                TemplateCommand::Remove(args) => report(request::template::remove(context, &args)),
            },
            RequestCommand::List(args) => report(request::list::run(context, &args).await),
            RequestCommand::Show(args) => report(request::show::run(context, &args).await),
            RequestCommand::Approve(args) => report(request::approve::run(context, args).await),
            RequestCommand::Deny(args) => report(request::deny::run(context, args).await),
            RequestCommand::Block(args) => report(request::block::run(context, &args, true).await),
            RequestCommand::Unblock(args) => {
                report(request::block::run(context, &args, false).await)
            }
            RequestCommand::Cancel(args) => report(request::cancel::run(context, &args).await),
        },
        Command::Inbox(args) => report(inbox::run(context, &args).await),
        Command::Access(command) => match command {
            AccessCommand::List(args) => report(access::list::run(context, &args).await),
            AccessCommand::Mine(args) => report(access::mine::run(context, &args).await),
            AccessCommand::Grant(args) => report(access::grant::run(context, args).await),
            AccessCommand::Revoke(args) => report(access::revoke::run(context, args).await),
            AccessCommand::Reseal(args) => report(access::reseal::run(context, args).await),
            AccessCommand::Rotate(args) => report(access::rotate::run(context, args).await),
        },
        Command::Relay(command) => match command {
            RelayCommand::Show(args) => report(relay::show::run(&args)),
            RelayCommand::Submit(args) => report(relay::submit::run(context, &args).await),
        },
        Command::Tx(command) => match command {
            TxCommand::Show(args) => report(tx::show::run(&args)),
            TxCommand::Sign(args) => report(tx::sign::run(context, &args).await),
            TxCommand::Send(args) => report(tx::send::run(context, &args).await),
        },
        Command::Delegate(command) => match command {
            DelegateCommand::Add(args) => report(delegate::set::add(context, args).await),
            DelegateCommand::Change(args) => report(delegate::set::change(context, args).await),
            DelegateCommand::Remove(args) => report(delegate::remove::run(context, args).await),
            DelegateCommand::List(args) => report(delegate::list::run(context, &args).await),
        },
        Command::Emergency(command) => match command {
            EmergencyCommand::Custodian(CustodianCommand::Set(args)) => {
                report(emergency::custodian::set(context, args).await)
            }
            EmergencyCommand::Custodian(CustodianCommand::Remove(args)) => {
                report(emergency::custodian::remove(context, args).await)
            }
            EmergencyCommand::Arm(args) => report(emergency::arm::run(context, args).await),
            EmergencyCommand::List(args) => report(emergency::list::run(context, &args).await),
            EmergencyCommand::Refresh(args) => {
                report(emergency::packages::run(context, args).await)
            }
            EmergencyCommand::Disarm(args) => report(emergency::arm::disarm(context, args).await),
            EmergencyCommand::Break(args) => report(emergency::glass::run(context, args).await),
            EmergencyCommand::Veto(args) => report(emergency::glass::veto(context, args).await),
            EmergencyCommand::Release(args) => report(emergency::release::run(context, args).await),
        },
        Command::Doctor => report(doctor::run(context).await),
        Command::History(args) => report(history::run(context, &args).await),
        Command::Watch(args) => watch::run(context, args).await,
        Command::Devnode(args) => devnode::run(context, &args).await,
        Command::Completions(args) => manual::completions(&args).map(|()| None),
        Command::Man(args) => manual::man(&args),
        Command::Demo(args) => demo::run(context, &args).await,
    }
}

fn report<T: Outcome>(outcome: Result<T, Error>) -> Result<Option<Report>, Error> {
    outcome.map(|outcome| Some(Report::of(&outcome)))
}
