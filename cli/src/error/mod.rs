//! Everything that can fail in a command, with a stable code, an exit code, and what to do about it.

mod code;
mod hinted;
mod told;
mod words;

use std::io;
use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use patientport_client::Timestamp;
use patientport_client::port::EmergencyState;
use patientport_core::keys::PhraseError;
use patientport_core::section::SectionId;
use thiserror::Error;

pub use hinted::{Difference, Hinted};

use crate::args::values::ValueError;
use crate::delivery::Ended;
use crate::home::{FileError, HomeError};
use crate::terminal::TerminalError;
use words::{no_such_range, not_open, taken};

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
    #[error("account `{index}` of identity `{identity}` {}", taken(wallet.as_deref()))]
    AccountTaken {
        /// The identity.
        identity: String,
        /// The account's number.
        index: u32,
        /// The wallet; none while another run is making it.
        wallet: Option<String>,
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
    /// A record that waits is sealed to a key that was its section's on a chain that has gone back since.
    #[error(
        "the record `{commitment}` is sealed to a key that section `{section}` does not have in epoch {epoch}, and nobody could read it"
    )]
    ForgottenKey {
        /// Its commitment.
        commitment: B256,
        /// Its section.
        section: SectionId,
        /// Its epoch.
        epoch: u32,
    },
    /// `doctor` found something that does not work.
    #[error("{failed} failed")]
    Unwell {
        /// How many, with the noun.
        failed: String,
        /// Every check, for programs.
        checks: serde_json::Value,
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

#[cfg(test)]
mod tests;
