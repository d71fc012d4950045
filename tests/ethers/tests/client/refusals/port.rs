//! What a port refuses.

use super::{in_window, refusal};
use crate::{
    signed::sign,
    stage::{DAY, MAX_MESSAGE, Stage, YEAR, account, long, rotation, sealed, unchanged, word},
};
use patientport_ethers::{Contract, Key, bytes};
use serde_json::{Value, json};

pub(super) async fn unclaimed(stage: &Stage, port: &Contract) {
    let patient = &stage.patient;
    port.refused(
        patient,
        "cancelSignatures",
        json!([]),
        "NotClaimed",
        json!({}),
    )
    .await;
    let key = Key::random();
    let claim = json!([key.x, key.parity, unchanged()]);
    port.at(stage.implementation)
        .refused(patient, "claim", claim, "NotAPort", json!({}))
        .await;
}

pub(super) async fn roles(stage: &Stage, port: &Contract) {
    let (patient, stranger) = (&stage.patient, &stage.stranger);
    let key = Key::random();
    let claim = json!([key.x, key.parity, unchanged()]);
    port.refused(patient, "claim", claim, "AlreadyClaimed", json!({}))
        .await;
    port.refused(
        stranger,
        "cancelSignatures",
        json!([]),
        "Unauthorized",
        json!({"caller": account(stranger)}),
    )
    .await;
    port.refused(
        patient,
        "transferOwnership",
        json!([account(patient)]),
        "InvalidAddress",
        json!({"account": account(patient)}),
    )
    .await;
    port.refused(
        patient,
        "setPrimaryCare",
        json!([account(stranger)]),
        "UnverifiedProvider",
        json!({"provider": account(stranger)}),
    )
    .await;
}

pub(super) async fn keys_and_sections(stage: &Stage, port: &Contract) {
    let patient = &stage.patient;
    let with = |member: &str, value: Value| {
        let mut rotation = rotation(&[1, 1], &[patient]);
        rotation[member] = value;
        json!([rotation])
    };
    let one = json!({"recipient": account(patient), "message": sealed("secrets")});
    let to_a_stranger = json!([{"recipient": account(&stage.stranger), "message": "0x01"}]);
    for (arguments, error, fields) in [
        (
            with("epochs", json!([1, 9])),
            "StaleEpoch",
            json!({"section": 1, "given": 9, "current": 1}),
        ),
        (
            with("epochs", json!([1])),
            "LengthMismatch",
            json!({"given": 1, "expected": 2}),
        ),
        (
            json!([unchanged()]),
            "InvalidSections",
            json!({"sections": 0}),
        ),
        (
            with("keys", json!([bytes([0; 32]), word("x")])),
            "InvalidKey",
            json!({"x": bytes([0; 32]), "parity": 0}),
        ),
        (
            with("links", long(MAX_MESSAGE + 1)),
            "InvalidMessageLength",
            json!({"given": MAX_MESSAGE + 1, "max": MAX_MESSAGE}),
        ),
        (
            with("sealed_", json!(vec![one; 18])),
            "TooManyRecipients",
            json!({"given": 18, "max": 17}),
        ),
        (
            with("sealed_", to_a_stranger),
            "NoLiveGrant",
            json!({"reader": account(&stage.stranger)}),
        ),
    ] {
        // The key of no point is said with its parity, so there must be none.
        let mut arguments = arguments;
        if error == "InvalidKey" {
            arguments[0]["parities"] = json!(0);
        }
        port.refused(patient, "rotate", arguments, error, fields)
            .await;
    }
}

pub(super) async fn records(stage: &Stage, port: &Contract) {
    let patient = &stage.patient;
    port.send(patient, "add", json!([word("record"), 0, 1]))
        .await;
    port.send(patient, "add", json!([word("record"), 0, 1]))
        .await;
    port.send(patient, "retract", json!([2, 2])).await;
    for (function, arguments, error, fields) in [
        (
            "add",
            json!([word("record"), 5, 1]),
            "SectionNotOpen",
            json!({"section": 5}),
        ),
        (
            "add",
            json!([bytes([0; 32]), 0, 1]),
            "InvalidCommitment",
            json!({}),
        ),
        (
            "retract",
            json!([9, 1]),
            "UnknownRecord",
            json!({"recordId": 9}),
        ),
        (
            "retract",
            json!([2, 1]),
            "RecordNotCurrent",
            json!({"recordId": 2, "state": 2}),
        ),
        (
            "retract",
            json!([1, 3]),
            "InvalidReason",
            json!({"reason": 3}),
        ),
        (
            "publish",
            json!([1, 2, 0, "0x00"]),
            "InvalidPart",
            json!({"part": 2}),
        ),
        (
            "share",
            json!([account(&stage.stranger), [], "0x00"]),
            "InvalidRecordCount",
            json!({"given": 0, "max": 16}),
        ),
    ] {
        port.refused(patient, function, arguments, error, fields)
            .await;
    }
}

pub(super) async fn requests(stage: &Stage, port: &Contract) {
    let (specialist, patient) = (&stage.specialist, &stage.patient);
    let own = json!([account(specialist), sealed("why")]);
    for _ in 0..8 {
        port.send(specialist, "request", own.clone()).await;
    }
    port.refused(
        specialist,
        "request",
        own.clone(),
        "TooManyPendingRequests",
        json!({"requester": account(specialist), "max": 8}),
    )
    .await;
    port.send(specialist, "cancel", json!([1])).await;
    for (id, error, fields) in [
        (1, "RequestNotPending", json!({"requestId": 1, "state": 4})),
        (9, "UnknownRequest", json!({"requestId": 9})),
    ] {
        port.refused(specialist, "cancel", json!([id]), error, fields)
            .await;
    }
    port.send(patient, "setBlocked", json!([account(specialist), true]))
        .await;
    port.refused(
        specialist,
        "request",
        own,
        "RequesterBlocked",
        json!({"requester": account(specialist)}),
    )
    .await;
}

pub(super) async fn grants(stage: &Stage, port: &Contract) {
    let (patient, specialist) = (&stage.patient, account(&stage.specialist));
    let until = stage.chain.now().await + YEAR;
    let grant = |reader: &Value, expiry: u64, rights: u8| {
        json!([reader, 1, [1], expiry, rights, false, sealed("secrets")])
    };
    for (arguments, error, fields) in [
        (
            grant(&account(patient), until, 1),
            "InvalidReader",
            json!({"reader": account(patient)}),
        ),
        (
            grant(&specialist, until, 4),
            "InvalidRights",
            json!({"rights": 4}),
        ),
    ] {
        port.refused(patient, "grant", arguments, error, fields)
            .await;
    }
    let (error, fields) = refusal(port, patient, "grant", &grant(&specialist, 1, 1)).await;
    assert_eq!(error, "InvalidExpiry");
    in_window(&fields, 1, 5 * YEAR);
}

pub(super) async fn emergencies(stage: &Stage, port: &Contract) {
    let (patient, specialist) = (&stage.patient, &stage.specialist);
    port.refused(
        specialist,
        "breakGlass",
        json!(["0x00"]),
        "InvalidEmergencyState",
        json!({"responder": account(specialist), "state": 0}),
    )
    .await;
    port.refused(
        patient,
        "setResponder",
        json!([account(specialist), 1, 8 * DAY, DAY, word("package")]),
        "InvalidDuration",
        json!({"given": 8 * DAY, "max": 7 * DAY}),
    )
    .await;
    let key = Key::random();
    port.refused(
        patient,
        "setCustodian",
        json!([3, account(specialist), key.x, key.parity]),
        "InvalidCustodian",
        json!({"index": 3}),
    )
    .await;
}

pub(super) async fn signatures(stage: &Stage, port: &Contract) {
    let (chain, patient, relayer) = (&stage.chain, &stage.patient, &stage.stranger);
    let call = port.calldata("cancelSignatures", &json!([]));
    let until = chain.now().await + DAY;
    let good = sign(chain, port, patient, &call, 0, until).await;
    let foreign = sign(chain, port, relayer, &call, 0, until).await;
    let elsewhere = sign(chain, &stage.registry, patient, &call, 0, until).await;
    let execute = |nonce: u64, deadline: u64, signature: &Value| {
        json!([bytes(&call), nonce, deadline, signature])
    };
    for (arguments, error, fields) in [
        (execute(0, until, &foreign), "InvalidSignature", json!({})),
        (execute(0, until, &elsewhere), "InvalidSignature", json!({})),
        (execute(0, until + 1, &good), "InvalidSignature", json!({})),
        (
            execute(1, until, &good),
            "InvalidNonce",
            json!({"given": 1, "expected": 0}),
        ),
        (
            execute(0, 1, &good),
            "SignatureExpired",
            json!({"deadline": 1}),
        ),
    ] {
        port.refused(relayer, "execute", arguments, error, fields)
            .await;
    }
    // The same signature, where it belongs, is good.
    port.send(relayer, "execute", execute(0, until, &good))
        .await;
}
