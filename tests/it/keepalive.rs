//! Programs that expire, and what anybody does about it.

use std::time::Duration;

use patientport_tests::{Party, TestContext, on_terminal};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_hours(24);

/// What each program needed, and whether something was sent.
fn needs(data: &Value) -> Vec<(&str, bool)> {
    let programs = data["programs"].as_array().expect("programs are a list");
    programs
        .iter()
        .map(|it| (it["needs"].as_str().expect("a word"), !it["tx"].is_null()))
        .collect()
}

fn days_left(data: &Value) -> u64 {
    data["programs"][0]["seconds_left"]
        .as_u64()
        .expect("it runs")
        / 86_400
}

#[test]
fn without_any_program_known_it_says_what_is_missing() {
    let context = TestContext::bare();
    context
        .stranger
        .run("keepalive")
        .failure(2, "registry.unknown");
}

/// A year passes.
mod on_devnode {
    use super::*;

    #[test]
    fn programs_are_prolonged_and_after_a_year_activated_again() {
        let context = TestContext::with_port();
        let anybody: &Party = &context.owner;
        let now = anybody.ok("keepalive");
        assert_eq!(needs(&now), [("nothing", false); 2], "{now:#}");
        assert!((363..=365).contains(&days_left(&now)), "{now:#}");

        // The chain prolongs nothing within the first month.
        let early = anybody.ok("keepalive --within 2y");
        assert_eq!(needs(&early), [("too-early", false); 2], "{early:#}");

        context.devnode().pass(40 * DAY);
        let dry = anybody.ok("keepalive --within 2y --dry-run");
        assert_eq!(needs(&dry), [("keepalive", false); 2], "{dry:#}");
        let kept = anybody.ok("keepalive --within 2y");
        assert_eq!(needs(&kept), [("keepalive", true); 2], "{kept:#}");
        assert!(days_left(&anybody.ok("keepalive")) >= 363);

        // Nobody came for a year.
        context.devnode().pass(370 * DAY);
        let error = context
            .patient
            .run("port show")
            .failure(1, "program.expired");
        let hint = error["hint"].as_str().expect("a hint");
        assert!(hint.contains("patientport keepalive"), "{hint}");
        // The patient needs nobody for it, and no registry that answers.
        let again = context.patient.ok("keepalive");
        assert_eq!(needs(&again), [("activation", true); 2], "{again:#}");
        assert_eq!(again["programs"][0]["state"], "expired");
        let shown = context.patient.ok("port show");
        assert_eq!(shown["claimed"], json!(true));
    }

    #[test]
    fn whoever_meets_expired_programs_on_a_terminal_can_activate_them_and_go_on() {
        let context = TestContext::with_port();
        context.devnode().pass(400 * DAY);
        let offer = "do it and go on?";
        let mut command = context.patient.command("port show");
        let (shown, code) = on_terminal(&mut command, &[(offer, "n")]);
        assert_eq!(code, Some(1), "{shown}");
        assert!(shown.contains("patientport keepalive"), "{shown}");
        let before = context.sent();

        let answers = [(offer, "y"), ("send it?", "y"), ("send it?", "y")];
        let (shown, code) = on_terminal(&mut context.patient.command("port show"), &answers);
        assert_eq!(code, Some(0), "{shown}");
        assert!(shown.contains("primary care"), "{shown}");
        assert_eq!(context.sent(), before + 2, "{shown}");
        context.patient.ok("port show");

        // Without a terminal nothing is asked and nothing sent.
        context.devnode().pass(400 * DAY);
        let before = context.sent();
        let run = context.patient.run("port show");
        run.failure(1, "program.expired");
        assert_eq!(context.sent(), before);
    }
}
