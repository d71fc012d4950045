//! Records, requests, grants.

use crate::stage::{
    DAY, Person, Stage, YEAR, account, and_rotated, rotated, rotation, sealed, word,
};
use patientport_ethers::{Contract, told};
use serde_json::{Value, json};

pub(super) async fn records(stage: &Stage, port: &Contract) {
    let (primary, patient) = (&stage.primary, &stage.patient);
    let added = |id: u32, section: u8, epoch: u32| {
        json!({
            "recordId": id,
            "author": account(primary),
            "section": section,
            "epoch": epoch,
            "commitment": word(&format!("record {id}")),
        })
    };
    for (id, section, epoch) in [(1, 0, 2), (2, 1, 1)] {
        assert_eq!(
            port.send(
                primary,
                "add",
                json!([word(&format!("record {id}")), section, epoch])
            )
            .await,
            told([("RecordAdded", added(id, section, epoch))])
        );
    }
    assert_eq!(
        port.send(primary, "supersede", json!([1, word("record 3"), 2]))
            .await,
        told([
            ("RecordAdded", added(3, 0, 2)),
            (
                "RecordSuperseded",
                json!({"recordId": 1, "successor": 3, "by": account(primary)})
            ),
        ])
    );
    assert_eq!(
        port.send(primary, "publish", json!([3, 1, 7, sealed("a piece")]))
            .await,
        told([(
            "RecordPublished",
            json!({
                "recordId": 3,
                "part": 1,
                "by": account(primary),
                "piece": 7,
                "data": sealed("a piece"),
            }),
        )])
    );
    assert_eq!(
        port.send(patient, "retract", json!([2, 1])).await,
        told([(
            "RecordRetracted",
            json!({"recordId": 2, "by": account(patient), "reason": 1})
        )])
    );
    assert_eq!(
        port.send(
            patient,
            "share",
            json!([account(&stage.stranger), [1, 3], sealed("keys")])
        )
        .await,
        told([(
            "RecordsShared",
            json!({
                "reader": account(&stage.stranger),
                "by": account(patient),
                "recordIds": [1, 3],
                "message": sealed("keys"),
            }),
        )])
    );
    let all = port.view(patient, "records", json!([1, 100])).await;
    let states: Vec<_> = (0..3)
        .map(|at| [&all[at]["state"], &all[at]["successor"]])
        .collect();
    assert_eq!(states, [[3, 3], [2, 0], [1, 0]]);
    assert_eq!(port.view(patient, "record", json!([3])).await, all[2]);
    assert_eq!(
        all[2],
        json!({
            "commitment": word("record 3"),
            "author": account(primary),
            "section": 0,
            "epoch": 2,
            "addedAt": all[2]["addedAt"],
            "state": 1,
            "successor": 0,
        })
    );
}

fn made(id: u32, requester: &Person, recipient: &Person) -> (&'static str, Value) {
    let (requester, recipient) = (account(requester), account(recipient));
    (
        "RequestMade",
        json!({"requestId": id, "requester": requester, "recipient": recipient, "message": sealed("why")}),
    )
}

pub(super) async fn requests(stage: &Stage, port: &Contract, other: &Person) {
    let (specialist, patient) = (&stage.specialist, &stage.patient);
    // For itself, for another, one that comes to nothing, one that stays pending.
    for (id, recipient) in [(1, specialist), (2, other), (3, specialist), (4, other)] {
        assert_eq!(
            port.send(
                specialist,
                "request",
                json!([account(recipient), sealed("why")])
            )
            .await,
            told([made(id, specialist, recipient)])
        );
    }
    let expiry = stage.chain.now().await + 30 * DAY;
    assert_eq!(
        port.send(
            patient,
            "approve",
            json!([
                1,
                account(specialist),
                0b11,
                [2, 1],
                expiry,
                1,
                false,
                sealed("secrets")
            ])
        )
        .await,
        told([(
            "AccessGranted",
            json!({
                "reader": account(specialist),
                "requestId": 1,
                "by": account(patient),
                "sections": 0b11,
                "epochs": [2, 1],
                "expiry": expiry,
                "rights": 1,
                "message": sealed("secrets"),
            }),
        )])
    );
    assert_eq!(
        port.send(patient, "deny", json!([2, 4, sealed("no")]))
            .await,
        told([(
            "RequestDenied",
            json!({
                "requestId": 2,
                "requester": account(specialist),
                "by": account(patient),
                "reason": 4,
                "message": sealed("no"),
            }),
        )])
    );
    assert_eq!(
        port.send(specialist, "cancel", json!([3])).await,
        told([(
            "RequestCancelled",
            json!({"requestId": 3, "requester": account(specialist)})
        )])
    );
    for blocked in [true, false] {
        assert_eq!(
            port.send(patient, "setBlocked", json!([account(other), blocked]))
                .await,
            told([(
                "RequesterBlockSet",
                json!({"requester": account(other), "blocked": blocked})
            )])
        );
        let asked = port.view(patient, "isBlocked", json!([account(other)]));
        assert_eq!(asked.await, json!(blocked));
    }
    let all = port.view(patient, "requests", json!([1, 100])).await;
    let states: Vec<_> = (0..4).map(|at| &all[at]["state"]).collect();
    assert_eq!(states, [2, 3, 4, 1]);
    assert_eq!(
        port.view(patient, "getRequest", json!([2])).await,
        json!({
            "requester": account(specialist),
            "recipient": account(other),
            "requestedAt": all[1]["requestedAt"],
            "state": 3,
        })
    );
}

pub(super) async fn grants(stage: &Stage, port: &Contract, other: &Person) {
    let (specialist, patient) = (&stage.specialist, &stage.patient);
    let expiry = stage.chain.now().await + YEAR;
    // To write alone, unverified, so nothing is sealed.
    assert_eq!(
        port.send(
            patient,
            "grant",
            json!([account(&stage.stranger), 1, [2], expiry, 2, true, "0x"])
        )
        .await,
        told([(
            "AccessGranted",
            json!({
                "reader": account(&stage.stranger),
                "requestId": 0,
                "by": account(patient),
                "sections": 1,
                "epochs": [2],
                "expiry": expiry,
                "rights": 2,
                "message": "0x",
            }),
        )])
    );
    port.send(
        patient,
        "grant",
        json!([
            account(other),
            0b10,
            [1],
            expiry,
            3,
            false,
            sealed("secrets")
        ]),
    )
    .await;
    let next = rotation(&[2, 1], &[patient, specialist]);
    assert_eq!(
        port.send(patient, "rotate", json!([next])).await,
        rotated(patient, &next)
    );
    let resealed = json!([{"recipient": account(other), "message": sealed("again")}]);
    assert_eq!(
        port.send(patient, "reseal", json!([0b11, [3, 2], resealed]))
            .await,
        told([(
            "SecretsSealed",
            json!({
                "recipient": account(other),
                "sender": account(patient),
                "message": sealed("again"),
            }),
        )])
    );
    let may = |section: u8| port.view(patient, "hasAccess", json!([account(specialist), section]));
    assert_eq!([may(0).await, may(2).await], [true, false]);
    let last = rotation(&[3, 2], &[patient, other]);
    assert_eq!(
        port.send(patient, "revoke", json!([account(specialist), 1, last]))
            .await,
        and_rotated(
            (
                "AccessRevoked",
                json!({"reader": account(specialist), "by": account(patient), "reason": 1})
            ),
            patient,
            &last
        )
    );
    assert_eq!(may(0).await, false);
    let access = port
        .view(patient, "accessOf", json!([account(specialist)]))
        .await;
    assert_eq!(
        access,
        json!({
            "reader": account(specialist),
            "sections": 0b11,
            "held": 0,
            "expiry": access["expiry"],
            "changedAt": access["changedAt"],
            "rights": 1,
            "state": 3,
        })
    );
}
