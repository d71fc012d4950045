//! `patientport record verify`

use alloy::primitives::{Address, B256};
use patientport_client::Error::{NoMatchingKey, NotShared};
use patientport_client::port::{PortInfo, RecordEntry};
use patientport_client::progress::Stage;
use patientport_client::records::{fetch, verify_blobs};
use patientport_core::section::SectionId;
use serde::Serialize;

use super::blocking;
use super::stores::Stores;
use crate::args::record::VerifyArgs;
use crate::commands::party::{Reader, keyring};
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::output::Outcome;
use crate::progress::Bar;
use crate::text::size;

/// A record whose blobs are what the chain commits to.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// Its number.
    pub id: u32,
    /// The port.
    pub port: Address,
    /// Its commitment.
    pub commitment: B256,
    /// Who added it.
    pub author: Address,
    /// Its section.
    pub section: SectionId,
    /// The epoch it is sealed to.
    pub epoch: u32,
    /// Current, retracted or superseded.
    pub state: &'static str,
    /// Bytes of the encrypted body.
    pub body_length: u64,
    /// Whether it was decrypted to the last byte as well.
    pub decrypted: bool,
    /// Bytes of the payload, if it was decrypted.
    pub length: Option<u64>,
}

impl Outcome for Verified {
    fn text(&self) -> String {
        let depth = match self.length {
            Some(length) => format!("it decrypts to {}", size(length)),
            None => "not decrypted, for want of a key".into(),
        };
        format!(
            "record {}: head and body ({}) are those committed to; {depth}\n",
            self.id,
            size(self.body_length)
        )
    }
}

/// Checks a record's blobs against the chain, and decrypts them to nowhere where a key is held.
///
/// # Errors
/// The client's for records that are missing, damaged or forged.
pub async fn run(context: &Context, args: &VerifyArgs) -> Result<Verified, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let info = chosen.port.claimed_info().await?;
    let entry = chosen.port.record(args.id).await?;
    let bar = Bar::bytes(&context.terminal, None);
    let stores = Stores::open_watched(context, bar.watcher())?;
    let verified = verify(context, &chosen, &info, &entry, (&stores, &bar)).await;
    drop(bar);
    stores.report(context);
    verified
}

async fn verify(
    context: &Context,
    chosen: &ChosenPort,
    info: &PortInfo,
    entry: &RecordEntry,
    (stores, bar): (&Stores, &Bar),
) -> Result<Verified, Error> {
    let entry = *entry;
    let store = stores.of(&chosen.port, entry.author);
    let (port, blobs) = (chosen.port.clone(), store.clone());
    let head = blocking(move || Ok(verify_blobs(&port, &entry, blobs.as_ref())?)).await?;
    let mut length = None;
    if let Some(reader) = Reader::open_if_possible(context, chosen, info).await? {
        let keyring = keyring(context, &chosen.port, reader.account, &reader.keys).await?;
        match fetch(&chosen.port, entry.id, &keyring, &store).await {
            Ok(record) => {
                bar.total(record.body_len());
                let (watcher, anew) = (bar.watcher(), bar.anew());
                let counted = move || {
                    anew();
                    Ok(watcher.watch(Stage::Verifying, std::io::sink()))
                };
                length = Some(blocking(move || Ok(record.verify_into(counted)?)).await?);
            }
            Err(NoMatchingKey { .. } | NotShared { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Verified {
        id: entry.id,
        port: chosen.port.address(),
        commitment: entry.commitment,
        author: entry.author,
        section: entry.section,
        epoch: entry.epoch,
        state: entry.state.as_str(),
        body_length: head.body_len(),
        decrypted: length.is_some(),
        length,
    })
}
