//! A life: everything that happens at a registry and a port, with every field of every event.

mod access;
mod registry;
mod trust;

use crate::{
    program,
    signed::sign,
    stage::{Stage, YEAR, account, and_rotated, nobody, rotation, sealed},
};
use patientport_ethers::{Contract, Key, bytes, told};
use serde_json::json;

#[tokio::test]
async fn another_client_lives_through_all_that_the_interfaces_offer() {
    let stage = Stage::new().await;
    registry::ownership(&stage).await;
    registry::attesters(&stage).await;
    let other = registry::providers(&stage).await;
    let port = issued_and_claimed(&stage).await;
    access::records(&stage, &port).await;
    access::requests(&stage, &port, &other).await;
    access::grants(&stage, &port, &other).await;
    let delegate = trust::delegates(&stage, &port).await;
    trust::emergencies(&stage, &port, &other).await;
    signed_calls(&stage, &port).await;
    program::tells_the_same(&stage, &port, &other, &delegate).await;
    the_port_changes_hands(&stage, &port).await;
    for contract in [&stage.registry, &port] {
        contract.all_met("function", &[]);
        contract.all_met("event", &[]);
    }
}

async fn issued_and_claimed(stage: &Stage) -> Contract {
    let port = stage.issue().await;
    for (account, answer) in [(port.address, true), (stage.implementation, false)] {
        let known = stage
            .registry
            .view(&stage.patient, "isPort", json!([bytes(account)]));
        assert_eq!(known.await, json!(answer));
    }
    stage.claim(&port).await;
    let opened = port
        .view(&stage.patient, "sectionKeys", json!([0b111]))
        .await;
    let epochs: Vec<_> = opened
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| &it["epoch"])
        .collect();
    assert_eq!(epochs, [1, 1, 0]);
    let key = Key::random();
    let next = rotation(&[1], &[&stage.patient]);
    assert_eq!(
        port.send(
            &stage.patient,
            "setEncryptionKey",
            json!([key.x, key.parity, next])
        )
        .await,
        and_rotated(
            (
                "EncryptionKeySet",
                json!({"keyX": key.x, "keyParity": key.parity})
            ),
            &stage.patient,
            &next
        )
    );
    let info = port.view(&stage.stranger, "info", json!([])).await;
    assert_eq!(
        info,
        json!({
            "owner": account(&stage.patient),
            "pendingOwner": nobody(),
            "registry": bytes(stage.registry.address),
            "issuer": account(&stage.primary),
            "primaryCare": account(&stage.primary),
            "claimed": true,
            "keyX": key.x,
            "keyParity": key.parity,
            "recordCount": 0,
            "requestCount": 0,
            "holderCount": 0,
            "nonce": 0,
            "historyHead": info["historyHead"],
        })
    );
    port
}

async fn signed_calls(stage: &Stage, port: &Contract) {
    let (patient, relayer) = (&stage.patient, &stage.stranger);
    let until = stage.chain.now().await + YEAR;
    let access = json!([
        account(&stage.specialist),
        1,
        [5],
        until,
        1,
        false,
        sealed("secrets")
    ]);
    let call = port.calldata("grant", &access);
    let signature = sign(&stage.chain, port, patient, &call, 0, until).await;
    // Who sends it is not told: the patient did it.
    let granted = port
        .send(
            relayer,
            "execute",
            json!([bytes(&call), 0, until, signature]),
        )
        .await;
    assert_eq!(
        granted,
        told([(
            "AccessGranted",
            json!({
                "reader": account(&stage.specialist),
                "requestId": 0,
                "by": account(patient),
                "sections": 1,
                "epochs": [5],
                "expiry": until,
                "rights": 1,
                "message": sealed("secrets"),
            }),
        )])
    );
    assert_eq!(
        port.send(patient, "cancelSignatures", json!([])).await,
        told([("SignaturesCancelled", json!({"nonce": 2}))])
    );
    // What a view answers comes back through it as well.
    let view = port.calldata("hasAccess", &json!([account(&stage.specialist), 0]));
    let signature = sign(&stage.chain, port, patient, &view, 2, until).await;
    let answer = port
        .view(
            relayer,
            "execute",
            json!([bytes(&view), 2, until, signature]),
        )
        .await;
    let mut yes = [0; 32];
    yes[31] = 1;
    assert_eq!(answer, bytes(yes));
}

async fn the_port_changes_hands(stage: &Stage, port: &Contract) {
    let (patient, heir) = (&stage.patient, &stage.stranger);
    let hands = json!({"previousOwner": account(patient), "newOwner": account(heir)});
    assert_eq!(
        port.send(patient, "transferOwnership", json!([account(heir)]))
            .await,
        told([("OwnershipTransferStarted", hands.clone())])
    );
    assert_eq!(
        port.send(heir, "acceptOwnership", json!([])).await,
        told([("OwnershipTransferred", hands)])
    );
}
