//! What can be typed: clap types only. `settings.rs` resolves them, `commands/` acts on them.

pub mod access;
pub mod delegate;
pub mod demo;
pub mod deploy;
pub mod deployment;
pub mod devnode;
pub mod emergency;
pub mod env;
pub mod groups;
pub mod history;
pub mod identity;
pub mod inbox;
pub mod init;
pub mod keepalive;
pub mod manual;
pub mod person;
pub mod port;
pub mod provider;
pub mod record;
pub mod relay;
pub mod request;
pub mod tx;
pub mod values;
pub mod wallet;
pub mod watch;

use clap::{Parser, Subcommand};

use groups::GlobalArgs;

const EXAMPLES: &str = "\
A whole session, on a chain of your own:
  patientport devnode &                                      a Stylus chain on http://127.0.0.1:8547
  patientport wallet import alice --dev 0                    an account the development chain funds
  patientport identity new alice                             keys that open what others seal
  patientport identity backup alice                          24 words for paper; they bring it back
  patientport deploy                                         registry and port contracts
  patientport provider register --kind clinic --name 'Elm Street Practice'
  patientport provider attest ADDRESS --until 1y             an attester confirms who they are
  patientport port issue --patient ADDRESS                   a verified provider creates a port
  patientport port claim PORT --section 0:general            the patient accepts it
  patientport record add summary.json --section 0            encrypt, store, commit
  patientport request send --port PORT --section 0 --until 30d --text 'second opinion'
  patientport request approve 1                              the patient decides
  patientport record get 1 -o summary.json                   fetch, verify, decrypt
  patientport access revoke ADDRESS                          end access and change the keys

`patientport COMMAND -h` shows one command with its examples, `--help` every flag. Exit codes: 0 done, 1 refused,
2 usage or settings, 3 environment, 130 interrupted, 143 terminated.";

/// The command line of `patientport`.
#[derive(Debug, Parser)]
#[command(
    name = "patientport",
    version,
    about = "Patients own access to their health records: encrypt, request, approve, revoke",
    after_help = EXAMPLES,
    disable_help_subcommand = true,
    infer_long_args = false,
    max_term_width = 100
)]
pub struct Cli {
    /// Flags every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Keep what is given by flag or variable as this home's settings
    #[command(after_help = "\
Examples:
  patientport init --network arbitrum-sepolia --registry 0x3d50…8c55 --store ~/records
  patientport init --rpc-url https://node.clinic.example --verify-rpc-url https://other.example --force
  patientport init --profile research --network arbitrum-one --account research     used with --profile research
  patientport --show-settings                       what counts, and where each value came from

Flags and variables still come first, then the profile that is named, then the network, registry and port that a
patientport.json of the working directory or those above it chooses among what this home knows. Networks of your own stand in config.json under `networks`:
  { \"network\": \"clinic\", \"networks\": { \"clinic\": { \"rpc_url\": \"https://…\", \"chain_id\": 42161 } } }")]
    Init(init::InitArgs),
    /// Accounts: keystores that sign transactions
    #[command(subcommand)]
    Wallet(wallet::WalletCommand),
    /// Encryption identities: the keys that open what others seal
    #[command(subcommand)]
    Identity(identity::IdentityCommand),
    /// Deploy the registry and the port contract
    Deploy(deploy::DeployArgs),
    /// Which registry this home uses: show, export, import
    #[command(subcommand)]
    Deployment(deployment::DeploymentCommand),
    /// Other code for the ports that are issued from now on (owner)
    Upgrade(deployment::UpgradeArgs),
    /// The registry: whose it is, and to whom it goes
    #[command(subcommand)]
    Registry(deployment::RegistryCommand),
    /// Prolong the contracts' programs before they expire, or activate them again (anybody)
    #[command(after_help = "\
Examples:
  patientport keepalive --dry-run          how long each program has left
  patientport keepalive --within 6mo       prolong what expires within half a year

A Stylus program runs for a year after it was activated. Afterwards, and after an upgrade of the chain's Stylus
version, calls are refused until somebody activates it again. Nothing that is stored is lost.")]
    Keepalive(keepalive::KeepaliveArgs),
    /// Providers: register, attest, suspend, look up
    #[command(subcommand)]
    Provider(provider::ProviderCommand),
    /// Ports: issue, claim, show
    #[command(subcommand)]
    Port(port::PortCommand),
    /// Records: add, list, get, verify, retract, publish, erase
    #[command(subcommand)]
    Record(record::RecordCommand),
    /// Requests for access: send, decide, cancel
    #[command(subcommand)]
    Request(request::RequestCommand),
    /// Decide on what was asked of you, one request after another (patient)
    #[command(after_help = "\
Examples:
  patientport inbox                        every port of this home, one request after another
  patientport inbox --port elena --list    what waits at one port, asking nothing
  patientport inbox --json                 the same for a program

Approving and denying is what `request approve` and `request deny` do: each is shown with its cost and confirmed.
Without a terminal nothing is asked: what waits is listed.")]
    Inbox(inbox::InboxArgs),
    /// Access: list, grant, revoke, change keys
    #[command(subcommand)]
    Access(access::AccessCommand),
    /// Calls that a patient signed: look at them, send them (anybody)
    #[command(subcommand)]
    Relay(relay::RelayCommand),
    /// Transactions signed elsewhere: look at them, sign them without a node, send them
    #[command(subcommand)]
    Tx(tx::TxCommand),
    /// Delegates: people who act for the patient, with named rights, until a date
    #[command(subcommand)]
    Delegate(delegate::DelegateCommand),
    /// Emergency access: who may take it, who passes it on, and taking it
    #[command(subcommand)]
    Emergency(emergency::EmergencyCommand),
    /// Look at everything that a command could trip over, and change nothing
    #[command(after_help = "\
Examples:
  patientport doctor
  patientport doctor --json

Home and key files, stores, node and clock, contracts and how long their programs have left, ports, balances.
Exit code 1 if something does not work; warnings alone are no failure.")]
    Doctor,
    /// Everything that happened at a port, checked against the port's own account of it
    #[command(after_help = "\
Examples:
  patientport history
  patientport history --port 0x9fE4…a6e0 --since 2026-11-01 --about 0x7099…79C8
  patientport history --format fhir > audit.json    AuditEvents and Consents (FHIR R4)

A node cannot leave out, alter or backdate an event without also inventing another history head.")]
    History(history::HistoryArgs),
    /// Follow ports live: a line for everything that happens
    #[command(after_help = "\
Examples:
  patientport watch                                     every port of this home, until Ctrl-C
  patientport watch --port elena --since 2026-11-01 --json
  patientport watch --since 2026-11-01 --once           what happened since, and no more
  patientport watch --exec ./notify.sh -- --quiet       the script gets each event as JSON on standard input

A new request and a broken glass ring the terminal's bell. The history is checked as by `patientport history`.")]
    Watch(watch::WatchArgs),
    /// Run a Stylus development chain in this process
    Devnode(devnode::DevnodeArgs),
    /// Watch the whole product work, on a chain of its own or with --rpc-url on another
    Demo(demo::DemoArgs),
    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  patientport completions bash > ~/.local/share/bash-completion/completions/patientport
  patientport completions zsh > ~/.zfunc/_patientport
  patientport completions fish > ~/.config/fish/completions/patientport.fish")]
    Completions(manual::CompletionsArgs),
    /// Print the manual page, or write the pages of all commands
    #[command(after_help = "\
Examples:
  patientport man | man -l -
  patientport man ~/.local/share/man/man1")]
    Man(manual::ManArgs),
}
