//! Several runs of one home, and a home whose disk is full: no file is torn, no entry is lost.

use patientport_tests::{Party, Run, TestContext, files_below, utf8};
use serde_json::Value;
use std::{collections::BTreeSet, fs};

use crate::races::{at_once, code};

/// Every JSON file of the home parses, and nothing temporary is left.
#[track_caller]
fn is_whole(party: &Party) {
    for (path, _) in files_below(&party.home) {
        let ending = path.extension().unwrap_or_default();
        assert!(ending != "tmp", "{} is left", path.display());
        if ending == "json" {
            let bytes = fs::read(&path).expect("the home is readable");
            let read: Result<Value, _> = serde_json::from_slice(&bytes);
            assert!(read.is_ok(), "{}: {read:?}", path.display());
        }
    }
}

#[test]
fn an_identity_of_a_name_is_made_once() {
    let context = TestContext::bare();
    let owner = &context.owner;
    let line = || (owner, "identity new other --scrypt-log-n 13".to_owned());
    let runs = at_once(&[line(), line(), line()]);
    let codes: Vec<_> = runs.iter().map(code).collect();
    assert_eq!(
        codes.iter().filter(|code| code.is_none()).count(),
        1,
        "{codes:?}"
    );
    assert!(
        codes.iter().flatten().all(|code| code == "home.name_taken"),
        "{codes:?}"
    );
    // The one that was told to have been made is the one that is there.
    let made = runs.iter().zip(&codes).find(|(_, code)| code.is_none());
    let (made, _) = made.expect("one was made");
    assert_eq!(
        owner.ok("identity show other")["provider"]["fingerprint"],
        made.success()["provider_fingerprint"]
    );
    is_whole(owner);
}

/// One of several runs did it, and each of the others was told one of these.
#[track_caller]
fn one_has_won(codes: &[Option<String>], told: &[&str]) {
    let won = codes.iter().filter(|code| code.is_none());
    assert_eq!(won.count(), 1, "{codes:?}");
    let mut lost = codes.iter().flatten();
    assert!(lost.all(|code| told.contains(&code.as_str())), "{codes:?}");
}

#[test]
fn wallets_of_one_identity_that_are_made_at_once_are_different_accounts() {
    let context = TestContext::bare();
    let patient = &context.patient;
    let line = |name: &str, more: &str| {
        let line = format!("wallet new {name} --from-identity patient --scrypt-log-n 13 {more}");
        (patient, line)
    };
    let account = |run: &Run| {
        let made = run.success();
        let address = made["address"].as_str().expect("an address").to_owned();
        (made["index"].as_u64().expect("a number"), address)
    };
    let runs = at_once(&[line("a", ""), line("b", ""), line("c", "")]);
    let mut made: Vec<_> = runs.iter().map(account).collect();
    made.sort();
    let indices: Vec<_> = made.iter().map(|(index, _)| *index).collect();
    assert_eq!(indices, [0, 1, 2]);
    let addresses: BTreeSet<_> = made.iter().map(|(_, address)| address).collect();
    assert_eq!(addresses.len(), 3, "{made:?}");
    is_whole(patient);

    // One number that all ask for is one wallet.
    let all = ["d", "e", "f"].map(|name| line(name, "--index 9"));
    let codes: Vec<_> = at_once(&all).iter().map(code).collect();
    one_has_won(&codes, &["wallet.index_taken"]);
    let (next, _) = account(&patient.run(&line("g", "").1));
    assert_eq!(next, 10);
    is_whole(patient);
}

#[test]
fn ports_that_are_remembered_at_once_are_all_remembered() {
    let context = TestContext::with_providers();
    let (primary, stranger) = (&context.primary, &context.stranger);
    let issue = |index: usize| {
        let account = format!("0x{:040x}", 0x1000 + index);
        let issued = primary.ok(&format!("port issue --patient {account}"));
        issued["port"].as_str().expect("an address").to_owned()
    };
    let ports: Vec<String> = (0..4).map(issue).collect();
    let line = |(index, port): (usize, &String)| {
        (stranger, format!("port remember {port} --name p{index}"))
    };
    let lines: Vec<_> = ports.iter().enumerate().map(line).collect();
    for run in at_once(&lines) {
        run.success();
    }
    let listed = stranger.ok("port list");
    for (index, port) in ports.iter().enumerate() {
        let entries = listed["ports"].as_array().expect("a list");
        let entry = entries.iter().find(|it| it["name"] == format!("p{index}"));
        let entry = entry.unwrap_or_else(|| panic!("p{index} is lost: {listed:#}"));
        let address = entry["address"].as_str().or(entry["port"].as_str());
        assert_eq!(
            address.map(str::to_lowercase),
            Some(port.to_lowercase()),
            "{listed:#}"
        );
    }
    is_whole(stranger);
}

#[test]
fn ports_that_are_claimed_at_once_have_keys_of_their_own() {
    let context = TestContext::with_unclaimed_port();
    let patient = &context.patient;
    let issued = context
        .primary
        .ok(&format!("port issue --patient {}", patient.address));
    let second = issued["port"].as_str().expect("an address").to_owned();
    let ports = [context.port.clone(), second];
    let lines: Vec<_> = ports
        .iter()
        .map(|port| (patient, format!("port claim {port} --section 0:general")))
        .collect();
    let runs = at_once(&lines);
    let keys: Vec<_> = runs
        .iter()
        .map(|run| run.success()["fingerprint"].clone())
        .collect();
    assert_ne!(keys[0], keys[1]);
    // Both are known, and both are this patient's to use.
    for port in &ports {
        patient.ok(&format!("access list --port {port}"));
        let file = context.file("note.txt", port.as_bytes());
        let add = format!("record add {} --port {port} --section 0", utf8(&file));
        let id = patient.ok(&add)["id"].clone();
        let out = context.path("out.txt");
        patient.ok(&format!(
            "record get {id} --port {port} --force -o {}",
            utf8(&out)
        ));
        assert_eq!(fs::read(&out).expect("it was written"), port.as_bytes());
    }
    is_whole(patient);
}

#[test]
fn a_port_that_is_claimed_twice_at_once_is_claimed_once() {
    let context = TestContext::with_unclaimed_port();
    let patient = &context.patient;
    let line = format!("port claim {} --section 0:general", context.port);
    let codes: Vec<_> = at_once(&[(patient, line.clone()), (patient, line)])
        .iter()
        .map(code)
        .collect();
    one_has_won(&codes, &["port.already_claimed", "tx.failed"]);
    let listed = patient.ok("port list");
    assert_eq!(
        listed["ports"].as_array().map(Vec::len),
        Some(1),
        "{listed:#}"
    );
    context.add_record("first.txt", b"first");
    let out = context.path("out.txt");
    patient.ok(&format!("record get 1 -o {}", utf8(&out)));
    is_whole(patient);
}

/// A command of a home without room fails, names the file, and leaves nothing of it; with room it works.
#[track_caller]
fn goes_on_with_room(party: &Party, blocks: u32, line: &str, file: &str) -> Value {
    let before = files_below(&party.home);
    let error = party
        .run_on_a_full_disk(blocks, line)
        .failure(3, "home.unavailable");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.contains(file), "{line}: {message}");
    is_whole(party);
    let known = |path: &std::path::PathBuf| before.iter().any(|(it, _)| it == path);
    let new: Vec<_> = files_below(&party.home)
        .into_iter()
        .filter(|(path, length)| *length > 0 && !known(path))
        .collect();
    assert!(
        new.iter().all(|(path, _)| !utf8(path).contains(file)),
        "{line}: {new:?}"
    );
    party.ok(line)
}

#[test]
fn keys_are_made_whole_or_not_at_all_where_the_disk_is_full() {
    let context = TestContext::bare();
    let owner = &context.owner;
    goes_on_with_room(
        owner,
        0,
        "wallet new other --scrypt-log-n 13",
        "wallets/other.json",
    );
    goes_on_with_room(
        owner,
        0,
        "identity new other --scrypt-log-n 13",
        "identities/other.json",
    );
}

#[test]
fn a_deployment_that_a_full_home_cannot_remember_sends_nothing() {
    let context = TestContext::bare();
    let deployed = goes_on_with_room(&context.owner, 0, "deploy", "deployments/");
    let steps = deployed["steps"].as_array().expect("a list");
    let contracts = steps
        .iter()
        .filter(|step| step["step"] == "registry" || step["step"] == "port code");
    for step in contracts {
        assert!(!step["tx"].is_null(), "made with room only: {deployed:#}");
    }
}

#[test]
fn nothing_is_published_or_sent_that_a_full_home_cannot_remember() {
    let context = TestContext::with_unclaimed_port();
    let (patient, primary, port) = (&context.patient, &context.primary, &context.port);
    let claim = format!("port claim {port} --section 0:general");
    goes_on_with_room(patient, 0, &claim, "ports.json");
    let file = context.file("note.txt", b"note");
    let add = format!("record add {} --port {port} --section 0", utf8(&file));
    // Room for the encrypted note, which is short, and not for what is remembered of it.
    let added = goes_on_with_room(primary, 1, &add, "pending/");
    assert_eq!(added["id"], 1);
    assert_eq!(
        files_below(&primary.store).len(),
        2,
        "one head and one body, and nothing of the run that failed"
    );
    let remember = format!("port remember {port} --name elena-2");
    goes_on_with_room(&context.stranger, 0, &remember, "ports.json");
}

#[test]
fn what_is_done_is_told_though_the_home_has_no_room_to_note_it() {
    let context = TestContext::with_port();
    let (patient, primary) = (&context.patient, &context.primary);
    let line = format!("port issue --patient {} --name other", patient.address);
    let issued = primary.run_on_a_full_disk(0, &line);
    let port = issued.success()["port"].clone();
    let warnings = issued.json()["warnings"].clone();
    assert_eq!(warnings[0]["code"], "home.not_kept", "{warnings:#}");
    let told = warnings[0]["message"].as_str().unwrap_or_default();
    let port = port.as_str().expect("an address");
    assert!(told.to_lowercase().contains(port), "{told}");
    is_whole(primary);

    let before = context.events("SectionsRotated").len();
    let rotate = "access rotate --section 0:heart";
    let rotated = patient.run_on_a_full_disk(0, rotate);
    rotated.success();
    let warnings = rotated.json()["warnings"].clone();
    let codes: Vec<_> = warnings.as_array().into_iter().flatten().collect();
    assert!(
        codes.iter().any(|it| it["code"] == "home.not_kept"),
        "{warnings:#}"
    );
    is_whole(patient);
    assert_eq!(context.events("SectionsRotated").len(), before + 1);
}

#[test]
fn an_answer_without_room_in_the_home_is_given_once() {
    let context = TestContext::with_port();
    context.request();
    let patient = &context.patient;
    let first = code(&patient.run_on_a_full_disk(0, "request approve 1"));
    is_whole(patient);
    match first.as_deref() {
        Some("home.unavailable") => {
            patient.ok("request approve 1");
        }
        other => {
            assert_eq!(other, None);
            patient
                .run("request approve 1")
                .failure(1, "request.not_pending");
        }
    }
    // Access ends, and the readers that stay get their keys, though the home cannot keep these.
    let line = format!("access revoke {}", context.specialist.address);
    let revoked = patient.run_on_a_full_disk(0, &line);
    is_whole(patient);
    revoked.success();
    let warnings = revoked.json()["warnings"].clone();
    assert_eq!(warnings[0]["code"], "pin.not_kept", "{warnings:#}");
    patient.run(&line).failure(1, "access.no_live_grant");
    let history = patient.ok("history");
    let events = history["events"].as_array().expect("a list");
    for kind in ["AccessGranted", "AccessRevoked"] {
        let found = events.iter().filter(|event| event["event"] == kind);
        assert_eq!(found.count(), 1, "{kind}");
    }
    // What cannot be kept of the history is read anew.
    let history_again = format!("history --port {}", context.port);
    let full = context.stranger.run_on_a_full_disk(0, &history_again);
    assert_eq!(full.success()["events"], history["events"]);
}
