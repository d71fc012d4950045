//! The verbs: one file each, returning a typed outcome that `output` renders.

pub mod access;
pub mod backup;
pub mod demo;
pub mod deploy;
pub mod describe;
pub mod devnode;
pub mod doctor;
pub mod history;
pub mod identity;
pub mod inbox;
pub mod init;
pub mod keepalive;
pub mod keys;
pub mod manual;
pub mod onward;
pub mod party;
pub mod port;
pub mod provider;
pub mod record;
pub mod request;
pub mod sealing;
pub mod stale;
pub mod wallet;
pub mod watch;

use crate::args::Command;
use crate::args::access::AccessCommand;
use crate::args::identity::IdentityCommand;
use crate::args::port::PortCommand;
use crate::args::provider::{AttesterCommand, ProviderCommand};
use crate::args::record::RecordCommand;
use crate::args::request::RequestCommand;
use crate::args::wallet::WalletCommand;
use crate::context::Context;
use crate::error::Error;
use crate::output::{Outcome, Report};

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
            IdentityCommand::Backup(args) => report(identity::backup::run(context, args)),
            IdentityCommand::Restore(args) => report(identity::restore::run(context, args)),
            IdentityCommand::Recover(args) => report(identity::recover::run(context, args).await),
            IdentityCommand::Export(args) => report(identity::export::run(context, args)),
            IdentityCommand::Import(args) => report(identity::import::run(context, &args)),
        },
        Command::Deploy(args) => report(deploy::run(context, args).await),
        Command::Keepalive(args) => report(keepalive::run(context, &args).await),
        Command::Provider(command) => match command {
            ProviderCommand::Register(args) => report(provider::register::run(context, args).await),
            ProviderCommand::ChangeKey(args) => {
                report(provider::change_key::run(context, args).await)
            }
            ProviderCommand::Attest(args) => report(provider::attest::run(context, args).await),
            ProviderCommand::Suspend(args) => report(provider::suspend::run(context, &args).await),
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
            PortCommand::ChangeKey(args) => report(port::change_key::run(context, args).await),
            PortCommand::List => report(port::list::run(context)),
        },
        Command::Record(command) => match command {
            RecordCommand::Add(args) => report(record::add::run(context, args).await),
            RecordCommand::List(args) => report(record::list::run(context, &args).await),
            RecordCommand::Get(args) => record::get::run(context, args).await,
            RecordCommand::Share(args) => report(record::share::run(context, &args).await),
            RecordCommand::Verify(args) => report(record::verify::run(context, &args).await),
            RecordCommand::Retract(args) => report(record::retract::run(context, &args).await),
            RecordCommand::Publish(args) => report(record::publish::run(context, &args).await),
            RecordCommand::Erase(args) => report(record::erase::run(context, &args).await),
        },
        Command::Request(command) => match command {
            RequestCommand::Send(args) => report(request::send::run(context, args).await),
            RequestCommand::List(args) => report(request::list::run(context, &args).await),
            RequestCommand::Show(args) => report(request::show::run(context, &args).await),
            RequestCommand::Approve(args) => report(request::approve::run(context, args).await),
            RequestCommand::Deny(args) => report(request::deny::run(context, args).await),
            RequestCommand::Cancel(args) => report(request::cancel::run(context, &args).await),
        },
        Command::Inbox(args) => report(inbox::run(context, &args).await),
        Command::Access(command) => match command {
            AccessCommand::List(args) => report(access::list::run(context, &args).await),
            AccessCommand::Grant(args) => report(access::grant::run(context, args).await),
            AccessCommand::Revoke(args) => report(access::revoke::run(context, args).await),
            AccessCommand::Reseal(args) => report(access::reseal::run(context, args).await),
            AccessCommand::Rotate(args) => report(access::rotate::run(context, args).await),
        },
        Command::Doctor => report(doctor::run(context).await),
        Command::History(args) => report(history::run(context, &args).await),
        Command::Watch(args) => watch::run(context, args).await,
        Command::Devnode(args) => devnode::run(context, &args).await,
        Command::Completions(args) => manual::completions(&args).map(|()| None),
        Command::Man(args) => manual::man(&args),
        // Every step waits for a process of its own, so other tasks must not wait for it.
        Command::Demo(args) => tokio::task::block_in_place(|| demo::run(context, &args)),
    }
}

fn report<T: Outcome>(outcome: Result<T, Error>) -> Result<Option<Report>, Error> {
    outcome.map(|outcome| Some(Report::of(&outcome)))
}
