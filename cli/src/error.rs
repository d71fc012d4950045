//! Everything that can fail in a command, with a stable code, an exit code, and what to do about it.

use std::io;
use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use patientport_client::Timestamp;
use patientport_client::port::EmergencyState;
use patientport_core::keys::PhraseError;
use serde::Serialize;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::args::values::ValueError;
use crate::codes::{self, Exit};
use crate::delivery::Ended;
use crate::home::{FileError, HomeError, KeystoreError};
use crate::terminal::TerminalError;

/// A command's failure.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Chain, store or cryptography.
    #[error(transparent)]
    Client(#[from] patientport_client::Error),
    /// The home.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// A prompt.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// A typed value that only showed to be wrong once the chain was asked.
    #[error("{flag} cannot be used")]
    Value {
        /// Which flag.
        flag: &'static str,
        /// Why.
        #[source]
        source: ValueError,
    },
    /// The command line itself; clap's own words.
    #[error("{0}")]
    Arguments(String),
    /// A flag that is needed in this situation.
    #[error("{flag} is needed: {reason}")]
    FlagNeeded {
        /// Which flag.
        flag: &'static str,
        /// Why.
        reason: String,
    },
    /// A flag's value makes no sense here.
    #[error("{flag} `{value}` cannot be used: {reason}")]
    FlagInvalid {
        /// Which flag.
        flag: &'static str,
        /// What was given.
        value: String,
        /// Why not.
        reason: String,
    },
    /// A flag that does not go with the command, or with what it came to.
    #[error("{flag} cannot be used here: {reason}")]
    FlagUnused {
        /// Which flag.
        flag: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A transaction that is to be signed is signed.
    #[error("this transaction is signed already")]
    SignedAlready,
    /// A transaction that is to be sent is not signed.
    #[error("this transaction is not signed yet")]
    NotSigned,
    /// No failure: the run was told to send nothing, and has nothing more to do.
    #[error("the command ended before it sent anything, as it was told")]
    Ended(Box<Ended>),
    /// A transaction needs a yes and nobody can be asked.
    #[error("this has to be confirmed and there is no terminal to ask on")]
    ConfirmationRequired,
    /// A password is needed and nobody can be asked.
    #[error("the password of {what} `{name}` is needed and there is no terminal to ask on")]
    PasswordRequired {
        /// `wallet` or `identity`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The program that `watch` is to run for each event cannot be run.
    #[error("`{}` cannot be run", program.display())]
    Hook {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The user said no.
    #[error("not confirmed: nothing was sent")]
    Declined,
    /// The file that should hold a password. Its path is not shown: people put the password itself there.
    #[error("the file that {flag} names cannot be read")]
    PasswordFile {
        /// Which flag or variable.
        flag: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What was read is not text.
    #[error("the file that {0} names is not UTF-8 text")]
    PasswordEncoding(&'static str),
    /// Typed twice, differently.
    #[error("the two passwords differ")]
    PasswordsDiffer,
    /// No home directory is known.
    #[error("neither --home nor the variable `HOME` says where keys are kept")]
    NoHome,
    /// Nothing says which registry to use.
    #[error("no registry is known on chain `{0}`")]
    NoRegistry(u64),
    /// The contracts' code is not at hand.
    #[error("this program was built without the contracts' code")]
    NoContracts,
    /// This home records another deployment on the chain.
    #[error(
        "this home records another deployment on chain `{chain_id}`, with the registry `{registry}`: {difference}"
    )]
    DeployedAlready {
        /// The chain.
        chain_id: u64,
        /// The registry deployed before.
        registry: Address,
        /// In what it is another.
        difference: Difference,
    },
    /// A public development key on another chain.
    #[error(
        "the key of `{address}` is public knowledge and chain `{chain_id}` is no development chain"
    )]
    DevelopmentKey {
        /// Its account.
        address: Address,
        /// The chain.
        chain_id: u64,
    },
    /// There is no such development account.
    #[error("there is no development account `{given}`: there are `{count}`, from 0")]
    NoDevelopmentAccount {
        /// What was asked for.
        given: usize,
        /// How many there are.
        count: usize,
    },
    /// What was read is no private key. It is not shown.
    #[error("what was given is no private key: 64 hexadecimal digits are expected")]
    NotAPrivateKey,
    /// What was read is no backup phrase. It is not shown.
    #[error("these are not the words of a backup")]
    Phrase(#[from] PhraseError),
    /// Neither a wallet nor an account of the identity's words with a trace on the chain.
    #[error(
        "this home has no wallet, and no account of identity `{identity}` has left a trace at the registry `{registry}`"
    )]
    NothingRecovered {
        /// The identity.
        identity: String,
        /// The registry.
        registry: Address,
    },
    /// The account is in the home.
    #[error("account `{index}` of identity `{identity}` is the wallet `{wallet}` of this home")]
    AccountTaken {
        /// The identity.
        identity: String,
        /// The account's number.
        index: u32,
        /// The wallet.
        wallet: String,
    },
    /// The user did not want to see the words.
    #[error("not confirmed: nothing was shown")]
    NotShown,
    /// A section's private name that this home does not know.
    #[error("this home knows no section named `{name}` at the port `{port}`")]
    UnknownSection {
        /// The name.
        name: String,
        /// The port.
        port: Address,
    },
    /// The wallet does not own the port.
    #[error("the port `{port}` belongs to `{owner}`, and the wallet `{wallet}` is `{account}`")]
    NotTheOwner {
        /// The port.
        port: Address,
        /// Its patient.
        owner: Address,
        /// The wallet's name.
        wallet: String,
        /// The wallet's account.
        account: Address,
    },
    /// A person's key is not the one whose fingerprint was told.
    #[error("the key of `{account}` has the fingerprint `{found}`, not `{told}`")]
    OtherFingerprint {
        /// The account.
        account: Address,
        /// The fingerprint given.
        told: String,
        /// That of the key.
        found: String,
    },
    /// The identity is not the one with which the patient named a delegate or a custodian.
    #[error(
        "the identity `{identity}` does not hold the key that the port `{port}` shows for its {role} `{account}`"
    )]
    NotThePersonsKey {
        /// The identity's name.
        identity: String,
        /// `delegate` or `custodian`.
        role: &'static str,
        /// Whose key it shows.
        account: Address,
        /// The port.
        port: Address,
    },
    /// Somebody acts for the patient already.
    #[error("`{account}` is a delegate of the port `{port}` already")]
    DelegateAlready {
        /// The account.
        account: Address,
        /// The port.
        port: Address,
    },
    /// A key that only the node vouches for.
    #[error("this home has never seen the key `{fingerprint}` of `{account}`")]
    UnseenKey {
        /// Whose it is said to be.
        account: Address,
        /// Its fingerprint.
        fingerprint: String,
    },
    /// The port was not offered to the account.
    #[error("the port `{port}` is not offered to `{account}`")]
    NotOffered {
        /// The port.
        port: Address,
        /// The account.
        account: Address,
    },
    /// The account is no custodian.
    #[error("`{account}` is no custodian of the port `{port}`")]
    NotACustodian {
        /// The account.
        account: Address,
        /// The port.
        port: Address,
    },
    /// A responder's window is not open.
    #[error("nothing is released to `{responder}`: {}", not_open(*state, *opens_at))]
    WindowNotOpen {
        /// The responder.
        responder: Address,
        /// Where its emergency access stands.
        state: EmergencyState,
        /// When its window opens, or opened.
        opens_at: Option<Timestamp>,
    },
    /// No window is open, or everything is released.
    #[error(
        "no responder of the port `{0}` waits for a package: no window is open, or you have released what there is"
    )]
    NothingToRelease(Address),
    /// Nobody of that account was named as a delegate.
    #[error("`{account}` is no delegate of the port `{port}`")]
    UnknownDelegate {
        /// The account.
        account: Address,
        /// The port.
        port: Address,
    },
    /// The port runs code that this program does not know.
    #[error(
        "the port `{port}` runs the code `{code_hash}` at `{implementation}`, which this program does not know"
    )]
    UnknownCode {
        /// The port.
        port: Address,
        /// Where its code stands.
        implementation: Address,
        /// keccak256 of that code.
        code_hash: B256,
    },
    /// The identity's key is not the port's.
    #[error("the identity `{identity}` does not hold the key of the port `{port}`")]
    NotThePortsKey {
        /// The identity's name.
        identity: String,
        /// The port.
        port: Address,
    },
    /// The identity's key is not the one the provider published.
    #[error("the identity `{identity}` does not hold the key that `{account}` has published")]
    NotThePublishedKey {
        /// The identity's name.
        identity: String,
        /// The account.
        account: Address,
    },
    /// A file given as input.
    #[error("cannot read `{}`", path.display())]
    Input {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line of a manifest.
    #[error("line `{line}` of `{}` cannot be used: {reason}", path.display())]
    Manifest {
        /// Which manifest.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// Why not.
        reason: String,
    },
    /// A transaction of several that were agreed to would cost far more than was shown.
    #[error("a transaction that was shown at no more than {} could now cost {}", crate::text::ether(*shown), crate::text::ether(*now))]
    CostRisen {
        /// The most that it was to cost, in wei.
        shown: u128,
        /// The most that it could cost now.
        now: u128,
    },
    /// The chain's present is far ahead of this machine's clock.
    #[error("the node dates its newest block `{}`, and this machine's clock says `{}`", crate::time::human(*chain), crate::time::human(*clock))]
    ChainAhead {
        /// The newest block's time.
        chain: u64,
        /// The machine's.
        clock: u64,
    },
    /// A manifest names a file that lies in another directory than its own.
    #[error("`{}` lies outside the manifest's directory", path.display())]
    Outside {
        /// The file.
        path: PathBuf,
    },
    /// Of several records some were not added.
    #[error("{failed} of {total} were not added")]
    BatchIncomplete {
        /// How many.
        failed: usize,
        /// Of how many, with the noun.
        total: String,
    },
    /// Another record of the batch was to go to the same place, and could not.
    #[error("as for the other records of this port and section: {why}")]
    Unplaced {
        /// What stood in the way.
        why: String,
    },
    /// Another run of this home adds records.
    #[error("another run of this home is adding records")]
    BatchRunning,
    /// Of several records some were not fetched.
    #[error("{failed} of {total} were not fetched")]
    FetchIncomplete {
        /// How many.
        failed: usize,
        /// Of how many, with the noun.
        total: String,
    },
    /// A template that says something that cannot be.
    #[error("the template `{name}` cannot be used: {reason}")]
    Template {
        /// Which; safe to show.
        name: String,
        /// Why not.
        reason: String,
    },
    /// A placeholder that was left open, or that there is none of.
    #[error("the placeholder `{placeholder}` {problem}: template `{template}`")]
    Placeholder {
        /// Which template; safe to show.
        template: String,
        /// Which placeholder; safe to show.
        placeholder: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A port card that is none.
    #[error("`{text}` is no port card: {reason}")]
    Card {
        /// What was given; safe to show.
        text: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A port card of another chain.
    #[error("the port card is of chain `{card}`, and the node serves chain `{node}`")]
    CardChain {
        /// The card's.
        card: u64,
        /// The node's.
        node: u64,
    },
    /// A port whose key is not that of its card.
    #[error("the node shows the key `{found}` for the port `{port}`, and its card says `{card}`")]
    CardKey {
        /// The port.
        port: Address,
        /// The card's fingerprint.
        card: String,
        /// The fingerprint of what the node shows.
        found: String,
    },
    /// A directory with other things in it than this program put there.
    #[error("`{}` has other things in it", .0.display())]
    DirectoryInUse(PathBuf),
    /// A file that holds no deployment.
    #[error("`{}` holds no deployment: {reason}", path.display())]
    DeploymentFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong; safe to show.
        reason: String,
    },
    /// What was said about a record cannot be stored with it.
    #[error("the record's description cannot be stored")]
    Metadata {
        /// Why.
        #[source]
        source: patientport_core::record::MetadataError,
    },
    /// The input is larger than anything it could be.
    #[error("{what} is longer than `{limit}` bytes")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How long it may be.
        limit: u64,
    },
    /// The output file.
    #[error(transparent)]
    Output(FileError),
    /// Writing to stdout failed.
    #[error("cannot write to standard output")]
    Stdout(#[source] io::Error),
    /// Binary data and a terminal.
    #[error("the record is not text and standard output is a terminal")]
    BinaryToTerminal,
    /// A part of a record that it does not have.
    #[error("{}", no_such_range(*id, *length))]
    NoSuchRange {
        /// The record.
        id: u32,
        /// Bytes of its payload, where its author stated them.
        length: Option<u64>,
    },
    /// Both the document and the record would go to stdout.
    #[error("--json and the record cannot both go to standard output")]
    JsonAndRecord,
    /// Nothing is stale.
    #[error("no section of the port `{0}` is stale: there is nothing to rotate")]
    NothingToRotate(Address),
    /// The development chain.
    #[error("the development chain cannot run")]
    Devnode(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The asynchronous runtime could not start.
    #[error("cannot start")]
    Runtime(#[source] io::Error),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// SIGTERM.
    #[error("terminated")]
    Terminated,
    /// SIGHUP.
    #[error("the terminal was closed")]
    HungUp,
    /// No network of that name.
    #[error("no network is called `{name}`: known are {known}")]
    UnknownNetwork {
        /// The name.
        name: String,
        /// The names that are known.
        known: String,
    },
    /// The settings file has no such profile.
    #[error("no profile is called `{name}`: {}", if known.is_empty() { "there are none".into() } else { format!("there are {}", known.join(", ")) })]
    UnknownProfile {
        /// The name, safe to show.
        name: String,
        /// Those that are there, safe to show.
        known: Vec<String>,
    },
    /// The settings file has such a profile.
    #[error("there is a profile `{0}` already")]
    ProfileTaken(String),
    /// A project's file names what this home does not know.
    #[error("the project's file `{}` names the {what} `{value}`, which this home does not know", path.display())]
    UnknownToHome {
        /// The file.
        path: PathBuf,
        /// `registry`, `port` or `network`.
        what: &'static str,
        /// What it says, safe to show.
        value: String,
    },
    /// `--from` names another account than the one that signs.
    #[error("--from names `{from}`, and what signs is `{account}`")]
    OtherSender {
        /// Who should send.
        from: Address,
        /// Who would.
        account: Address,
    },
    /// A secret stands in the arguments. It is not shown.
    #[error("--private-key is not taken: every program of this machine can read arguments")]
    SecretArgument,
    /// `doctor` found something that does not work.
    #[error("{failed} failed")]
    Unwell {
        /// How many, with the noun.
        failed: String,
    },
    /// An error of the demo's own checks.
    #[error("the demo found `{found}` where `{expected}` was expected: {step}")]
    Demo {
        /// Which step.
        step: String,
        /// What should have happened.
        expected: String,
        /// What did.
        found: String,
    },
    /// Another error with a hint that only this situation knows.
    #[error(transparent)]
    Hinted(Box<Hinted>),
}

/// Why a window is not open, in a sentence.
fn not_open(state: EmergencyState, opens_at: Option<Timestamp>) -> String {
    match (state, opens_at) {
        (EmergencyState::Pending, Some(opens)) => format!("its delay runs until `{opens}`"),
        (EmergencyState::Armed, _) => "it has not broken the glass".into(),
        (EmergencyState::Vetoed, _) => "its access was vetoed".into(),
        (EmergencyState::Over, _) => "its window is over".into(),
        _ => "it is no responder".into(),
    }
}

fn no_such_range(id: u32, length: Option<u64>) -> String {
    match length {
        Some(length) => {
            format!("record `{id}` has `{length}` bytes, and the part lies behind them")
        }
        None => format!("record `{id}` does not state its length, so no part of it can be found"),
    }
}

/// In what a deployment recorded here is not the one that would be made now.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Difference {
    /// Another version of the registry.
    #[error("its registry has the code `{recorded}`, the one to deploy has `{now}`")]
    RegistryCode {
        /// keccak256 of the code recorded.
        recorded: B256,
        /// keccak256 of the code that would be deployed.
        now: B256,
    },
    /// Another account deployed it.
    #[error("`{recorded}` deployed it, and the wallet is `{now}`")]
    Deployer {
        /// Who deployed it.
        recorded: Address,
        /// Who would deploy now.
        now: Address,
    },
    /// The same code and account, and yet another address: the record was made by other means.
    #[error("nothing tells how it was deployed")]
    Unexplained,
}

/// An error with a hint and details of its own.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct Hinted {
    /// What happened.
    pub error: Error,
    /// What to do.
    pub hint: String,
    /// Values for programs.
    pub details: Map<String, Value>,
}

impl Error {
    /// Adds a hint that only the caller can know, and values for programs.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>, details: Value) -> Self {
        // No failure, so there is nothing to be done about it.
        if matches!(self, Self::Ended(_)) {
            return self;
        }
        let details = match details {
            Value::Object(details) => details,
            _ => Map::new(),
        };
        Self::Hinted(Box::new(Hinted {
            error: self,
            hint: hint.into(),
            details,
        }))
    }

    /// Whether somebody else can send now what was composed, though this run has not: what it would make public has
    /// to be kept.
    pub fn is_handed_on(&self) -> bool {
        matches!(self, Self::Ended(ended) if ended.handed_on)
    }

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

    /// The process's exit code.
    pub fn exit(&self) -> Exit {
        codes::find(self.code()).map_or(Exit::Environment, |code| code.exit)
    }

    /// What to do about it: the situation's own hint first, then those of the code.
    pub fn hints(&self) -> Vec<String> {
        let mut hints = Vec::new();
        if let Self::Hinted(hinted) = self {
            hints.push(hinted.hint.clone());
        }
        let known = codes::find(self.code()).map_or(&[][..], |code| code.hints);
        hints.extend(known.iter().map(|hint| (*hint).to_owned()));
        hints
    }

    /// The messages from the outermost to the innermost, without repetitions.
    pub fn chain(&self) -> Vec<String> {
        let mut messages = vec![self.to_string()];
        let mut source = match self {
            // `Hinted` is transparent to its error as well.
            Self::Hinted(hinted) => std::error::Error::source(&hinted.error),
            _ => std::error::Error::source(self),
        };
        while let Some(cause) = source {
            let message = cause.to_string();
            if messages.last() != Some(&message) {
                messages.push(message);
            }
            source = cause.source();
        }
        messages
    }

    /// Values for programs: the causes, and what the variant carries beyond its message.
    pub fn details(&self) -> Value {
        use patientport_client::Error as Client;
        let mut details = match self {
            Self::Hinted(hinted) => {
                let mut details = hinted.details.clone();
                if let Value::Object(inner) = hinted.error.details() {
                    details.extend(inner);
                }
                return Value::Object(details);
            }
            Self::Client(
                Client::ReceiptTimeout { hash, .. } | Client::TransactionFailed { hash, .. },
            ) => json!({ "tx": hash }),
            Self::Client(Client::Refused(revert)) => {
                json!({ "contract": revert.contract, "function": revert.function })
            }
            Self::Client(Client::NotAPort {
                address, registry, ..
            }) => {
                json!({ "address": address, "registry": registry })
            }
            Self::Client(Client::WrongChain { expected, actual }) => {
                json!({ "expected": expected, "actual": actual })
            }
            Self::Home(HomeError::KeyChanged {
                account,
                chain_id,
                pinned,
                found,
            }) => {
                json!({ "account": account, "chain_id": chain_id, "pinned": pinned, "found": found })
            }
            Self::UnknownCode {
                port,
                implementation,
                code_hash,
            } => {
                json!({ "port": port, "implementation": implementation, "code_hash": code_hash })
            }
            Self::DeployedAlready {
                chain_id,
                registry,
                difference,
            } => {
                json!({ "chain_id": chain_id, "registry": registry, "difference": difference })
            }
            Self::NotTheOwner {
                port,
                owner,
                account,
                ..
            } => {
                json!({ "port": port, "owner": owner, "account": account })
            }
            _ => json!({}),
        };
        if let [_, causes @ ..] = self.chain().as_slice()
            && !causes.is_empty()
        {
            details["causes"] = json!(causes);
        }
        details
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

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
