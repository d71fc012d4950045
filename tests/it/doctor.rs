//! `patientport doctor`: what is well, what wants attention, what does not work.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use patientport_tests::TestContext;
use serde_json::Value;

/// The verdict on what begins with these words.
fn verdict<'a>(checks: &'a Value, what: &str) -> &'a str {
    let checks = checks.as_array().expect("checks are a list");
    let found = checks.iter().find(|check| {
        check["what"]
            .as_str()
            .is_some_and(|it| it.starts_with(what))
    });
    let found = found.unwrap_or_else(|| panic!("no check of `{what}` in {checks:#?}"));
    found["verdict"].as_str().expect("a word")
}

#[test]
fn a_home_in_order_is_told_so() {
    let context = TestContext::with_reader(b"first");
    let checks = context.patient.ok("doctor")["checks"].take();
    for what in [
        "home",
        "wallets",
        "identities",
        "unsent records",
        "the store",
        "node",
        "clock",
        "registry",
        "port code",
        "port `",
        "account `patient`",
    ] {
        assert_eq!(verdict(&checks, what), "ok", "{what}: {checks:#}");
    }
}

#[test]
fn without_a_node_the_rest_is_still_looked_at() {
    let context = TestContext::with_port();
    let error = context
        .patient
        .run("doctor --rpc-url http://127.0.0.1:1 --store /nowhere/at/all")
        .failure(1, "doctor.unwell");
    let checks = &error["details"]["checks"];
    assert_eq!(verdict(checks, "node"), "failed", "{checks:#}");
    assert_eq!(verdict(checks, "contracts"), "skipped");
    assert_eq!(verdict(checks, "the store"), "warning");
    assert_eq!(verdict(checks, "wallets"), "ok");
}

/// A year passes.
mod on_devnode {
    use super::*;

    #[test]
    fn what_wants_attention_is_no_failure_and_what_does_not_work_is_one() {
        let context = TestContext::with_port();
        let patient = &context.patient;
        let wallet = patient.home.join("wallets/patient.json");
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&wallet, open).expect("the test owns the file");
        context.devnode().set_balance(&patient.address, 0);
        let checks = patient.ok("doctor")["checks"].take();
        assert_eq!(verdict(&checks, "key files"), "warning", "{checks:#}");
        assert_eq!(verdict(&checks, "account `patient`"), "warning");
        assert_eq!(verdict(&checks, "wallets"), "ok");

        context.devnode().pass(Duration::from_hours(24 * 370));
        let error = patient.run("doctor").failure(1, "doctor.unwell");
        let checks = &error["details"]["checks"];
        assert_eq!(verdict(checks, "port `"), "failed", "{checks:#}");
        // For people, the table is shown before the sentence.
        let shown = patientport_tests::Run::of(&mut patient.command("doctor"));
        assert_eq!(shown.exit_code, Some(1));
        assert!(shown.stderr.contains("keepalive"), "{}", shown.stderr);
    }
}
