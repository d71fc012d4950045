//! Identities: paper backup, loss of a home, export.

use alloy_primitives::hex;
use patientport_tests::{Party, Run, TestContext, on_terminal, utf8};
use serde_json::{Value, json};
use std::{fs, io::Write as _, os::unix::fs::PermissionsExt as _, path::Path, process::Stdio};

/// A patient with nothing but an identity, and an account of the identity's words.
fn patient_of_words(context: &TestContext) -> Party {
    let mut party = context.patient.clone();
    party.home = context.path("elena.home");
    party.ok("identity new elena --scrypt-log-n 13");
    let wallet = party.ok("wallet new elena --from-identity elena --scrypt-log-n 13");
    assert_eq!(
        (&wallet["identity"], &wallet["index"]),
        (&json!("elena"), &json!(0))
    );
    text(&wallet["address"]).clone_into(&mut party.address);
    context.fund(&party.address);
    party
}

fn issue(context: &TestContext, patient: &Party) -> String {
    let issued = context
        .primary
        .ok(&format!("port issue --patient {}", patient.address));
    text(&issued["port"]).to_owned()
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).expect("the file is there");
    metadata.permissions().mode() & 0o777
}

/// The words of an identity, and the file that has them.
fn words_of(context: &TestContext, party: &Party, name: &str) -> std::path::PathBuf {
    let path = context.path(&format!("{name}.words"));
    party.ok(&format!("identity backup {name} --output {}", utf8(&path)));
    assert_eq!(mode(&path), 0o600);
    path
}

#[test]
fn a_lost_home_comes_back_from_24_words_and_the_chain() {
    let mut context = TestContext::with_providers();
    let elena = patient_of_words(&context);
    context.port = issue(&context, &elena);
    elena.ok(&format!(
        "port claim {} --name hers --section 0:general --section 1:imaging",
        context.port
    ));
    // A second account and port of the same identity, with the next key of it; a third is issued and not accepted.
    let second = elena.ok("wallet new second --from-identity elena --scrypt-log-n 13");
    assert_eq!(second["index"], 1);
    let mut other = elena.clone();
    text(&second["address"]).clone_into(&mut other.address);
    context.fund(&other.address);
    let second_port = issue(&context, &other);
    elena.ok(&format!(
        "port claim {second_port} --account second --identity elena --section 7:dental"
    ));
    let unclaimed = issue(&context, &elena);
    context.add_record("first.txt", b"first");
    context.request();
    let known = elena.ok("port list");
    assert_eq!(known["ports"][1]["key_index"], 1, "{known:#}");

    let words = words_of(&context, &elena, "elena");
    fs::remove_dir_all(&elena.home).expect("the home can be removed");
    elena.run("port list").success();
    elena.run("record list").failure(2, "port.none_known");

    elena.ok(&format!(
        "identity restore elena --words-file {} --scrypt-log-n 13",
        utf8(&words)
    ));
    let run = elena.run("identity recover elena --scrypt-log-n 13");
    let found = run.success();
    let wallets = found["wallets"].as_array().expect("a list");
    let told: Vec<_> = wallets
        .iter()
        .map(|it| {
            (
                text(&it["name"]),
                text(&it["address"]),
                it["index"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("elena", elena.address.as_str(), Some(0)),
            ("elena-1", other.address.as_str(), Some(1))
        ]
    );
    let states: Vec<_> = found["ports"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| {
            (
                text(&it["port"]),
                text(&it["state"]),
                it["key_index"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            (context.port.as_str(), "recovered", Some(0)),
            (second_port.as_str(), "recovered", Some(1)),
            (unclaimed.as_str(), "unclaimed", None)
        ]
    );
    assert_eq!(found["next_patient_key"], 2);
    let warnings = run.json()["warnings"].clone();
    assert_eq!(warnings.as_array().map(Vec::len), Some(1), "{warnings:#}");
    assert_eq!(warnings[0]["code"], "recover.unclaimed");

    // What the home knows now is what it knew, but for the names that were its own.
    let again = elena.ok("port list");
    for (before, after) in [(0, 0), (1, 1)] {
        for member in [
            "address",
            "chain_id",
            "registry",
            "identity",
            "key_index",
            "sections",
        ] {
            assert_eq!(
                known["ports"][before][member], again["ports"][after][member],
                "{known:#} {again:#}"
            );
        }
    }
    // And the story goes on.
    let port = &context.port;
    let listed = elena.ok(&format!("record list --port {port}"));
    let first = &listed["records"][0];
    assert_eq!(
        (&first["title"], &first["section_name"]),
        (&json!("first.txt"), &json!("general"))
    );
    let out = context.path("first");
    elena.ok(&format!("record get 1 --port {port} -o {}", utf8(&out)));
    assert_eq!(fs::read(&out).expect("written"), b"first");
    elena.ok(&format!("request approve 1 --port {port}"));
    let out = context.path("first-by-specialist");
    let get = format!("record get 1 --port {port} -o {}", utf8(&out));
    context.specialist.ok(&get);
    elena.ok(&format!(
        "access revoke {} --port {port}",
        context.specialist.address
    ));
    // The next port gets a key that no other has.
    elena.ok(&format!("port claim {unclaimed}"));
    let listed = elena.ok("port list").to_string();
    assert!(listed.contains(r#""key_index":2"#), "{listed}");

    // Run again, nothing is done twice.
    let before = fs::read(elena.home.join("ports.json")).expect("the ports are there");
    let again = elena.ok("identity recover elena");
    assert_eq!(again["wallets"], json!([]));
    assert_eq!(again["next_patient_key"], 3);
    let after = fs::read(elena.home.join("ports.json")).expect("the ports are there");
    assert_eq!(before, after);
}

#[test]
fn a_port_comes_back_to_a_wallet_that_is_not_of_the_words() {
    let context = TestContext::with_reader(b"first");
    let words = words_of(&context, &context.patient, "patient");
    let keystore = context.path("wallet.json");
    let patient = &context.patient;
    patient.ok(&format!(
        "wallet export patient --output {}",
        utf8(&keystore)
    ));
    let password = utf8(&patient.password_file).to_owned();
    fs::remove_dir_all(&patient.home).expect("the home can be removed");
    patient.ok(&format!(
        "identity restore patient --words-file {}",
        utf8(&words)
    ));
    patient
        .run("identity recover")
        .failure(1, "recover.nothing_found");
    patient.ok(&format!(
        "wallet import patient --keystore {} --keystore-password-file {password}",
        utf8(&keystore)
    ));
    let run = patient.run("identity recover --no-accounts");
    let found = run.success();
    assert_eq!(found["ports"][0]["name"], "mine", "{found:#}");
    assert_eq!(found["ports"][0]["state"], "recovered");
    // The readers' keys were not seen by this home.
    assert_eq!(run.json()["warnings"][0]["code"], "recover.readers_unseen");
    assert_eq!(patient.ok("record list")["records"][0]["access"], "open");

    // Another's identity does not take the port.
    patient.ok("identity new other --scrypt-log-n 13");
    let run = patient.run("identity recover other --no-accounts");
    assert_eq!(run.success()["ports"][0]["state"], "other-identity");
    assert_eq!(run.json()["warnings"][0]["code"], "recover.other_identity");
    assert_eq!(patient.ok("port list")["ports"][0]["identity"], "patient");
}

#[test]
fn a_provider_is_found_with_the_number_of_its_key() {
    let context = TestContext::with_providers();
    let found = context.specialist.ok("identity recover --no-accounts");
    let provider = &found["providers"][0];
    assert_eq!(provider["account"], context.specialist.address.as_str());
    assert_eq!(
        (&provider["key_index"], &provider["status"]),
        (&json!(0), &json!("attested"))
    );
    assert_eq!(found["ports"], json!([]));
    let found = context.stranger.ok("identity recover --no-accounts");
    assert_eq!(found["providers"], json!([]));
}

#[test]
fn a_port_of_another_owner_is_told_and_not_taken() {
    let context = TestContext::with_port();
    // transferOwnership(stranger), which the stranger accepts later.
    let to = context.stranger.address.trim_start_matches("0x");
    let send = |from: &Party, data: &str| {
        let data = hex::decode(data).expect("hexadecimal digits");
        context.call(from, &context.port, &data);
    };
    send(&context.patient, &format!("0xf2fde38b{to:0>64}"));
    let run = context.stranger.run("identity recover --no-accounts");
    assert_eq!(run.success()["ports"][0]["state"], "offered");
    // acceptOwnership()
    send(&context.stranger, "0x79ba5097");
    let run = context.stranger.run("identity recover --no-accounts");
    // It is the stranger's, and still shows the former patient's key.
    assert_eq!(run.success()["ports"][0]["state"], "other-identity");
    let run = context.patient.run("identity recover --no-accounts");
    assert_eq!(run.success()["ports"][0]["state"], "transferred");
}

#[test]
fn words_are_shown_on_a_terminal_only_and_never_written_over_a_file() {
    let context = TestContext::bare();
    let patient = &context.patient;
    let run = patient.run("identity backup patient");
    assert_eq!(run.json()["errors"][0]["code"], "usage.flag_needed");
    let run = Run::of(&mut patient.command("identity backup patient --yes"));
    assert_eq!((run.exit_code, run.stdout.as_slice()), (Some(2), &b""[..]));
    let path = words_of(&context, patient, "patient");
    let words = fs::read_to_string(&path).expect("text");
    let run = patient.run(&format!("identity backup patient -o {}", utf8(&path)));
    run.failure(2, "output.exists");
    assert_eq!(fs::read_to_string(&path).expect("text"), words);
    let secret: Vec<_> = words
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(". ").expect("numbered").1)
        .collect();
    assert_eq!(secret.len(), 24);
    assert!(
        !secret
            .iter()
            .any(|word| run.stderr.contains(&format!(" {word} {word}")))
    );
}

#[test]
fn wrong_words_are_told_by_position_and_leave_no_identity() {
    let context = TestContext::bare();
    let patient = &context.patient;
    let path = words_of(&context, patient, "patient");
    let words: Vec<String> = fs::read_to_string(&path)
        .expect("text")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(". ").expect("numbered").1.to_owned())
        .collect();
    let restore = |words: &[String]| {
        let mut command = patient
            .command("identity restore again --words-file - --json --no-input --scrypt-log-n 13");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        stdin
            .write_all(words.join(" ").as_bytes())
            .expect("the program reads");
        drop(stdin);
        let output = child.wait_with_output().expect("the program ends");
        Run::from_output("identity restore".into(), output)
    };
    let mut typo = words.clone();
    "xyzzy".clone_into(&mut typo[4]);
    let run = restore(&typo);
    let error = run.failure(2, "phrase.invalid");
    let cause = error["details"]["causes"][0].as_str().expect("a cause");
    assert!(cause.contains("word `5`"), "{cause}");
    let shown = String::from_utf8_lossy(&run.stdout).into_owned() + &run.stderr;
    assert!(
        !shown.contains("xyzzy") && !shown.contains(&words[3]),
        "{shown}"
    );
    restore(&words[..23]).failure(2, "phrase.invalid");
    let mut swapped = words.clone();
    swapped.swap(0, 1);
    if words[0] != words[1] {
        // One in 256 checksums fits by chance; with these words it either fails or is another identity.
        let run = restore(&swapped);
        if run.exit_code == Some(0) {
            fs::remove_file(patient.home.join("identities/again.json")).expect("it was written");
        } else {
            run.failure(2, "phrase.invalid");
        }
    }
    assert!(!patient.home.join("identities/again.json").exists());
    let before = patient.ok("identity show patient");
    let restored = restore(&words).success();
    assert_eq!(
        restored["provider_fingerprint"],
        before["provider"]["fingerprint"]
    );
    restore(&words).failure(2, "home.name_taken");
}

#[test]
fn exported_keys_open_elsewhere_and_are_of_their_kind() {
    let context = TestContext::bare();
    let (patient, stranger) = (&context.patient, &context.stranger);
    let [identity, wallet] = ["identity.json", "wallet.json"].map(|name| context.path(name));
    let (new, old) = (
        utf8(&context.specialist.password_file).to_owned(),
        utf8(&patient.password_file).to_owned(),
    );
    patient.ok(&format!(
        "identity export patient -o {} --new-password-file {new} --scrypt-log-n 13",
        utf8(&identity)
    ));
    patient.ok(&format!("wallet export patient -o {}", utf8(&wallet)));
    assert_eq!((mode(&identity), mode(&wallet)), (0o600, 0o600));
    patient
        .run(&format!("wallet export patient -o {}", utf8(&wallet)))
        .failure(2, "output.exists");
    let import = |file: &Path, password: &str| {
        stranger.run(&format!(
            "identity import hers {} --keystore-password-file {password}",
            utf8(file)
        ))
    };
    import(&wallet, &old).failure(2, "keystore.unusable");
    import(&identity, &old).failure(1, "password.wrong");
    assert!(!stranger.home.join("identities/hers.json").exists());
    let imported = import(&identity, &new).success();
    let shown = patient.ok("identity show patient");
    assert_eq!(
        imported["provider_fingerprint"],
        shown["provider"]["fingerprint"]
    );
    import(&identity, &new).failure(2, "home.name_taken");
    let imported = stranger.ok(&format!(
        "wallet import hers --keystore {} --keystore-password-file {old}",
        utf8(&wallet)
    ));
    assert_eq!(imported["address"], patient.address.as_str());
}

#[test]
fn accounts_of_an_identity_are_numbered_and_each_is_made_once() {
    let context = TestContext::bare();
    let patient = &context.patient;
    let new = |name: &str, more: &str| {
        patient.run(&format!(
            "wallet new {name} --from-identity patient --scrypt-log-n 13 {more}"
        ))
    };
    assert_eq!(new("a", "").success()["index"], 0);
    assert_eq!(new("b", "--index 5").success()["index"], 5);
    new("c", "--index 5").failure(2, "wallet.index_taken");
    assert_eq!(new("c", "").success()["index"], 6);
    // A wallet that is gone does not free its number.
    fs::remove_file(patient.home.join("wallets/c.json")).expect("it was written");
    assert_eq!(new("d", "").success()["index"], 7);
    assert_eq!(new("c", "--index 6").success()["index"], 6);
}

#[test]
fn words_are_shown_to_who_says_yes_and_typed_unseen() {
    let context = TestContext::bare();
    let patient = &context.patient;
    let mut backup = patient.command("identity backup patient");
    let (shown, code) = on_terminal(&mut backup, &[("show them? [y/N]", "n")]);
    assert_eq!(code, Some(1), "{shown}");
    assert!(
        !shown.contains(" 1. ") && shown.contains("nothing was shown"),
        "{shown}"
    );

    let mut backup = patient.command("identity backup patient");
    let (shown, code) = on_terminal(&mut backup, &[("show them? [y/N]", "y")]);
    assert_eq!(code, Some(0), "{shown}");
    let (_, listed) = shown.split_once("show them?").expect("it was asked");
    let words: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.trim().split_once(". "))
        .map(|(_, word)| word)
        .collect();
    assert_eq!(words.len(), 24, "{shown}");
    let file = fs::read_to_string(words_of(&context, patient, "patient")).expect("text");
    for (number, word) in (1..).zip(&words) {
        assert!(file.contains(&format!("{number:2}. {word}\n")), "{number}");
    }

    let question = "the 24 words, in order, on one line: ";
    let wrong = [&words[..23], &["zebra", "zebra"]].concat().join(" ");
    let right = words.join(" ").to_uppercase();
    let mut restore = patient.command("identity restore again --scrypt-log-n 13");
    let (shown, code) = on_terminal(&mut restore, &[(question, &wrong), (question, &right)]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains("has `24` words, not `25`; try again"),
        "{shown}"
    );
    for typed in [&wrong, &right] {
        assert!(
            !shown.contains(typed.as_str()),
            "what was typed was shown: {shown}"
        );
    }
    let [before, after] =
        ["patient", "again"].map(|name| patient.ok(&format!("identity show {name}")));
    assert_eq!(before["provider"], after["provider"]);
}
