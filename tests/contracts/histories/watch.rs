//! What must hold whatever the model says: from the chain's events and views alone.
//!
//! - `no access after its end`: who may read is who the events say may, at this second;
//! - `one grant per reader`, `everybody with rights is listed`;
//! - `ids are never used twice`;
//! - `only the patient decides`: what nobody else may do is done by the owner or under its signature, and
//!   the owner changes by its own word and its successor's;
//! - `the head is the fold of the events`;
//! - `keys do not get lost`: who holds a current key without a right is in the list, and its entry says so;
//! - `no state outside the diagrams` ([`Diagrams`]).

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, Signature};
use alloy_sol_types::{SolEventInterface as _, SolInterface as _, SolStruct as _};
use patientport_abi::IPatientPort::{
    self as abi, IPatientPortCalls as Call, IPatientPortEvents as Event,
};

use super::{Case, diagrams::Diagrams, look::Seen};
use crate::{
    chain::{Answer, Outcome},
    model, world,
};

/// A reader's grant: sections, first second without access, rights.
type Granted = (u64, u64, u8);

/// A port as its events tell it.
pub(super) struct Watch {
    port: Address,
    chain_id: u64,
    owner: Address,
    pending_owner: Address,
    head: B256,
    records: u32,
    requests: u32,
    epochs: BTreeMap<u8, u32>,
    grants: BTreeMap<Address, Granted>,
    delegates: BTreeMap<Address, (u8, u64)>,
    /// Sections, and from when to when the window is open.
    responders: BTreeMap<Address, (u64, Option<(u64, u64)>)>,
    /// Who was sent the key of which section and epoch, by somebody who sends what may be sent.
    keys: BTreeSet<(Address, u8, u32)>,
    diagrams: Diagrams,
}

fn bits(sections: u64) -> impl Iterator<Item = u8> {
    (0..64).filter(move |section| sections >> section & 1 == 1)
}

impl Watch {
    pub(super) fn new(port: Address, chain_id: u64, patient: Address) -> Self {
        Self {
            port,
            chain_id,
            owner: patient,
            pending_owner: Address::ZERO,
            head: B256::ZERO,
            records: 0,
            requests: 0,
            epochs: BTreeMap::new(),
            grants: BTreeMap::new(),
            delegates: BTreeMap::new(),
            responders: BTreeMap::new(),
            keys: BTreeSet::new(),
            diagrams: Diagrams::default(),
        }
    }

    // --- what the events say --------------------------------------------------------------------

    pub(super) fn follow(
        &mut self,
        case: &Case<'_>,
        sender: Address,
        call: &Call,
        outcome: &Outcome,
        now: u64,
    ) {
        let mine = outcome.logs.iter().filter(|log| log.address == self.port);
        let mine: Vec<_> = mine.map(|log| log.data.clone()).collect();
        let done = matches!(outcome.answer, Answer::Returned(_));
        case.must(done || mine.is_empty(), || {
            "a refused call left events".into()
        });
        let actor = self.actor(case, sender, call, done);
        // Sections of the messages that follow.
        let mut concerned = resealed(call);
        for log in mine {
            self.head = model::fold(self.head, &log, now);
            let event = Event::decode_raw_log(log.topics(), &log.data);
            let event = event.expect("an event of the interface");
            self.only_the_patient(case, &event, actor);
            self.note(case, event, actor, &mut concerned, now);
        }
    }

    /// On whose behalf a call acts.
    fn actor(&self, case: &Case<'_>, sender: Address, call: &Call, done: bool) -> Address {
        let Call::execute(call) = call else {
            return sender;
        };
        let agreed = abi::PatientCall {
            call: call.call.clone(),
            nonce: call.nonce,
            deadline: call.deadline,
        };
        let digest = agreed.eip712_signing_hash(&world::domain(self.chain_id, self.port));
        let signer = Signature::from_raw(&call.signature)
            .and_then(|signature| signature.recover_address_from_prehash(&digest));
        if done {
            case.must(signer.ok() == Some(self.owner), || {
                "a signed call ran without the owner's signature".into()
            });
        }
        self.owner
    }

    fn only_the_patient(&self, case: &Case<'_>, event: &Event, actor: Address) {
        let patients = matches!(
            event,
            Event::Claimed(_)
                | Event::EncryptionKeySet(_)
                | Event::OwnershipTransferStarted(_)
                | Event::PrimaryCareSet(_)
                | Event::RecordsShared(_)
                | Event::RequesterBlockSet(_)
                | Event::DelegateSet(_)
                | Event::CustodianSet(_)
                | Event::ResponderSet(_)
                | Event::SignaturesCancelled(_)
        );
        case.must(!patients || actor == self.owner, || {
            format!("only the patient decides, but {actor} did: {event:?}")
        });
    }

    fn note(
        &mut self,
        case: &Case<'_>,
        event: Event,
        actor: Address,
        concerned: &mut u64,
        now: u64,
    ) {
        match event {
            Event::OwnershipTransferStarted(event) => self.pending_owner = event.newOwner,
            Event::OwnershipTransferred(event) => {
                let agreed = event.previousOwner == self.owner
                    && event.newOwner == self.pending_owner
                    && event.newOwner == actor;
                case.must(agreed, || {
                    format!("ownership moved without both: {event:?}")
                });
                self.owner = event.newOwner;
                self.pending_owner = Address::ZERO;
            }
            Event::SectionsRotated(event) => {
                *concerned = event.sections;
                for (section, epoch) in bits(event.sections).zip(event.epochs) {
                    self.epochs.insert(section, epoch + 1);
                }
            }
            Event::SecretsSealed(event) => {
                let may = self.sendable(event.recipient, now) & *concerned;
                case.must(may != 0, || {
                    format!("secrets for nobody entitled: {event:?}")
                });
                self.give(event.recipient, may);
            }
            Event::RecordAdded(event) => {
                self.records += 1;
                case.must(event.recordId == self.records, || {
                    format!("ids are never used twice: {event:?}")
                });
            }
            Event::RequestMade(event) => {
                case.must(event.requestId > self.requests, || {
                    format!("ids are never used twice: {event:?}")
                });
                self.requests = event.requestId;
            }
            Event::AccessGranted(event) => {
                let granted = (event.sections, event.expiry, event.rights);
                self.grants.insert(event.reader, granted);
                if !event.message.is_empty() {
                    self.give(event.reader, event.sections);
                }
            }
            Event::AccessRevoked(event) => drop(self.grants.remove(&event.reader)),
            Event::DelegateSet(event) => {
                let rights = (event.rights, event.until);
                self.delegates.insert(event.delegate, rights);
            }
            Event::ResponderSet(event) => {
                self.responders
                    .insert(event.responder, (event.sections, None));
            }
            Event::GlassBroken(event) => {
                let responder = self.responders.entry(event.responder).or_default();
                responder.1 = Some((event.opensAt, event.closesAt));
            }
            Event::EmergencyVetoed(event) => {
                self.responders.entry(event.responder).or_default().1 = None;
            }
            Event::EmergencyReleased(event) => {
                let (sections, _) = self.responders[&event.responder];
                self.give(event.responder, sections);
            }
            _ => {}
        }
    }

    /// Somebody is sent the present keys of sections. Of owners nothing is kept: the page says so.
    fn give(&mut self, account: Address, sections: u64) {
        if account == self.owner {
            return;
        }
        for section in bits(sections) {
            if let Some(epoch) = self.epochs.get(&section) {
                self.keys.insert((account, section, *epoch));
            }
        }
    }

    fn readable(&self, account: Address, now: u64) -> u64 {
        let granted = match self.grants.get(&account) {
            Some((sections, expiry, rights)) if now < *expiry && rights & 1 == 1 => *sections,
            _ => 0,
        };
        let open = match self.responders.get(&account) {
            Some((sections, Some((opens, closes)))) if (*opens..*closes).contains(&now) => {
                *sections
            }
            _ => 0,
        };
        granted | open
    }

    fn sendable(&self, account: Address, now: u64) -> u64 {
        let delegate = match self.delegates.get(&account) {
            Some((rights, until)) if now < *until => rights & (1 | 8) != 0,
            _ => false,
        };
        if delegate || account == self.owner {
            return u64::MAX;
        }
        self.readable(account, now)
    }

    // --- what the views must show ---------------------------------------------------------------

    pub(super) fn check(&mut self, case: &Case<'_>, seen: &Seen, now: u64) {
        let info = &seen.info;
        case.must(info.historyHead == self.head, || {
            "the head is not the fold of the events".into()
        });
        case.must(info.owner == self.owner, || {
            "another owner than the events'".into()
        });
        case.must(info.recordCount == self.records, || {
            "records without an event".into()
        });
        case.must(info.requestCount >= self.requests, || {
            "ids of requests went back".into()
        });
        self.requests = info.requestCount;
        for (reader, section, may) in &seen.access {
            let readable = self.readable(*reader, now);
            let expected = *section < 64 && readable >> section & 1 == 1;
            case.must(*may == expected, || {
                format!("access of {reader} to {section}: {may}, by the events {expected}")
            });
        }
        if let Some(holders) = &seen.holders {
            self.listed(case, holders, now);
            self.keys_in_sight(case, seen, holders, now);
        }
        self.diagrams.advance(case, seen, now);
    }

    fn listed(&self, case: &Case<'_>, holders: &[abi::Holder], now: u64) {
        let readers: Vec<Address> = holders.iter().map(|holder| holder.access.reader).collect();
        let distinct: BTreeSet<&Address> = readers.iter().collect();
        case.must(distinct.len() == readers.len(), || {
            "a reader is listed twice".into()
        });
        let live = self
            .grants
            .iter()
            .filter(|(_, (_, expiry, _))| now < *expiry);
        let acting = self
            .delegates
            .iter()
            .filter(|(_, (rights, until))| *rights != 0 && now < *until);
        let armed = self
            .responders
            .iter()
            .filter(|(_, (sections, _))| *sections != 0);
        let armed = armed.filter(|(_, (_, window))| window.is_some_and(|(_, closes)| now < closes));
        let entitled = live.map(|(who, _)| who).chain(acting.map(|(who, _)| who));
        for who in entitled.chain(armed.map(|(who, _)| who)) {
            case.must(distinct.contains(who), || {
                format!("{who} has rights and is not listed")
            });
        }
    }

    /// Who holds a current key without a right to it is listed, and a client sees from its entry that the
    /// section is stale.
    fn keys_in_sight(&mut self, case: &Case<'_>, seen: &Seen, holders: &[abi::Holder], now: u64) {
        let epochs = &self.epochs;
        self.keys
            .retain(|(_, section, epoch)| epochs.get(section) == Some(epoch));
        for (who, section, epoch) in &self.keys {
            if self.sendable(*who, now) >> section & 1 == 1 {
                continue;
            }
            let entry = holders.iter().find(|holder| holder.access.reader == *who);
            let rotated_at = seen.keys[section].rotatedAt;
            let shown = entry.is_some_and(|holder| shows(holder, *section, rotated_at));
            case.must(shown, || {
                format!("{who} holds section {section} at {epoch} out of sight: {entry:?}")
            });
        }
    }
}

/// The sections of a call that passes present secrets on.
fn resealed(call: &Call) -> u64 {
    match call {
        Call::reseal(call) => call.sections,
        Call::execute(call) => Call::abi_decode(&call.call).map_or(0, |call| match call {
            Call::reseal(call) => call.sections,
            _ => 0,
        }),
        _ => 0,
    }
}

/// Whether an entry says that its holder may hold the key that a section was given at this time.
fn shows(holder: &abi::Holder, section: u8, rotated_at: u64) -> bool {
    let holds = |sections: u64| sections >> section & 1 == 1;
    let (access, delegate, responder) = (&holder.access, &holder.delegate, &holder.responder);
    let granted = match access.state {
        2 => rotated_at < access.expiry,
        _ => rotated_at <= access.changedAt,
    };
    let secrets = if delegate.rights & (1 | 8) == 0 {
        0
    } else {
        delegate.until
    };
    let closes = responder.brokenAt + u64::from(responder.delay) + u64::from(responder.window);
    holds(access.held) && granted
        || rotated_at < secrets.max(delegate.heldUntil)
        || responder.state == 4 && holds(responder.sections) && rotated_at < closes
        || holds(responder.held) && rotated_at < responder.heldUntil
}
