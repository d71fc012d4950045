//! Emergency access: armed, taken, vetoed, released, read, over; and packages that are old, swapped or somebody else's.

use patientport_tests::{Party, Run, TestContext, utf8};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, process::Stdio, time::Duration};

const HOUR: Duration = Duration::from_hours(1);

fn card(party: &Party) -> String {
    let shown = party.ok("identity card");
    shown["card"].as_str().expect("a card is a line").to_owned()
}

/// The owner of the network as one more verified provider; its account.
fn owner_as_provider(context: &TestContext) -> &str {
    let account = &context.owner.address;
    context
        .owner
        .ok("provider register --kind hospital --name 'City Hospital'");
    context
        .owner
        .ok(&format!("provider attest {account} --until 1y"));
    account
}

/// A port with one record of primary care, the stranger as custodian, and the specialist armed for section 0, with this
/// delay.
fn armed(delay: &str) -> TestContext {
    let context = TestContext::with_port();
    context.add_record("first.txt", b"first");
    let custodian = card(&context.stranger);
    context
        .patient
        .ok(&format!("emergency custodian set 0 {custodian}"));
    context.patient.ok(&format!(
        "emergency arm {} --section 0 --delay {delay} --window 2d",
        context.specialist.address
    ));
    context
}

fn break_glass(context: &TestContext) -> Value {
    context.specialist.ok(&format!(
        "emergency break --port {} --text 'unconscious, ward 4'",
        context.port
    ))
}

fn release(context: &TestContext, more: &str) -> Run {
    context
        .stranger
        .run(&format!("emergency release --port {} {more}", context.port))
}

fn get(context: &TestContext, id: u32, name: &str) -> Run {
    context.specialist.run(&format!(
        "record get {id} --port {} -o {}",
        context.port,
        utf8(&context.path(name))
    ))
}

/// What the patient is shown of the specialist.
fn listed(context: &TestContext) -> Value {
    context.patient.ok("emergency list")["responders"][0].clone()
}

/// The package's file in the store.
fn package(context: &TestContext) -> PathBuf {
    let name = listed(context)["package"]["package"].clone();
    let name = name
        .as_str()
        .expect("a hash")
        .trim_start_matches("0x")
        .to_owned();
    let path = context.patient.store.join(&name[..2]).join(&name[2..4]);
    path.join(format!("{name}.blob"))
}

#[test]
fn only_verified_providers_are_armed_for_times_that_the_port_allows() {
    let context = armed("4h");
    let arm = |who: &str, more: &str| context.patient.run(&format!("emergency arm {who} {more}"));
    context.patient.ok(&format!(
        "emergency custodian set 1 {}",
        card(&context.owner)
    ));
    let files = patientport_tests::files_below(&context.patient.store);
    arm(
        &context.stranger.address,
        "--section 0 --delay 1h --window 1h",
    )
    .failure(1, "provider.unknown");
    context
        .stranger
        .ok("provider register --kind other --name 'A friend'");
    arm(
        &context.stranger.address,
        "--section 0 --delay 1h --window 1h",
    )
    .failure(1, "provider.unverified");
    let primary = &context.primary.address;
    for (times, code) in [
        ("--delay 8d --window 1h", "emergency.invalid_duration"),
        ("--delay 1h --window 31d", "emergency.invalid_duration"),
        ("--delay 1h --window 0s", "emergency.invalid_duration"),
    ] {
        arm(primary, &format!("--section 0 {times}")).failure(1, code);
    }
    arm(primary, "--section 9 --delay 1h --window 1h").failure(1, "section.not_open");
    arm(primary, "--section 0 --delay 1h --window 5000000000s").failure(2, "usage.arguments");
    arm(primary, "--section 0 --delay soon --window 1h").failure(2, "usage.arguments");
    assert_eq!(
        patientport_tests::files_below(&context.patient.store),
        files,
        "what is refused is not stored"
    );
    // Who would hold both locks is no custodian of its own package.
    context.patient.ok("emergency custodian remove 1");
    context
        .patient
        .ok(&format!("emergency custodian set 0 {primary}"));
    arm(primary, "--section 0 --delay 1h --window 1h").failure(1, "emergency.no_custodian");
    context.patient.ok(&format!(
        "emergency custodian set 1 {}",
        card(&context.stranger)
    ));
    let armed = arm(primary, "--section 1 --delay 1h --window 1h").success();
    assert_eq!(armed["custodians"], json!([context.stranger.address]));
    for line in [
        format!("emergency arm {primary} --section 0 --delay 1h --window 1h"),
        format!("emergency disarm {}", context.specialist.address),
        format!("emergency custodian set 0 {primary}"),
        "emergency custodian remove 0".to_owned(),
        "emergency refresh".to_owned(),
    ] {
        context
            .stranger
            .run(&format!("{line} --port {}", context.port))
            .failure(1, "port.not_owner");
    }
}

#[test]
fn packages_follow_the_keys_and_the_custodians() {
    let context = armed("0s");
    let before = listed(&context)["package"]["package"].clone();
    let rotated = context.patient.ok("access rotate --section 0");
    let renewed = &rotated["packages"][0];
    assert_eq!(
        renewed["responder"],
        context.specialist.address.as_str(),
        "{rotated:#}"
    );
    let now = listed(&context)["package"].clone();
    assert_eq!(
        (&now["package"], &now["outdated"]),
        (&renewed["package"], &json!(false))
    );
    assert_ne!(now["package"], before);
    // A section that is not in it changes nothing.
    assert_eq!(
        context.patient.ok("access rotate --section 1")["packages"],
        json!([])
    );
    assert_eq!(
        context.patient.ok("emergency refresh")["packages"],
        json!([])
    );

    // A delegate whose home has never seen custodian and responder leaves them to somebody who has.
    context.patient.ok(&format!(
        "delegate add {} --rights rotate --until 9d",
        context.primary.address
    ));
    let blind = context.primary.run(&format!(
        "access rotate --section 0 --port {}",
        context.port
    ));
    assert_eq!(blind.success()["packages"], json!([]));
    let warnings = blind.json()["warnings"].to_string();
    assert!(warnings.contains("emergency.not_renewed"), "{warnings}");
    let package = listed(&context)["package"].clone();
    assert_eq!(
        (&package["outdated"], &package["rotated"]),
        (&json!(true), &json!([0]))
    );

    // Released as it is, the custodian is told, and the responder opens what is older.
    context.add_record("second.txt", b"second");
    break_glass(&context);
    let old = release(&context, "");
    assert_eq!(old.success()["released"][0]["outdated"], true);
    assert!(
        old.json()["warnings"]
            .to_string()
            .contains("emergency.outdated_package")
    );
    get(&context, 1, "older").success();
    get(&context, 2, "newer").failure(1, "section.no_matching_key");
    let named = context
        .primary
        .run(&format!("emergency refresh --port {}", context.port));
    named.failure(1, "pin.unseen");
    let refreshed = context.primary.ok(&format!(
        "emergency refresh --port {} --include-unseen",
        context.port
    ));
    assert_eq!(refreshed["packages"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        listed(&context)["package"]["made_by"],
        context.primary.address.as_str()
    );
    assert_eq!(
        release(&context, "--again").success()["released"][0]["outdated"],
        false
    );
    get(&context, 2, "newer").success();

    // Another custodian has a layer in the next package, and the former one's place is gone.
    let replaced = context.patient.ok(&format!(
        "emergency custodian set 0 {} --port {}",
        card(&context.owner),
        context.port
    ));
    assert_eq!(replaced["packages"].as_array().map(Vec::len), Some(1));
    release(&context, "--again").failure(1, "emergency.not_custodian");
    let by_owner = context
        .owner
        .ok(&format!("emergency release --port {}", context.port));
    assert_eq!(by_owner["custodian"], context.owner.address.as_str());
    // With nobody to release it, no package is made.
    let nobody = context.patient.run("emergency custodian remove 0");
    nobody.success();
    assert!(
        nobody.json()["warnings"]
            .to_string()
            .contains("emergency.not_renewed")
    );
    context
        .patient
        .run("emergency refresh")
        .failure(1, "emergency.no_custodian");
    context
        .patient
        .run(&format!(
            "emergency arm {} --section 0 --delay 0s --window 1h",
            context.primary.address
        ))
        .failure(1, "emergency.no_custodian");
}

#[test]
fn a_package_follows_the_responders_key() {
    let context = armed("0s");
    context
        .specialist
        .ok("identity new second --scrypt-log-n 13");
    context
        .specialist
        .ok("provider change-key --to-identity second");
    let package = listed(&context)["package"].clone();
    assert_eq!(
        (&package["outdated"], &package["responder_key_changed"]),
        (&json!(true), &json!(true))
    );
    // Another key takes a person's word.
    context
        .patient
        .run("emergency refresh")
        .failure(1, "pin.changed");
    let refreshed = context.patient.ok("emergency refresh --accept-new-key");
    assert_eq!(refreshed["packages"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed(&context)["package"]["outdated"], false);
    context
        .specialist
        .ok(&format!("emergency break --port {} --text x", context.port));
    release(&context, "").success();
    let got = context.specialist.run(&format!(
        "record get 1 --port {} --identity second -o {}",
        context.port,
        utf8(&context.path("got"))
    ));
    got.success();
}

#[test]
fn a_store_that_lies_about_a_package_is_found_out() {
    let context = armed("0s");
    let path = package(&context);
    let genuine = fs::read(&path).expect("the package is in the store");
    break_glass(&context);
    let replace = |bytes: &[u8]| {
        fs::remove_file(&path).expect("the store is ours");
        fs::write(&path, bytes).expect("the store is ours");
    };
    let mut altered = genuine.clone();
    *altered.last_mut().expect("it is not empty") ^= 1;
    for lie in [&altered[..], &genuine[..100], b"", b"PPORTEMG"] {
        replace(lie);
        release(&context, "").failure(1, "emergency.other_package");
    }
    fs::remove_file(&path).expect("the store is ours");
    release(&context, "").failure(1, "emergency.missing_package");
    fs::write(&path, &genuine).expect("the store is ours");
    // Another identity than the one on the card.
    context.stranger.ok("identity new other --scrypt-log-n 13");
    release(&context, "--identity other").failure(1, "identity.wrong_key");
    release(&context, "").success();
    get(&context, 1, "got").success();
}

#[test]
fn a_package_that_somebody_else_made_is_refused() {
    use alloy_sol_types::SolCall as _;
    use patientport_abi::IPatientPort::setPackageCall;
    let context = armed("0s");
    let genuine = listed(&context)["package"]["package"].clone();
    context.patient.ok(&format!(
        "delegate add {} --rights rotate --until 9d",
        context.primary.address
    ));
    // A delegate names the patient's earlier package as its own: it is in the store, with the right hash.
    let package = genuine.as_str().and_then(|it| it.parse().ok());
    let call = setPackageCall {
        responder: context.specialist.address.parse().expect("an address"),
        package: package.expect("a hash"),
    };
    context.call(&context.primary, &context.port, &call.abi_encode());
    break_glass(&context);
    release(&context, "").failure(1, "emergency.other_package");
    // Another responder is not kept waiting by that.
    context.patient.ok(&format!(
        "emergency arm {} --section 1 --delay 0s --window 1d",
        owner_as_provider(&context)
    ));
    context
        .owner
        .ok(&format!("emergency break --port {} --text x", context.port));
    let one = release(&context, "");
    assert_eq!(one.success()["released"].as_array().map(Vec::len), Some(1));
    assert!(
        one.json()["warnings"]
            .to_string()
            .contains("emergency.not_released")
    );
    // The patient's own word sets it right.
    context.patient.ok("emergency refresh --all");
    release(&context, "").success();
    get(&context, 1, "got").success();
}

#[test]
fn a_watching_custodian_releases_as_soon_as_a_window_opens() {
    let context = armed("0s");
    let mut command = context.stranger.command(&format!(
        "emergency release --port {} --watch --interval 1s",
        context.port
    ));
    command
        .args(["--json", "--yes", "--no-input"])
        .stdout(Stdio::piped());
    let child = command.spawn().expect("the program starts");
    break_glass(&context);
    let output = child.wait_with_output().expect("the program ends");
    let released = Run::from_output("emergency release --watch".into(), output).success();
    assert_eq!(
        released["released"][0]["responder"],
        context.specialist.address.as_str()
    );
    get(&context, 1, "watched").success();
}

/// Delays and windows pass.
mod on_devnode {
    use super::*;

    #[test]
    fn a_responder_reads_once_the_delay_is_over_and_a_custodian_has_released() {
        let context = armed("4h");
        let first = listed(&context);
        assert_eq!(
            (&first["state"], &first["package"]["outdated"]),
            (&json!("armed"), &json!(false))
        );
        // Too early, for the custodian as for the responder.
        let responder = context.specialist.address.clone();
        let early = release(&context, &responder).failure(1, "emergency.wrong_state");
        assert!(
            early["message"]
                .as_str()
                .unwrap_or_default()
                .contains("has not broken the glass")
        );
        release(&context, "").failure(1, "emergency.nothing_to_release");
        context
            .primary
            .run(&format!("emergency break --port {} --text x", context.port))
            .failure(1, "emergency.wrong_state");

        let broken = break_glass(&context);
        assert_eq!(broken["sections"], json!([0]));
        let early = release(&context, &responder).failure(1, "emergency.wrong_state");
        assert!(
            early["message"]
                .as_str()
                .unwrap_or_default()
                .contains("its delay runs until")
        );
        let again = format!("emergency break --port {} --text x", context.port);
        context
            .specialist
            .run(&again)
            .failure(1, "emergency.wrong_state");
        // The reason is the patient's to read, and nobody else's.
        assert_eq!(listed(&context)["reason"], "unconscious, ward 4");
        let others = context
            .primary
            .ok(&format!("emergency list --port {}", context.port));
        assert_eq!(others["responders"][0]["reason"], Value::Null);

        context.devnode().pass(4 * HOUR);
        get(&context, 1, "before").failure(1, "section.no_matching_key");
        context
            .primary
            .run(&format!("emergency release --port {}", context.port))
            .failure(1, "emergency.not_custodian");
        let released = release(&context, "").success();
        assert_eq!(released["released"][0]["responder"], responder.as_str());
        assert_eq!(released["released"][0]["sections"], json!([0]));
        release(&context, "").failure(1, "emergency.nothing_to_release");
        release(&context, "--again").success();
        get(&context, 1, "during").success();
        assert_eq!(
            fs::read(context.path("during")).expect("it was written"),
            b"first"
        );
        assert_eq!(
            listed(&context)["released_by"],
            json!([context.stranger.address])
        );

        // What is added within the window opens; and the new keys of a rotation, too.
        context.add_record("second.txt", b"second");
        context.patient.ok("access rotate --section 0");
        context.add_record("third.txt", b"third");
        get(&context, 2, "second").success();
        get(&context, 3, "third").success();

        context.devnode().pass(48 * HOUR);
        release(&context, &responder).failure(1, "emergency.wrong_state");
        let shown = context.patient.ok("port show");
        assert_eq!(shown["stale"][0]["cause"], "emergency-over", "{shown:#}");
        context.patient.ok("access rotate");
        context.add_record("fourth.txt", b"fourth");
        get(&context, 4, "fourth").failure(1, "section.no_matching_key");
    }

    #[test]
    fn a_veto_within_the_delay_ends_it_by_the_patient_or_a_delegate() {
        let context = armed("4h");
        let responder = context.specialist.address.clone();
        let veto = format!("emergency veto {responder} --port {}", context.port);
        context
            .patient
            .run(&veto)
            .failure(1, "emergency.wrong_state");
        break_glass(&context);
        for party in [&context.primary, &context.stranger, &context.specialist] {
            party.run(&veto).failure(1, "port.not_owner");
        }
        context.patient.ok(&veto);
        assert_eq!(listed(&context)["state"], "vetoed");
        context.devnode().pass(5 * HOUR);
        let refused = release(&context, &responder).failure(1, "emergency.wrong_state");
        assert!(
            refused["message"]
                .as_str()
                .unwrap_or_default()
                .contains("vetoed")
        );
        get(&context, 1, "vetoed").failure(1, "section.no_matching_key");

        // Armed anew; a delegate who may revoke says no this time. One who may only write cannot.
        context.patient.ok(&format!(
            "emergency arm {responder} --section 0 --delay 4h --window 2d"
        ));
        context.patient.ok(&format!(
            "delegate add {} --rights write --until 9d",
            context.primary.address
        ));
        break_glass(&context);
        context
            .primary
            .run(&veto)
            .failure(1, "delegate.lacks_right");
        context.patient.ok(&format!(
            "delegate change {} --rights revoke",
            context.primary.address
        ));
        let vetoed = context.primary.ok(&veto);
        assert_eq!(vetoed["by"], context.primary.address.as_str());
        // Removed, it is no responder any more.
        context.patient.ok(&format!("emergency disarm {responder}"));
        assert_eq!(
            context.patient.ok("emergency list")["responders"],
            json!([])
        );
        context
            .patient
            .run(&format!("emergency disarm {responder}"))
            .failure(1, "access.no_live_grant");
    }
}
