//! The client's errors: what failed, with the values that matter, a stable code and a class.

mod kinds;
mod words;

use std::time::Duration;

use alloy::primitives::{Address, B256};
use patientport_core::emergency::EmergencyError;
use patientport_core::keys::KeyError;
use patientport_core::record::{PlaceMismatch, RecordError};
use patientport_core::seal::OpenError;
use patientport_core::section::{SectionError, SectionSet};
use patientport_core::text::{Rights, TextError};

use crate::port::DelegateRights;
use crate::revert::Revert;
use crate::store::StoreError;
use crate::units::{Timestamp, Wei};

pub use kinds::{BlobPart, Class, NotAPortReason};
use words::{either, list, mismatch, verb};

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a client operation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value given by the caller is unusable.
    #[error("{what}: `{value}`")]
    BadInput {
        /// What is wrong with it.
        what: &'static str,
        /// The value.
        value: String,
    },
    /// A contract refused.
    #[error("{0}")]
    Refused(Box<Revert>),
    /// Execution ended without an answer of the contract: out of gas or ink, or a trap.
    #[error("the call could not be executed: `{reason}`")]
    Halted {
        /// The node's words.
        reason: String,
    },
    /// The transaction was mined and failed, though its simulation succeeded.
    #[error("the transaction `{hash}` was mined and failed{}", revert.as_ref().map(|revert| format!(": {revert}")).unwrap_or_default())]
    TransactionFailed {
        /// The transaction.
        hash: B256,
        /// What the contract said, where running it again tells.
        revert: Option<Box<Revert>>,
    },
    /// The sender cannot pay.
    #[error("`{account}` has `{balance}` and this may cost `{needed}`")]
    InsufficientFunds {
        /// The sender.
        account: Address,
        /// What it has.
        balance: Wei,
        /// What the transaction may cost at most.
        needed: Wei,
    },
    /// A node on another machine would be reached without TLS.
    #[error(
        "`{url}` is on another machine and not https://: everybody on the way could read and change what the node says"
    )]
    InsecureUrl {
        /// Its URL, without user, password, path and query.
        url: String,
    },
    /// The node cannot be reached.
    #[error("cannot reach the node at `{url}`")]
    Unreachable {
        /// Its URL, without user and password.
        url: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The node, or what stands before it, has no time, however often it is asked.
    #[error("the node at `{url}` has no time (HTTP status `{status}`)")]
    Busy {
        /// Its URL, without user and password.
        url: String,
        /// What it said last.
        status: u16,
    },
    /// The node refused a request for a reason of its own.
    #[error("the node at `{url}` refused `{method}`: `{message}` (code `{code}`)")]
    Rpc {
        /// Its URL, without user and password.
        url: String,
        /// The JSON-RPC method.
        method: &'static str,
        /// The JSON-RPC error code.
        code: i64,
        /// The node's words.
        message: String,
    },
    /// The node's answer is not what the method returns.
    #[error("the node at `{url}` answered `{method}` with something unusable")]
    InvalidResponse {
        /// Its URL, without user and password.
        url: String,
        /// The JSON-RPC method.
        method: &'static str,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The node did not answer in time.
    #[error("the node at `{url}` did not answer `{method}` within `{}` s", after.as_secs())]
    Timeout {
        /// Its URL, without user and password.
        url: String,
        /// The JSON-RPC method.
        method: &'static str,
        /// How long was waited.
        after: Duration,
    },
    /// A transaction was sent and no receipt came in time. It may still be mined.
    #[error("the transaction `{hash}` was sent and is not mined after `{}` s", after.as_secs())]
    ReceiptTimeout {
        /// The transaction.
        hash: B256,
        /// How long was waited.
        after: Duration,
    },
    /// Transactions of the account were sent earlier and are not mined; sending more might do things twice.
    #[error("`{account}` has `{count}` transactions on their way that are not mined after `{}` s", after.as_secs())]
    Unsettled {
        /// The account.
        account: Address,
        /// How many.
        count: u64,
        /// How long was waited.
        after: Duration,
    },
    /// Two nodes do not say the same of a contract.
    #[error("`{url}` and `{witness}` differ in {what}")]
    Disagreement {
        /// What was asked.
        what: &'static str,
        /// The node.
        url: String,
        /// The other one.
        witness: String,
    },
    /// The node serves another chain.
    #[error("the node serves chain `{actual}`, not chain `{expected}`")]
    WrongChain {
        /// The chain wanted.
        expected: u64,
        /// The chain that the node serves.
        actual: u64,
    },
    /// The address is no port of the registry.
    #[error("`{address}` is not a port of the registry `{registry}`: {reason}")]
    NotAPort {
        /// The address.
        address: Address,
        /// The registry asked.
        registry: Address,
        /// What gave it away.
        reason: NotAPortReason,
    },
    /// The address is no registry.
    #[error("there is no registry at `{address}`")]
    NotARegistry {
        /// The address.
        address: Address,
    },
    /// The port's patient has not accepted it.
    #[error("the port `{port}` is not claimed yet: its patient `{patient}` must accept it first")]
    NotClaimed {
        /// The port.
        port: Address,
        /// Its patient.
        patient: Address,
    },
    /// No provider is registered under the address.
    #[error("no provider is registered under `{account}`")]
    UnknownProvider {
        /// The account.
        account: Address,
    },
    /// A profile does not match the hash that the registry stores.
    #[error(
        "the identity profile of `{account}` is not the one whose hash `{expected}` the registry stores"
    )]
    ProfileMismatch {
        /// The provider.
        account: Address,
        /// The hash stored.
        expected: B256,
    },
    /// The account has published no encryption key.
    #[error("`{account}` has no encryption key that could be sealed to")]
    NoEncryptionKey {
        /// The account.
        account: Address,
    },
    /// A section has no key.
    #[error("section `{section}` of the port `{port}` is not open")]
    SectionNotOpen {
        /// The port.
        port: Address,
        /// The section.
        section: u8,
    },
    /// The key ring lacks the secret of a section's epoch.
    #[error("no secret is held for section `{section}` at epoch `{epoch}`")]
    NoMatchingKey {
        /// The section.
        section: u8,
        /// The epoch.
        epoch: u32,
    },
    /// A record is sealed to the patient, who has not shared its key with this account.
    #[error("record `{id}` is sealed to the patient, who has not shared it with you yet")]
    NotShared {
        /// The record's number.
        id: u32,
    },
    /// A rotation would cut off the past: the secret it has to link to is not held.
    #[error(
        "the node does not show you the secret of section `{section}` at epoch `{epoch}`: new keys without it would make its records unreadable for everybody who is given only the new ones"
    )]
    CurrentSecretMissing {
        /// The section.
        section: u8,
        /// Its epoch.
        epoch: u32,
    },
    /// The key that the node shows for a section is not the one whose secret this account was given.
    #[error(
        "the node shows a key of section `{section}` at epoch `{epoch}` that is not the one this account was given the secret of"
    )]
    WrongSectionKey {
        /// The section.
        section: u8,
        /// The epoch.
        epoch: u32,
    },
    /// The account is not the patient whom the port names.
    #[error("the port `{port}` belongs to `{owner}`, not to `{account}`")]
    NotThePatient {
        /// The port.
        port: Address,
        /// Its patient, as the node says.
        owner: Address,
        /// The account given.
        account: Address,
    },
    /// The account was a delegate whose time is over.
    #[error("the delegation of `{account}` at the port `{port}` ended at `{until}`")]
    DelegationOver {
        /// The port.
        port: Address,
        /// The account.
        account: Address,
        /// Its end.
        until: Timestamp,
    },
    /// The account is a delegate without the right to do this.
    #[error(
        "`{account}` is a delegate of the port `{port}` with the right to {has}, and this takes the right to {}",
        either(*needed)
    )]
    RightMissing {
        /// The port.
        port: Address,
        /// The account.
        account: Address,
        /// Its rights.
        has: DelegateRights,
        /// Of these it has none.
        needed: DelegateRights,
    },
    /// A delegate's grant would hold longer than the delegation.
    #[error(
        "access until `{given}` would outlast your delegation, which ends at `{until}`: a delegate grants no longer than that"
    )]
    OutlastsDelegation {
        /// The end given.
        given: Timestamp,
        /// The end of the delegation.
        until: Timestamp,
    },
    /// A delegate's grant names the patient, itself or another delegate.
    #[error("a delegate cannot give access to `{reader}`, who is the patient or a delegate")]
    DelegateAsReader {
        /// The reader named.
        reader: Address,
    },
    /// The port shows another key for a delegate than the identity's.
    #[error(
        "the key that the port `{port}` shows for its delegate `{account}` is not one of this identity"
    )]
    WrongDelegateKey {
        /// The port.
        port: Address,
        /// The delegate.
        account: Address,
    },
    /// The port shows another key than the patient's.
    #[error("the key that the port `{port}` shows is not the patient's")]
    WrongPatientKey {
        /// The port.
        port: Address,
    },
    /// A reader has other rights than are granted now, on sections that were not named.
    #[error(
        "`{reader}` has the right to {} section {} and would be granted {}: name every section of the new grant, or replace the old one",
        verb(*had), list(*sections), verb(*given)
    )]
    RightsDiffer {
        /// The reader.
        reader: Address,
        /// Its rights now.
        had: Rights,
        /// The rights given.
        given: Rights,
        /// Sections of the grant in force that were not named.
        sections: SectionSet,
    },
    /// A reader's access to sections that were not named would end earlier than it does.
    #[error(
        "access of `{reader}` to section {} would end at `{given}` and not at `{had}`: name every section of the new grant, or replace the old one",
        list(*sections)
    )]
    WouldShorten {
        /// The reader.
        reader: Address,
        /// Until when it has access.
        had: Timestamp,
        /// The end given.
        given: Timestamp,
        /// Sections of the grant in force that were not named.
        sections: SectionSet,
    },
    /// There is no such record.
    #[error("the port `{port}` has no record `{id}`")]
    UnknownRecord {
        /// The port.
        port: Address,
        /// The number asked for.
        id: u32,
    },
    /// There is no such request.
    #[error("the port `{port}` has no request `{id}`")]
    UnknownRequest {
        /// The port.
        port: Address,
        /// The number asked for.
        id: u32,
    },
    /// A request's message is not to be found on the chain.
    #[error("the message of request `{id}` is not in the chain's log")]
    MissingMessage {
        /// The request.
        id: u32,
    },
    /// The node's log does not fit the port's own account of its events.
    #[error("{}", mismatch(*port, *counted, *found))]
    HistoryMismatch {
        /// The port.
        port: Address,
        /// How many events the port counted.
        counted: u64,
        /// How many of them the node's log tells of.
        found: u64,
    },
    /// A blob that the chain commits to is in no store at hand.
    #[error("the {part} of record `{id}` is not in {store}")]
    MissingBlob {
        /// The record.
        id: u32,
        /// Head or body.
        part: BlobPart,
        /// The store.
        store: String,
    },
    /// Of several stores none has the blob intact.
    #[error("no store at hand gives the {part} of record `{id}` intact")]
    NoIntactBlob {
        /// The record.
        id: u32,
        /// Head or body.
        part: BlobPart,
        /// What each store said.
        #[source]
        source: StoreError,
    },
    /// The stored head or body is not the one committed to.
    #[error("the {part} of record `{id}` is not the one committed to")]
    CommitmentMismatch {
        /// The record.
        id: u32,
        /// Head or body.
        part: BlobPart,
    },
    /// A record is too large to be put on the chain.
    #[error(
        "record `{id}` has `{length}` encrypted bytes, and no more than `{max}` are published on the chain"
    )]
    TooLargeToPublish {
        /// The record.
        id: u32,
        /// Its head and body.
        length: u64,
        /// The most.
        max: u64,
    },
    /// A record claims to be somewhere else than the chain's entry says: it is forged or was copied here.
    #[error("record `{id}` is forged")]
    Forged {
        /// The record.
        id: u32,
        /// What differs.
        #[source]
        source: PlaceMismatch,
    },
    /// A record repeats the commitment of an earlier one.
    #[error("record `{id}` repeats record `{original}`")]
    Duplicate {
        /// The record.
        id: u32,
        /// The first record with this commitment.
        original: u32,
    },
    /// What was prepared belongs to another port, account or chain.
    #[error("this was prepared for the {what} `{prepared}`, not for `{given}`")]
    PreparedElsewhere {
        /// What differs.
        what: &'static str,
        /// What it was prepared for.
        prepared: String,
        /// What was given.
        given: String,
    },
    /// The deployment's record says otherwise than the chain.
    #[error("the deployment cannot continue: {what} at `{address}`")]
    Deployment {
        /// What is wrong.
        what: &'static str,
        /// Where.
        address: Address,
    },
    /// What is to be deployed is no Stylus program that fits.
    #[error("the code of `{name}` cannot be deployed: {what}")]
    Code {
        /// The contract.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A blob store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key is malformed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A sealed message does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Section secrets or links are malformed.
    #[error(transparent)]
    Section(#[from] SectionError),
    /// A sealed text is malformed.
    #[error(transparent)]
    Text(#[from] TextError),
    /// An emergency package cannot be made, or is refused.
    #[error(transparent)]
    Emergency(#[from] EmergencyError),
    /// No store at hand gives an emergency package intact.
    #[error("no store at hand gives the emergency package of the responder `{responder}` intact")]
    Package {
        /// The responder.
        responder: Address,
        /// What the stores said.
        #[source]
        source: Box<StoreError>,
    },
    /// A record does not open.
    #[error("record `{id}` cannot be opened")]
    Record {
        /// The record.
        id: u32,
        /// Why.
        #[source]
        source: RecordError,
    },
    /// A record could not be encrypted.
    #[error("the record could not be encrypted")]
    Encrypt(#[source] RecordError),
    /// This program was built without what speaks to a kind of hardware wallet.
    #[error("this program was built without support for a {model}")]
    NoDeviceSupport {
        /// The kind.
        model: crate::device::Model,
    },
    /// A hardware wallet is not there, locked, or says no.
    #[error("the {model} does not answer as it should")]
    Device {
        /// The kind.
        model: crate::device::Model,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The key of an account is needed and not at hand.
    #[error("`{account}` is only looked at: its key is not at hand to sign with")]
    Watched {
        /// The account.
        account: Address,
    },
    /// A call that a patient signed is not what it should be.
    #[error(transparent)]
    SignedCall(#[from] crate::signed::Problem),
    /// A transaction that was handed over cannot be used.
    #[error(transparent)]
    HandedOver(#[from] crate::chain::HandedOverProblem),
    /// Signing failed.
    #[error("the transaction could not be signed")]
    Signer(#[source] alloy::signers::Error),
    /// A grant or a rotation would end before it begins.
    #[error("`{given}` has passed already")]
    Past {
        /// The time given.
        given: Timestamp,
    },
}
