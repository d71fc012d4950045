//! The whole session, and the contract of stdout and stderr.

use patientport_tests::{Run, TestContext, utf8};
use serde_json::json;
use std::fs;

#[test]
fn a_record_travels_from_author_to_reader_and_ends_at_the_revocation() {
    let context = TestContext::with_port();
    let payload = b"{\"resourceType\":\"Bundle\"}";

    // Primary care writes without being able to read.
    let added = context.add_record("summary.json", payload);
    assert_eq!(added["id"], 1, "{added:#}");
    let out = context.path("by-author.json");
    context
        .primary
        .run(&format!(
            "record get 1 --port {} -o {}",
            context.port,
            utf8(&out)
        ))
        .failure(1, "section.no_matching_key");

    // Request and approval.
    let sent = context.request();
    assert_eq!(sent["id"], 1, "{sent:#}");
    let shown = context.patient.ok("request show 1");
    assert_eq!(shown["state"], "pending", "{shown:#}");
    assert_eq!(shown["asked"]["text"], "second opinion", "{shown:#}");
    let approved = context.patient.ok("request approve 1");
    assert!(
        approved["tx"]["gas_used"].as_u64() > Some(50_000),
        "{approved:#}"
    );
    let listed = context.patient.ok("access list");
    assert_eq!(listed["readers"][0]["state"], "live", "{listed:#}");

    // The reader, and the patient.
    for (who, name) in [
        (&context.specialist, "by-reader.json"),
        (&context.patient, "by-patient.json"),
    ] {
        let out = context.path(name);
        who.ok(&format!(
            "record get 1 --port {} -o {}",
            context.port,
            utf8(&out)
        ));
        assert_eq!(fs::read(&out).expect("the record was written"), payload);
    }

    // The end.
    let before = context.sent();
    context
        .patient
        .ok(&format!("access revoke {}", context.specialist.address));
    assert_eq!(
        context.sent(),
        before + 1,
        "revoking and rotating is one transaction"
    );
    let shown = context.patient.ok("port show");
    assert_eq!(shown["sections"][0]["epoch"], 2, "{shown:#}");
    context.add_record("later.txt", b"after the revocation");
    let out = context.path("never.txt");
    context
        .specialist
        .run(&format!(
            "record get 2 --port {} -o {}",
            context.port,
            utf8(&out)
        ))
        .failure(1, "section.no_matching_key");
    assert!(!out.exists());
    let out = context.path("later-by-patient.txt");
    context
        .patient
        .ok(&format!("record get 2 -o {}", utf8(&out)));
    assert_eq!(
        fs::read(&out).expect("the record was written"),
        b"after the revocation"
    );
}

#[test]
fn a_remaining_reader_reads_what_is_added_after_another_one_is_revoked() {
    let context = TestContext::with_reader(b"first");
    context.primary.ok(&format!(
        "request send --port {} --section 0 --until 30d --text 'our own notes'",
        context.port
    ));
    context.patient.ok("request approve 2");
    context
        .patient
        .ok(&format!("access revoke {}", context.specialist.address));
    context.add_record("second.txt", b"second");
    for (id, payload) in [("1", "first"), ("2", "second")] {
        let run = Run::of(
            &mut context
                .primary
                .command(&format!("record get {id} --port {}", context.port)),
        );
        assert_eq!(
            (run.exit_code, run.stdout.as_slice()),
            (Some(0), payload.as_bytes()),
            "{run:#?}"
        );
    }
}

#[test]
fn a_reader_with_the_write_right_adds_records_until_revoked() {
    let context = TestContext::with_port();
    context.patient.ok(&format!(
        "access grant {} --section 0 --until 30d --rights read-write",
        context.specialist.address
    ));
    let file = context.file("findings.txt", b"findings");
    let add = format!(
        "record add {} --port {} --section 0",
        utf8(&file),
        context.port
    );
    context.specialist.ok(&add);
    context
        .patient
        .ok(&format!("access revoke {}", context.specialist.address));
    let stored = patientport_tests::files_below(&context.patient.store);
    context.specialist.run(&add).failure(1, "access.denied");
    assert_eq!(
        patientport_tests::files_below(&context.patient.store),
        stored,
        "a refused author leaves nothing in the store"
    );
}

#[test]
fn a_denied_request_shows_the_reason_to_its_sender_only() {
    let context = TestContext::with_port();
    context.request();
    context
        .patient
        .ok("request deny 1 --reason scope-too-wide --text 'labs only'");
    let shown = context
        .specialist
        .ok(&format!("request show 1 --port {}", context.port));
    assert_eq!(shown["state"], "denied", "{shown:#}");
    assert_eq!(shown["denial"]["text"], "labs only", "{shown:#}");
    let shown = context
        .stranger
        .ok(&format!("request show 1 --port {}", context.port));
    assert_eq!(shown["asked"], json!(null), "{shown:#}");
    assert!(!shown.to_string().contains("labs only"), "{shown:#}");
    context
        .patient
        .run("request approve 1")
        .failure(1, "request.not_pending");
}

#[test]
fn content_goes_to_stdout_alone_and_talk_to_stderr() {
    let payload: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    let context = TestContext::with_reader(&payload);
    let run = Run::of(
        &mut context
            .specialist
            .command(&format!("record get 1 --port {}", context.port)),
    );
    assert_eq!(run.exit_code, Some(0), "{}", run.stderr);
    assert!(
        run.stdout == payload,
        "{} bytes instead of {}",
        run.stdout.len(),
        payload.len()
    );

    let run = Run::of(&mut context.patient.command("wallet address"));
    let shown = String::from_utf8_lossy(&run.stdout).to_ascii_lowercase();
    assert_eq!(shown, format!("{}\n", context.patient.address), "{run:#?}");

    let run = Run::of(&mut context.patient.command("record get 9"));
    assert_eq!(
        (run.exit_code, run.stdout.as_slice()),
        (Some(1), &b""[..]),
        "{run:#?}"
    );
    assert!(
        run.stderr.starts_with("error: ") && run.stderr.contains("\nhint: "),
        "{}",
        run.stderr
    );
}

#[test]
fn a_record_from_a_pipe_is_read_back() {
    use std::{io::Write as _, process::Stdio};
    let context = TestContext::with_reader(b"first");
    let mut command = context.primary.command(&format!(
        "record add - --port {} --section 0 --title piped --json --yes --no-input",
        context.port
    ));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let payload = vec![7_u8; 300_000];
    child
        .stdin
        .take()
        .expect("stdin is a pipe")
        .write_all(&payload)
        .expect("the program reads");
    let run = Run::from_output(
        "record add -".to_owned(),
        child.wait_with_output().expect("the program ends"),
    );
    assert_eq!(run.success()["id"], 2);
    let out = context.path("piped");
    context.specialist.ok(&format!(
        "record get 2 --port {} -o {}",
        context.port,
        utf8(&out)
    ));
    assert!(fs::read(&out).expect("the record was written") == payload);
}
