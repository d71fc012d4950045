//! A port's events in words, and as members of a document.

use alloy::primitives::Address;
use patientport_client::port::{DenialReason, RetractionReason, RevocationReason};
use patientport_core::abi::IPatientPort::IPatientPortEvents as Event;
use patientport_core::section::{SectionSet, peek_secrets};
use serde::Serialize;
use serde_json::{Value, json};

use crate::commands::party::section_list;
use crate::time::human;

/// What an event says. What is sealed in it is not opened here: only its length is told.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// The event's name in the port's interface.
    pub event: &'static str,
    /// Who did it, where the event or the port's history says so.
    pub by: Option<Address>,
    /// Whom it concerns.
    pub whom: Option<Address>,
    /// In words.
    pub what: String,
    /// Its other members.
    pub details: Value,
}

/// Tells an event. `patient` is who owns the port when it happens; it is kept up as the history goes on.
pub(crate) fn tell(event: &Event, patient: &mut Option<Address>) -> Told {
    if let Event::Claimed(event) = event {
        *patient = Some(event.patient);
    }
    let told = of(event, *patient);
    if let Event::OwnershipTransferred(event) = event {
        *patient = Some(event.newOwner);
    }
    told
}

fn told(
    event: &'static str,
    (by, whom): (Option<Address>, Option<Address>),
    what: impl Into<String>,
    details: Value,
) -> Told {
    let some = |account: Option<Address>| account.filter(|account| !account.is_zero());
    Told {
        event,
        by: some(by),
        whom: some(whom),
        what: what.into(),
        details,
    }
}

fn set(bits: u64) -> SectionSet {
    SectionSet::from_bits(bits)
}

fn sections(bits: u64) -> String {
    section_list(set(bits), None)
}

fn rights(bits: u8, names: &[&str]) -> String {
    let held = names
        .iter()
        .enumerate()
        .filter(|(bit, _)| bits >> bit & 1 == 1);
    let held: Vec<_> = held.map(|(_, name)| *name).collect();
    if held.is_empty() {
        "nothing".into()
    } else {
        held.join(" and ")
    }
}

/// A code's name, or its number if it is of a later version.
fn named(name: Option<&'static str>, code: u8) -> String {
    name.map_or_else(|| format!("code {code}"), str::to_owned)
}

fn of(event: &Event, patient: Option<Address>) -> Told {
    let by_patient = |whom| (patient, whom);
    match event {
        Event::Claimed(it) => told(
            "Claimed",
            (Some(it.patient), None),
            "accepted the port",
            json!({}),
        ),
        Event::EncryptionKeySet(_) => told(
            "EncryptionKeySet",
            by_patient(None),
            "changed the encryption key",
            json!({}),
        ),
        Event::OwnershipTransferStarted(it) => {
            let what = if it.newOwner.is_zero() {
                "called off the transfer of the port"
            } else {
                "offered the port"
            };
            let parties = (Some(it.previousOwner), Some(it.newOwner));
            told("OwnershipTransferStarted", parties, what, json!({}))
        }
        Event::OwnershipTransferred(it) => told(
            "OwnershipTransferred",
            (Some(it.newOwner), Some(it.previousOwner)),
            "took over the port",
            json!({}),
        ),
        Event::PrimaryCareSet(it) => {
            let what = if it.provider.is_zero() {
                "removed primary care"
            } else {
                "named primary care"
            };
            told(
                "PrimaryCareSet",
                by_patient(Some(it.provider)),
                what,
                json!({}),
            )
        }
        Event::SectionsRotated(it) => {
            let opened = it.epochs.iter().all(|epoch| *epoch == 0);
            let what = if opened {
                "opened section"
            } else {
                "changed the keys of section"
            };
            told(
                "SectionsRotated",
                (Some(it.by), None),
                format!("{what} {}", sections(it.sections)),
                json!({ "sections": set(it.sections), "replaced_epochs": it.epochs }),
            )
        }
        Event::SecretsSealed(it) => {
            let carried = peek_secrets(&it.message).unwrap_or_default();
            let held: SectionSet = carried.iter().map(|(section, _)| *section).collect();
            told(
                "SecretsSealed",
                (Some(it.sender), Some(it.recipient)),
                format!("sent the keys of section {}", section_list(held, None)),
                json!({ "sections": held, "sealed_bytes": it.message.len() }),
            )
        }
        Event::RecordAdded(it) => told(
            "RecordAdded",
            (Some(it.author), None),
            format!("added record {} to section {}", it.recordId, it.section),
            json!({
                "record": it.recordId, "section": it.section, "epoch": it.epoch, "commitment": it.commitment,
            }),
        ),
        Event::RecordSuperseded(it) => told(
            "RecordSuperseded",
            (Some(it.by), None),
            format!("replaced record {} by record {}", it.recordId, it.successor),
            json!({ "record": it.recordId, "successor": it.successor }),
        ),
        Event::RecordRetracted(it) => {
            let reason = named(
                RetractionReason::from_code(it.reason).map(RetractionReason::as_str),
                it.reason,
            );
            told(
                "RecordRetracted",
                (Some(it.by), None),
                format!("retracted record {}: {reason}", it.recordId),
                json!({ "record": it.recordId, "reason": reason }),
            )
        }
        Event::RecordPublished(it) => told(
            "RecordPublished",
            (Some(it.by), None),
            format!(
                "published ciphertext of record {}: {} piece {}",
                it.recordId,
                if it.part == 0 { "head" } else { "body" },
                it.piece
            ),
            json!({ "record": it.recordId, "part": it.part, "piece": it.piece, "bytes": it.data.len() }),
        ),
        Event::RecordsShared(it) => told(
            "RecordsShared",
            (Some(it.by), Some(it.reader)),
            format!(
                "shared record {}",
                crate::commands::onward::record_list(&it.recordIds)
            ),
            json!({ "records": it.recordIds, "sealed_bytes": it.message.len() }),
        ),
        Event::RequestMade(it) => told(
            "RequestMade",
            (Some(it.requester), Some(it.recipient)),
            format!("asked for access, request {}", it.requestId),
            json!({ "request": it.requestId, "sealed_bytes": it.message.len() }),
        ),
        Event::RequestDenied(it) => {
            let reason = named(
                DenialReason::from_code(it.reason).map(DenialReason::as_str),
                it.reason,
            );
            told(
                "RequestDenied",
                (Some(it.by), Some(it.requester)),
                format!("denied request {}: {reason}", it.requestId),
                json!({ "request": it.requestId, "reason": reason, "sealed_bytes": it.message.len() }),
            )
        }
        Event::RequestCancelled(it) => told(
            "RequestCancelled",
            (Some(it.requester), None),
            format!("withdrew request {}", it.requestId),
            json!({ "request": it.requestId }),
        ),
        Event::RequesterBlockSet(it) => told(
            "RequesterBlockSet",
            by_patient(Some(it.requester)),
            if it.blocked {
                "blocked requests"
            } else {
                "takes requests again"
            },
            json!({ "blocked": it.blocked }),
        ),
        Event::AccessGranted(it) => {
            let rights = rights(it.rights, &["read", "write"]);
            let answered = match it.requestId {
                0 => String::new(),
                id => format!(", request {id}"),
            };
            told(
                "AccessGranted",
                (Some(it.by), Some(it.reader)),
                format!(
                    "granted {rights} on section {} until {}{answered}",
                    sections(it.sections),
                    human(it.expiry)
                ),
                json!({
                    "request": (it.requestId != 0).then_some(it.requestId), "sections": set(it.sections),
                    "epochs": it.epochs, "until": it.expiry, "rights": it.rights, "sealed_bytes": it.message.len(),
                }),
            )
        }
        Event::AccessRevoked(it) => {
            let reason = named(
                RevocationReason::from_code(it.reason).map(RevocationReason::as_str),
                it.reason,
            );
            told(
                "AccessRevoked",
                (Some(it.by), Some(it.reader)),
                format!("ended access: {reason}"),
                json!({ "reason": reason }),
            )
        }
        other => of_others(other, patient),
    }
}

/// Delegates, emergencies, signed calls.
fn of_others(event: &Event, patient: Option<Address>) -> Told {
    let by_patient = |whom| (patient, whom);
    match event {
        Event::DelegateSet(it) => {
            let rights = rights(it.rights, &["approve", "revoke", "write", "rotate"]);
            let what = if it.rights == 0 {
                "ended the delegation".into()
            } else {
                format!(
                    "named a delegate who may {rights} until {}",
                    human(it.until)
                )
            };
            told(
                "DelegateSet",
                by_patient(Some(it.delegate)),
                what,
                json!({ "rights": it.rights, "until": it.until }),
            )
        }
        Event::CustodianSet(it) => {
            let what = if it.account.is_zero() {
                "removed"
            } else {
                "named"
            };
            told(
                "CustodianSet",
                by_patient(Some(it.account)),
                format!("{what} custodian {}", it.index),
                json!({ "index": it.index }),
            )
        }
        Event::ResponderSet(it) => {
            let what = if it.sections == 0 {
                "removed an emergency responder".into()
            } else {
                format!(
                    "named an emergency responder for section {}",
                    sections(it.sections)
                )
            };
            told(
                "ResponderSet",
                by_patient(Some(it.responder)),
                what,
                json!({
                    "sections": set(it.sections), "delay": it.delay, "window": it.window, "package": it.package,
                }),
            )
        }
        Event::EmergencyPackageSet(it) => told(
            "EmergencyPackageSet",
            (Some(it.by), Some(it.responder)),
            "renewed the emergency package",
            json!({ "package": it.package }),
        ),
        Event::GlassBroken(it) => told(
            "GlassBroken",
            (Some(it.responder), None),
            format!(
                "BROKE THE GLASS: access from {} to {}",
                human(it.opensAt),
                human(it.closesAt)
            ),
            json!({ "opens_at": it.opensAt, "closes_at": it.closesAt, "sealed_bytes": it.message.len() }),
        ),
        Event::EmergencyVetoed(it) => told(
            "EmergencyVetoed",
            (Some(it.by), Some(it.responder)),
            "vetoed emergency access",
            json!({}),
        ),
        Event::EmergencyReleased(it) => told(
            "EmergencyReleased",
            (Some(it.custodian), Some(it.responder)),
            "released the emergency package",
            json!({ "sealed_bytes": it.message.len() }),
        ),
        Event::SignaturesCancelled(it) => told(
            "SignaturesCancelled",
            by_patient(None),
            "voided what was signed and not sent",
            json!({ "nonce": it.nonce }),
        ),
        // `of` has the others.
        _ => told(
            "unknown",
            (None, None),
            "an event that is not known here",
            json!({}),
        ),
    }
}
