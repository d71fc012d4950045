//! Keys of single records: shared one by one, and onward where an author sealed a record to the patient because its
//! section was stale.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::Address;
use alloy::sol_types::SolEvent as _;
use patientport_core::abi::IPatientPort::{
    IPatientPortEvents, RecordAdded, RecordRetracted, RecordSuperseded, RecordsShared,
};
use patientport_core::keys::PublicKey;
use patientport_core::limits::MAX_SHARED_RECORDS;
use patientport_core::rand_core::CryptoRngCore;
use patientport_core::record::{Head, Recipient as SealedTo, RecordKey, seal_record_keys};
use patientport_core::seal::{Purpose, SealContext};
use patientport_core::section::SectionId;

use crate::actor::Actor;
use crate::chain::Transaction;
use crate::error::{Error, Result};
use crate::history::history;
use crate::port::{Port, RecordEntry, RecordState};
use crate::records::fetch_head;
use crate::rotation::{Plan, Recipient};
use crate::store::BlobStore;

/// Which accounts were sent the keys of which records. What the messages hold, the chain does not tell.
pub type Shared = BTreeMap<u32, BTreeSet<Address>>;

/// Who was sent the keys of single records of a port, as its history tells.
///
/// # Errors
/// Those of [`history`].
pub async fn shared(port: &Port) -> Result<Shared> {
    let mut shared = Shared::new();
    let history = history(port).await?;
    for told in history.events_of(&[RecordsShared::SIGNATURE_HASH]) {
        if let IPatientPortEvents::RecordsShared(event) = told.event {
            for id in &event.recordIds {
                shared.entry(*id).or_default().insert(event.reader);
            }
        }
    }
    Ok(shared)
}

/// The current records of a port whose numbers are wanted, ascending, as its history tells them: nothing is read of a
/// record that was read before.
///
/// # Errors
/// Those of [`history`].
pub async fn current(port: &Port, wanted: impl Fn(u32) -> bool) -> Result<Vec<RecordEntry>> {
    let history = history(port).await?;
    let kinds = [
        RecordAdded::SIGNATURE_HASH,
        RecordSuperseded::SIGNATURE_HASH,
        RecordRetracted::SIGNATURE_HASH,
    ];
    let mut entries = BTreeMap::new();
    for told in history.events_of(&kinds) {
        match told.event {
            IPatientPortEvents::RecordAdded(event) if wanted(event.recordId) => {
                let Ok(section) = SectionId::try_from(event.section) else {
                    continue;
                };
                let entry = RecordEntry {
                    id: event.recordId,
                    commitment: event.commitment,
                    author: event.author,
                    section,
                    epoch: event.epoch,
                    added_at: told.at,
                    state: RecordState::Current,
                    successor: None,
                };
                entries.insert(entry.id, entry);
            }
            IPatientPortEvents::RecordSuperseded(event) => {
                entries.remove(&event.recordId);
            }
            IPatientPortEvents::RecordRetracted(event) => {
                entries.remove(&event.recordId);
            }
            _ => {}
        }
    }
    Ok(entries.into_values().collect())
}

/// What heads say of whom they are sealed to.
#[derive(Debug, Default)]
pub struct Looked {
    /// Records that are sealed to the patient.
    pub to_patient: Vec<(RecordEntry, Head)>,
    /// Records whose heads the store did not give: to be looked at again.
    pub unread: Vec<u32>,
}

/// Reads the heads of records to find those that are sealed to the patient. Blocking. A head that is forged or
/// malformed is nobody's to share and is passed over.
pub fn look(port: &Port, entries: &[RecordEntry], store: &dyn BlobStore) -> Looked {
    let mut looked = Looked::default();
    for entry in entries {
        match fetch_head(port, entry, store) {
            Ok(head) if head.recipient() == SealedTo::Patient => {
                looked.to_patient.push((*entry, head));
            }
            Ok(_) | Err(Error::Forged { .. } | Error::Record { .. }) => {}
            Err(_) => looked.unread.push(entry.id),
        }
    }
    looked
}

/// Records whose section somebody may read, and whose keys it has not been sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Who.
    pub reader: Recipient,
    /// The records, ascending.
    pub records: Vec<u32>,
}

/// What those who may read, as a [`Plan`] for the records' sections names them, are still owed of records that are
/// sealed to the patient.
pub fn owed(plan: &Plan, records: &[RecordEntry], shared: &Shared) -> Vec<Owed> {
    let missing = |reader: &Recipient| {
        let mut ids: Vec<u32> = records
            .iter()
            .filter(|entry| entry.state == RecordState::Current)
            .filter(|entry| reader.sections.contains(entry.section))
            .map(|entry| entry.id)
            .filter(|id| {
                !shared
                    .get(id)
                    .is_some_and(|it| it.contains(&reader.account))
            })
            .collect();
        ids.sort_unstable();
        ids
    };
    plan.recipients()
        .iter()
        .map(|reader| Owed {
            reader: *reader,
            records: missing(reader),
        })
        .filter(|owed| !owed.records.is_empty())
        .collect()
}

impl Actor {
    /// Gives a reader the keys of single records, for ever: at most 16 in a transaction, so there may be several. The
    /// keys are those that [`Keyring::open`](crate::Keyring::open) gives.
    ///
    /// # Panics
    /// Never: every message is for 1 to 16 records.
    pub fn share(
        &self,
        reader: Address,
        key: &PublicKey,
        records: &[(u32, RecordKey)],
        rng: &mut (impl CryptoRngCore + ?Sized),
    ) -> Vec<Transaction> {
        let port = self.port();
        let context = SealContext {
            purpose: Purpose::RecordKeys,
            chain_id: port.chain().chain_id(),
            port: port.address(),
            sender: self.account(),
            recipient: reader,
            request_id: 0,
        };
        records
            .chunks(MAX_SHARED_RECORDS as usize)
            .map(|batch| {
                let message = seal_record_keys(&context, key, batch, rng)
                    .expect("a batch holds 1 to 16 records");
                let ids = batch.iter().map(|(id, _)| *id).collect();
                port.share(reader, ids, message)
            })
            .collect()
    }
}
