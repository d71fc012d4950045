//! Calls that the patient signs and somebody else sends; and what others could try with them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use alloy_primitives::{Bytes, U256, hex};
use patientport_tests::{Run, TestContext, files_below, on_terminal, utf8};
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_hours(1);

struct Story {
    context: TestContext,
}

impl Story {
    /// A request waits, and the patient has no ether to answer it.
    fn new() -> Self {
        let context = TestContext::with_port();
        context.request();
        context.empty(&context.patient);
        Self { context }
    }

    /// The patient signs what `line` says, into a new file.
    #[track_caller]
    fn sign(&self, line: &str, name: &str) -> PathBuf {
        let file = self.context.path(name);
        let data = self
            .context
            .patient
            .ok(&format!("{line} --sign-only {}", utf8(&file)));
        assert_eq!(data["output"], json!(file));
        assert_eq!(data["signed_call"], read(&file), "{data:#}");
        file
    }

    fn submit(&self, file: &Path) -> Run {
        self.context
            .stranger
            .run(&format!("relay submit {}", utf8(file)))
    }

    /// The same call with some members changed.
    fn altered(&self, file: &Path, change: impl FnOnce(&mut Value)) -> PathBuf {
        let mut call = read(file);
        change(&mut call);
        self.context
            .file("altered.json", call.to_string().as_bytes())
    }

    #[track_caller]
    fn refused(&self, file: &Path, change: impl FnOnce(&mut Value), exit: i32, code: &str) {
        let before = self.context.sent();
        self.submit(&self.altered(file, change)).failure(exit, code);
        assert_eq!(self.context.sent(), before, "something was sent");
    }
}

fn read(file: &Path) -> Value {
    let bytes = std::fs::read(file).expect("it was written");
    serde_json::from_slice(&bytes).expect("it is JSON")
}

#[test]
fn a_patient_without_ether_approves_and_anybody_sends_it() {
    let story = Story::new();
    let context = &story.context;
    context.add_record("first.txt", b"first");
    let before = context.sent();
    let file = story.sign("request approve 1", "approve.json");
    assert_eq!(context.sent(), before, "signing sends nothing");

    // Whoever has the file sees what it does, with neither key nor node.
    let mut show = context
        .stranger
        .command(&format!("relay show {}", utf8(&file)));
    show.env("ETH_RPC_URL", "http://127.0.0.1:1")
        .env_remove("ETH_PASSWORD");
    let shown = Run::of(show.arg("--json")).success();
    assert_eq!(shown["call"]["function"], "approve");
    assert_eq!(shown["signer"], json!(context.patient.address));
    assert_eq!(shown["owner"], shown["signer"]);
    let words = shown["call"]["words"].to_string();
    assert!(
        words.contains(&context.specialist.address[2..].to_lowercase())
            || words
                .to_lowercase()
                .contains(&context.specialist.address[2..]),
        "{words}"
    );

    let looked = context
        .stranger
        .ok(&format!("relay submit {} --dry-run", utf8(&file)));
    assert_eq!(looked["call"]["function"], "execute");
    let sent = story.submit(&file).success();
    assert_eq!(sent["call"]["function"], "approve");
    assert_eq!(sent["owner"], json!(context.patient.address));
    let out = context.path("read");
    context.specialist.ok(&format!(
        "record get 1 --port {} -o {}",
        context.port,
        utf8(&out)
    ));
    assert_eq!(std::fs::read(out).expect("it was read"), b"first");

    // Once.
    story.submit(&file).failure(1, "signature.wrong_nonce");
}

#[test]
fn whatever_a_relayer_changes_nothing_is_sent() {
    let story = Story::new();
    let context = &story.context;
    let file = story.sign("request deny 1", "deny.json");
    let call = read(&file);
    // To the port of somebody else.
    let issued = context.primary.ok(&format!(
        "port issue --patient {} --name other",
        context.owner.address
    ));
    let other = issued["port"].clone();

    story.refused(&file, |it| it["port"] = other, 1, "signed.other_owner");
    story.refused(
        &file,
        |it| it["port"] = json!(context.stranger.address),
        1,
        "port.not_a_port",
    );
    story.refused(&file, |it| it["chain_id"] = json!(1), 2, "chain.wrong");
    story.refused(
        &file,
        |it| it["owner"] = json!(context.stranger.address),
        1,
        "signed.other_owner",
    );
    story.refused(
        &file,
        |it| it["nonce"] = json!(1),
        1,
        "signature.wrong_nonce",
    );
    let later = call["deadline"].as_u64().expect("a number") + 1;
    story.refused(
        &file,
        |it| it["deadline"] = json!(later),
        1,
        "signature.invalid",
    );
    story.refused(
        &file,
        |it| it["deadline"] = json!(1),
        1,
        "signature.expired",
    );

    // Another call: one that the patient could have signed, one that it could not, one in disguise.
    let data: Bytes = call["call"].as_str().expect("text").parse().expect("hex");
    let mut another = data.to_vec();
    another[35] = 2;
    let another = |it: &mut Value| it["call"] = json!(Bytes::from(another));
    story.refused(&file, another, 1, "signature.invalid");
    let accept = "0x79ba5097"; // acceptOwnership()
    story.refused(
        &file,
        |it| it["call"] = json!(accept),
        1,
        "signed.not_patients",
    );
    let hidden = |it: &mut Value| it["call"] = json!(Bytes::from([&data[..], &[0; 32]].concat()));
    story.refused(&file, hidden, 1, "signed.unreadable_call");
    story.refused(
        &file,
        |it| it["call"] = json!("0x01020304"),
        1,
        "signed.unreadable_call",
    );

    // The signature: of another account, with the higher s, cut, longer.
    let bytes: Bytes = call["signature"]
        .as_str()
        .expect("text")
        .parse()
        .expect("hex");
    let order = U256::from_be_slice(&hex!(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ));
    let s = U256::from_be_slice(&bytes[32..64]);
    let v = if bytes[64] == 27 { 28 } else { 27 };
    let high = [&bytes[..32], &(order - s).to_be_bytes::<32>(), &[v]].concat();
    for bad in [
        high,
        bytes[..64].to_vec(),
        [&bytes[..], &[0]].concat(),
        vec![],
    ] {
        let bad = |it: &mut Value| it["signature"] = json!(Bytes::from(bad));
        story.refused(&file, bad, 1, "signature.invalid");
    }

    // Words of its own, an unknown version, another kind of file, no file, a long one.
    story.refused(
        &file,
        |it| it["title"] = json!("harmless\u{1b}[2K"),
        2,
        "signed.invalid_file",
    );
    story.refused(
        &file,
        |it| it["version"] = json!(2),
        2,
        "signed.invalid_file",
    );
    story.refused(
        &file,
        |it| it["format"] = json!("x"),
        2,
        "signed.invalid_file",
    );
    story
        .submit(&context.file("long.json", &vec![b' '; 2_000_000]))
        .failure(2, "signed.invalid_file");
    story
        .submit(&context.path("none.json"))
        .failure(2, "input.unreadable");

    // Left alone, it still does what it says.
    story.submit(&file).success();
    assert_eq!(context.patient.ok("request show 1")["state"], "denied");
}

#[test]
fn only_what_is_the_patients_can_be_signed_and_only_what_the_port_would_do() {
    let story = Story::new();
    let context = &story.context;
    let out = context.path("out.json");
    let flag = format!("--sign-only {}", utf8(&out));
    // A provider's call, somebody else's port, a refusal of the port, a deadline behind us.
    let cancel = format!("request cancel 1 --port {} {flag}", context.port);
    context
        .specialist
        .run(&cancel)
        .failure(1, "signed.not_patients");
    let issue = format!("port issue --patient {} {flag}", context.stranger.address);
    context
        .primary
        .run(&issue)
        .failure(1, "signed.unreadable_call");
    let file = context.file("note.txt", b"note");
    let add = format!(
        "record add {} --port {} --section 0 {flag}",
        utf8(&file),
        context.port
    );
    context.primary.run(&add).failure(1, "port.not_owner");
    context
        .patient
        .run(&format!("record retract 7 --reason erased {flag}"))
        .failure(1, "record.unknown");
    context
        .patient
        .run(&format!("request deny 1 --deadline 2020-01-01 {flag}"))
        .failure(2, "usage.invalid_value");
    assert!(!out.exists());
    context
        .patient
        .run("request deny 1 --deadline 2h")
        .failure(2, "usage.flag_unused");
    // Nothing is written over.
    std::fs::write(&out, "mine").expect("the directory is writable");
    context
        .patient
        .run(&format!("request deny 1 {flag}"))
        .failure(2, "output.exists");
    // Nor is anything stored for it.
    let stored = files_below(&context.patient.store);
    context
        .patient
        .run(&format!("record add {} --section 0 {flag}", utf8(&file)))
        .failure(2, "output.exists");
    assert_eq!(files_below(&context.patient.store), stored);
    assert_eq!(std::fs::read(&out).expect("it is there"), b"mine");
}

#[test]
fn a_signed_call_goes_through_a_pipe() {
    let story = Story::new();
    let context = &story.context;
    let mut sign = context
        .patient
        .command("request deny 1 --sign-only - --yes --no-input");
    let signed = Run::of(&mut sign);
    assert_eq!(signed.exit_code, Some(0), "{signed:#?}");
    let call: Value = serde_json::from_slice(&signed.stdout).expect("the call and nothing else");
    assert_eq!(call["format"], "patientport-signed-call");
    let file = context.file("piped.json", &signed.stdout);
    let mut submit = context
        .stranger
        .command("relay submit - --json --yes --no-input");
    submit.stdin(std::fs::File::open(file).expect("it was written"));
    Run::of(&mut submit).success();
}

#[test]
fn a_port_is_claimed_and_its_keys_changed_by_signed_calls_and_the_home_keeps_up() {
    let context = TestContext::with_unclaimed_port();
    context.empty(&context.patient);
    let story = Story { context };
    let context = &story.context;
    let claim = story.sign(
        &format!("port claim {} --section 0:general", context.port),
        "claim.json",
    );
    story.submit(&claim).success();
    let port = context.patient.ok("port show");
    assert_eq!(port["claimed"], json!(true));
    assert_eq!(port["sections"][0]["name"], "general");

    let change = story.sign("port change-key", "change.json");
    story.submit(&change).success();
    // The next run sees that it happened, and finishes.
    let finished = context.patient.ok("port change-key");
    assert_eq!(finished["tx"], Value::Null);
    assert_eq!(finished["key_index"], json!(1));
    let port = context.patient.ok("port show");
    assert_eq!(port["fingerprint"], finished["fingerprint"]);
}

#[test]
fn a_record_of_the_patients_own_is_stored_now_and_on_chain_once_it_is_sent() {
    let story = Story::new();
    let context = &story.context;
    let file = context.file("diary.txt", b"my own words");
    let signed = story.sign(
        &format!("record add {} --section 0", utf8(&file)),
        "add.json",
    );
    assert_eq!(files_below(&context.patient.store).len(), 2);
    story.submit(&signed).success();
    let commitment = read(&signed)["call"].as_str().expect("text")[10..74].to_owned();
    let added = context
        .patient
        .ok(&format!("record add --resume {commitment}"));
    assert_eq!((&added["id"], &added["tx"]), (&json!(1), &Value::Null));
}

#[test]
fn on_a_terminal_what_is_signed_is_shown_and_a_no_signs_nothing() {
    let story = Story::new();
    let context = &story.context;
    let file = context.path("deny.json");
    let line = format!("request deny 1 --sign-only {}", utf8(&file));
    let (screen, code) = on_terminal(&mut context.patient.command(&line), &[("sign it?", "n")]);
    assert_eq!(code, Some(1), "{screen}");
    assert!(!file.exists());
    let before = screen
        .split("sign it?")
        .next()
        .expect("there is always a first part");
    for told in ["`deny`: deny a request", "nonce", "good until", "reason"] {
        assert!(before.contains(told), "{told}: {screen}");
    }
    let (screen, code) = on_terminal(&mut context.patient.command(&line), &[("sign it?", "y")]);
    assert_eq!(code, Some(0), "{screen}");
    story.submit(&file).success();
}

#[test]
fn a_signed_revocation_changes_keys_that_the_patient_goes_on_with() {
    let context = TestContext::with_reader(b"first");
    let story = Story { context };
    let context = &story.context;
    let (patient, specialist) = (&context.patient, &context.specialist);
    let revoke = story.sign(
        &format!("access revoke {}", specialist.address),
        "revoke.json",
    );
    let sent = story.submit(&revoke).success();
    assert_eq!(sent["call"]["function"], "revoke");
    let readers = patient.ok("access list")["readers"].clone();
    assert_eq!(readers[0]["state"], "revoked", "{readers:#}");

    // What is written now opens for the patient and not for the reader of before.
    let file = context.file("second.txt", b"second");
    patient.ok(&format!("record add {} --section 0", utf8(&file)));
    let out = context.path("second.out");
    patient.ok(&format!("record get 2 -o {}", utf8(&out)));
    assert_eq!(std::fs::read(&out).expect("it was read"), b"second");
    specialist
        .run(&format!(
            "record get 2 --port {} -o {}",
            context.port,
            utf8(&context.path("not.out"))
        ))
        .failure(1, "section.no_matching_key");

    // And a grant that was signed before it is of an epoch that is over.
    let grant = format!(
        "access grant {} --section 0 --until 30d",
        specialist.address
    );
    let kept = story.sign(&format!("{grant} --deadline 30d"), "kept.json");
    patient.ok("access rotate --section 0");
    story.submit(&kept).failure(1, "section.stale_epoch");
}

/// A deadline passes; an account becomes a contract.
mod on_devnode {
    use super::*;

    #[test]
    fn who_keeps_a_signed_call_for_later_cannot_use_it_after_the_deadline_or_a_change_of_mind() {
        let story = Story::new();
        let context = &story.context;
        let kept = story.sign("request approve 1 --deadline 2h", "kept.json");
        let approve = story.sign("request approve 1 --deadline 1y", "approve.json");
        // The patient signs a refusal instead: the first of the two that is sent voids the other.
        let deny = story.sign("request deny 1", "deny.json");
        context.devnode().pass(3 * HOUR);
        story.submit(&kept).failure(1, "signature.expired");
        story.submit(&deny).success();
        story.submit(&approve).failure(1, "signature.wrong_nonce");

        // Or voids what is out, signed as well.
        context.request();
        let approve = story.sign("request approve 2", "second.json");
        let cancel = story.sign("port cancel-signatures", "cancel.json");
        story.submit(&cancel).success();
        story.submit(&approve).failure(1, "signature.wrong_nonce");
        context.fund(&context.patient.address);
        let approve = story.sign("request approve 2", "third.json");
        let cancelled = context.patient.ok("port cancel-signatures");
        assert_eq!(
            cancelled["nonce"],
            json!(cancelled["voided"].as_u64().expect("a number") + 1)
        );
        story.submit(&approve).failure(1, "signature.wrong_nonce");
        assert_eq!(context.patient.ok("request show 2")["state"], "pending");
        context
            .stranger
            .run(&format!("port cancel-signatures {}", context.port))
            .failure(1, "port.not_owner");
    }

    #[test]
    fn a_contract_that_owns_a_port_says_by_itself_what_it_accepts() {
        let story = Story::new();
        let context = &story.context;
        let file = story.sign("request deny 1", "deny.json");
        let nobodys = |it: &mut Value| it["signature"] = json!("0x01");
        story.refused(&file, nobodys, 1, "signature.invalid");
        // The patient's account becomes a contract: one that refuses, then one that answers yes (ERC-1271).
        let set = |code: &str| {
            let account = json!([context.patient.address, code]);
            context.devnode().rpc("anvil_setCode", &account);
        };
        set("0x60006000fd");
        story.refused(&file, nobodys, 1, "signature.invalid");
        set("0x631626ba7e60e01b60005260206000f3");
        let altered = story.altered(&file, nobodys);
        let shown = context
            .stranger
            .ok(&format!("relay show {}", utf8(&altered)));
        assert_eq!(shown["signer"], Value::Null);
        story.submit(&altered).success();
        assert_eq!(context.patient.ok("request show 1")["state"], "denied");
    }
}
