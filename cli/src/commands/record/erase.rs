//! `patientport record erase`: retract as erased, destroy every copy in reach, say what is left.
//!
//! The retraction comes first: who may not retract destroys nothing, and a run that is interrupted afterwards leaves
//! a record that everybody knows as erased, never one that looks current and cannot be read. The body's name is
//! written down before the first copy goes, since it stands in the head only. So a run can be repeated until nothing
//! is left in reach.

use std::collections::BTreeSet;
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use futures_util::StreamExt as _;
use patientport_client::BlobPart;
use patientport_client::port::{Port, RecordEntry, RecordState, RetractionReason};
use patientport_client::records::{fetch_head, first_with};
use patientport_client::remains::remains;
use patientport_client::store::{BlobId, BlobStore, DirectoryStore, StoreError};
use serde::Serialize;

use super::blocking;
use super::stores::{HEADS_AT_ONCE, Stores, Writers};
use crate::args::record::EraseArgs;
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::home::transfers::Erasing;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, confirm, send};
use crate::text::count;

/// The receipt of an erasure.
#[derive(Debug, Serialize)]
pub struct Erased {
    /// The record's number.
    pub id: u32,
    /// The port.
    pub port: Address,
    /// Its commitment, which stays on chain.
    pub commitment: B256,
    /// Name of its body, if a head or an earlier run told.
    pub body: Option<B256>,
    /// Where the record stands on chain now.
    pub state: &'static str,
    /// The transaction that retracted it; none if it was not current any more.
    pub tx: Option<TxSummary>,
    /// Whether no copy is left in any place that this run was told of.
    pub complete: bool,
    /// What became of each copy.
    pub copies: Vec<CopyOf>,
    /// What nobody can destroy from here.
    pub out_of_reach: Vec<Beyond>,
}

/// What became of one blob in one place.
#[derive(Debug, Serialize)]
pub struct CopyOf {
    /// The place.
    pub store: String,
    /// `head` or `body`.
    pub part: &'static str,
    /// What became of it.
    pub outcome: Fate,
    /// Why it is still there, or may be.
    pub reason: Option<String>,
}

/// What became of a copy.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It was there and is no more.
    Destroyed,
    /// It was not there.
    NotThere,
    /// Another record needs it, or may need it.
    Kept,
    /// The place could not be reached, or refused.
    Failed,
}

impl Fate {
    const fn words(self) -> &'static str {
        match self {
            Self::Destroyed => "destroyed",
            Self::NotThere => "was not there",
            Self::Kept => "kept",
            Self::Failed => "could not be destroyed",
        }
    }
}

/// Something out of reach.
#[derive(Debug, Serialize)]
pub struct Beyond {
    /// `commitment`, `published`, `author-endpoint`, `shared-keys`, `readers`, `store-copies`.
    pub what: &'static str,
    /// In a sentence.
    pub reason: String,
    /// Whom it concerns.
    pub accounts: Vec<Address>,
}

impl Outcome for Erased {
    fn text(&self) -> String {
        let mut text = format!("record {} is {} on chain\n", self.id, self.state);
        if let Some(tx) = &self.tx {
            text += &tx.line();
        }
        for copy in &self.copies {
            let reason = copy.reason.as_ref();
            let reason = reason
                .map(|reason| format!(": {reason}"))
                .unwrap_or_default();
            text += &format!(
                "{} in {}: {}{reason}\n",
                copy.part,
                copy.store,
                copy.outcome.words()
            );
        }
        if self.body.is_none() {
            text += "body: no head was found that names it\n";
        }
        text += if self.complete {
            "no copy is left in the places above\n"
        } else {
            "not complete: run it again, with every store that may have a copy\n"
        };
        text += "out of reach:\n";
        for beyond in &self.out_of_reach {
            text += &format!("- {}\n", beyond.reason);
            for account in &beyond.accounts {
                text += &format!("    {account}\n");
            }
        }
        text
    }
}

/// Erases a record as far as that is possible, and says how far that is.
///
/// # Errors
/// The port's refusal to retract, before anything is destroyed. A copy that could not be destroyed is no error: the
/// receipt says so, and a warning.
pub async fn run(context: &Context, args: &EraseArgs) -> Result<Erased, Error> {
    context.require_consent()?;
    let chosen = context.port(args.port.port.as_deref()).await?;
    chosen.port.claimed_info().await?;
    let entry = chosen.port.record(args.id).await?;
    let writers = Writers::open_existing(context, &context.settings.stores)?;
    let stores = Stores::open(context)?;
    let erased = erase(context, &chosen, entry, &writers, &stores).await;
    stores.report(context);
    let erased = erased?;
    if !erased.complete {
        context.warn(
            "erase.incomplete",
            format!(
                "copies of record `{}` may be left: see the receipt",
                erased.id
            ),
        );
    }
    Ok(erased)
}

async fn erase(
    context: &Context,
    chosen: &ChosenPort,
    entry: RecordEntry,
    writers: &Writers,
    stores: &Stores,
) -> Result<Erased, Error> {
    let port = &chosen.port;
    let body = body_of(context, port, &entry, stores).await?;
    let tx = retract(context, chosen, &entry, writers).await?;
    if let Some(body) = body {
        let erasing = Erasing { body };
        context.home().begin_erasing(entry.commitment, &erasing)?;
    }
    let mut copies = Vec::new();
    let whose_head = whose_head(port, &entry, stores).await?;
    let reason = match (&whose_head, body) {
        (Some(reason), _) => Some(reason.clone()),
        (None, Some(body)) => needed_by_another(port, &entry, body, stores).await?,
        (None, None) => None,
    };
    let head = BlobId(entry.commitment);
    let outgoing = DirectoryStore::open(context.home().outgoing());
    let outgoing = outgoing.map_err(patientport_client::Error::from)?;
    let home = Arc::new(outgoing) as Arc<dyn BlobStore>;
    for store in writers.stores.iter().chain([&home]) {
        let is_home = Arc::ptr_eq(store, &home);
        // The body first: as long as a head is there, somebody can find the body.
        if let Some(body) = body {
            let copy = take(store, BlobPart::Body, BlobId(body), reason.as_ref()).await;
            if !is_home || copy.outcome == Fate::Destroyed || copy.outcome == Fate::Failed {
                copies.push(copy);
            }
        }
        let copy = take(store, BlobPart::Head, head, whose_head.as_ref()).await;
        if !is_home || copy.outcome == Fate::Destroyed || copy.outcome == Fate::Failed {
            copies.push(copy);
        }
    }
    if let Some(body) = body {
        context.home().remove_incoming(body)?;
    }
    let complete = body.is_some()
        && copies
            .iter()
            .all(|copy| matches!(copy.outcome, Fate::Destroyed | Fate::NotThere));
    if complete {
        context.home().end_erasing(entry.commitment)?;
    }
    let now = port.record(entry.id).await?;
    Ok(Erased {
        id: entry.id,
        port: port.address(),
        commitment: entry.commitment,
        body,
        state: now.state.as_str(),
        tx,
        complete,
        copies,
        out_of_reach: beyond(port, &entry).await?,
    })
}

/// The body's name: from the head, or from what an earlier run wrote down.
async fn body_of(
    context: &Context,
    port: &Port,
    entry: &RecordEntry,
    stores: &Stores,
) -> Result<Option<B256>, Error> {
    if let Some(erasing) = context.home().erasing(entry.commitment)? {
        return Ok(Some(erasing.body));
    }
    let (store, at, entry) = (stores.of(port, entry.author), port.clone(), *entry);
    let head = blocking(move || Ok(fetch_head(&at, &entry, store.as_ref()))).await?;
    match head {
        Ok(head) => Ok(Some(head.body_hash())),
        Err(error) => {
            context.warn(
                "erase.no_head",
                format!("{error}: nothing says which body belongs to it"),
            );
            Ok(None)
        }
    }
}

/// Retracts the record unless it is not current any more; asks either way.
async fn retract(
    context: &Context,
    chosen: &ChosenPort,
    entry: &RecordEntry,
    writers: &Writers,
) -> Result<Option<TxSummary>, Error> {
    let port = &chosen.port;
    let mut preview = Preview::new("erase a record: retract it and destroy its copies, for ever")
        .line("port", port.address().to_string())
        .line("record", format!("{} by {}", entry.id, entry.author))
        .line("state", entry.state.to_string());
    for store in &writers.stores {
        preview = preview.line("from", store.describe());
    }
    if entry.state != RecordState::Current {
        confirm(context, &preview)?;
        return Ok(None);
    }
    let reason = RetractionReason::Erased;
    let preview = preview.line("reason", format!("{reason} (public)"));
    let wallet = context.wallet(chosen.known.account.as_deref())?;
    let report = send(context, &wallet, preview, &port.retract(entry.id, reason)).await?;
    Ok(Some((&report).into()))
}

/// Why head and body must stay: the head is another current record's own, and this record repeats its commitment, which
/// the port takes from anybody. A record that repeats this one's keeps nothing: anybody could prevent an erasure.
async fn whose_head(
    port: &Port,
    erased: &RecordEntry,
    stores: &Stores,
) -> Result<Option<String>, Error> {
    let all = port.records().await?;
    let twins = all.into_iter().filter(|entry| {
        entry.id != erased.id
            && entry.state == RecordState::Current
            && entry.commitment == erased.commitment
    });
    for twin in twins {
        let (store, at) = (stores.of(port, twin.author), port.clone());
        let head = blocking(move || Ok(fetch_head(&at, &twin, store.as_ref()))).await?;
        let is_its_own = match head {
            Ok(_) => {
                let first = first_with(port, twin.author, twin.section, twin.commitment).await?;
                first.is_none_or(|first| first == twin.id)
            }
            // Not there, or another's.
            Err(_) => false,
        };
        if is_its_own {
            return Ok(Some(format!("it is that of record {}", twin.id)));
        }
    }
    Ok(None)
}

/// Why the body must stay: another current record's head names it, or may, as far as heads can be read.
async fn needed_by_another(
    port: &Port,
    erased: &RecordEntry,
    body: B256,
    stores: &Stores,
) -> Result<Option<String>, Error> {
    let others = port.records().await?;
    let others = others.into_iter().filter(|entry| {
        entry.id != erased.id
            && entry.state == RecordState::Current
            && entry.commitment != erased.commitment
    });
    let looked = futures_util::stream::iter(others).map(|entry| {
        let (store, at) = (stores.of(port, entry.author), port.clone());
        blocking(move || Ok((entry.id, fetch_head(&at, &entry, store.as_ref()))))
    });
    let mut looked = looked.buffered(HEADS_AT_ONCE);
    let mut unknown = Vec::new();
    while let Some(found) = looked.next().await {
        match found? {
            (id, Ok(head)) if head.body_hash() == body => {
                return Ok(Some(format!("record {id} has the same body")));
            }
            // Not there, forged or damaged: nobody can open it and miss the body.
            (id, Err(error)) if error.class() == patientport_client::Class::Environment => {
                unknown.push(id);
            }
            _ => {}
        }
    }
    Ok(unknown.first().map(|first| {
        format!(
            "the heads of {} cannot be read now, of record {first} first, and one of them may name it",
            count(unknown.len(), "record")
        )
    }))
}

/// Destroys a blob, unless there is a reason to keep it.
async fn take(
    store: &Arc<dyn BlobStore>,
    part: BlobPart,
    id: BlobId,
    kept: Option<&String>,
) -> CopyOf {
    let (name, at) = (store.describe(), Arc::clone(store));
    let (outcome, reason) = if let Some(reason) = kept {
        (Fate::Kept, Some(reason.clone()))
    } else {
        match blocking(move || Ok(at.delete(&id))).await {
            Ok(Ok(true)) => (Fate::Destroyed, None),
            Ok(Ok(false)) => (Fate::NotThere, None),
            Ok(Err(error)) => (Fate::Failed, Some(StoreError::whole(&error))),
            Err(error) => (Fate::Failed, Some(error.to_string())),
        }
    };
    CopyOf {
        store: name,
        part: match part {
            BlobPart::Head => "head",
            BlobPart::Body => "body",
        },
        outcome,
        reason,
    }
}

/// What no program can destroy.
async fn beyond(port: &Port, entry: &RecordEntry) -> Result<Vec<Beyond>, Error> {
    let left = remains(port, entry).await?;
    let mut beyond = vec![
        Beyond {
            what: "commitment",
            reason: "the commitment, author, section and times stay on the chain; they tell nothing of the content".into(),
            accounts: Vec::new(),
        },
        Beyond {
            what: "store-copies",
            reason: "earlier versions and backups that a store's keeper holds, and stores that were not named here".into(),
            accounts: Vec::new(),
        },
    ];
    if !left.published.is_empty() {
        let pieces: u32 = left.published.values().sum();
        beyond.push(Beyond {
            what: "published",
            reason: format!(
                "{} of its ciphertext on the chain, for ever, published by",
                count(pieces as usize, "piece")
            ),
            accounts: left.published.into_keys().collect(),
        });
    }
    let profile = port.registry().contact_profile(entry.author).await?;
    if profile.and_then(|it| it.endpoint).is_some() {
        beyond.push(Beyond {
            what: "author-endpoint",
            reason: "what the author serves at its own endpoint: ask it to erase the record".into(),
            accounts: vec![entry.author],
        });
    }
    if !left.shared_with.is_empty() {
        beyond.push(Beyond {
            what: "shared-keys",
            reason: "its key, which was shared for ever with".into(),
            accounts: left.shared_with.into_iter().collect(),
        });
    }
    let readers: BTreeSet<Address> = left.readers;
    if !readers.is_empty() {
        beyond.push(Beyond {
            what: "readers",
            reason: "copies that readers may have made; access to its section had at some time"
                .into(),
            accounts: readers.into_iter().collect(),
        });
    }
    Ok(beyond)
}
