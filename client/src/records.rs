//! Records: encrypt and store, commit on chain, fetch, open, verify.

use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolEvent;
use patientport_core::abi::IPatientPort::{IPatientPortEvents, RecordAdded};
use patientport_core::keys::PublicKey;
use patientport_core::rand_core::CryptoRngCore;
use patientport_core::record::{
    BodyRange, Commitment, Head, MAX_HEAD_BYTES, Metadata, OpenedHead, Place, Recipient,
    RecordError, check_place, encrypt,
};
use patientport_core::section::SectionId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::chain::{Signer, Transaction, TxReport};
use crate::error::{BlobPart, Error, Result};
use crate::history::history;
use crate::keyring::Keyring;
use crate::port::{Port, RecordEntry, SectionKey};
use crate::store::{BlobId, BlobStore, StoreError, ask};

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
    prepare_noted(
        port,
        author,
        target,
        metadata,
        input,
        store,
        rng,
        |_| Ok(()),
    )
}

/// As [`prepare`]. `note` is told of the record once all of it is encrypted, and before its body or its head is in the
/// store under its name: who writes it down there knows later what a run that was cut off may have left.
///
/// # Errors
/// As [`prepare`], and what `note` fails with; the store has neither body nor head then.
#[expect(
    clippy::too_many_arguments,
    reason = "those of `prepare`, which are all there is to a record"
)]
pub fn prepare_noted<E: From<Error>>(
    port: &Port,
    author: Address,
    target: &Target,
    metadata: &Metadata,
    input: impl Read + Send,
    store: &dyn BlobStore,
    rng: &mut (impl CryptoRngCore + ?Sized),
    note: impl FnOnce(&PreparedRecord) -> Result<(), E>,
) -> Result<PreparedRecord, E> {
    let place = Place {
        chain_id: port.chain().chain_id(),
        port: port.address(),
        author,
        section: target.section,
        epoch: target.epoch,
    };
    let to = (target.recipient, &target.key);
    prepare_at(&place, to, metadata, input, store, rng, note)
}

fn prepare_at<E: From<Error>>(
    place: &Place,
    (recipient, key): (Recipient, &PublicKey),
    metadata: &Metadata,
    input: impl Read + Send,
    store: &dyn BlobStore,
    rng: &mut (impl CryptoRngCore + ?Sized),
    note: impl FnOnce(&PreparedRecord) -> Result<(), E>,
) -> Result<PreparedRecord, E> {
    let mut writer = store.create().map_err(Error::from)?;
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
    let named = Head::parse(&envelope.head)
        .map_err(Error::Encrypt)?
        .body_hash();
    let prepared = PreparedRecord {
        chain_id: place.chain_id,
        port: place.port,
        author: place.author,
        section: place.section,
        epoch: place.epoch,
        commitment: envelope.commitment.0,
        body: named,
        payload_len: envelope.payload_len,
        body_len: envelope.body_len,
    };
    note(&prepared)?;
    let damaged = |blob| {
        let store = store.describe();
        Error::from(StoreError::Corrupt { store, blob })
    };
    let body = writer.finish().map_err(Error::from)?;
    if body.0 != named {
        return Err(damaged(body).into());
    }
    let head = store.put(&envelope.head).map_err(Error::from)?;
    if head.0 != envelope.commitment.0 {
        return Err(damaged(head).into());
    }
    Ok(prepared)
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

/// The transaction that adds a prepared record in the place of an earlier one of its section.
///
/// # Errors
/// [`Error::PreparedElsewhere`].
pub fn superseding(port: &Port, prepared: &PreparedRecord, earlier: u32) -> Result<Transaction> {
    let _checked = transaction(port, prepared)?;
    Ok(port.supersede(earlier, prepared.commitment, prepared.epoch))
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
    Ok(AddedRecord {
        id: added_by(port, prepared, &report)?,
        report: Some(report),
    })
}

/// The number under which a transaction added a prepared record, from its receipt.
///
/// # Errors
/// [`Error::InvalidResponse`] if the receipt tells of no such record.
pub fn added_by(port: &Port, prepared: &PreparedRecord, report: &TxReport) -> Result<u32> {
    report
        .logs
        .iter()
        .filter(|log| log.address() == port.address())
        .filter_map(|log| RecordAdded::decode_log(&log.inner).ok())
        .find(|event| event.commitment == prepared.commitment)
        .map(|event| event.recordId)
        .ok_or_else(|| port.chain().invalid_receipt("it tells of no added record"))
}

/// The first record of an author in a section that has this commitment; later ones are repetitions of it.
///
/// # Errors
/// Those of [`history`].
pub async fn first_with(
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
    let (blobs, at) = (Arc::clone(store), port.clone());
    let head = tokio::task::spawn_blocking(move || fetch_head(&at, &entry, blobs.as_ref()));
    let head = match head.await {
        Ok(head) => head?,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
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
    ask(store, &name, |store| {
        if store.is_intact(&name, head.body_len())? {
            return Ok(());
        }
        // Why not, in the store's own words where it has some.
        let (told, blob) = (store.describe(), name);
        drop(store.open(&name, head.body_len())?);
        Err(StoreError::Corrupt { store: told, blob })
    })
    .map_err(|error| blob_error(id, BlobPart::Body, error))
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

    /// Decrypts the payload into `output` in one pass and returns its length. Blocking. Where a store fails halfway,
    /// what `output` has is useless and no other store is asked: see [`Self::decrypt_anew`].
    ///
    /// # Security
    /// What `output` has received is the payload only after `Ok`. Write to a temporary file and rename it; or
    /// call [`Self::verify`] first where what is written cannot be taken back.
    ///
    /// # Errors
    /// [`Error::MissingBlob`]; [`Error::CommitmentMismatch`] if the body is not the one committed to;
    /// [`Error::Record`].
    pub fn decrypt(&self, output: impl Write + Send) -> Result<u64> {
        let body = self.store.open(&self.body, self.body_len);
        let body = body.map_err(|error| blob_error(self.entry.id, BlobPart::Body, error))?;
        self.decrypt_from(body, output)
    }

    /// As [`Self::decrypt`], with an output that begins anew for every store that is asked. What an output received
    /// counts only if it was the last one asked for, and after `Ok`.
    ///
    /// # Errors
    /// As [`Self::decrypt`]; [`Error::Record`] with [`RecordError::Write`] if `output` fails.
    pub fn decrypt_anew<W: Write + Send>(
        &self,
        mut output: impl FnMut() -> io::Result<W>,
    ) -> Result<u64> {
        self.with_any(|body| {
            let output = output().map_err(RecordError::Write)?;
            self.head.decrypt_body(body, output)
        })
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
        self.with_any(|body| self.head.verify_body(body))
    }

    /// As [`Self::verify`], and copies the body, still encrypted, to a spool, which begins anew for every store that
    /// is asked: who decrypts from the copy gets what was verified, whatever the store serves when it is asked
    /// again. Blocking.
    ///
    /// # Errors
    /// As [`Self::decrypt`]; [`Error::Record`] with [`RecordError::Write`] if `spool` fails.
    pub fn verify_into<W: Write + Send>(
        &self,
        mut spool: impl FnMut() -> io::Result<W>,
    ) -> Result<u64> {
        self.with_any(|input| {
            let mut copying = Copying {
                input,
                copy: spool().map_err(RecordError::Write)?,
                failure: None,
            };
            let verified = self.head.verify_body(&mut copying);
            let copied = match copying.failure.take() {
                None => copying.copy.flush(),
                Some(failure) => Err(failure),
            };
            copied.map_err(RecordError::Write)?;
            verified
        })
    }

    /// Works with the body of the first store that gives the one that the head names.
    fn with_any(
        &self,
        mut work: impl FnMut(Box<dyn Read + Send>) -> Result<u64, RecordError>,
    ) -> Result<u64> {
        let done = ask(self.store.as_ref(), &self.body, |store| {
            let body = store.open(&self.body, self.body_len)?;
            match work(body) {
                Err(RecordError::CommitmentMismatch { .. }) => Err(StoreError::Corrupt {
                    store: store.describe(),
                    blob: self.body,
                }),
                Err(RecordError::Read(source)) => {
                    let store = store.describe();
                    Err(StoreError::io(store, "read", self.body, source))
                }
                // Not the store's fault: another one would not help.
                other => Ok(other),
            }
        });
        done.map_err(|error| blob_error(self.entry.id, BlobPart::Body, error))?
            .map_err(|error| self.body_error(error))
    }

    /// Which bytes of the body hold a part of the payload; `None` where the author did not state the payload's
    /// length (it came from a pipe), or nothing of the part lies within it.
    pub fn range(&self, part: Range<u64>) -> Option<BodyRange> {
        self.head.range(part)
    }

    /// Decrypts a part of the payload in memory, of which as much is read as it needs: ask for little at a time.
    /// Blocking.
    ///
    /// # Security
    /// As of [`OpenedHead::decrypt_range`]: the storage host cannot change a byte, but whoever holds the record key
    /// and controls the host can.
    ///
    /// # Errors
    /// As [`Self::decrypt`].
    pub fn decrypt_range(&self, range: &BodyRange) -> Result<Zeroizing<Vec<u8>>> {
        let decrypted = ask(self.store.as_ref(), &self.body, |store| {
            let bytes = store.read_range(&self.body, range.body().clone())?;
            match self.head.decrypt_range(range, &bytes) {
                Err(RecordError::CommitmentMismatch { .. } | RecordError::AuthenticationFailed) => {
                    Err(StoreError::Corrupt {
                        store: store.describe(),
                        blob: self.body,
                    })
                }
                other => Ok(other),
            }
        });
        decrypted
            .map_err(|error| blob_error(self.entry.id, BlobPart::Body, error))?
            .map_err(|error| self.body_error(error))
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
pub(crate) fn blob_error(id: u32, part: BlobPart, error: StoreError) -> Error {
    match error {
        StoreError::Missing { store, .. } => Error::MissingBlob { id, part, store },
        StoreError::Corrupt { .. } | StoreError::TooLong { .. } => {
            Error::CommitmentMismatch { id, part }
        }
        source @ (StoreError::Nowhere { .. } | StoreError::Absent { .. }) => {
            Error::NoIntactBlob { id, part, source }
        }
        other => Error::Store(other),
    }
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
