//! What an earlier run of the same command left. A run that was killed could not say how to go on, so the same command
//! finds what it had encrypted by what that was made of: file, place, description.

use std::path::Path;

use alloy::primitives::{Address, B256};
use patientport_client::port::{Port, SectionKey};
use patientport_client::records::{self, PreparedRecord};
use patientport_client::store::{BlobId, BlobStore, DirectoryStore, Location, StoreError};
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
        if is_useful(context, port, key.epoch, &pending).await? {
            return Ok(Some(pending));
        }
    }
    Ok(None)
}

/// Whether a record that an earlier run encrypted is on chain, or can come there. One that cannot is taken back: of one
/// for an epoch that is over, for a former reader could open it; of one that was not stored whole, for nobody can.
///
/// # Errors
/// The chain's; the home's.
pub(super) async fn is_useful(
    context: &Context,
    port: &Port,
    epoch: u32,
    pending: &Pending,
) -> Result<bool, Error> {
    if pending.record.epoch == epoch && lacking(context, pending).await?.is_none() {
        return Ok(true);
    }
    if records::find(port, &pending.record).await?.is_some() {
        return Ok(true);
    }
    transfer::take_back(context, pending).await?;
    Ok(false)
}

/// Refuses to send the transaction of a record of which a part lies nowhere: its run was stopped just before.
///
/// # Errors
/// `record.missing_blob`; the chain's; the store's.
pub(super) async fn refuse_torn(
    context: &Context,
    port: &Port,
    pending: &Pending,
) -> Result<(), Error> {
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
    let parse = |text: &String| Location::parse(text.as_ref()).map_err(client);
    let locations: Vec<_> = pending.stores.iter().map(parse).collect::<Result<_, _>>()?;
    let writers = Writers::open_existing(context, &locations)?;
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
