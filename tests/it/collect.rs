//! What a provider may read at all ports, fetched into a directory; a patient's whole port, exported.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::IPatientPort::{AccessGranted, RequestMade};
use patientport_tests::{Party, Run, TestContext, files_below, utf8};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A second port, of the stranger, with one record in section 4.
fn second_port(context: &TestContext, title: &str, payload: &[u8]) -> String {
    let issued = context.primary.ok(&format!(
        "port issue --patient {} --name second",
        context.stranger.address
    ));
    let port = issued["port"].as_str().expect("an address").to_owned();
    context
        .stranger
        .ok(&format!("port claim {port} --section 4:labs"));
    let file = context.file("second.bin", payload);
    context.primary.ok(&format!(
        "record add {} --port {port} --section 4 --title '{title}' --type text/html",
        utf8(&file)
    ));
    port
}

fn grant(context: &TestContext, who: &Party, section: u8, until: &str) -> Value {
    let reader = &context.specialist.address;
    who.ok(&format!(
        "access grant {reader} --section {section} --until {until}"
    ))
}

/// Names below a directory, without those of ports.
fn names(directory: &Path) -> Vec<String> {
    let files = files_below(directory).into_iter();
    let names = files.map(|(path, _)| path.file_name().expect("a name").to_owned());
    names
        .map(|name| name.into_string().expect("ASCII"))
        .collect()
}

fn content_of(directory: &Path, fetched: &Value, index: usize) -> Vec<u8> {
    let file = fetched["records"][index]["file"].as_str();
    fs::read(directory.join(file.expect("it has a file"))).expect("the file is there")
}

#[test]
fn a_provider_sees_its_grants_at_all_ports_and_no_others() {
    let context = TestContext::with_reader(b"first");
    let second = second_port(&context, "x", b"second");
    let mine = context.specialist.ok("access mine");
    assert_eq!(mine["grants"].as_array().map(Vec::len), Some(1), "{mine:#}");
    assert_eq!(
        mine["grants"][0]["port"],
        json!(context.port.to_lowercase())
    );
    assert_eq!(mine["grants"][0]["sections"], json!([0]));
    assert_eq!(mine["grants"][0]["rights"], "read");

    grant(&context, &context.stranger, 4, "10d");
    let mine = context.specialist.ok("access mine");
    assert_eq!(mine["grants"].as_array().map(Vec::len), Some(2), "{mine:#}");
    assert_eq!(
        mine["grants"][0]["port"],
        json!(second.to_lowercase()),
        "it ends first"
    );

    // One that has ended is there for those who ask.
    context
        .stranger
        .ok(&format!("access revoke {}", context.specialist.address));
    let mine = context.specialist.ok("access mine");
    assert_eq!(mine["grants"].as_array().map(Vec::len), Some(1), "{mine:#}");
    let mine = context.specialist.ok("access mine --all");
    assert_eq!(mine["grants"][1]["state"], "revoked", "{mine:#}");

    // What this home kept of it is no more than a short cut.
    let kept = context.specialist.home.join("mentions");
    for (path, _) in files_below(&kept) {
        fs::write(path, "damaged").expect("the home is writable");
    }
    assert_eq!(context.specialist.ok("access mine --all"), mine);
    let run = Run::of(&mut context.primary.command("access mine"));
    assert_eq!(run.exit_code, Some(0), "{}", run.stderr);
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(said.starts_with("nothing is granted to 0x"), "{said}");
}

/// Anybody's contract emits this event when it is created, as if it were a port.
fn emit(context: &TestContext, topics: [B256; 4], words: &[U256]) {
    let mut code = Vec::new();
    let data: Vec<u8> = words.iter().flat_map(U256::to_be_bytes::<32>).collect();
    let [high, low] = u16::try_from(data.len())
        .expect("it is short")
        .to_be_bytes();
    // 8 bytes copy the data, 132 push the topics, 7 emit and end: there the data begins.
    code.extend([0x61, high, low, 0x60, 147, 0x60, 0, 0x39]);
    for topic in topics.iter().rev() {
        code.push(0x7f);
        code.extend(topic);
    }
    code.extend([0x61, high, low, 0x60, 0, 0xa4, 0x00]);
    code.extend(data);
    let receipt = context.stranger.account.send(&context.node, None, &code);
    assert_eq!(
        receipt["logs"].as_array().map(Vec::len),
        Some(1),
        "{receipt:#}"
    );
}

#[test]
fn what_is_no_port_of_the_registry_grants_nothing_and_is_asked_nothing() {
    let context = TestContext::with_reader(b"first");
    let topic = |account: &str| {
        let account: Address = account.parse().expect("an address");
        account.into_word()
    };
    let reader = topic(&context.specialist.address);
    let number = |number: u64| B256::from(U256::from(number));
    let words = |words: &[u64]| words.iter().copied().map(U256::from).collect::<Vec<_>>();
    // Sections, epochs, expiry, rights, message.
    let granted = words(&[1, 0xa0, 4_000_000_000, 1, 0xe0, 1, 1, 0]);
    emit(
        &context,
        [AccessGranted::SIGNATURE_HASH, reader, number(0), reader],
        &granted,
    );
    let made = words(&[0x20, 0]);
    emit(
        &context,
        [RequestMade::SIGNATURE_HASH, number(1), reader, reader],
        &made,
    );
    let mine = context.specialist.run("access mine --all");
    let grants = mine.success()["grants"].as_array().map(Vec::len);
    assert_eq!(grants, Some(1), "{mine:#?}");
    let status = context.specialist.run("request status");
    let requests = status.success()["requests"].as_array().map(Vec::len);
    assert_eq!(requests, Some(1), "{status:#?}");
    assert_eq!(mine.json()["warnings"], json!([]));
}

#[test]
fn everything_granted_is_fetched_once_under_harmless_names() {
    let context = TestContext::with_reader(b"first");
    let second = second_port(&context, "../../../evil\u{202e}.sh", b"second");
    grant(&context, &context.stranger, 4, "10d");
    let file = context.file("closed.txt", b"not for the specialist");
    context.primary.ok(&format!(
        "record add {} --port {} --section 1",
        utf8(&file),
        context.port
    ));
    let directory = context.path("fetched");
    let fetch = format!("record fetch --all -o {}", utf8(&directory));
    let fetched = context.specialist.ok(&fetch);
    let figures = |it: &Value| [&it["fetched"], &it["kept"], &it["not_given"]].map(Value::as_u64);
    assert_eq!(
        figures(&fetched),
        [Some(2), Some(0), Some(1)],
        "{fetched:#}"
    );
    let mut found = names(&directory);
    found.sort();
    assert_eq!(
        found,
        ["000001-evil-sh.txt", "000001-first.txt", "index.json"]
    );
    let contents = [0, 1].map(|index| content_of(&directory, &fetched, index));
    assert!(contents.contains(&b"first".to_vec()) && contents.contains(&b"second".to_vec()));

    // Again: nothing is fetched; a file that was changed is, and so is what is new.
    assert_eq!(
        figures(&context.specialist.ok(&fetch)),
        [Some(0), Some(2), Some(1)]
    );
    let changed = directory.join(fetched["records"][0]["file"].as_str().expect("a file"));
    fs::write(&changed, "spilt").expect("the file is writable");
    context.add_record("third.txt", b"third");
    let fetched = context.specialist.ok(&fetch);
    assert_eq!(figures(&fetched), [Some(2), Some(1), Some(1)]);
    assert_ne!(content_of(&directory, &fetched, 0), b"spilt");

    // A record that no store has is named; the others are fetched all the same.
    let other = context.path("other");
    let fetch = format!("record fetch --all -o {}", utf8(&other));
    let blobs = files_below(&context.primary.store);
    let victim = context.primary.ok(&format!("record list --port {second}"));
    let commitment = victim["records"][0]["commitment"].as_str().expect("a hash");
    let head = blobs
        .iter()
        .find(|(path, _)| utf8(path).replace('/', "").contains(&commitment[4..]))
        .expect("its head is stored");
    fs::remove_file(&head.0).expect("the store is writable");
    let error = context
        .specialist
        .run(&fetch)
        .failure(1, "record.fetch_incomplete");
    let fetched = &error["details"]["fetch"];
    assert_eq!(figures(fetched), [Some(2), Some(0), Some(1)], "{fetched:#}");
    assert_eq!(
        fetched["refused"][0]["error"]["code"],
        "record.missing_blob"
    );
    assert_eq!(fetched["refused"][0]["id"], 1);
}

#[test]
fn a_directory_with_other_things_in_it_is_not_fetched_into() {
    let context = TestContext::with_reader(b"first");
    let directory = context.path("mine");
    fs::create_dir(&directory).expect("the temporary directory is writable");
    fs::write(directory.join("000001-first.txt"), "precious").expect("it is writable");
    let before = files_below(&directory);
    context
        .specialist
        .run(&format!("record fetch --all -o {}", utf8(&directory)))
        .failure(2, "output.directory_in_use");
    assert_eq!(files_below(&directory), before);
    context
        .specialist
        .run("record fetch --all")
        .failure(2, "usage.arguments");
    // What would meet every port is told once.
    let wrong = context.file("wrong.pass", b"wrong\n");
    let new = context.path("new");
    context
        .specialist
        .run(&format!(
            "record fetch --all -o {} --password-file {}",
            utf8(&new),
            utf8(&wrong)
        ))
        .failure(1, "password.wrong");
    let left: Vec<_> = files_below(&new)
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    assert_eq!(left, [new.join("index.json")], "an index of nothing");
}

#[test]
fn a_patient_takes_a_whole_port_away_and_it_is_the_same_every_time() {
    let context = TestContext::with_reader(b"first");
    let file = context.file("scan.txt", b"in another section");
    context.primary.ok(&format!(
        "record add {} --port {} --section 1 --title Scan --note 'left knee' --time 2026-11-02",
        utf8(&file),
        context.port
    ));
    context.add_record("gone.txt", b"to be erased");
    context
        .primary
        .ok(&format!("record erase 3 --port {}", context.port));
    let [one, other] = ["one", "other"].map(|name| context.path(name));
    let export = |to: &PathBuf| {
        let exported = context
            .patient
            .ok(&format!("record export -o {}", utf8(to)));
        assert_eq!(exported["refused"], json!([]), "{exported:#}");
        exported
    };
    let exported = export(&one);
    assert_eq!(exported["fetched"], 2, "{exported:#}");
    let records = exported["records"].as_array().expect("a list");
    assert_eq!(records.len(), 3);
    assert_eq!(records[1]["title"], "Scan");
    assert_eq!(records[1]["note"], "left knee");
    assert_eq!(records[1]["section_name"], "imaging");
    assert_eq!(records[2]["file"], Value::Null);
    assert_eq!(records[2]["state"], "retracted");
    assert_eq!(content_of(&one, &exported, 1), b"in another section");
    let read = |path: PathBuf| -> Value {
        let bytes = fs::read(path).expect("the document is there");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    assert_eq!(read(one.join("index.json"))["records"], exported["records"]);
    let history = read(one.join("history.json"));
    assert_eq!(
        history["length"].as_u64(),
        history["events"].as_array().map(|it| it.len() as u64)
    );
    assert_eq!(
        read(one.join("history.fhir.json"))["resourceType"],
        "Bundle"
    );

    export(&other);
    let contents = |root: &Path| -> Vec<(PathBuf, Vec<u8>)> {
        let files = files_below(root).into_iter();
        let read = |path: PathBuf| {
            let bytes = fs::read(&path).expect("it is readable");
            let name = path.strip_prefix(root).expect("it is below").to_owned();
            (name, bytes)
        };
        files.map(|(path, _)| read(path)).collect()
    };
    assert!(contents(&one) == contents(&other), "two exports differ");
    let again = export(&one);
    assert_eq!((&again["fetched"], &again["kept"]), (&json!(0), &json!(2)));
}

/// Blocks pass that nobody waits for.
mod on_devnode {
    use super::*;

    #[test]
    fn what_was_found_once_is_not_looked_for_again_unless_the_chain_is_another() {
        let context = TestContext::with_reader(b"first");
        let mine = || {
            let mine = context.specialist.ok("access mine");
            mine["grants"].as_array().map_or(0, Vec::len)
        };
        // The newest blocks may be replaced by others, so nothing of them is kept.
        assert_eq!(mine(), 1);
        let [(kept, _)] = &files_below(&context.specialist.home.join("mentions"))[..] else {
            panic!("one file is kept");
        };
        let read = || -> Value {
            let bytes = fs::read(kept).expect("it is readable");
            serde_json::from_slice(&bytes).expect("JSON")
        };
        let ports = |kept: &Value| kept["ports"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(ports(&read()), 0);
        context.devnode().mine(70);
        assert_eq!(mine(), 1);
        let found = read();
        assert_eq!(ports(&found), 1, "{found:#}");
        let through = found["through"][0].as_u64();
        assert_eq!(through, Some(context.node.block_number() - 64));

        // What is kept is believed as long as its block is the chain's.
        let mut forgotten = found.clone();
        forgotten["ports"] = json!({});
        fs::write(kept, forgotten.to_string()).expect("the home is writable");
        assert_eq!(mine(), 0);
        forgotten["through"][1] = json!(format!("0x{}", "11".repeat(32)));
        fs::write(kept, forgotten.to_string()).expect("the home is writable");
        assert_eq!(mine(), 1);
        assert_eq!(read(), found);
    }
}
