//! What somebody with bad intentions hands over or stands in the way with, and what a run that sends nothing leaves
//! alone.

use std::fs;
use std::path::{Path, PathBuf};

use patientport_tests::{Party, Proxy, Run, TestContext, Trouble, files_below, utf8};
use serde_json::{Value, json};

/// A directory of its own, with a manifest that names what somebody else wrote into it.
fn handed_over(context: &TestContext, lines: &[Value]) -> PathBuf {
    let directory = context.path("handed-over");
    fs::create_dir_all(&directory).expect("the directory is new");
    let manifest = directory.join("records.jsonl");
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    fs::write(&manifest, lines.join("\n")).expect("the directory is writable");
    manifest
}

fn pending(party: &Party) -> usize {
    files_below(&party.home.join("pending"))
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|it| it == "json"))
        .count()
}

fn bytes(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

#[test]
fn a_file_name_in_a_batch_that_failed_cannot_move_the_cursor() {
    let context = TestContext::with_port();
    let manifest = handed_over(
        &context,
        &[json!({ "file": "a\u{1b}[2J\u{202e}\nhint: all is well", "section": 0 })],
    );
    let line = format!(
        "record add --port {} --manifest {}",
        context.port,
        utf8(&manifest)
    );
    let run = Run::of(context.primary.command(&line).arg("--yes"));
    assert_eq!(run.exit_code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("\\u{1b}[2J\\u{202e}"), "{}", run.stderr);
    let deceives = |it: char| it == '\u{1b}' || it == '\u{202e}';
    assert!(!run.stderr.contains(deceives), "{}", run.stderr);
    assert!(!run.stderr.contains("\nhint: all"), "{}", run.stderr);
}

#[test]
fn a_manifest_takes_nothing_from_outside_its_directory_unless_that_is_meant() {
    let context = TestContext::with_port();
    let secret = context.file("secret.txt", b"a private key");
    let manifest = handed_over(
        &context,
        &[
            json!({ "file": "../secret.txt" }),
            json!({ "file": secret }),
            json!({ "file": "link.txt" }),
            json!({ "file": "sub/../own.txt" }),
        ],
    );
    let directory = manifest.parent().expect("it is in a directory");
    std::os::unix::fs::symlink(&secret, directory.join("link.txt")).expect("links can be made");
    fs::create_dir(directory.join("sub")).expect("it is new");
    fs::write(directory.join("own.txt"), "mine").expect("it is writable");
    let line = format!(
        "record add --port {} --section 0 --manifest {}",
        context.port,
        utf8(&manifest)
    );
    let error = context
        .primary
        .run(&line)
        .failure(1, "record.batch_incomplete");
    let records = error["details"]["batch"]["records"]
        .as_array()
        .expect("a list")
        .clone();
    let codes: Vec<_> = records
        .iter()
        .map(|it| it["error"]["code"].clone())
        .collect();
    assert_eq!(
        Value::from(codes),
        json!([
            "manifest.outside",
            "manifest.outside",
            "manifest.outside",
            null
        ]),
        "{error:#}"
    );
    assert_eq!(files_below(&context.primary.store).len(), 2);

    let added = context.primary.ok(&format!("{line} --allow-outside"));
    assert_eq!((&added["before"], &added["added"]), (&json!(1), &json!(3)));
}

#[test]
fn what_only_the_patient_can_sign_is_refused_before_anything_is_stored() {
    let context = TestContext::with_port();
    let file = context.file("note.txt", b"note");
    let line = format!(
        "record add {} --port {} --section 0 --sign-only {}",
        utf8(&file),
        context.port,
        utf8(&context.path("call.json"))
    );
    context.primary.run(&line).failure(1, "port.not_owner");
    assert_eq!(files_below(&context.primary.store), []);
    assert_eq!(pending(&context.primary), 0);
}

#[test]
fn looking_at_a_record_that_waits_destroys_and_forgets_nothing() {
    let context = TestContext::with_reader(b"first");
    let (primary, patient) = (&context.primary, &context.patient);
    let waiting = |name: &str| {
        let file = context.file(&format!("{name}.txt"), name.as_bytes());
        let composed = primary.ok(&format!(
            "record add {} --port {} --section 0 --unsigned {}",
            utf8(&file),
            context.port,
            utf8(&context.path(name))
        ));
        let data = composed["data"].as_str().expect("data");
        format!("0x{}", &data[10..74])
    };
    // On chain, though this home does not know it yet.
    let there = waiting("there");
    let signed = context.path("signed");
    primary.ok(&format!(
        "tx sign {} -o {}",
        utf8(&context.path("there")),
        utf8(&signed)
    ));
    primary.ok(&format!("tx send {}", utf8(&signed)));
    primary.ok(&format!("record add --resume {there} --dry-run"));
    assert_eq!(pending(primary), 1);
    assert_eq!(
        primary.ok(&format!("record add --resume {there}"))["tx"],
        Value::Null
    );
    assert_eq!(pending(primary), 0);

    // For a key that has changed since.
    let late = waiting("late");
    let stored = files_below(&primary.store);
    patient.ok(&format!("access revoke {}", context.specialist.address));
    primary
        .run(&format!("record add --resume {late} --dry-run"))
        .failure(1, "section.stale_epoch");
    assert_eq!(files_below(&primary.store), stored);
    assert_eq!(pending(primary), 1);
    primary
        .run(&format!("record add --resume {late}"))
        .failure(1, "section.stale_epoch");
    assert_eq!(files_below(&primary.store).len(), stored.len() - 2);
    assert_eq!(pending(primary), 0);
}

#[test]
fn a_port_that_was_taken_over_elsewhere_is_looked_at_without_a_trace_and_its_key_is_set_aside() {
    let context = TestContext::with_reader(b"first");
    let heir = &context.stranger;
    let card = heir.ok("identity card")["card"]
        .as_str()
        .expect("a card")
        .to_owned();
    context.patient.ok(&format!(
        "delegate add {card} --rights approve --until 9d --include-unseen"
    ));
    context
        .patient
        .ok(&format!("port transfer {}", heir.address));
    let (unsigned, signed) = (context.path("accept"), context.path("accept-signed"));
    let accept = format!("port accept {} --include-unseen", context.port);
    heir.ok(&format!("{accept} --unsigned {}", utf8(&unsigned)));
    heir.ok(&format!("tx sign {} -o {}", utf8(&unsigned), utf8(&signed)));
    heir.ok(&format!("tx send {}", utf8(&signed)));

    let home = |name: &str| bytes(&heir.home.join(name));
    let before = (home("ports.json"), home("derived.json"));
    let looked = heir.ok(&format!("{accept} --dry-run"));
    assert_eq!(looked["call"]["function"], "setEncryptionKey");
    assert_eq!((home("ports.json"), home("derived.json")), before);

    // Somebody else may send it from now on, so no other port gets this key.
    let call = context.path("key.json");
    heir.ok(&format!("{accept} --sign-only {}", utf8(&call)));
    let derived: Value =
        serde_json::from_slice(&home("derived.json").expect("it is written")).expect("JSON");
    let next = derived
        .as_object()
        .into_iter()
        .flat_map(|all| all.values())
        .filter_map(|it| it["next_patient_key"].as_u64())
        .max();
    assert_eq!(next, Some(1), "{derived:#}");
    context.primary.ok(&format!("relay submit {}", utf8(&call)));
    let before = home("ports.json");
    let looked = heir.ok(&format!("{accept} --dry-run"));
    assert_eq!(looked["key_tx"], Value::Null, "{looked:#}");
    assert_eq!(home("ports.json"), before);
    let finished = heir.ok(&accept);
    assert_ne!(home("ports.json"), before);
    assert_eq!(finished["key_tx"], Value::Null, "{finished:#}");
}

#[test]
fn a_dry_run_with_a_card_remembers_no_key() {
    let context = TestContext::with_port();
    let made = context.patient.ok("port card");
    let card = made["card"].as_str().expect("a card");
    let line = format!("request send --port '{card}' --section 0 --until 30d --text x");
    let pins = context.specialist.home.join("pins.json");
    let before = bytes(&pins);
    context.specialist.ok(&format!("{line} --dry-run"));
    assert_eq!(bytes(&pins), before);
    context.specialist.ok(&line);
    assert_ne!(bytes(&pins), before);
}

#[test]
fn a_node_that_takes_a_transaction_and_says_that_it_is_busy_has_it_once() {
    let context = TestContext::with_port();
    // It comes to its senses after the first, or never.
    for times in [1, u32::MAX] {
        let before = context.sent();
        let proxy = Proxy::start(
            context.node.address(),
            Trouble::TakesTransactionsAndSaysBusy { times },
        );
        let line = format!(
            "request send --port {} --section 0 --until 30d --text x",
            context.port
        );
        let mut command = context.specialist.command(&line);
        let run = Run::of(command.args(["--json", "--yes", "--rpc-url", &proxy.url()]));
        run.success();
        assert_eq!(context.sent(), before + 1, "{times}");
    }
}

#[test]
fn a_node_that_raises_the_price_after_a_batch_was_agreed_to_gets_nothing() {
    let context = TestContext::with_port();
    let directory = context.path("several");
    fs::create_dir(&directory).expect("it is new");
    for name in ["a.txt", "b.txt"] {
        fs::write(directory.join(name), name).expect("it is writable");
    }
    let before = context.sent();
    let proxy = Proxy::start(
        context.node.address(),
        Trouble::RaisesThePriceAfter { times: 1 },
    );
    let line = format!(
        "record add {} -R --port {} --section 0",
        utf8(&directory),
        context.port
    );
    let mut command = context.primary.command(&line);
    let run = Run::of(command.args(["--json", "--yes", "--rpc-url", &proxy.url()]));
    let error = run.failure(1, "record.batch_incomplete");
    let first = &error["details"]["batch"]["records"][0]["error"]["code"];
    assert_eq!(*first, json!("tx.cost_risen"), "{error:#}");
    assert_eq!(context.sent(), before);
    assert_eq!(context.primary.ok(&line)["added"], 2);
}

#[test]
fn a_delegate_who_was_left_out_of_new_keys_is_not_told_that_nothing_is_missing() {
    let context = TestContext::with_reader(b"first");
    let (patient, delegate) = (&context.patient, &context.stranger);
    let card = delegate.ok("identity card")["card"]
        .as_str()
        .expect("a card")
        .to_owned();
    patient.ok(&format!(
        "delegate add {card} --rights approve --until 9d --include-unseen"
    ));
    // A home that has seen nobody gives nobody the new keys unasked.
    fs::remove_file(patient.home.join("pins.json")).expect("it is there");
    let rotated = patient.ok("access rotate --section 0");
    assert_eq!(rotated["sealed_to"], json!([]), "{rotated:#}");
    context.add_record("second.txt", b"second");
    let line = format!(
        "record fetch --port {} -o {}",
        context.port,
        utf8(&context.path("fetched"))
    );
    let error = delegate.run(&line).failure(1, "record.fetch_incomplete");
    let fetch = &error["details"]["fetch"];
    assert_eq!(
        (&fetch["fetched"], &fetch["not_given"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        fetch["refused"][0]["error"]["code"],
        json!("section.no_matching_key"),
        "{fetch:#}"
    );
}

#[test]
fn a_delegate_who_names_sections_anew_does_not_change_what_the_patient_means_by_a_name() {
    let context = TestContext::with_reader(b"first");
    let (patient, delegate) = (&context.patient, &context.stranger);
    let card = delegate.ok("identity card")["card"]
        .as_str()
        .expect("a card")
        .to_owned();
    patient.ok(&format!(
        "delegate add {card} --rights rotate --until 9d --include-unseen"
    ));
    delegate.ok(&format!(
        "access rotate --port {} --section 0:other --section 1:general --include-unseen",
        context.port
    ));
    let looked = patient.ok(&format!(
        "access grant {} --section general --until 30d --replace --dry-run",
        context.specialist.address
    ));
    let words = looked["call"]["words"].as_array().expect("a list");
    let sections = words.iter().find(|it| it["label"] == "sections");
    assert_eq!(
        sections.map(|it| it["value"].clone()),
        Some(json!("0")),
        "{looked:#}"
    );
}

/// Blocks pass that nobody waits for.
mod on_devnode {
    use super::*;

    #[test]
    fn what_one_node_left_out_is_asked_of_another() {
        let context = TestContext::with_reader(b"first");
        context.devnode().mine(70);
        let proxy = Proxy::start(
            context.node.address(),
            Trouble::HidesTheLastEventOf(context.port.clone()),
        );
        let grants = |data: &Value| data["grants"].as_array().map(Vec::len);
        let lying = format!("access mine --rpc-url {}", proxy.url());
        assert_eq!(grants(&context.specialist.ok(&lying)), Some(0));
        assert_eq!(grants(&context.specialist.ok("access mine")), Some(1));
    }
}
