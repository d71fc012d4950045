//! Ports that change hands, primary care, and requesters who are not heard.

use patientport_tests::{TestContext, on_terminal, utf8};
use serde_json::{Value, json};

fn name_delegate(context: &TestContext) {
    let card = context.stranger.ok("identity card")["card"].clone();
    let card = card.as_str().expect("a card is a line");
    context
        .patient
        .ok(&format!("delegate add {card} --rights approve --until 30d"));
}

#[test]
fn a_port_is_handed_over_with_its_records_and_new_keys() {
    let context = TestContext::with_reader(b"first");
    name_delegate(&context);
    let heir = &context.stranger;
    let offered = context
        .patient
        .ok(&format!("port transfer {}", heir.address));
    assert_eq!(
        (&offered["pending_owner"], &offered["has_secrets"]),
        (&json!(heir.address), &json!(true))
    );
    let before = context.patient.ok("port show");
    context
        .specialist
        .run(&format!("port accept {}", context.port))
        .failure(1, "port.not_offered");
    let accepted = heir.ok(&format!(
        "port accept {} --name mum --include-unseen",
        context.port
    ));
    assert_eq!(accepted["former_owner"], context.patient.address.as_str());
    assert_eq!(accepted["sections"], json!([0, 1]), "{accepted:#}");
    assert_eq!(accepted["sealed_to"], json!([context.specialist.address]));

    let after = heir.ok("port show");
    assert_eq!(after["patient"], heir.address.as_str());
    assert_eq!(after["fingerprint"], accepted["fingerprint"]);
    assert_ne!(after["fingerprint"], before["fingerprint"]);
    assert_eq!(
        (&after["stale"], &after["name"]),
        (&json!([]), &json!("mum"))
    );
    assert_eq!(
        after["sections"][0]["name"], "general",
        "its names come with it"
    );
    heir.ok(&format!(
        "record get 1 -o {}",
        utf8(&context.path("by-heir"))
    ));
    assert_eq!(
        std::fs::read(context.path("by-heir")).expect("it was written"),
        b"first"
    );
    // Readers go on reading; the former patient reads nothing new, and decides nothing.
    context.add_record("second.txt", b"second");
    let get = |name: &str| {
        format!(
            "record get 2 --port {} -o {}",
            context.port,
            utf8(&context.path(name))
        )
    };
    context.specialist.ok(&get("by-specialist"));
    context
        .patient
        .run(&get("by-former"))
        .failure(1, "section.no_matching_key");
    context
        .patient
        .run(&format!("access revoke {}", context.specialist.address))
        .failure(1, "port.not_owner");
    // Its own delegation is a leftover.
    let again = heir.run("port accept mum");
    assert_eq!(again.success()["key_tx"], Value::Null);
    let ended = heir.ok(&format!("delegate remove {}", heir.address));
    assert_eq!(ended["rotated"], json!([]));
    heir.ok("request list");
    heir.ok(&format!("access revoke {}", context.specialist.address));
}

#[test]
fn an_acceptance_that_stopped_half_way_is_finished_by_the_same_command() {
    let context = TestContext::with_reader(b"first");
    name_delegate(&context);
    let heir = &context.stranger;
    context.patient.ok(&format!(
        "delegate add {} --rights revoke --until 9d",
        context.primary.address
    ));
    context
        .patient
        .ok(&format!("port transfer {}", heir.address));
    let mut command = heir.command(&format!(
        "port accept {} --name mum --include-unseen",
        context.port
    ));
    let (shown, code) = on_terminal(
        &mut command,
        &[("send it? [y/N]", "y"), ("send it? [y/N]", "n")],
    );
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("go on with the same command"), "{shown}");
    assert!(
        shown.contains("as a delegate who may revoke"),
        "powers that outlast the former owner are shown: {shown}"
    );
    assert_eq!(heir.ok("port show mum")["patient"], heir.address.as_str());
    heir.run("access rotate --section 0")
        .failure(1, "identity.wrong_key");
    let finished = heir.ok("port accept mum --include-unseen");
    assert_eq!(finished["accept_tx"], Value::Null);
    assert_eq!(finished["sections"], json!([0, 1]));
    heir.ok("access rotate --section 0");
    heir.ok(&format!(
        "record get 1 -o {}",
        utf8(&context.path("by-heir"))
    ));
}

#[test]
fn a_port_is_not_taken_over_without_its_secrets_unless_that_is_meant() {
    let context = TestContext::with_reader(b"first");
    let heir = &context.stranger;
    let offered = context
        .patient
        .run(&format!("port transfer {}", heir.address));
    assert_eq!(offered.success()["has_secrets"], false);
    let warnings = offered.json()["warnings"].to_string();
    assert!(warnings.contains("port.secrets_not_given"), "{warnings}");
    let before = context.sent();
    let refused = heir.run(&format!("port accept {}", context.port));
    let error = refused.failure(1, "section.current_secret_missing");
    assert!(
        error["hint"]
            .as_str()
            .unwrap_or_default()
            .contains("delegate add"),
        "{error:#}"
    );
    assert_eq!(context.sent(), before);
    assert_eq!(heir.ok("port list")["ports"], json!([]));
    // Called off, it is nobody's to accept; offered again, it is taken as it is.
    context.patient.ok("port transfer --cancel");
    heir.run(&format!("port accept {}", context.port))
        .failure(1, "port.not_offered");
    context
        .patient
        .ok(&format!("port transfer {}", heir.address));
    heir.ok(&format!(
        "port accept {} --abandon-current 0,1",
        context.port
    ));
    heir.run(&format!(
        "record get 1 -o {}",
        utf8(&context.path("closed"))
    ))
    .failure(1, "section.no_matching_key");
    context.add_record("second.txt", b"second");
    heir.ok(&format!("record get 2 -o {}", utf8(&context.path("open"))));
}

#[test]
fn a_patient_moves_to_another_account_of_the_same_identity() {
    let context = TestContext::with_reader(b"first");
    let patient = &context.patient;
    let made = patient.ok("wallet new fresh --scrypt-log-n 13");
    let fresh = made["address"].as_str().expect("an address").to_owned();
    context.fund(&fresh);
    patient.ok(&format!("port transfer {fresh} --account patient"));
    let accepted = patient.ok("port accept mine --account fresh --identity patient");
    assert_eq!(
        accepted["sealed_to"],
        json!([context.specialist.address]),
        "{accepted:#}"
    );
    assert_eq!(accepted["key_index"], 1, "the former key serves no more");
    let get = |id: u32, name: &str| {
        format!(
            "record get {id} --port mine -o {}",
            utf8(&context.path(name))
        )
    };
    patient.ok(&get(1, "moved"));
    context.add_record("second.txt", b"second");
    patient.ok(&get(2, "moved-too"));
    assert_eq!(patient.ok("port show mine")["stale"], json!([]));
    patient.ok("access rotate --section 0");
}

#[test]
fn primary_care_is_named_and_taken_away() {
    let context = TestContext::with_port();
    let file = context.file("note.txt", b"note");
    let add = format!(
        "record add {} --port {} --section 0",
        utf8(&file),
        context.port
    );
    context.primary.ok(&add);
    let none = context.patient.ok("port set-primary none");
    assert_eq!(
        (&none["primary_care"], &none["former"]),
        (&Value::Null, &json!(context.primary.address))
    );
    context.primary.run(&add).failure(1, "access.denied");
    context
        .patient
        .run(&format!("port set-primary {}", context.stranger.address))
        .failure(1, "provider.unverified");
    context
        .patient
        .ok(&format!("port set-primary {}", context.specialist.address));
    context.specialist.ok(&add);
    context
        .stranger
        .run(&format!("port set-primary none --port {}", context.port))
        .failure(1, "port.not_owner");
    context
        .patient
        .run("port set-primary nobody")
        .failure(2, "usage.arguments");
}

#[test]
fn a_blocked_requester_is_not_heard_until_it_is_unblocked() {
    let context = TestContext::with_port();
    let specialist = &context.specialist.address;
    let ask = format!(
        "request send --port {} --section 0 --until 30d --text x",
        context.port
    );
    let blocked = context.patient.ok(&format!("request block {specialist}"));
    assert_eq!(blocked["blocked"], true);
    context.specialist.run(&ask).failure(1, "request.blocked");
    context
        .stranger
        .run(&format!(
            "request unblock {specialist} --port {}",
            context.port
        ))
        .failure(1, "port.not_owner");
    context.patient.ok(&format!("request unblock {specialist}"));
    context.specialist.ok(&ask);
}

#[test]
fn a_record_takes_the_place_of_an_earlier_one() {
    let context = TestContext::with_reader(b"first");
    let file = context.file("corrected.txt", b"corrected");
    let supersede = |id: u32| {
        format!(
            "record supersede {id} {} --port {} --note corrected",
            utf8(&file),
            context.port
        )
    };
    // Who has only read it may not.
    context
        .specialist
        .run(&supersede(1))
        .failure(1, "access.denied");
    assert_eq!(
        patientport_tests::files_below(&context.specialist.home.join("pending")),
        []
    );
    let added = context.primary.ok(&supersede(1));
    assert_eq!(
        (&added["id"], &added["supersedes"], &added["section"]),
        (&json!(2), &json!(1), &json!(0))
    );
    let listed = context
        .specialist
        .ok(&format!("record list --port {}", context.port));
    assert_eq!(listed["records"][0]["superseded_by"], 2, "{listed:#}");
    context.specialist.ok(&format!(
        "record get 2 --port {} -o {}",
        context.port,
        utf8(&context.path("got"))
    ));
    context
        .primary
        .run(&supersede(1))
        .failure(1, "record.not_current");
    context
        .primary
        .run(&supersede(9))
        .failure(1, "record.unknown");
    context
        .patient
        .ok(&format!("record supersede 2 {}", utf8(&file)));
}

#[test]
fn an_interrupted_successor_is_resumed_as_a_successor() {
    let context = TestContext::with_reader(b"first");
    let file = context.file("corrected.txt", b"corrected");
    // Encrypted and stored, and declined at the end.
    let mut command = context.primary.command(&format!(
        "record supersede 1 {} --port {}",
        utf8(&file),
        context.port
    ));
    let (shown, code) = on_terminal(&mut command, &[("send it? [y/N]", "n")]);
    assert_eq!(code, Some(1), "{shown}");
    let (_, commitment) = shown
        .split_once("--resume 0x")
        .expect("it says how to go on");
    let commitment: String = commitment.chars().take(64).collect();
    let resumed = context
        .primary
        .ok(&format!("record add --resume {commitment}"));
    assert_eq!(
        (&resumed["id"], &resumed["supersedes"]),
        (&json!(2), &json!(1))
    );
    let listed = context
        .primary
        .ok(&format!("record list --port {}", context.port));
    assert_eq!(listed["records"][0]["superseded_by"], 2);
}
