//! From this home to every store.

use std::ffi::OsStr;
use std::sync::Arc;

use patientport_client::store::{BlobId, BlobStore, DirectoryStore, Location, StoreError};

use super::blocking;
use super::stores::Writers;
use crate::context::Context;
use crate::error::Error;
use crate::home::pending::Pending;
use crate::progress::Bar;

/// Sends a waiting record's blobs to every store that lacks them, body first: a head never names what is not there.
/// A store that fails keeps no other from being served; what was sent is used when this is called again.
///
/// # Errors
/// The failure of the first store that failed, which names it.
pub(super) async fn send(context: &Context, pending: &Pending) -> Result<(), Error> {
    let mut locations = locations(context, pending)?;
    let source = if pending.outgoing {
        context.home().open_outgoing()?
    } else {
        // It lies in its one directory, from where those get it that are named now.
        let recorded = recorded(pending)?;
        let [Location::Directory(directory)] = recorded.as_slice() else {
            return Ok(());
        };
        locations.retain(|it| *it != Location::Directory(directory.clone()));
        if locations.is_empty() {
            return Ok(());
        }
        DirectoryStore::open(directory).map_err(patientport_client::Error::from)?
    };
    context.terminal.say(&format!(
        "encrypted; should this be interrupted, go on with `patientport record add --resume {}`",
        pending.record.commitment
    ));
    let bar = Bar::bytes(&context.terminal, Some(pending.record.body_len));
    let writers = Writers::open(context, &locations, bar.watcher())?;
    upload(context, pending, &source, &writers, &bar).await
}

/// As [`send`], to stores that are open, of a record that goes to those it was made for.
///
/// # Errors
/// As [`send`].
pub(super) async fn send_with(
    context: &Context,
    pending: &Pending,
    writers: &Writers,
    bar: &Bar,
) -> Result<(), Error> {
    if !pending.outgoing {
        return Ok(());
    }
    let outgoing = context.home().open_outgoing()?;
    upload(context, pending, &outgoing, writers, bar).await
}

async fn upload(
    context: &Context,
    pending: &Pending,
    source: &DirectoryStore,
    writers: &Writers,
    bar: &Bar,
) -> Result<(), Error> {
    let anew = bar.anew();
    let mut failure = None;
    for store in &writers.stores {
        anew();
        match send_to(store, source, pending).await {
            Ok(()) => context
                .terminal
                .detail(&format!("stored in {}", store.describe())),
            Err(error) if failure.is_none() => failure = Some(error),
            // One error is told as such; the others are not to be lost.
            Err(error) => context.warn("store.failed", error.chain().join(": ")),
        }
    }
    failure.map_or(Ok(()), Err)
}

/// The stores that a waiting record goes to.
pub(super) fn locations(context: &Context, pending: &Pending) -> Result<Vec<Location>, Error> {
    if context.settings.stores_by_flag {
        // Whoever resumes may name others: one may have gone for good.
        return Ok(context.settings.stores.clone());
    }
    recorded(pending)
}

/// The stores that its run was told of.
pub(super) fn recorded(pending: &Pending) -> Result<Vec<Location>, Error> {
    let parse = |text: &String| Location::parse(OsStr::new(text));
    let parsed: Result<_, StoreError> = pending.stores.iter().map(parse).collect();
    Ok(parsed.map_err(patientport_client::Error::from)?)
}

/// Destroys the blobs of a record that the port will never take, because its section's key has changed since: a
/// former reader who gets them could open them. What cannot be destroyed is told.
///
/// # Errors
/// Stores that cannot be used as they are named; the home's.
pub(super) async fn take_back(context: &Context, pending: &Pending) -> Result<(), Error> {
    // Where they were sent, and where this run may have sent them.
    let mut places = recorded(pending)?;
    let named = locations(context, pending)?;
    places.extend(
        named
            .into_iter()
            .filter(|it| !pending.stores.contains(&it.to_string())),
    );
    for place in &places {
        if let Location::Directory(directory) = place
            && !directory.exists()
        {
            context.warn(
                "store.not_taken_back",
                format!("the record could not be removed from `{place}`, which is not there now: a former reader who gets it there could open it"),
            );
        }
    }
    let writers = Writers::open_existing(context, &places)?;
    let blobs = [pending.record.body, pending.record.commitment].map(BlobId);
    for store in &writers.stores {
        let at = Arc::clone(store);
        let deleted = blocking(move || {
            for id in &blobs {
                at.delete(id).map_err(patientport_client::Error::from)?;
            }
            Ok(())
        });
        if let Err(error) = deleted.await {
            context.warn(
                "store.not_taken_back",
                format!(
                    "the record could not be removed from {}, and a former reader who gets it there could open it: {}",
                    store.describe(),
                    error.chain().join(": ")
                ),
            );
        }
    }
    context.home().remove_pending(pending.record.commitment)?;
    forget(context, pending).await;
    Ok(())
}

async fn send_to(
    store: &Arc<dyn BlobStore>,
    source: &DirectoryStore,
    pending: &Pending,
) -> Result<(), Error> {
    let (store, source) = (Arc::clone(store), source.clone());
    let blobs = [pending.record.body, pending.record.commitment].map(BlobId);
    let sent = blocking(move || {
        for id in blobs {
            let path = source.path_of(&id);
            let length = match std::fs::metadata(&path) {
                Ok(data) => data.len(),
                Err(error) => {
                    return Err(patientport_client::Error::from(StoreError::Io {
                        store: source.describe(),
                        action: "read",
                        blob: Some(id),
                        source: error,
                    })
                    .into());
                }
            };
            store
                .upload(&id, &path, length)
                .map_err(patientport_client::Error::from)?;
        }
        Ok(())
    });
    sent.await
}

/// Removes a record's blobs from this home, now that it is on chain. What cannot be removed is tried again by a later
/// run.
pub(super) async fn forget(context: &Context, pending: &Pending) {
    if !pending.outgoing {
        return;
    }
    let path = context.home().outgoing();
    let blobs = [pending.record.commitment, pending.record.body].map(BlobId);
    let forgotten = blocking(move || {
        let outgoing = DirectoryStore::open(path).map_err(patientport_client::Error::from)?;
        for id in blobs {
            outgoing
                .delete(&id)
                .map_err(patientport_client::Error::from)?;
        }
        Ok(())
    });
    if let Err(error) = forgotten.await {
        context.terminal.detail(&error.to_string());
    }
}
