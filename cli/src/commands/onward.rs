//! Records that authors sealed to the patient, because their section was stale: found, and shared onward with whoever
//! may read their section. Every command of the patient that lets somebody read, or changes keys, ends with this.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::Address;
use futures_util::{StreamExt as _, TryStreamExt as _};
use patientport_client::Error as ClientError;
use patientport_client::port::{Port, RecordEntry};
use patientport_client::rotation::NamedSection;
use patientport_client::sharing::{Looked, current, look, owed, shared};
use patientport_core::record::RecordKey;
use patientport_core::section::SectionSet;
use rand_core::OsRng;
use serde::Serialize;

use super::party::Patient;
use super::record::blocking;
use super::record::stores::{HEADS_AT_ONCE, Stores};
use super::sealing;
use crate::commands::describe::Who;
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::home::looked as home;
use crate::home::pins::Pin;
use crate::preview::{Preview, TxSummary, send};
use crate::time;

/// Keys of single records that were given to a reader.
#[derive(Clone, Debug, Serialize)]
pub struct SharedWith {
    /// The reader.
    pub reader: Address,
    /// The records' numbers.
    pub records: Vec<u32>,
    /// The transactions, each for at most 16 records.
    pub txs: Vec<TxSummary>,
}

impl SharedWith {
    /// One line for people, and one for each transaction.
    pub fn text(&self) -> String {
        let mut text = format!(
            "record {} shared with {}\n",
            record_list(&self.records),
            self.reader
        );
        text.extend(self.txs.iter().map(TxSummary::line));
        text
    }
}

/// What sharing onward came to.
#[derive(Debug, Default)]
pub struct Onward {
    /// Who was given what.
    pub shared: Vec<SharedWith>,
    /// Records that could not be looked at: no store gave their heads.
    pub unread: Vec<u32>,
}

/// As [`share_onward`], at the end of a command whose own work is done: what fails is told and does not fail it.
pub async fn afterwards(
    context: &Context,
    chosen: &ChosenPort,
    patient: &Patient,
) -> Vec<SharedWith> {
    // A run that sends nothing has nothing to go on with.
    if context.settings.delivery.flag().is_some() {
        return Vec::new();
    }
    match share_onward(context, chosen, patient, false).await {
        Ok(onward) => {
            if !onward.unread.is_empty() {
                context.terminal.detail(&format!(
                    "no store has the head of record {}: whether it waits to be shared is not known",
                    record_list(&onward.unread)
                ));
            }
            onward.shared
        }
        Err(error) => {
            context.warn(
                "record.share_pending",
                format!("records that are sealed to you were not shared onward ({error}): run `patientport record share`"),
            );
            Vec::new()
        }
    }
}

/// Gives everybody who may read a section the keys of its records that are sealed to the patient, once.
///
/// # Errors
/// The chain's, the port's refusals, a prompt's.
pub async fn share_onward(
    context: &Context,
    chosen: &ChosenPort,
    patient: &Patient,
    include_unseen: bool,
) -> Result<Onward, Error> {
    let port = &chosen.port;
    // What was not looked at yet, or is known to be sealed to the patient.
    let chain_id = port.chain().chain_id();
    let mut known = looked_before(context, port).await?;
    let entries = current(port, |id| {
        id > known.through || known.to_patient.contains(&id) || known.unread.contains(&id)
    })
    .await?;
    let mut onward = Onward::default();
    let Some(last) = entries.iter().max_by_key(|entry| entry.id).copied() else {
        return Ok(onward);
    };
    let sections: SectionSet = entries.iter().map(|entry| entry.section).collect();
    let named: Vec<_> = sections.iter().map(NamedSection::from).collect();
    let mut plan = patient.acting.plan(&named, &[], time::clock()).await?;
    let told = shared(port).await?;
    // Of these alone the heads are read: the others are owed to nobody, whoever they are sealed to.
    let wanted: BTreeSet<u32> = owed(&plan, &entries, &told)
        .into_iter()
        .flat_map(|owed| owed.records)
        .collect();
    let (wanted, later): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|entry| wanted.contains(&entry.id));
    let looked = read_heads(context, port, wanted).await?;
    onward.unread = looked.unread.clone();
    if last.id > known.through {
        known.through = last.id;
        known.last = Some(home::Seen::from(&last));
    }
    remember(&mut known, &later, &looked);
    context
        .home()
        .keep_looked(chain_id, port.address(), &known)?;
    let (entries, keys) = opened(context, patient, looked);
    if entries.is_empty() {
        return Ok(onward);
    }
    // Only those who are owed something are asked about.
    let waiting: Vec<_> = owed(&plan, &entries, &told)
        .iter()
        .map(|it| it.reader.account)
        .collect();
    plan.keep(|recipient| waiting.contains(&recipient.account));
    let pins = sealing::judge(context, &mut plan, include_unseen, port.chain().chain_id())?;
    let pins: BTreeMap<Address, Pin> = plan
        .recipients()
        .iter()
        .map(|recipient| recipient.account)
        .zip(pins)
        .collect();
    for owed in owed(&plan, &entries, &told) {
        let given: Vec<_> = owed
            .records
            .iter()
            .filter_map(|id| Some((*id, keys.get(id)?.clone())))
            .collect();
        if given.is_empty() {
            continue;
        }
        let (account, key) = (owed.reader.account, owed.reader.key);
        let title = "share records onward that were sealed to you";
        let shared = give(
            context,
            patient,
            (account, &key),
            pins.get(&account),
            &given,
            title,
        );
        onward.shared.push(shared.await?);
    }
    Ok(onward)
}

/// Sends a reader the keys of records.
///
/// # Errors
/// The port's refusals; a prompt's.
pub async fn give(
    context: &Context,
    patient: &Patient,
    (reader, key): (Address, &patientport_core::keys::PublicKey),
    pin: Option<&Pin>,
    records: &[(u32, RecordKey)],
    title: &str,
) -> Result<SharedWith, Error> {
    let port = patient.acting.port();
    let who = Who::find(port.registry(), reader).await?.line();
    let transactions = patient.acting.share(reader, key, records, &mut OsRng);
    let ids: Vec<_> = records.iter().map(|(id, _)| *id).collect();
    let batches = ids.chunks(patientport_core::limits::MAX_SHARED_RECORDS as usize);
    let mut txs = Vec::new();
    for (transaction, batch) in transactions.iter().zip(batches) {
        let mut preview = Preview::new(title)
            .line("port", port.address().to_string())
            .line("reader", who.clone())
            .line("records", record_list(batch))
            .line("lasts", "for ever: no revocation takes a record's key back");
        if let Some(pin) = pin {
            preview = preview.pinned("key", "", pin.clone());
        }
        let report = send(context, &patient.wallet, preview, transaction).await?;
        txs.push((&report).into());
    }
    Ok(SharedWith {
        reader,
        records: ids,
        txs,
    })
}

/// What was found before; nothing if the chain went back behind it, so that numbers are other records' now.
async fn looked_before(context: &Context, port: &Port) -> Result<home::Looked, Error> {
    let known = context
        .home()
        .looked(port.chain().chain_id(), port.address())?;
    let Some(last) = known.last else {
        return Ok(home::Looked::default());
    };
    match port.record(known.through).await {
        Ok(entry) if home::Seen::from(&entry) == last => Ok(known),
        Ok(_) | Err(ClientError::UnknownRecord { .. }) => Ok(home::Looked::default()),
        Err(error) => Err(error.into()),
    }
}

/// Reads heads to find out whom the records are sealed to, several at once: a store may be far away.
async fn read_heads(
    context: &Context,
    port: &Port,
    entries: Vec<RecordEntry>,
) -> Result<Looked, Error> {
    if entries.is_empty() {
        return Ok(Looked::default());
    }
    let stores = Stores::open(context)?;
    let looking = futures_util::stream::iter(entries).map(|entry| {
        let (store, port) = (stores.of(port, entry.author), port.clone());
        blocking(move || Ok(look(&port, &[entry], store.as_ref())))
    });
    let found: Result<Vec<Looked>, Error> = looking.buffered(HEADS_AT_ONCE).try_collect().await;
    stores.report(context);
    let mut looked = Looked::default();
    for one in found? {
        looked.to_patient.extend(one.to_patient);
        looked.unread.extend(one.unread);
    }
    Ok(looked)
}

/// Remembers what heads said, and which are still to be read: those of `later`, unless they were read before.
fn remember(known: &mut home::Looked, later: &[RecordEntry], looked: &Looked) {
    let (mut to_patient, mut unread) = (BTreeSet::new(), BTreeSet::new());
    for entry in later {
        if known.to_patient.contains(&entry.id) {
            to_patient.insert(entry.id);
        } else {
            unread.insert(entry.id);
        }
    }
    to_patient.extend(looked.to_patient.iter().map(|(entry, _)| entry.id));
    unread.extend(&looked.unread);
    (known.to_patient, known.unread) = (to_patient, unread);
}

/// The records that are sealed to the patient and open, with their keys.
fn opened(
    context: &Context,
    patient: &Patient,
    looked: Looked,
) -> (Vec<RecordEntry>, BTreeMap<u32, RecordKey>) {
    let mut keys = BTreeMap::new();
    let mut found = Vec::new();
    for (entry, head) in looked.to_patient {
        match patient.keyring().open(entry.id, &head) {
            Ok((_, key)) => {
                keys.insert(entry.id, key);
                found.push(entry);
            }
            Err(error) => context.warn(
                "record.unopened",
                format!(
                    "record `{}`, by `{}`, is sealed to you and does not open: {error}",
                    entry.id, entry.author
                ),
            ),
        }
    }
    (found, keys)
}

/// Record numbers for people.
pub fn record_list(ids: &[u32]) -> String {
    let ids: Vec<_> = ids.iter().map(u32::to_string).collect();
    ids.join(", ")
}
