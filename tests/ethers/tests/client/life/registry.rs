//! Owner, attesters, providers.

use crate::stage::{NPI, Person, Stage, YEAR, account, nobody};
use ethers::utils::keccak256;
use patientport_ethers::{Key, bytes, told};
use serde_json::json;

pub(super) async fn ownership(stage: &Stage) {
    let (registry, owner) = (&stage.registry, &stage.owner);
    let deployer = registry.view(owner, "owner", json!([])).await;
    assert_eq!(
        registry.view(owner, "pendingOwner", json!([])).await,
        account(owner)
    );
    assert_eq!(
        registry.send(owner, "acceptOwnership", json!([])).await,
        told([(
            "OwnershipTransferred",
            json!({"previousOwner": deployer, "newOwner": account(owner)}),
        )])
    );
    assert_eq!(
        registry.view(owner, "owner", json!([])).await,
        account(owner)
    );
    for heir in [account(&stage.stranger), nobody()] {
        assert_eq!(
            registry
                .send(owner, "transferOwnership", json!([heir]))
                .await,
            told([(
                "OwnershipTransferStarted",
                json!({"previousOwner": account(owner), "newOwner": heir}),
            )])
        );
    }
    // Another implementation for a moment, any code will do.
    for implementation in [registry.address, stage.implementation] {
        let code = stage
            .chain
            .rpc("eth_getCode", json!([bytes(implementation), "latest"]))
            .await;
        let code: ethers::types::Bytes = serde_json::from_value(code).expect("code is bytes");
        assert_eq!(
            registry
                .send(
                    owner,
                    "setPortImplementation",
                    json!([bytes(implementation)])
                )
                .await,
            told([(
                "PortImplementationSet",
                json!({"implementation": bytes(implementation), "codeHash": bytes(keccak256(code))}),
            )])
        );
    }
    assert_eq!(
        registry.view(owner, "portImplementation", json!([])).await,
        bytes(stage.implementation)
    );
    for (id, answer) in [("0x01ffc9a7", true), ("0xffffffff", false)] {
        for contract in [registry, &stage.port.at(stage.implementation)] {
            let supports = contract.view(owner, "supportsInterface", json!([id])).await;
            assert_eq!(supports, json!(answer));
        }
    }
}

pub(super) async fn attesters(stage: &Stage) {
    let (registry, owner, other) = (&stage.registry, &stage.owner, account(&stage.stranger));
    for (function, event, active) in [
        ("addAttester", "AttesterAdded", true),
        ("removeAttester", "AttesterRemoved", false),
    ] {
        assert_eq!(
            registry.send(owner, function, json!([other])).await,
            told([(event, json!({"attester": other}))])
        );
        assert_eq!(
            registry.view(owner, "isAttester", json!([other])).await,
            json!(active)
        );
    }
    assert_eq!(
        registry.view(owner, "attesters", json!([0, 100])).await,
        json!([
            {"account": account(&stage.attester), "active": true},
            {"account": other, "active": false},
        ])
    );
}

/// Gives a verified provider that has no other part.
pub(super) async fn providers(stage: &Stage) -> Person {
    let (registry, attester, specialist) = (&stage.registry, &stage.attester, &stage.specialist);
    let (first, key) = (Key::random(), Key::random());
    let draft = bytes(r#"{"name":"T. Brandt"}"#);
    let identity = r#"{"name":"Dr. Tomas Brandt"}"#;
    let (contact, moved) = (bytes("{}"), bytes(r#"{"phone":"555-0100"}"#));
    assert_eq!(
        registry
            .send(
                specialist,
                "registerProvider",
                json!([2, 0, first.x, first.parity, draft, contact]),
            )
            .await,
        told([(
            "ProviderRegistered",
            json!({
                "provider": account(specialist),
                "kind": 2,
                "npi": 0,
                "keyX": first.x,
                "keyParity": first.parity,
                "identityProfile": draft,
                "contactProfile": contact,
            }),
        )])
    );
    assert_eq!(
        registry
            .send(
                specialist,
                "setIdentityProfile",
                json!([3, NPI, bytes(identity)])
            )
            .await,
        told([(
            "IdentityProfileSet",
            json!({"provider": account(specialist), "kind": 3, "npi": NPI, "profile": bytes(identity)}),
        )])
    );
    assert_eq!(
        registry
            .send(specialist, "setContactProfile", json!([moved]))
            .await,
        told([(
            "ContactProfileSet",
            json!({"provider": account(specialist), "profile": moved}),
        )])
    );
    assert_eq!(
        registry
            .send(specialist, "setEncryptionKey", json!([key.x, key.parity]))
            .await,
        told([(
            "EncryptionKeySet",
            json!({"provider": account(specialist), "keyX": key.x, "keyParity": key.parity}),
        )])
    );
    let hash = bytes(keccak256(identity));
    let until = stage.chain.now().await + YEAR;
    let confirmation = told([(
        "ProviderAttested",
        json!({
            "provider": account(specialist),
            "attester": account(attester),
            "npi": NPI,
            "kind": 3,
            "identityProfileHash": hash,
            "until": until,
        }),
    )]);
    let attestation = json!([account(specialist), NPI, 3, hash, until]);
    assert_eq!(
        registry.send(attester, "attest", attestation.clone()).await,
        confirmation
    );
    for (function, event) in [
        ("suspend", "ProviderSuspended"),
        ("reinstate", "ProviderReinstated"),
    ] {
        assert_eq!(
            registry
                .send(attester, function, json!([account(specialist)]))
                .await,
            told([(
                event,
                json!({"provider": account(specialist), "by": account(attester)}),
            )])
        );
        let verified = registry.view(attester, "isVerified", json!([account(specialist)]));
        assert_eq!(verified.await, json!(false), "after {function}");
    }
    assert_eq!(
        registry.send(attester, "attest", attestation).await,
        confirmation
    );
    assert_eq!(
        registry
            .view(attester, "provider", json!([account(specialist)]))
            .await,
        json!({
            "status": 2,
            "kind": 3,
            "npi": NPI,
            "attester": account(attester),
            "attestedUntil": until,
            "keyX": key.x,
            "keyParity": key.parity,
            "identityProfileHash": hash,
        })
    );
    assert_eq!(
        registry.view(attester, "providerByNpi", json!([NPI])).await,
        account(specialist)
    );
    stage.verify(&stage.primary, 0).await;
    let (other, leaver) = (stage.chain.somebody().await, stage.chain.somebody().await);
    stage.verify(&other, 0).await;
    stage.verify(&leaver, 0).await;
    assert_eq!(
        registry.send(&leaver, "retire", json!([])).await,
        told([("ProviderRetired", json!({"provider": account(&leaver)}))])
    );
    assert_eq!(
        registry.view(attester, "providerCount", json!([])).await,
        json!(4)
    );
    assert_eq!(
        registry
            .view(attester, "providers", json!([account(&other), 100]))
            .await,
        json!([account(&stage.primary), account(specialist)])
    );
    other
}
