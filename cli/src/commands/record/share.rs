//! `patientport record share`

use std::sync::Arc;

use alloy::primitives::Address;
use patientport_client::port::RecordEntry;
use patientport_client::records::fetch_head;
use patientport_core::record::RecordKey;
use serde::Serialize;

use super::blocking;
use super::stores::Stores;
use crate::args::record::ShareArgs;
use crate::commands::onward::{SharedWith, give, record_list, share_onward};
use crate::commands::party::Patient;
use crate::commands::request::approve::grantee;
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::home::pins::Subject;
use crate::output::Outcome;

/// Records whose keys were given away.
#[derive(Debug, Serialize)]
pub struct Shared {
    /// The port.
    pub port: Address,
    /// Who was given what.
    pub shared: Vec<SharedWith>,
    /// Records that could not be looked at: no store gave their heads.
    pub unread: Vec<u32>,
}

impl Outcome for Shared {
    fn text(&self) -> String {
        let mut text: String = self.shared.iter().map(SharedWith::text).collect();
        if text.is_empty() {
            text.push_str("nothing waits to be shared\n");
        }
        if !self.unread.is_empty() {
            text.push_str(&format!(
                "no store has the head of record {}\n",
                record_list(&self.unread)
            ));
        }
        text
    }
}

/// Shares records with one reader; without any, those that authors sealed to the patient, with everybody who may read
/// their section.
///
/// # Errors
/// `NotThePatient`; the client's for records that are missing or locked; `KeyChanged`; the port's refusals.
pub async fn run(context: &Context, args: &ShareArgs) -> Result<Shared, Error> {
    if args.with.is_some() && args.ids.is_empty() {
        return Err(Error::FlagNeeded {
            flag: "ID",
            reason: "--with names a reader and no record".into(),
        });
    }
    let chosen = context.port(args.port.port.as_deref()).await?;
    let patient = Patient::open(context, &chosen).await?;
    let port = chosen.port.address();
    let Some(reader) = args.with else {
        let onward = share_onward(context, &chosen, &patient, args.include_unseen).await?;
        return Ok(Shared {
            port,
            shared: onward.shared,
            unread: onward.unread,
        });
    };
    let to = grantee(&chosen, reader, None).await?;
    let subject = Subject::Account(reader);
    let pin = context.compare_key(chosen.port.chain().chain_id(), subject, &to.key)?;
    let keys = keys(context, &chosen, &patient, &args.ids).await?;
    let title = "share single records";
    let shared = give(
        context,
        &patient,
        (reader, &to.key),
        Some(&pin),
        &keys,
        title,
    )
    .await?;
    Ok(Shared {
        port,
        shared: vec![shared],
        unread: Vec::new(),
    })
}

/// The keys of records, ascending and each once.
async fn keys(
    context: &Context,
    chosen: &ChosenPort,
    patient: &Patient,
    ids: &[u32],
) -> Result<Vec<(u32, RecordKey)>, Error> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut entries = Vec::with_capacity(ids.len());
    for id in ids {
        entries.push(chosen.port.record(id).await?);
    }
    let stores = Stores::open(context)?;
    let at = |entry: RecordEntry| {
        let store = stores.of(&chosen.port, entry.author);
        (entry, store)
    };
    let entries: Vec<_> = entries.into_iter().map(at).collect();
    let (port, keyring) = (chosen.port.clone(), Arc::new(patient.keyring().clone()));
    let keys = blocking(move || {
        entries
            .iter()
            .map(|(entry, store)| {
                let head = fetch_head(&port, entry, store.as_ref())?;
                Ok((entry.id, keyring.open(entry.id, &head)?.1))
            })
            .collect()
    });
    let keys = keys.await;
    stores.report(context);
    keys
}
