//! `patientport record add`: encrypt, remember, store everywhere, send, forget. Each step is durable before the next,
//! so that a record is neither lost nor stored twice.

use std::sync::Arc;

use alloy::primitives::{Address, B256};
use patientport_client::port::{Port, PortInfo, SectionKey};
use patientport_client::progress::{Stage, Watcher};
use patientport_client::records::{self, PreparedRecord, Target};
use patientport_client::store::{BlobId, BlobStore, Location};
use patientport_core::record::Metadata;
use patientport_core::section::{SectionId, SectionSet};
use rand_core::OsRng;
use serde::Serialize;
use serde_json::json;

use super::cancel::CancelGuard;
use super::input::Input;
use super::stores::Writers;
use super::{again, batch, blocking, transfer};
use crate::args::record::{AddArgs, Description};
use crate::args::values::{CommitmentArg, SectionRef};
use crate::commands::acting::refuse_others_call;
use crate::commands::party::{Reader, keyring, sections};
use crate::commands::request::approve::section_pins;
use crate::commands::stale::{Stale, stale};
use crate::context::{ChosenPort, Context, Wallet};
use crate::error::Error;
use crate::home::files::OwnLock;
use crate::home::pending::Pending;
use crate::home::pins::{Pin, Subject};
use crate::output::{Outcome, Report};
use crate::preview::{Preview, TxSummary, send};
use crate::progress::Bar;
use crate::text::{shown, size};
use crate::time::{clock, now_rfc3339};

/// A record that is on chain.
#[derive(Debug, Serialize)]
pub struct Added {
    /// Its number at the port.
    pub id: u32,
    /// The port.
    pub port: Address,
    /// Who added it.
    pub author: Address,
    /// Its section.
    pub section: SectionId,
    /// The epoch it is sealed to.
    pub epoch: u32,
    /// Its commitment: what stands on chain, and the name of its head in the store.
    pub commitment: B256,
    /// Name of its body in the store.
    pub body: B256,
    /// Bytes of the payload.
    pub payload_length: u64,
    /// Bytes of the encrypted body.
    pub body_length: u64,
    /// The record whose place it takes.
    pub supersedes: Option<u32>,
    /// The transaction; none if an earlier run had sent it.
    pub tx: Option<TxSummary>,
}

impl Outcome for Added {
    fn text(&self) -> String {
        let place = match self.supersedes {
            Some(earlier) => format!(" takes the place of record {earlier}"),
            None => String::new(),
        };
        let text = format!(
            "record {}{place} in section {}: {} encrypted, commitment {}\n",
            self.id,
            self.section,
            size(self.payload_length),
            self.commitment
        );
        match &self.tx {
            Some(tx) => text + &tx.line(),
            None => text + "it was on chain already\n",
        }
    }
}

/// Adds a record, or several, or finishes what an earlier run began.
///
/// # Errors
/// The port's refusal, before anything is encrypted; `KeyChanged`; the store's; after storing, any
/// error comes with the command that resumes.
pub async fn run(context: &Context, args: AddArgs) -> Result<Option<Report>, Error> {
    context.require_consent()?;
    if let Some(CommitmentArg(commitment)) = args.resume {
        let added = resume(context, &args, commitment).await?;
        return Ok(Some(Report::of(&added)));
    }
    if args.is_batch() {
        let filed = batch::run(context, &args).await?;
        return Ok(Some(Report::of(&filed)));
    }
    let added = one(context, &args, None).await?;
    Ok(Some(Report::of(&added)))
}

/// What is said of a record: as given, else as the content says, else by the file's name.
pub(super) fn metadata(input: &Input, given: &Description) -> Result<Metadata, Error> {
    let described = &input.described;
    let metadata = Metadata {
        title: given
            .title
            .clone()
            .or_else(|| described.title.clone())
            .or_else(|| input.name.clone())
            .unwrap_or_default(),
        media_type: given
            .media_type
            .clone()
            .unwrap_or_else(|| described.media_type.clone()),
        content_time: given
            .time
            .clone()
            .or_else(|| described.content_time.clone()),
        note: given.note.clone().unwrap_or_default(),
        length: input.length,
    };
    metadata
        .check()
        .map_err(|source| Error::Metadata { source })?;
    Ok(metadata)
}

/// Adds one record; in the place of an earlier one, in its section, if `supersedes` names it.
///
/// # Errors
/// As [`run`]; `record.unknown`, `record.not_current`.
pub(super) async fn one(
    context: &Context,
    args: &AddArgs,
    supersedes: Option<u32>,
) -> Result<Added, Error> {
    let path = args.file.first().ok_or_else(|| Error::FlagNeeded {
        flag: "FILE",
        reason: "there is nothing to add".into(),
    })?;
    let input = Input::open(path).map_err(|error| {
        if supersedes.is_none() && path.is_dir() {
            error.with_hint("`--recursive` adds the files below a directory", json!({}))
        } else {
            error
        }
    })?;
    let metadata = metadata(&input, &args.described)?;
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let key = match supersedes {
        Some(earlier) => {
            port.section_key(port.record(earlier).await?.section)
                .await?
        }
        None => choose_section(&chosen, args.section.as_ref()).await?,
    };
    let wallet = context.wallet(chosen.known.account.as_deref())?;
    refuse_others_call(context, &chosen, &info, wallet.address())?;
    let mut pins = check_key(context, &chosen, &info, wallet.address(), &key).await?;
    let source = again::name(
        (port, wallet.address()),
        &key,
        (path, &args.described),
        supersedes,
    );
    let again = source.filter(|_| !context.is_dry_run());
    let adding = again.map(|name| again::hold(context, name)).transpose()?;
    if let Some(name) = again.filter(|_| !args.batch.again)
        && let Some(pending) = again::left(context, port, &key, name).await?
    {
        let commitment = pending.record.commitment;
        context.terminal.say(&format!(
            "an earlier run encrypted this file: going on with {commitment}"
        ));
        let left = (&pending, true);
        return commit(context, port, &wallet, left, pins, adding).await;
    }
    // Whoever may not add learns it before anything is encrypted: a commitment is any 32 bytes to the port.
    let any = B256::repeat_byte(1);
    let trial = match supersedes {
        Some(earlier) => port.supersede(earlier, any, key.epoch),
        None => port.add(any, key.section, key.epoch),
    };
    if context.settings.delivery.needs_no_ether() {
        port.chain()
            .call_raw(Some(wallet.address()), trial.call())
            .await?;
    } else {
        let _allowed = trial.prepare(wallet.address()).await?;
    }
    let (target, pin) = target(context, port, &info, &key, args.allow_stale).await?;
    // What is shown is the key that opens the record.
    pins.splice(..0, pin);
    if context.is_dry_run() {
        let preview = Preview::new("add a record")
            .line("port", port.address().to_string())
            .line("section", format!("{} at epoch {}", key.section, key.epoch))
            .line("key", target.key.fingerprint().to_string())
            .maybe("size", metadata.length.map(size))
            .line(
                "commitment",
                "known once the record is encrypted; another stands in the data",
            );
        // Nothing is encrypted or stored: this ends with what was tried above.
        let _never = send(context, &wallet, preview, &trial).await?;
    }

    // All of them, though most are used later: what cannot be used as it is named is told before the work.
    let writers = Writers::open(context, &context.settings.stores, Watcher::nobody())?;
    let bar = Bar::bytes(&context.terminal, metadata.length);
    let author = wallet.address();
    let pending = store(
        context,
        (port, author),
        target,
        metadata,
        input,
        (&writers, &bar),
        (source, supersedes),
    )
    .await?;
    drop(bar);
    let adding = match adding {
        Some(adding) => Some(adding),
        None => Some(again::hold(context, pending.record.commitment)?),
    };
    commit(context, port, &wallet, (&pending, false), pins, adding).await
}

/// Compares the section's key with what this author knows: the key first seen, and, where it was given the secret,
/// the key of that secret. A node that shows a key of its own could read what is sealed to it.
pub(super) async fn check_key(
    context: &Context,
    chosen: &ChosenPort,
    info: &PortInfo,
    author: Address,
    key: &SectionKey,
) -> Result<Vec<Pin>, Error> {
    let port = &chosen.port;
    let pins = section_pins(context, port, std::slice::from_ref(key))?;
    if knows_secret(port, info, author, key).await? {
        let reader = Reader::open(context, chosen, info).await?;
        let keyring = keyring(context, port, author, &reader.keys).await?;
        keyring.check(key)?;
    }
    Ok(pins)
}

/// Whether the author was given the section's secret, and so can tell a false key from the true one.
pub(super) async fn knows_secret(
    port: &Port,
    info: &PortInfo,
    author: Address,
    key: &SectionKey,
) -> Result<bool, Error> {
    let now = port.chain().now(clock()).await?;
    // A delegate and a responder hold secrets, too.
    let holder = port.holder_of(author, now).await?;
    Ok(author == info.patient || holder.entitled().contains(key.section))
}

/// Encrypts into the store if it is one directory, else into the home, from where [`transfer::send`] takes it, and
/// remembers that it waits. Interrupted, it leaves nothing there. `source` is what the record is called that is made of
/// it, see [`again`].
pub(super) async fn store(
    context: &Context,
    (port, author): (&Port, Address),
    target: Target,
    metadata: Metadata,
    input: Input,
    (writers, bar): (&Writers, &Bar),
    (source, supersedes): (Option<B256>, Option<u32>),
) -> Result<Pending, Error> {
    let guard = CancelGuard::default();
    let (store, outgoing) = match (
        context.settings.stores.as_slice(),
        writers.stores.as_slice(),
    ) {
        ([Location::Directory(_)], [store]) => (Arc::clone(store), false),
        _ => (
            Arc::new(context.home().open_outgoing()?) as Arc<dyn BlobStore>,
            true,
        ),
    };
    let name = store.describe();
    let port = port.clone();
    let reader = bar
        .watcher()
        .watch(Stage::Encrypting, input.into_reader(&guard));
    let stores: Vec<_> = context
        .settings
        .stores
        .iter()
        .map(ToString::to_string)
        .collect();
    let home = context.home().clone();
    let encrypt = move || {
        let mut noted = None;
        let note = |record: &PreparedRecord| {
            let pending = Pending {
                record: record.clone(),
                stores,
                outgoing,
                created: now_rfc3339(),
                key: Some(target.key.fingerprint().to_string()),
                source,
                supersedes,
            };
            home.add_pending(&pending)?;
            noted = Some(pending);
            Ok::<_, Error>(())
        };
        let prepared = records::prepare_noted(
            &port,
            author,
            &target,
            &metadata,
            reader,
            store.as_ref(),
            &mut OsRng,
            note,
        );
        let pending = noted.ok_or(Error::Interrupted);
        match prepared {
            Ok(_) => pending,
            Err(error) => {
                // What could not be stored waits for nothing. Should this fail as well, the next run finds that the
                // record is not whole.
                if let Ok(Pending { record, .. }) = pending {
                    let _ = store.delete(&BlobId(record.body));
                    let _ = home.remove_pending(record.commitment);
                }
                Err(error)
            }
        }
    };
    let pending = blocking(encrypt).await;
    drop(guard);
    let pending = pending?;
    context.terminal.detail(&format!(
        "encrypted head {} and body {} into {name}",
        pending.record.commitment, pending.record.body,
    ));
    Ok(pending)
}

/// Continues with a record that an earlier run stored.
async fn resume(context: &Context, args: &AddArgs, commitment: B256) -> Result<Added, Error> {
    let pending = context.home().pending(commitment)?;
    let record = &pending.record;
    let named = record.port.to_string();
    // A port named otherwise would be refused further down; unnamed, it is the record's own.
    let given = args.port.port.as_deref().unwrap_or(&named);
    let chosen = context.port(Some(given)).await?;
    let name = context.wallet_of(record.author)?;
    let wallet = context.wallet(chosen.known.account.as_deref().or(name.as_deref()))?;
    if wallet.address() != record.author {
        return Err(patientport_client::Error::PreparedElsewhere {
            what: "account",
            prepared: record.author.to_string(),
            given: wallet.address().to_string(),
        }
        .into());
    }
    // What was made of no file is known by its commitment.
    let name = pending.source.unwrap_or(commitment);
    let adding = (!context.is_dry_run()).then(|| again::hold(context, name));
    let adding = adding.transpose()?;
    again::refuse_unreadable(context, &chosen.port, &pending).await?;
    // The key was compared when the record was sealed to it, and is remembered with the transaction.
    let left = (&pending, true);
    commit(context, &chosen.port, &wallet, left, Vec::new(), adding).await
}

/// Sends the transaction of a stored record unless it is on chain already, and forgets that it waited. Only one that an
/// earlier run left can be there.
async fn commit(
    context: &Context,
    port: &Port,
    wallet: &Wallet,
    (pending, was_left): (&Pending, bool),
    pins: Vec<Pin>,
    adding: Option<OwnLock>,
) -> Result<Added, Error> {
    let record = &pending.record;
    let sent = async {
        if was_left && let Some(id) = again::on_chain(port, record).await? {
            return Ok((id, None));
        }
        // What this run has stored in its one directory is there.
        if !context.is_dry_run() && (was_left || pending.outgoing) {
            transfer::send(context, pending).await?;
        }
        commit_once(context, port, wallet, pending, pins).await
    };
    let (id, tx) = match sent.await {
        Ok(sent) => sent,
        Err(error) => {
            return Err(not_sent(context, pending, error).await);
        }
    };
    if !context.is_dry_run() {
        transfer::forget(context, pending).await;
        drop(adding);
        // Last of all: a run that is stopped before it finds the record again, and does not add it once more. So does
        // the next one, if this home cannot be written to now.
        if let Err(error) = context.home().remove_pending(record.commitment) {
            context.warn_not_kept("that the record is on chain", error);
        }
    }
    Ok(Added {
        id,
        port: record.port,
        author: record.author,
        section: record.section,
        epoch: record.epoch,
        commitment: record.commitment,
        body: record.body,
        payload_length: record.payload_len,
        body_length: record.body_len,
        supersedes: pending.supersedes,
        tx,
    })
}

/// Why a stored record is not on chain, with what to do. One that the port will never take is taken back.
pub(super) async fn not_sent(context: &Context, pending: &Pending, error: Error) -> Error {
    let commitment = pending.record.commitment;
    if context.is_dry_run() {
        return error.with_hint(
            "nothing was changed, for it was a dry run",
            json!({ "commitment": commitment }),
        );
    }
    let hint = if error.code() == "section.stale_epoch" {
        // It is sealed to a key that a former reader has, and will never be on chain.
        if let Err(failure) = transfer::take_back(context, pending).await {
            context.warn("store.not_taken_back", failure.chain().join(": "));
        }
        "the section's key has changed since the record was encrypted, and what was stored is removed again: add the file once more".into()
    } else {
        format!(
            "the record is encrypted and not lost: go on with `patientport record add --resume {commitment}`"
        )
    };
    error.with_hint(hint, json!({ "commitment": commitment }))
}

async fn commit_once(
    context: &Context,
    port: &Port,
    wallet: &Wallet,
    pending: &Pending,
    pins: Vec<Pin>,
) -> Result<(u32, Option<TxSummary>), Error> {
    let record = &pending.record;
    let transaction = match pending.supersedes {
        Some(earlier) => records::superseding(port, record, earlier)?,
        None => records::transaction(port, record)?,
    };
    let preview = Preview::new("add a record")
        .line("port", record.port.to_string())
        .maybe("supersedes", pending.supersedes.map(|id| id.to_string()))
        .line(
            "section",
            format!("{} at epoch {}", record.section, record.epoch),
        )
        .maybe(
            "key",
            pending.key.as_ref().map(|key| match pins.first() {
                Some(pin) => pin.to_string(),
                None => key.clone(),
            }),
        )
        .pins(pins)
        .line(
            "size",
            format!(
                "{} ({} encrypted)",
                size(record.payload_len),
                size(record.body_len)
            ),
        )
        .line("commitment", record.commitment.to_string());
    let report = send(context, wallet, preview, &transaction).await?;
    let id = records::find(port, record).await?;
    let id = id.ok_or(patientport_client::Error::TransactionFailed {
        hash: report.hash,
        revert: None,
    })?;
    Ok((id, Some((&report).into())))
}

/// The section that is meant, with its key: the one named, else the only one open.
pub(super) async fn choose_section(
    chosen: &ChosenPort,
    given: Option<&SectionRef>,
) -> Result<SectionKey, Error> {
    let port = &chosen.port;
    let Some(given) = given else {
        let open = port.open_sections().await?;
        return match open.as_slice() {
            [key] => Ok(*key),
            keys => Err(Error::FlagNeeded {
                flag: "--section",
                reason: format!("the port has {} open sections", keys.len()),
            }),
        };
    };
    let set: SectionSet = sections(chosen, None, std::slice::from_ref(given))?;
    match set.iter().collect::<Vec<_>>().as_slice() {
        [section] => Ok(port.section_key(*section).await?),
        _ => Err(Error::FlagInvalid {
            flag: "--section",
            value: shown(&given.to_string()),
            reason: "a record is in one section".into(),
        }),
    }
}

/// Whom the record is sealed to: the section, or, where somebody without access holds its key, the patient.
pub(super) async fn target(
    context: &Context,
    port: &Port,
    info: &PortInfo,
    key: &SectionKey,
    allow_stale: bool,
) -> Result<(Target, Option<Pin>), Error> {
    let section = Target::section(port, key)?;
    let stale = stale(port).await?;
    let Some(Stale { holder, cause, .. }) = stale.iter().find(|it| it.section == key.section)
    else {
        return Ok((section, None));
    };
    let stale = format!(
        "the key of section `{}` is stale: `{holder}` {cause}",
        key.section
    );
    if allow_stale {
        context.warn(
            "section.stale",
            format!("{stale}, and can open this record"),
        );
        return Ok((section, None));
    }
    let patient = info.patient_key()?;
    let subject = Subject::Account(port.address());
    let pin = context.compare_key(port.chain().chain_id(), subject, &patient)?;
    context.warn(
        "section.stale",
        format!("{stale}; the record is sealed to the patient, who shares it onward"),
    );
    Ok((Target::patient(key, patient), Some(pin)))
}
