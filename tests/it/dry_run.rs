//! `--dry-run`: everything is looked at, nothing is sent, nothing is kept.

use patientport_tests::{Party, Run, TestContext, files_below, on_terminal, utf8};
use serde_json::{Value, json};

/// Runs a command that has no password at hand, so that it needs none.
fn without_password(party: &Party, line: &str) -> Run {
    let mut command = party.command(line);
    command.env_remove("ETH_PASSWORD");
    // Not even a yes: there is nothing to agree to.
    Run::of(command.args(["--json", "--no-input"]))
}

fn words(data: &Value) -> Vec<(&str, &str)> {
    let words = data["words"].as_array().expect("words are a list");
    words
        .iter()
        .map(|word| {
            let text = |member: &str| word[member].as_str().expect("a text");
            (text("label"), text("value"))
        })
        .collect()
}

#[test]
fn every_kind_of_command_says_what_it_would_send_and_sends_nothing() {
    let context = TestContext::with_port();
    context.request();
    let (primary, specialist, patient) = (&context.primary, &context.specialist, &context.patient);
    let port = &context.port;
    let before = context.sent();
    let registry = primary.ok("port show")["registry"].clone();
    let another = &context.stranger.address;
    let runs: [(&Party, String, &str, &Value); 9] = [
        (
            &context.owner,
            format!("provider attest {} --until 1y", specialist.address),
            "attest",
            &registry,
        ),
        (
            &context.owner,
            format!("provider suspend {}", specialist.address),
            "suspend",
            &registry,
        ),
        (
            &context.owner,
            format!("provider attester add {another}"),
            "addAttester",
            &registry,
        ),
        (
            primary,
            format!("port issue --patient {another}"),
            "issue",
            &registry,
        ),
        (
            specialist,
            format!("request send --port {port} --section 0 --until 30d --text again"),
            "request",
            &json!(port),
        ),
        (
            specialist,
            format!("request cancel 1 --port {port}"),
            "cancel",
            &json!(port),
        ),
        (patient, "request approve 1".into(), "approve", &json!(port)),
        (patient, "request deny 1".into(), "deny", &json!(port)),
        (
            patient,
            "access rotate --section 0".into(),
            "rotate",
            &json!(port),
        ),
    ];
    for (party, line, function, to) in runs {
        let looked = party.ok(&format!("{line} --dry-run"));
        assert_eq!(looked["dry_run"], json!(true), "{line}: {looked:#}");
        // What the data says by itself agrees with what the command says it does.
        assert_eq!(looked["call"]["function"], json!(function), "{looked:#}");
        assert_eq!(looked["to"], *to, "{line}: {looked:#}");
        assert_eq!(looked["from"], json!(party.address), "{looked:#}");
        assert_eq!(looked["value"], "0", "{looked:#}");
        let gas = looked["gas"].as_u64().expect("a number");
        let fee: u128 = looked["fee_wei"]
            .as_str()
            .expect("digits")
            .parse()
            .expect("digits");
        assert!(gas > 21_000 && fee >= u128::from(gas), "{looked:#}");
        assert!(looked["data"].as_str().expect("data").len() > 10);
        assert!(!words(&looked).is_empty(), "{looked:#}");
    }
    assert_eq!(context.sent(), before, "something was sent");
}

#[test]
fn it_needs_neither_a_yes_nor_a_password_where_no_secret_is_needed() {
    let context = TestContext::with_port();
    let issue = format!(
        "port issue --patient {} --dry-run",
        context.stranger.address
    );
    let looked = without_password(&context.primary, &issue).success();
    assert_eq!(looked["from"], json!(context.primary.address));
    context.request();
    let looked = without_password(&context.patient, "request deny 1 --dry-run").success();
    assert_eq!(looked["call"]["function"], "deny");
    // Section secrets are the identity's: without it there is nothing to seal.
    without_password(&context.patient, "request approve 1 --dry-run")
        .failure(2, "usage.password_required");
}

#[test]
fn a_refusal_is_a_refusal_in_a_dry_run_too() {
    let context = TestContext::with_port();
    context
        .stranger
        .run(&format!(
            "port issue --patient {} --dry-run",
            context.stranger.address
        ))
        .failure(1, "provider.unverified");
    context
        .patient
        .run(&format!(
            "access revoke {} --dry-run",
            context.specialist.address
        ))
        .failure(1, "access.no_live_grant");
}

#[test]
fn a_record_is_neither_encrypted_nor_stored() {
    let context = TestContext::with_port();
    let file = context.file("note.txt", b"a note");
    let line = format!(
        "record add {} --port {} --section 0 --dry-run",
        utf8(&file),
        context.port
    );
    let looked = without_password(&context.primary, &line).success();
    assert_eq!(looked["call"]["function"], "add");
    assert_eq!(looked["more"], json!(false));
    assert_eq!(files_below(&context.primary.store), []);
    let pending = context.primary.home.join("pending");
    assert_eq!(files_below(&pending), []);
}

#[test]
fn nothing_is_remembered() {
    let context = TestContext::with_unclaimed_port();
    let patient = &context.patient;
    let before = context.sent();
    let looked = patient.ok(&format!(
        "port claim {} --name mine --dry-run",
        context.port
    ));
    assert_eq!(looked["call"]["function"], "claim");
    assert_eq!(patient.ok("port list")["ports"], json!([]));
    assert!(!patient.home.join("pins.json").exists());
    assert_eq!(context.sent(), before);
    // And it can be claimed as if nothing had been.
    let claimed = patient.ok(&format!("port claim {}", context.port));
    assert_eq!(claimed["name"], "mine");
}

#[test]
fn a_deployment_shows_its_plan() {
    let context = TestContext::bare();
    let before = context.sent();
    let plan = without_password(&context.owner, "deploy --dry-run").success();
    assert_eq!(plan["dry_run"], json!(true));
    let labels: Vec<_> = words(&plan).into_iter().map(|(label, _)| label).collect();
    for label in ["registry", "port code", "gas", "from"] {
        assert!(labels.contains(&label), "{plan:#}");
    }
    assert_eq!(context.sent(), before);
    assert_eq!(files_below(&context.owner.home.join("deployments")), []);
    context
        .owner
        .run("deploy --unsigned deploy.json")
        .failure(2, "usage.flag_unused");
}

#[test]
fn commands_that_send_nothing_refuse_to_pretend() {
    let context = TestContext::bare();
    for line in [
        "wallet new bob --dry-run",
        "identity list --sign-only x.json",
        "doctor --unsigned x.json",
    ] {
        context.stranger.run(line).failure(2, "usage.flag_unused");
    }
    assert_eq!(
        context.stranger.ok("wallet list")["wallets"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    // One of them at a time.
    context
        .stranger
        .run("keepalive --dry-run --unsigned x.json")
        .failure(2, "usage.arguments");
}

#[test]
fn for_people_the_preview_is_the_result() {
    let context = TestContext::with_port();
    let line = format!(
        "port issue --patient {} --dry-run",
        context.stranger.address
    );
    let run = Run::of(&mut context.primary.command(&line));
    assert_eq!(run.exit_code, Some(0), "{run:#?}");
    let text = String::from_utf8_lossy(&run.stdout);
    assert!(
        text.contains("fee about") && text.ends_with("nothing was sent\n"),
        "{text}"
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn on_a_terminal_the_preview_comes_without_a_question_and_without_stray_escapes() {
    let context = TestContext::with_port();
    let line = format!(
        "port issue --patient {} --dry-run",
        context.stranger.address
    );
    let mut command = context.primary.command(&line);
    command.env_remove("NO_COLOR").env("TERM", "xterm");
    let (screen, code) = on_terminal(&mut command, &[]);
    assert_eq!(code, Some(0), "{screen}");
    assert!(
        screen.contains("nothing was sent") && !screen.contains("u{1b}"),
        "{screen}"
    );
}
