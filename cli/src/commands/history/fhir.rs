//! A port's history as a FHIR R4 Bundle: every event an `AuditEvent`, every grant a `Consent`.
//!
//! Codes are those of the standards where one says the same (DICOM PS3.16 CID 400 and 401, IHE BALP's
//! `AuthZ-Consent`); besides, every event carries its name in the port's interface. No profile is claimed: the chain
//! knows accounts and no persons, so every reference is by identifier.

use std::collections::BTreeMap;

use alloy::primitives::{Address, keccak256};
use serde_json::{Value, json};

use super::Entry;
use crate::time::rfc3339;

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const AUTHORISATION: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType";
/// Participation types: `AUT` is the author of an act, `IRCP` the one whom information goes to.
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const PORT_EVENT: &str = "urn:patientport:port-event";
/// CAIP-10 names accounts of chains.
const ACCOUNT: &str = "urn:caip:10";

/// What every resource refers to.
struct Place<'a> {
    chain_id: u64,
    port: Address,
    patient: Option<Address>,
    names: &'a BTreeMap<Address, String>,
}

/// The Bundle.
pub(super) fn bundle(
    chain_id: u64,
    port: Address,
    patient: Option<Address>,
    events: &[Entry],
    names: &BTreeMap<Address, String>,
) -> Value {
    let place = Place {
        chain_id,
        port,
        patient,
        names,
    };
    let mut entries: Vec<Value> = Vec::new();
    for (index, entry) in events.iter().enumerate() {
        entries.push(place.resource("audit", entry, &place.audit_event(entry)));
        if entry.told.event == "AccessGranted" {
            let consent = place.consent(entry, &events[index + 1..]);
            entries.push(place.resource("consent", entry, &consent));
        }
    }
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entries })
}

impl Place<'_> {
    fn resource(&self, kind: &str, entry: &Entry, resource: &Value) -> Value {
        json!({ "fullUrl": self.uuid(kind, entry), "resource": resource })
    }

    /// The same for the same event, whoever exports it: RFC 9562 version 8.
    fn uuid(&self, kind: &str, entry: &Entry) -> String {
        let name = format!(
            "{kind}:{}:{}:{}:{}",
            self.chain_id, self.port, entry.tx, entry.log_index
        );
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&keccak256(name)[..16]);
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = alloy::primitives::hex::encode(bytes);
        format!(
            "urn:uuid:{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    fn reference(&self, account: Address) -> Value {
        let mut reference = json!({
            "identifier": { "system": ACCOUNT, "value": format!("eip155:{}:{account}", self.chain_id) }
        });
        if let Some(name) = self.names.get(&account) {
            reference["display"] = json!(name);
        }
        reference
    }

    fn agent(&self, account: Address, role: (&str, &str), requestor: bool) -> Value {
        let (system, code) = role;
        json!({
            "type": { "coding": [{ "system": system, "code": code }] },
            "who": self.reference(account),
            "requestor": requestor,
        })
    }

    fn audit_event(&self, entry: &Entry) -> Value {
        let told = &entry.told;
        let (kind, subtype, action) = codes(told.event);
        let mut subtypes = vec![json!({ "system": PORT_EVENT, "code": told.event })];
        subtypes.extend(subtype.map(|(system, code)| json!({ "system": system, "code": code })));
        let mut agents = Vec::new();
        if let Some(by) = told.by {
            agents.push(self.agent(by, (PARTICIPATION, "AUT"), true));
        }
        if let Some(whom) = told.whom.filter(|whom| told.by != Some(*whom)) {
            agents.push(self.agent(whom, (PARTICIPATION, "IRCP"), false));
        }
        if agents.is_empty() {
            // At least one is required; the port itself is what speaks.
            agents.push(self.agent(self.port, (DICOM, "110150"), true));
        }
        let mut entities = vec![json!({
            "what": { "identifier": { "system": ACCOUNT, "value": format!("eip155:{}:{}", self.chain_id, self.port) } },
            "type": { "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "2" },
            "description": "the patient's port",
            "detail": [
                { "type": "transaction", "valueString": entry.tx.to_string() },
                { "type": "details", "valueString": told.details.to_string() },
            ],
        })];
        entities.extend(self.patient.map(|patient| {
            json!({
                "what": self.reference(patient),
                "type": { "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "1" },
                "role": { "system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "1" },
            })
        }));
        json!({
            "resourceType": "AuditEvent",
            "type": { "system": DICOM, "code": kind },
            "subtype": subtypes,
            "action": action,
            "recorded": rfc3339(entry.at),
            "outcome": if told.event == "RequestDenied" { "4" } else { "0" },
            "outcomeDesc": told.what,
            "agent": agents,
            "source": {
                "observer": { "identifier": {
                    "system": ACCOUNT, "value": format!("eip155:{}:{}", self.chain_id, self.port),
                } },
                "type": [{ "system": "http://terminology.hl7.org/CodeSystem/security-source-type", "code": "6" }],
            },
            "entity": entities,
        })
    }

    /// What a grant permits. `later` are the events after it: a later grant to the same reader, or a revocation, ends it.
    fn consent(&self, entry: &Entry, later: &[Entry]) -> Value {
        let told = &entry.told;
        let ended = later.iter().find(|it| {
            it.told.whom == told.whom && ["AccessGranted", "AccessRevoked"].contains(&it.told.event)
        });
        let until = told.details["until"].as_u64().unwrap_or_default();
        let end = ended.map_or(until, |it| it.at.min(until));
        let mut provision = json!({
            "type": "permit",
            "period": { "start": rfc3339(entry.at), "end": rfc3339(end) },
            "class": told.details["sections"].as_array().into_iter().flatten().map(|section| {
                json!({ "system": "urn:patientport:section", "code": section.to_string() })
            }).collect::<Vec<_>>(),
        });
        if let Some(reader) = told.whom {
            provision["actor"] = json!([{
                "role": { "coding": [{
                    "system": PARTICIPATION, "code": "IRCP",
                }] },
                "reference": self.reference(reader),
            }]);
        }
        let mut consent = json!({
            "resourceType": "Consent",
            "status": if ended.is_some() { "inactive" } else { "active" },
            "scope": { "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy",
            }] },
            "category": [{ "coding": [{ "system": "http://loinc.org", "code": "59284-0" }] }],
            "dateTime": rfc3339(entry.at),
            "policy": [{ "uri": format!("urn:patientport:port:{}:{}", self.chain_id, self.port) }],
            "provision": provision,
        });
        if let Some(patient) = self.patient {
            consent["patient"] = self.reference(patient);
        }
        consent["performer"] = json!(
            told.by
                .map(|by| self.reference(by))
                .into_iter()
                .collect::<Vec<_>>()
        );
        consent
    }
}

/// Event id, a more specific code where a standard has one, and what kind of act it is.
fn codes(
    event: &str,
) -> (
    &'static str,
    Option<(&'static str, &'static str)>,
    &'static str,
) {
    const ALERT: &str = "110113";
    const PATIENT_RECORD: &str = "110110";
    let consent = Some((AUTHORISATION, "AuthZ-Consent"));
    match event {
        "RecordAdded" | "RecordPublished" => (PATIENT_RECORD, None, "C"),
        "RecordSuperseded" => (PATIENT_RECORD, None, "U"),
        "RecordRetracted" => (PATIENT_RECORD, None, "D"),
        "RecordsShared" | "AccessGranted" | "RequestDenied" => (ALERT, consent, "E"),
        "AccessRevoked" => (ALERT, consent, "D"),
        "GlassBroken" => (ALERT, Some((DICOM, "110127")), "E"),
        "EmergencyVetoed" => (ALERT, Some((DICOM, "110138")), "E"),
        "DelegateSet"
        | "ResponderSet"
        | "CustodianSet"
        | "PrimaryCareSet"
        | "OwnershipTransferred" => (ALERT, Some((DICOM, "110136")), "U"),
        "EncryptionKeySet" | "SectionsRotated" => (ALERT, Some((DICOM, "110137")), "U"),
        _ => (ALERT, None, "E"),
    }
}
