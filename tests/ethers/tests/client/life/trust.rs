//! Delegates, custodians, responders.

use crate::stage::{
    DAY, Person, Stage, YEAR, account, and_rotated, nobody, rotation, sealed, unchanged, word,
};
use patientport_ethers::{Contract, Key, bytes, told};
use serde_json::json;

/// Gives a live delegate.
pub(super) async fn delegates(stage: &Stage, port: &Contract) -> Person {
    let (patient, delegate) = (&stage.patient, stage.chain.somebody().await);
    let (key, until) = (Key::random(), stage.chain.now().await + YEAR);
    let next = rotation(&[4], &[patient, &delegate]);
    let named = json!({
        "delegate": account(&delegate),
        "rights": 0b1011,
        "until": until,
        "keyX": key.x,
        "keyParity": key.parity,
    });
    assert_eq!(
        port.send(
            patient,
            "setDelegate",
            json!([account(&delegate), key.x, key.parity, 0b1011, until, next])
        )
        .await,
        and_rotated(("DelegateSet", named), patient, &next)
    );
    let holder = port
        .view(patient, "holderOf", json!([account(&delegate)]))
        .await;
    assert_eq!(
        holder["delegate"],
        json!({
            "rights": 0b1011,
            "until": until,
            "heldUntil": 0,
            "keyX": key.x,
            "keyParity": key.parity,
        })
    );
    // One more comes, denies what is still pending, and goes.
    let second = stage.chain.somebody().await;
    port.send(
        patient,
        "setDelegate",
        json!([account(&second), key.x, key.parity, 1, until, unchanged()]),
    )
    .await;
    let denied = port.send(&second, "deny", json!([4, 1, "0x"])).await;
    assert_eq!(denied[0].1["by"], account(&second));
    let none = bytes([0; 32]);
    assert_eq!(
        port.send(
            patient,
            "setDelegate",
            json!([account(&second), none, 0, 0, 0, unchanged()])
        )
        .await,
        told([(
            "DelegateSet",
            json!({
                "delegate": account(&second),
                "rights": 0,
                "until": 0,
                "keyX": none,
                "keyParity": 0,
            }),
        )])
    );
    delegate
}

pub(super) async fn emergencies(stage: &Stage, port: &Contract, other: &Person) {
    let (patient, custodian) = (&stage.patient, &stage.stranger);
    let key = Key::random();
    assert_eq!(
        port.send(
            patient,
            "setCustodian",
            json!([1, account(custodian), key.x, key.parity])
        )
        .await,
        told([(
            "CustodianSet",
            json!({
                "index": 1,
                "account": account(custodian),
                "keyX": key.x,
                "keyParity": key.parity,
            }),
        )])
    );
    let custodians = port.view(patient, "custodians", json!([])).await;
    assert_eq!(custodians[1]["account"], account(custodian));
    assert_eq!(custodians[2]["account"], nobody());
    // One opens at once, one waits for a day.
    for (responder, delay) in [(other, 0_u64), (&stage.primary, DAY)] {
        let armed = json!({
            "responder": account(responder),
            "sections": 1,
            "delay": delay,
            "window": DAY,
            "package": word("package"),
        });
        assert_eq!(
            port.send(
                patient,
                "setResponder",
                json!([account(responder), 1, delay, DAY, word("package")])
            )
            .await,
            told([("ResponderSet", armed)])
        );
        assert_eq!(
            port.send(
                patient,
                "setPackage",
                json!([account(responder), word("new package")])
            )
            .await,
            told([(
                "EmergencyPackageSet",
                json!({
                    "responder": account(responder),
                    "by": account(patient),
                    "package": word("new package"),
                }),
            )])
        );
        let broken = port
            .send(responder, "breakGlass", json!([sealed("unconscious")]))
            .await;
        let at = stage.chain.now().await;
        assert_eq!(
            broken,
            told([(
                "GlassBroken",
                json!({
                    "responder": account(responder),
                    "opensAt": at + delay,
                    "closesAt": at + delay + DAY,
                    "message": sealed("unconscious"),
                }),
            )])
        );
    }
    assert_eq!(
        port.send(
            custodian,
            "release",
            json!([account(other), sealed("inner")])
        )
        .await,
        told([(
            "EmergencyReleased",
            json!({
                "responder": account(other),
                "custodian": account(custodian),
                "message": sealed("inner"),
            }),
        )])
    );
    assert_eq!(
        port.send(patient, "veto", json!([account(&stage.primary)]))
            .await,
        told([(
            "EmergencyVetoed",
            json!({"responder": account(&stage.primary), "by": account(patient)})
        )])
    );
    let holders = port.view(patient, "holders", json!([0, 128])).await;
    let states: Vec<_> = holders
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["responder"]["state"].as_u64().expect("a number"))
        .collect();
    // Specialist, stranger, the other provider, two delegates, primary care.
    assert_eq!(states, [0, 0, 3, 0, 0, 5]);
    assert_eq!(
        port.send(patient, "setPrimaryCare", json!([account(other)]))
            .await,
        told([("PrimaryCareSet", json!({"provider": account(other)}))])
    );
}
