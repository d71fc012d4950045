//! People who act for a patient: named, limited, ended, and what they may not do.

use patientport_tests::{Party, TestContext, utf8};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// The person's own account of itself.
fn card(party: &Party) -> String {
    let shown = party.ok("identity card");
    shown["card"].as_str().expect("a card is a line").to_owned()
}

/// A port whose patient has named the stranger, who is no provider, as a delegate.
fn with_delegate(rights: &str) -> TestContext {
    let context = TestContext::with_reader(b"first");
    name_delegate(&context, rights);
    context
}

fn name_delegate(context: &TestContext, rights: &str) -> Value {
    let card = card(&context.stranger);
    let named = context.patient.ok(&format!(
        "delegate add {card} --rights {rights} --until 60d"
    ));
    context.stranger.ok(&format!(
        "port remember {} --name mum --registry {}",
        context.port,
        registry(context)
    ));
    named
}

fn registry(context: &TestContext) -> String {
    let shown = context.patient.ok("port show");
    shown["registry"].as_str().expect("an address").to_owned()
}

fn add(context: &TestContext, party: &Party, name: &str, bytes: &[u8]) -> patientport_tests::Run {
    let file = context.file(name, bytes);
    party.run(&format!(
        "record add {} --port {} --section 0",
        utf8(&file),
        context.port
    ))
}

#[test]
fn a_delegate_reads_grants_and_rotates_for_the_patient_until_it_is_removed() {
    let context = TestContext::with_reader(b"first");
    let named = name_delegate(&context, "approve,revoke,write,rotate");
    assert_eq!(named["rotated"], json!([0, 1]), "{named:#}");
    assert_eq!(
        named["sealed_to"],
        json!([context.stranger.address, context.specialist.address])
    );
    let listed = context.stranger.ok("delegate list --port mum");
    let entry = &listed["delegates"][0];
    assert_eq!(
        entry["delegate"]["account"],
        context.stranger.address.as_str()
    );
    assert_eq!(entry["live"], true, "{listed:#}");

    // It reads what was there before it came.
    let out = context.path("first-by-delegate.txt");
    context
        .stranger
        .ok(&format!("record get 1 --port mum -o {}", utf8(&out)));
    assert_eq!(
        std::fs::read(&out).expect("the record was written"),
        b"first"
    );

    // It writes, and its own record is no longer its own business once it is retracted.
    assert_eq!(
        add(&context, &context.stranger, "note.txt", b"note").success()["id"],
        2
    );
    context.patient.ok(&format!(
        "record get 2 -o {}",
        utf8(&context.path("note-by-patient"))
    ));
    context
        .stranger
        .ok("record retract 2 --port mum --reason entered-in-error");

    // It decides on a request, whose text it cannot read, and says itself on what.
    let asked = context.request();
    let id = asked["id"].as_u64().expect("a number");
    let shown = context
        .stranger
        .ok(&format!("request show {id} --port mum"));
    assert_eq!(shown["asked"], Value::Null, "{shown:#}");
    let blind = context
        .stranger
        .run(&format!("request approve {id} --port mum"));
    let error = blind.failure(2, "usage.flag_needed");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.contains("sealed to the patient"), "{message}");
    let approved = context.stranger.ok(&format!(
        "request approve {id} --port mum --section 0 --until 50d --rights read"
    ));
    assert_eq!(approved["reader"], context.specialist.address.as_str());
    assert_eq!(
        add(&context, &context.primary, "third.txt", b"third").success()["id"],
        3
    );
    let third = context.path("third-by-specialist.txt");
    context.specialist.ok(&format!(
        "record get 3 --port {} -o {}",
        context.port,
        utf8(&third)
    ));

    // It ends access with new keys, which the patient is given.
    let revoked = context.stranger.ok(&format!(
        "access revoke {} --port mum",
        context.specialist.address
    ));
    assert_eq!(revoked["rotated"], json!([0]), "{revoked:#}");
    assert_eq!(revoked["sealed_to"], json!([context.stranger.address]));
    assert_eq!(
        add(&context, &context.primary, "fourth.txt", b"fourth").success()["id"],
        4
    );
    let fourth = context.path("fourth-by-patient.txt");
    context
        .patient
        .ok(&format!("record get 4 -o {}", utf8(&fourth)));
    context
        .specialist
        .run(&format!(
            "record get 4 --port {} -o {}",
            context.port,
            utf8(&context.path("no.txt"))
        ))
        .failure(1, "section.no_matching_key");
    let rotated = context.stranger.ok("access rotate --port mum --section 1");
    assert_eq!(rotated["sections"], json!([1]));
    context.stranger.ok("access reseal --port mum");

    // The patient ends it, and what comes then is closed to it.
    let removed = context
        .patient
        .ok(&format!("delegate remove {}", context.stranger.address));
    assert_eq!(removed["rotated"], json!([0, 1]), "{removed:#}");
    assert_eq!(removed["sealed_to"], json!([]));
    assert_eq!(context.patient.ok("port show")["stale"], json!([]));
    assert_eq!(
        add(&context, &context.primary, "fifth.txt", b"fifth").success()["id"],
        5
    );
    context
        .stranger
        .run(&format!(
            "record get 5 --port mum -o {}",
            utf8(&context.path("fifth.txt.out"))
        ))
        .failure(1, "section.no_matching_key");
    context
        .stranger
        .run("access rotate --port mum --section 0")
        .failure(1, "port.not_owner");
}

#[test]
fn a_delegate_is_refused_what_it_has_no_right_to_before_a_password_is_asked_for() {
    let context = with_delegate("revoke");
    let id = context.request()["id"].clone();
    // Without a password file: a question for one would be `usage.password_required`.
    let run = |line: &str| {
        let mut command = context.stranger.command(line);
        command
            .env_remove("ETH_PASSWORD")
            .args(["--json", "--yes", "--no-input"]);
        patientport_tests::Run::of(&mut command)
    };
    for line in [
        format!("request approve {id} --port mum --section 0 --until 10d --rights read"),
        format!("request deny {id} --port mum"),
        "access rotate --port mum --section 0".to_owned(),
        "access reseal --port mum".to_owned(),
    ] {
        let error = run(&line).failure(1, "delegate.lacks_right");
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.contains("right to revoke"), "{line}: {message}");
    }
    run(&format!(
        "access grant {} --port mum --section 0 --until 10d",
        context.primary.address
    ))
    .failure(1, "delegate.lacks_right");
    add(&context, &context.stranger, "x.txt", b"x").failure(1, "access.denied");
    // What only the patient does.
    for line in [
        "port change-key mum".to_owned(),
        format!(
            "delegate add {} --rights approve --until 10d --port mum",
            context.primary.address
        ),
        format!("delegate remove {} --port mum", context.stranger.address),
    ] {
        context.stranger.run(&line).failure(1, "port.not_owner");
    }
}

#[test]
fn a_delegate_with_revoke_alone_ends_access_and_leaves_the_keys_to_others() {
    let context = with_delegate("revoke");
    assert_eq!(
        context.patient.ok("delegate list")["delegates"][0]["rights"],
        json!(["revoke"])
    );
    // It needs no identity.
    let revoked = context.stranger.run(&format!(
        "access revoke {} --port mum --identity nobody",
        context.specialist.address
    ));
    assert_eq!(revoked.success()["rotated"], json!([]));
    let warned = revoked.json()["warnings"].to_string();
    assert!(warned.contains("section.stale"), "{warned}");
    let rotated = context.patient.ok("access rotate");
    assert_eq!(rotated["sections"], json!([0]));
}

#[test]
fn rights_are_changed_with_the_keys_that_go_with_them() {
    let context = with_delegate("write");
    let delegate = &context.stranger.address;
    assert_eq!(context.patient.ok("port show")["sections"][0]["epoch"], 1);
    let longer = context
        .patient
        .ok(&format!("delegate change {delegate} --until 90d"));
    assert_eq!(
        (&longer["rotated"], &longer["rights"]),
        (&json!([]), &json!(["write"]))
    );
    let wider = context.patient.ok(&format!(
        "delegate change {delegate} --rights write,approve"
    ));
    assert_eq!(wider["rotated"], json!([0, 1]));
    assert_eq!(wider["until"], longer["until"]);
    context.stranger.ok(&format!(
        "record get 1 --port mum -o {}",
        utf8(&context.path("got"))
    ));
    let narrower = context
        .patient
        .ok(&format!("delegate change {delegate} --rights revoke"));
    assert_eq!(narrower["rotated"], json!([0, 1]));
    assert_eq!(narrower["sealed_to"], json!([context.specialist.address]));
    assert_eq!(context.patient.ok("port show")["stale"], json!([]));
    context
        .patient
        .run(&format!("delegate change {delegate}"))
        .failure(2, "usage.flag_needed");
    let again = format!(
        "delegate add {} --rights write --until 10d",
        card(&context.stranger)
    );
    context.patient.run(&again).failure(1, "delegate.exists");
    let other = &context.primary.address;
    context
        .patient
        .run(&format!("delegate change {other} --until 9d"))
        .failure(1, "delegate.unknown");
    context
        .patient
        .run(&format!("delegate remove {other}"))
        .failure(1, "delegate.unknown");
}

#[test]
fn a_card_that_was_altered_or_swapped_names_nobody() {
    let context = TestContext::with_port();
    let before = context.sent();
    let card = card(&context.stranger);
    let add = |card: &str, more: &str| {
        context.patient.run(&format!(
            "delegate add {card} --rights approve --until 10d {more}"
        ))
    };
    let (_, fingerprint) = card.split_once('#').expect("a fingerprint ends the card");
    let swapped = card.replace(fingerprint, "aaaa-aaaa-aaaa-aaaa");
    add(&swapped, "").failure(2, "usage.arguments");
    add(&card, "--fingerprint aaaa-aaaa-aaaa-aaaa").failure(1, "key.other_fingerprint");
    // Who is in no registry has to give a card.
    let error = add(&context.stranger.address, "").failure(1, "provider.unknown");
    assert!(
        error["hint"]
            .as_str()
            .unwrap_or_default()
            .contains("identity card"),
        "{error:#}"
    );
    assert_eq!(context.sent(), before);
    add(&card, &format!("--fingerprint {fingerprint}")).success();
    // Another key for the same account is refused until a person accepts it.
    context
        .patient
        .ok(&format!("delegate remove {}", context.stranger.address));
    context.stranger.ok("identity new other --scrypt-log-n 13");
    let other = context.stranger.ok("identity card other");
    let other = other["card"].as_str().expect("a line");
    add(other, "").failure(1, "pin.changed");
    add(other, "--accept-new-key").success();
    context
        .stranger
        .ok(&format!("port remember {} --name mum", context.port));
    context
        .stranger
        .run("access rotate --port mum --section 0")
        .failure(1, "delegate.lacks_right");
    let deaf = format!(
        "access grant {} --section 0 --until 5d --port mum",
        context.primary.address
    );
    context.stranger.run(&deaf).failure(1, "identity.wrong_key");
    context.stranger.ok(&format!("{deaf} --identity other"));
}

#[test]
fn a_hostile_delegates_epoch_is_named_and_skipped() {
    let context = with_delegate("rotate,revoke");
    let shown = context.patient.ok("port show");
    let epoch = shown["sections"][0]["epoch"].as_u64().expect("a number");
    hostile_rotation(&context);
    let listed = context.patient.run("record list");
    listed.success();
    let warnings = listed.json()["warnings"].to_string();
    assert!(warnings.contains("section.bad_secret"), "{warnings}");
    // Nobody writes to it, and the patient's next rotation links to the last good epoch.
    add(&context, &context.patient, "blind.txt", b"blind").failure(1, "section.no_matching_key");
    let removed = context.patient.run(&format!(
        "delegate remove {} --abandon-current 0",
        context.stranger.address
    ));
    assert_eq!(removed.success()["rotated"], json!([0, 1]));
    let shown = context.patient.ok("port show");
    assert_eq!(shown["sections"][0]["epoch"], epoch + 2, "{shown:#}");
    context.patient.ok(&format!(
        "record get 1 -o {}",
        utf8(&context.path("first-again"))
    ));
    assert_eq!(
        add(&context, &context.patient, "open.txt", b"open").success()["id"],
        2
    );
}

/// New keys for section 0 that come with a message nobody can open, sent with the delegate's own account.
fn hostile_rotation(context: &TestContext) {
    use alloy_primitives::{B256, Bytes, hex};
    use alloy_sol_types::SolCall as _;
    use patientport_abi::IPatientPort::{Rotation, Sealed, rotateCall};
    let shown = context.patient.ok("port show");
    let epoch = shown["sections"][0]["epoch"].as_u64().expect("a number");
    let rotation = Rotation {
        sections: 1,
        epochs: vec![u32::try_from(epoch).expect("epochs are small")],
        // The generator's x-coordinate: a key, whose secret everybody knows.
        keys: vec![B256::from(hex!(
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        ))],
        parities: 0,
        links: Bytes::new(),
        sealed_: vec![Sealed {
            recipient: context.patient.address.parse().expect("an address"),
            message: Bytes::from(vec![7; 100]),
        }],
    };
    let call = rotateCall { rotation }.abi_encode();
    context.call(&context.stranger, &context.port, &call);
}

/// A delegate's time passes.
mod on_devnode {
    use super::*;

    #[test]
    fn a_delegate_with_approve_denies_and_grants_but_never_to_itself_or_beyond_its_end() {
        let context = with_delegate("approve");
        context.request();
        let grant = |reader: &str, until: &str| {
            context.stranger.run(&format!(
                "access grant {reader} --port mum --section 0 --until {until} --allow-unverified"
            ))
        };
        grant(&context.primary.address, "61d").failure(2, "access.invalid_expiry");
        context
            .stranger
            .ok("provider register --kind other --name 'A carer'");
        grant(&context.stranger.address, "10d").failure(1, "access.invalid_reader");
        context.patient.ok(&format!(
            "delegate add {} --rights revoke --until 60d",
            context.primary.address
        ));
        grant(&context.primary.address, "10d").failure(1, "access.invalid_reader");
        let id = context.patient.ok("request list")["requests"][1]["id"].clone();
        context.stranger.ok(&format!(
            "request deny {id} --port mum --reason not-needed --text 'not now'"
        ));
        let shown = context
            .specialist
            .ok(&format!("request show {id} --port {}", context.port));
        assert_eq!(
            shown["denial"]["by"],
            context.stranger.address.as_str(),
            "{shown:#}"
        );
        assert_eq!(shown["denial"]["text"], "not now");
        // Its right ends with its date.
        context.devnode().pass(60 * DAY);
        let over = context
            .stranger
            .run("request deny 1 --port mum")
            .failure(1, "delegate.over");
        assert!(
            over["message"]
                .as_str()
                .unwrap_or_default()
                .contains("ended at"),
            "{over:#}"
        );
        let stale = context.patient.ok("port show")["stale"].to_string();
        assert!(stale.contains("delegation-ended"), "{stale}");
        let ended = context
            .patient
            .ok(&format!("delegate remove {}", context.stranger.address));
        assert_eq!(ended["rotated"], json!([0, 1]), "{ended:#}");
        assert_eq!(context.patient.ok("port show")["stale"], json!([]));
    }
}
