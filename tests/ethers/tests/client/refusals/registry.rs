//! What the registry refuses.

use super::{bytes_of, in_window, refusal};
use crate::stage::{DAY, NPI, OTHER_NPI, Stage, YEAR, account, long, nobody, word};
use ethers::{
    types::{Address, TransactionRequest},
    utils::keccak256,
};
use patientport_ethers::{Key, bytes};
use serde_json::{Value, json};

pub(super) async fn roles(stage: &Stage) {
    let (registry, owner, stranger) = (&stage.registry, &stage.owner, &stage.stranger);
    let no_owner = json!({"account": account(stranger)});
    for (function, arguments) in [
        ("addAttester", json!([account(stranger)])),
        ("acceptOwnership", json!([])),
    ] {
        let error = "OwnableUnauthorizedAccount";
        registry
            .refused(stranger, function, arguments, error, no_owner.clone())
            .await;
    }
    registry
        .refused(
            stranger,
            "suspend",
            json!([account(stranger)]),
            "UnauthorizedAttester",
            no_owner,
        )
        .await;
    registry
        .refused(
            owner,
            "addAttester",
            json!([nobody()]),
            "InvalidAttester",
            json!({"attester": nobody()}),
        )
        .await;
    registry
        .refused(
            owner,
            "setPortImplementation",
            json!([account(stranger)]),
            "NotAContract",
            json!({"account": account(stranger)}),
        )
        .await;
}

pub(super) async fn provider_statements(stage: &Stage) {
    let (registry, stranger) = (&stage.registry, &stage.stranger);
    stage.verify(&stage.primary, 0).await;
    let key = Key::random();
    let registration = |kind: u8, npi: u64, x: &Value, profile: Value| {
        json!([kind, npi, x, key.parity, profile, bytes("{}")])
    };
    let x_of_no_field = bytes([0xff; 32]);
    for (arguments, error, fields) in [
        (
            registration(8, 0, &key.x, bytes("{}")),
            "InvalidKind",
            json!({"kind": 8}),
        ),
        (
            registration(1, NPI + 1, &key.x, bytes("{}")),
            "InvalidNpi",
            json!({"npi": NPI + 1}),
        ),
        (
            registration(1, 0, &x_of_no_field, bytes("{}")),
            "InvalidKey",
            json!({"x": x_of_no_field, "parity": key.parity}),
        ),
        (
            registration(1, 0, &key.x, long(1025)),
            "InvalidProfileLength",
            json!({"given": 1025, "max": 1024}),
        ),
    ] {
        registry
            .refused(stranger, "registerProvider", arguments, error, fields)
            .await;
    }
    registry
        .refused(
            &stage.primary,
            "registerProvider",
            registration(1, 0, &key.x, bytes("{}")),
            "ProviderAlreadyRegistered",
            json!({"provider": account(&stage.primary)}),
        )
        .await;
    registry
        .refused(
            stranger,
            "retire",
            json!([]),
            "UnknownProvider",
            json!({"provider": account(stranger)}),
        )
        .await;
    registry
        .send(&stage.attester, "suspend", json!([account(&stage.primary)]))
        .await;
    registry
        .refused(
            &stage.primary,
            "setContactProfile",
            json!([bytes("{}")]),
            "ProviderNotActive",
            json!({"provider": account(&stage.primary), "status": 3}),
        )
        .await;
    registry
        .send(
            &stage.attester,
            "reinstate",
            json!([account(&stage.primary)]),
        )
        .await;
    stage.attest(&stage.primary, 0).await;
}

pub(super) async fn attestations(stage: &Stage) {
    let (registry, attester) = (&stage.registry, &stage.attester);
    stage.verify(&stage.specialist, OTHER_NPI).await;
    let rival = stage.chain.somebody().await;
    let (key, hash) = (Key::random(), keccak256("{}"));
    registry
        .send(
            &rival,
            "registerProvider",
            json!([2, OTHER_NPI, key.x, key.parity, bytes("{}"), bytes("{}")]),
        )
        .await;
    let until = stage.chain.now().await + YEAR;
    registry
        .refused(
            attester,
            "attest",
            json!([account(&rival), OTHER_NPI, 2, bytes(hash), until]),
            "NpiTaken",
            json!({"npi": OTHER_NPI, "holder": account(&stage.specialist)}),
        )
        .await;
    registry
        .refused(
            attester,
            "attest",
            json!([account(&rival), OTHER_NPI, 2, word("another"), until]),
            "AttestationMismatch",
            json!({"provider": account(&rival)}),
        )
        .await;
    let call = json!([account(&rival), OTHER_NPI, 2, bytes(hash), 1]);
    let (error, fields) = refusal(registry, attester, "attest", &call).await;
    assert_eq!(error, "InvalidAttestationEnd");
    in_window(&fields, 1, 5 * YEAR);
}

/// A clone of the registry that nobody has set up: what a registry refuses in its first moments.
pub(super) async fn a_registry_before_its_time(stage: &Stage) {
    let code = [
        bytes_of("3d602d80600a3d3981f3363d3d373d3d3d363d73"),
        stage.registry.address.as_bytes().to_vec(),
        bytes_of("5af43d82803e903d91602b57fd5bf3"),
    ];
    let owner = &stage.owner;
    let address = stage.chain.create(owner, code.concat()).await;
    let registry = stage.registry.at(address);
    // The constructor is no function of the interface: its selector, and the owner behind it.
    let constructor = |owner: Address| {
        let argument = [&[0; 12], owner.as_bytes()].concat();
        [bytes_of("5585258d"), argument].concat()
    };
    let call = |data| TransactionRequest::new().to(address).data(data);
    let refused = stage.chain.ask(owner, call(constructor(Address::zero())));
    let refused = refused.await.expect_err("nobody is no owner");
    assert_eq!(
        registry.error(&refused),
        ("OwnableInvalidOwner".to_owned(), json!({"owner": nobody()}))
    );
    stage
        .chain
        .transact(owner, call(constructor(owner.address())))
        .await;
    registry
        .send(owner, "addAttester", json!([account(owner)]))
        .await;
    let key = Key::random();
    registry
        .send(
            owner,
            "registerProvider",
            json!([1, 0, key.x, key.parity, bytes("{}"), bytes("{}")]),
        )
        .await;
    let until = stage.chain.now().await + DAY;
    registry
        .send(
            owner,
            "attest",
            json!([account(owner), 0, 1, bytes(keccak256("{}")), until]),
        )
        .await;
    registry
        .refused(
            owner,
            "issue",
            json!([account(&stage.patient)]),
            "ImplementationNotSet",
            json!({}),
        )
        .await;
}

pub(super) async fn issuing(stage: &Stage) {
    let (registry, primary) = (&stage.registry, &stage.primary);
    registry
        .refused(
            &stage.stranger,
            "issue",
            json!([account(&stage.patient)]),
            "UnverifiedProvider",
            json!({"provider": account(&stage.stranger)}),
        )
        .await;
    registry
        .refused(
            primary,
            "issue",
            json!([nobody()]),
            "InvalidPatient",
            json!({"patient": nobody()}),
        )
        .await;
}
