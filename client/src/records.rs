//! Records: encrypt and store, commit on chain, fetch, open, verify.

use std::io::{self, Read, Write};
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolEvent;
use patientport_core::abi::IPatientPort::{IPatientPortEvents, RecordAdded};
use patientport_core::keys::PublicKey;
use patientport_core::rand_core::CryptoRngCore;
use patientport_core::record::{
    Commitment, Head, MAX_HEAD_BYTES, Metadata, OpenedHead, Place, Recipient, RecordError,
    check_place, encrypt,
};
use patientport_core::section::SectionId;
use serde::{Deserialize, Serialize};

use crate::chain::{Signer, Transaction, TxReport};
use crate::error::{BlobPart, Error, Result};
use crate::history::history;
use crate::keyring::Keyring;
use crate::port::{Port, RecordEntry, SectionKey};
use crate::store::{BlobId, BlobStore, StoreError};

/// A record that is encrypted and stored, and not yet on the chain. Holds nothing secret: keep it in a journal
/// until the chain has the record, and hand it to [`commit`] again after a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedRecord {
    /// The chain.
    pub chain_id: u64,
    /// The port.
    pub port: Address,
    /// Who adds it.
    pub author: Address,
    /// Where it belongs.
    pub section: SectionId,
    /// The section's epoch it is encrypted for.
    pub epoch: u32,
    /// BLAKE3 of the head: its name in the store, and what goes on chain.
    pub commitment: B256,
    /// BLAKE3 of the body: its name in the store.
    pub body: B256,
    /// Bytes of the payload.
    pub payload_len: u64,
    /// Bytes of the body.
    pub body_len: u64,
}

/// A record that is on the chain.
#[derive(Clone, Debug)]
pub struct AddedRecord {
    /// Its number at the port.
    pub id: u32,
    /// The transaction that added it; `None` if an earlier one had done so already.
    pub report: Option<TxReport>,
}

/// Where a record goes, and whom it is sealed to.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The section.
    pub section: SectionId,
    /// Its epoch.
    pub epoch: u32,
    /// Whose key this is.
    pub recipient: Recipient,
    /// The key.
    pub key: PublicKey,
}

impl Target {
    /// Sealed to whoever is given the section's secret.
    ///
    /// # Errors
    /// [`Error::NoEncryptionKey`] if the section's key is none.
    pub fn section(port: &Port, section: &SectionKey) -> Result<Self> {
        let key = section.key.ok_or(Error::NoEncryptionKey {
            account: port.address(),
        })?;
        Ok(Self {
            section: section.section,
            epoch: section.epoch,
            recipient: Recipient::Section,
            key,
        })
    }

    /// Sealed to the patient, by its key at the port: for a section whose key somebody holds who should not.
    pub const fn patient(section: &SectionKey, key: PublicKey) -> Self {
        Self {
            section: section.section,
            epoch: section.epoch,
            recipient: Recipient::Patient,
            key,
        }
    }
}

/// Encrypts `input` and stores body and head, body first. Blocking.
///
/// The author needs no secret of the section.
///
/// # Errors
/// [`Error::Encrypt`]; [`Error::Store`]. What is left in the store after an error is a body that nothing points to.
pub fn prepare(
    port: &Port,
    author: Address,
    target: &Target,
    metadata: &Metadata,
    input: impl Read + Send,
    store: &dyn BlobStore,
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<PreparedRecord> {
    let place = Place {
        chain_id: port.chain().chain_id(),
        port: port.address(),
        author,
        section: target.section,
        epoch: target.epoch,
    };
    let to = (target.recipient, &target.key);
    prepare_at(&place, to, metadata, input, store, rng)
}

fn prepare_at(
    place: &Place,
    (recipient, key): (Recipient, &PublicKey),
    metadata: &Metadata,
    input: impl Read + Send,
    store: &dyn BlobStore,
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<PreparedRecord> {
    let mut writer = store.create()?;
    let envelope =
        encrypt(place, recipient, key, metadata, input, &mut writer, rng).map_err(|error| {
            match error {
                // What fails to take the body is the store.
                RecordError::Write(source) => Error::Store(StoreError::Io {
                    store: store.describe(),
                    action: "write to",
                    blob: None,
                    source,
                }),
                other => Error::Encrypt(other),
            }
        })?;
    let body = writer.finish()?;
    let named = Head::parse(&envelope.head)
        .map_err(Error::Encrypt)?
        .body_hash();
    if body.0 != named {
        return Err(StoreError::Corrupt {
            store: store.describe(),
            blob: body,
        }
        .into());
    }
    let head = store.put(&envelope.head)?;
    if head.0 != envelope.commitment.0 {
        return Err(StoreError::Corrupt {
            store: store.describe(),
            blob: head,
        }
        .into());
    }
    Ok(PreparedRecord {
        chain_id: place.chain_id,
        port: place.port,
        author: place.author,
        section: place.section,
        epoch: place.epoch,
        commitment: envelope.commitment.0,
        body: named,
        payload_len: envelope.payload_len,
        body_len: envelope.body_len,
    })
}

/// The transaction that adds a prepared record, to be priced and shown. [`commit`] sends it at most once.
///
/// # Errors
/// [`Error::PreparedElsewhere`].
pub fn transaction(port: &Port, prepared: &PreparedRecord) -> Result<Transaction> {
    let elsewhere = |what, prepared: String, given: String| {
        Err(Error::PreparedElsewhere {
            what,
            prepared,
            given,
        })
    };
    let chain_id = port.chain().chain_id();
    if prepared.chain_id != chain_id {
        return elsewhere("chain", prepared.chain_id.to_string(), chain_id.to_string());
    }
    if prepared.port != port.address() {
        return elsewhere(
            "port",
            prepared.port.to_string(),
            port.address().to_string(),
        );
    }
    Ok(port.add(prepared.commitment, prepared.section, prepared.epoch))
}

/// The number under which a prepared record is on the chain already.
///
/// # Errors
/// Those of reading the log.
pub async fn find(port: &Port, prepared: &PreparedRecord) -> Result<Option<u32>> {
    let added = first_with(port, prepared.author, prepared.section, prepared.commitment);
    added.await
}

/// Adds a prepared record to the chain unless it is there: calling it again never adds it twice.
///
/// # Errors
/// [`Error::PreparedElsewhere`]; [`Error::Refused`], where [`Error::code`] is `section.stale_epoch` if the
/// section's key has changed since and the record must be prepared anew; [`Error::ReceiptTimeout`].
pub async fn commit(
    port: &Port,
    signer: &Signer,
    prepared: &PreparedRecord,
) -> Result<AddedRecord> {
    let transaction = transaction(port, prepared)?;
    if prepared.author != signer.address() {
        return Err(Error::PreparedElsewhere {
            what: "account",
            prepared: prepared.author.to_string(),
            given: signer.address().to_string(),
        });
    }
    // An earlier attempt may still be on its way: what it does must be seen before the log is asked.
    port.chain().settle(prepared.author).await?;
    if let Some(id) = find(port, prepared).await? {
        return Ok(AddedRecord { id, report: None });
    }
    let report = transaction.send(signer).await?;
    let id = report
        .logs
        .iter()
        .filter(|log| log.address() == port.address())
        .find_map(|log| RecordAdded::decode_log(&log.inner).ok())
        .filter(|event| event.commitment == prepared.commitment)
        .map(|event| event.recordId)
        .ok_or_else(|| port.chain().invalid_receipt("it tells of no added record"))?;
    Ok(AddedRecord {
        id,
        report: Some(report),
    })
}

/// The first record of an author in a section that has this commitment.
async fn first_with(
    port: &Port,
    author: Address,
    section: SectionId,
    commitment: B256,
) -> Result<Option<u32>> {
    let history = history(port).await?;
    let wanted = (author, section.get(), commitment);
    Ok(history.iter().find_map(|event| match event {
        IPatientPortEvents::RecordAdded(event)
            if (event.author, event.section, event.commitment) == wanted =>
        {
            Some(event.recordId)
        }
        _ => None,
    }))
}

/// A record whose head is genuine and unlocked; its body is still in the store.
#[derive(Debug)]
pub struct OpenedRecord {
    /// The chain's entry.
    pub entry: RecordEntry,
    head: OpenedHead,
    body: BlobId,
    body_len: u64,
    store: Arc<dyn BlobStore>,
}

/// Fetches a record's head, checks it against the chain's entry, and unlocks it.
///
/// # Errors
/// [`Error::UnknownRecord`]; [`Error::MissingBlob`]; [`Error::CommitmentMismatch`]; [`Error::Forged`] if the head
/// names another chain, port, author, section or epoch than the entry; [`Error::Duplicate`];
/// [`Error::NoMatchingKey`]; [`Error::Record`].
pub async fn fetch(
    port: &Port,
    id: u32,
    keyring: &Keyring,
    store: &Arc<dyn BlobStore>,
) -> Result<OpenedRecord> {
    let entry = port.record(id).await?;
    let head = fetch_head(port, &entry, store.as_ref())?;
    let first = first_with(port, entry.author, entry.section, entry.commitment).await?;
    if let Some(original) = first.filter(|original| *original < id) {
        return Err(Error::Duplicate { id, original });
    }
    unlock(&entry, &head, keyring, store)
}

/// Fetches the head of a record and checks it against the chain's entry; needs no key. Blocking.
///
/// # Errors
/// [`Error::MissingBlob`]; [`Error::CommitmentMismatch`]; [`Error::Forged`]; [`Error::Record`].
pub fn fetch_head(port: &Port, entry: &RecordEntry, store: &dyn BlobStore) -> Result<Head> {
    let place = Place {
        chain_id: port.chain().chain_id(),
        port: port.address(),
        author: entry.author,
        section: entry.section,
        epoch: entry.epoch,
    };
    read_head(entry.id, entry.commitment, &place, store)
}

fn read_head(id: u32, commitment: B256, place: &Place, store: &dyn BlobStore) -> Result<Head> {
    let bytes = store
        .get(&BlobId(commitment), MAX_HEAD_BYTES as u64)
        .map_err(|error| blob_error(id, BlobPart::Head, error))?;
    let record = |source| Error::Record { id, source };
    Commitment(commitment).check(&bytes).map_err(record)?;
    let head = Head::parse(&bytes).map_err(record)?;
    check_place(head.place(), place).map_err(|source| Error::Forged { id, source })?;
    Ok(head)
}

/// Unlocks a head that [`fetch_head`] returned.
///
/// # Errors
/// [`Error::NoMatchingKey`]; [`Error::NotShared`]; [`Error::Record`].
pub fn unlock(
    entry: &RecordEntry,
    head: &Head,
    keyring: &Keyring,
    store: &Arc<dyn BlobStore>,
) -> Result<OpenedRecord> {
    let (opened, _) = keyring.open(entry.id, head)?;
    Ok(OpenedRecord {
        entry: *entry,
        head: opened,
        body: BlobId(head.body_hash()),
        body_len: head.body_len(),
        store: Arc::clone(store),
    })
}

/// Whether a store has head and body of a record, each intact, without any key. Blocking.
///
/// # Errors
/// As [`fetch_head`], for the body too.
pub fn verify_blobs(port: &Port, entry: &RecordEntry, store: &dyn BlobStore) -> Result<Head> {
    let head = fetch_head(port, entry, store)?;
    verify_body_blob(entry.id, &head, store)?;
    Ok(head)
}

fn verify_body_blob(id: u32, head: &Head, store: &dyn BlobStore) -> Result<()> {
    let name = BlobId(head.body_hash());
    let failed = |error| blob_error(id, BlobPart::Body, error);
    // One byte more than the head says, so that a longer body is noticed and an endless one is not read.
    let mut reader = store
        .open(&name)
        .map_err(failed)?
        .take(head.body_len().saturating_add(1));
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(source) => {
                let store = store.describe();
                return Err(failed(StoreError::Io {
                    store,
                    action: "read",
                    blob: Some(name),
                    source,
                }));
            }
        };
        hasher.update(&buffer[..count]);
    }
    if hasher.finalize().as_bytes() == &name.0.0 {
        Ok(())
    } else {
        Err(Error::CommitmentMismatch {
            id,
            part: BlobPart::Body,
        })
    }
}

impl OpenedRecord {
    /// What the record says about itself. The author's own words: escape before showing.
    pub fn metadata(&self) -> &Metadata {
        self.head.metadata()
    }

    /// Bytes of the encrypted body.
    pub fn body_len(&self) -> u64 {
        self.body_len
    }

    /// Decrypts the payload into `output` in one pass and returns its length. Blocking.
    ///
    /// # Security
    /// What `output` has received is the payload only after `Ok`. Write to a temporary file and rename it; or
    /// call [`Self::verify`] first where what is written cannot be taken back.
    ///
    /// # Errors
    /// [`Error::MissingBlob`]; [`Error::CommitmentMismatch`] if the body is not the one committed to;
    /// [`Error::Record`].
    pub fn decrypt(&self, output: impl Write + Send) -> Result<u64> {
        self.decrypt_from(self.open_body()?, output)
    }

    /// As [`Self::decrypt`], from a copy of the body that [`Self::verify_into`] made. Blocking.
    ///
    /// # Errors
    /// As [`Self::decrypt`].
    pub fn decrypt_from(&self, body: impl Read + Send, output: impl Write + Send) -> Result<u64> {
        self.head
            .decrypt_body(body, output)
            .map_err(|error| self.body_error(error))
    }

    /// Verifies the whole body and returns the payload's length, releasing nothing. Blocking.
    ///
    /// # Errors
    /// As [`Self::decrypt`].
    pub fn verify(&self) -> Result<u64> {
        let input = self.open_body()?;
        self.head
            .verify_body(input)
            .map_err(|error| self.body_error(error))
    }

    /// As [`Self::verify`], and copies the body, still encrypted, to `spool`: who decrypts from the copy gets
    /// what was verified, whatever the store serves when it is asked again. Blocking.
    ///
    /// # Errors
    /// As [`Self::decrypt`]; [`Error::Record`] with [`RecordError::Write`] if `spool` fails.
    pub fn verify_into(&self, spool: impl Write + Send) -> Result<u64> {
        let mut copying = Copying {
            input: self.open_body()?,
            copy: spool,
            failure: None,
        };
        let verified = self.head.verify_body(&mut copying);
        let copied = match copying.failure.take() {
            None => copying.copy.flush(),
            Some(failure) => Err(failure),
        };
        copied.map_err(|source| self.body_error(RecordError::Write(source)))?;
        verified.map_err(|error| self.body_error(error))
    }

    fn open_body(&self) -> Result<impl Read + Send + use<>> {
        let body = self.store.open(&self.body);
        body.map_err(|error| blob_error(self.entry.id, BlobPart::Body, error))
    }

    fn body_error(&self, error: RecordError) -> Error {
        let id = self.entry.id;
        match error {
            RecordError::CommitmentMismatch { .. } => Error::CommitmentMismatch {
                id,
                part: BlobPart::Body,
            },
            RecordError::Read(source) => Error::Store(StoreError::Io {
                store: self.store.describe(),
                action: "read",
                blob: Some(self.body),
                source,
            }),
            source => Error::Record { id, source },
        }
    }
}

/// Writes everything that is read to a copy as well.
struct Copying<R, W> {
    input: R,
    copy: W,
    /// Why the copy is not whole. The reader must not be blamed for it.
    failure: Option<io::Error>,
}

impl<R: Read, W: Write> Read for Copying<R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        if let Err(failure) = self.copy.write_all(&buffer[..count]) {
            self.failure = Some(failure);
            return Err(io::Error::other("the copy failed"));
        }
        Ok(count)
    }
}

/// A store's error as the record's: what is missing, and of which record.
fn blob_error(id: u32, part: BlobPart, error: StoreError) -> Error {
    match error {
        StoreError::Missing { store, .. } => Error::MissingBlob { id, part, store },
        StoreError::Corrupt { .. } | StoreError::TooLong { .. } => {
            Error::CommitmentMismatch { id, part }
        }
        other => Error::Store(other),
    }
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
