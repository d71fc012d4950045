//! What an earlier run of the same command left. A run that was killed could not say how to go on, so the same command
//! finds what it had encrypted by what that was made of: file, place, description.

use std::path::Path;

use alloy::primitives::{Address, B256};
use patientport_client::port::{Port, SectionKey};
use patientport_client::records::{self, PreparedRecord};
use patientport_client::store::{BlobId, BlobStore, DirectoryStore, StoreError};
use patientport_core::keys::PublicKey;
use serde_json::json;

use super::stores::Writers;
use super::{batch, blocking, transfer};
use crate::args::record::Description;
use crate::context::Context;
use crate::error::Error;
use crate::home::files::OwnLock;
use crate::home::pending::Pending;

/// What a record of this file is called in this home's notes; none if it is no plain file, such as standard input, of
/// which nobody can say that it is the same again.
pub(super) fn name(
    (port, author): (&Port, Address),
    key: &SectionKey,
    (path, described): (&Path, &Description),
    supersedes: Option<u32>,
) -> Option<B256> {
    if path == Path::new("-") {
        return None;
    }
    let path = std::path::absolute(path).ok()?;
    let file = std::fs::metadata(&path)
        .ok()
        .filter(std::fs::Metadata::is_file)?;
    let place = (port.chain().chain_id(), port.address(), author);
    Some(batch::name_of(
        place,
        key,
        (&path, described),
        &file,
        supersedes,
    ))
}

/// Keeps other runs of this home from adding the same.
///
/// # Errors
/// [`Error::BatchRunning`]; the home's.
pub(super) fn hold(context: &Context, name: B256) -> Result<OwnLock, Error> {
    context.home().lock_adding(name)?.ok_or(Error::BatchRunning)
}

/// What an earlier run encrypted of the same and can still come on chain, or is there.
///
/// # Errors
/// The chain's; the home's.
pub(super) async fn left(
    context: &Context,
    port: &Port,
    key: &SectionKey,
    name: B256,
) -> Result<Option<Pending>, Error> {
    let waiting = context.home().all_pending()?;
    for pending in waiting.into_iter().filter(|it| it.source == Some(name)) {
        port.chain().settle(pending.record.author).await?;
        if is_useful(context, port, key, &pending).await? {
            return Ok(Some(pending));
        }
    }
    Ok(None)
}

/// Whether a record that an earlier run encrypted is on chain, or can come there and be read. One that cannot is taken
/// back: of one for an epoch that is over, for a former reader could open it; of one that was not stored whole, or is
/// sealed to a key that the chain has forgotten, for nobody can.
///
/// # Errors
/// The chain's; the home's.
pub(super) async fn is_useful(
    context: &Context,
    port: &Port,
    key: &SectionKey,
    pending: &Pending,
) -> Result<bool, Error> {
    if pending.record.epoch == key.epoch
        && is_sealed_to(port, key, pending).await?
        && lacking(context, pending).await?.is_none()
    {
        return Ok(true);
    }
    if records::find(port, &pending.record).await?.is_some() {
        return Ok(true);
    }
    transfer::take_back(context, pending).await?;
    Ok(false)
}

/// Whether the key that a record was sealed to, in an epoch that is not over, is still the section's or the patient's. A
/// chain that went back may have given the epoch another.
async fn is_sealed_to(port: &Port, key: &SectionKey, pending: &Pending) -> Result<bool, Error> {
    let Some(sealed) = &pending.key else {
        // Earlier versions did not note it.
        return Ok(true);
    };
    let is_it = |it: &PublicKey| it.fingerprint().to_string() == *sealed;
    if key.key.as_ref().is_some_and(is_it) {
        return Ok(true);
    }
    Ok(is_it(&port.claimed_info().await?.patient_key()?))
}

/// Refuses to send the transaction of a record that nobody could read: of which a part lies nowhere, for its run was
/// stopped just before, or which is sealed to a key that the chain has forgotten. The latter is taken back.
///
/// # Errors
/// `record.missing_blob`; `record.forgotten_key`; the chain's; the store's.
pub(super) async fn refuse_unreadable(
    context: &Context,
    port: &Port,
    pending: &Pending,
) -> Result<(), Error> {
    let record = &pending.record;
    let key = port.section_key(record.section).await?;
    // Of an epoch that is over the port tells.
    if key.epoch == record.epoch
        && !is_sealed_to(port, &key, pending).await?
        && on_chain(port, record).await?.is_none()
    {
        transfer::take_back(context, pending).await?;
        return Err(Error::ForgottenKey {
            commitment: record.commitment,
            section: record.section,
            epoch: record.epoch,
        });
    }
    let Some(missing) = lacking(context, pending).await? else {
        return Ok(());
    };
    if on_chain(port, &pending.record).await?.is_some() {
        return Ok(());
    }
    let error = Error::from(patientport_client::Error::from(missing));
    Err(error.with_hint(
        "the run that encrypted it was stopped before the record was stored whole: add the file once more, which takes its place",
        json!({ "commitment": pending.record.commitment }),
    ))
}

/// The number of a record that an earlier run sent. What it sent may still be on its way, and has to be seen before the
/// log is asked for it.
///
/// # Errors
/// The chain's.
pub(super) async fn on_chain(port: &Port, record: &PreparedRecord) -> Result<Option<u32>, Error> {
    port.chain().settle(record.author).await?;
    Ok(records::find(port, record).await?)
}

/// What of head and body does not lie where they were encrypted to.
async fn lacking(context: &Context, pending: &Pending) -> Result<Option<StoreError>, Error> {
    let client = patientport_client::Error::from;
    let blobs = [pending.record.body, pending.record.commitment].map(BlobId);
    if pending.outgoing {
        let outgoing = DirectoryStore::open(context.home().outgoing()).map_err(client)?;
        return lacks(&outgoing, &blobs);
    }
    // Where it was put, whatever this run names.
    let writers = Writers::open_existing(context, &transfer::recorded(pending)?)?;
    for store in writers.stores.clone() {
        let missing = blocking(move || lacks(store.as_ref(), &blobs)).await?;
        if missing.is_some() {
            return Ok(missing);
        }
    }
    Ok(None)
}

fn lacks(store: &dyn BlobStore, blobs: &[BlobId]) -> Result<Option<StoreError>, Error> {
    for blob in blobs {
        let there = store.contains(blob);
        if !there.map_err(patientport_client::Error::from)? {
            let (store, blob) = (store.describe(), *blob);
            return Ok(Some(StoreError::Missing { store, blob }));
        }
    }
    Ok(None)
}
