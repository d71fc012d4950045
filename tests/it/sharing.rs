//! Single records: sealed to the patient because their section was stale and shared onward, or shared one by one.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;

use patientport_tests::{Party, Proxy, TestContext, utf8};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_hours(24);

struct Story(TestContext);

impl Story {
    #[track_caller]
    fn reads(&self, party: &Party, id: u32, content: &[u8]) {
        assert_eq!(self.get(party, id), Ok(content.to_vec()));
    }

    #[track_caller]
    fn refused(&self, party: &Party, id: u32, code: &str) {
        assert_eq!(self.get(party, id), Err(code.to_owned()));
    }

    fn add(&self, name: &str, content: &[u8]) -> Value {
        let file = self.0.file(name, content);
        let line = format!(
            "record add {} --port {} --section 0",
            utf8(&file),
            self.0.port
        );
        self.0.primary.run(&line).json()
    }

    fn get(&self, party: &Party, id: u32) -> Result<Vec<u8>, String> {
        let out = self.0.path(&format!("{}-{id}", party.name));
        let run = party.run(&format!(
            "record get {id} --port {} --force -o {}",
            self.0.port,
            utf8(&out)
        ));
        let document = run.json();
        if document["success"] == json!(true) {
            return Ok(std::fs::read(out).expect("a fetched record is a file"));
        }
        Err(document["errors"][0]["code"]
            .as_str()
            .expect("a failure has a code")
            .to_owned())
    }
}

#[test]
fn a_single_record_is_shared_and_no_other() {
    let story = Story(TestContext::with_port());
    let context = &story.0;
    for name in ["one", "two", "three"] {
        context.add_record(name, name.as_bytes());
    }
    let (patient, specialist) = (&context.patient, &context.specialist);
    let share = format!("record share 3 1 1 --with {}", specialist.address);
    let shared = patient.ok(&share);
    assert_eq!(shared["shared"][0]["records"], json!([1, 3]), "{shared:#}");
    assert_eq!(shared["shared"][0]["txs"].as_array().map(Vec::len), Some(1));
    story.reads(specialist, 1, b"one");
    story.reads(specialist, 3, b"three");
    story.refused(specialist, 2, "section.no_matching_key");
    // No grant came with it.
    assert_eq!(patient.ok("access list")["readers"], json!([]));

    // What cannot be shared is told before anything is sent.
    let before = context.sent();
    let to = &specialist.address;
    patient
        .run(&format!("record share 9 --with {to}"))
        .failure(1, "record.unknown");
    patient
        .run(&format!(
            "record share 1 --with {}",
            context.stranger.address
        ))
        .failure(1, "provider.unknown");
    context
        .primary
        .run(&format!(
            "record share 1 --with {to} --port {}",
            context.port
        ))
        .failure(1, "port.not_owner");
    patient.run("record share 1").failure(2, "usage.arguments");
    patient
        .run(&format!("record share --with {to}"))
        .failure(2, "usage.flag_needed");
    assert_eq!(context.sent(), before);
}

#[test]
fn twenty_records_take_two_transactions() {
    let story = Story(TestContext::with_port());
    let context = &story.0;
    let ids: Vec<u32> = (1..=20).collect();
    for id in &ids {
        context.add_record(&format!("record-{id}"), id.to_string().as_bytes());
    }
    let list: Vec<_> = ids.iter().map(u32::to_string).collect();
    let shared = context.patient.ok(&format!(
        "record share {} --with {}",
        list.join(" "),
        context.specialist.address
    ));
    assert_eq!(shared["shared"][0]["records"], json!(ids), "{shared:#}");
    assert_eq!(shared["shared"][0]["txs"].as_array().map(Vec::len), Some(2));
    for id in [1, 16, 17, 20] {
        story.reads(&context.specialist, id, id.to_string().as_bytes());
    }
}

#[test]
fn a_grant_asks_as_much_with_many_records_sealed_to_the_patient_as_with_one() {
    let story = Story(TestContext::with_reader(b"first"));
    let context = &story.0;
    let (patient, primary) = (&context.patient, &context.primary);
    patient.ok(&format!(
        "access grant {} --section 0 --until 1y",
        primary.address
    ));
    let counted = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&counted);
    let proxy = Proxy::judged(context.node.address(), move |_| {
        seen.fetch_add(1, Ordering::SeqCst);
        true
    });
    // Requests that a grant takes by which nobody is owed anything.
    let grant = |until: &str| {
        counted.store(0, Ordering::SeqCst);
        let granted = patient.ok(&format!(
            "access grant {} --section 1 --until {until} --replace --rpc-url {} --allow-unverified",
            context.specialist.address,
            proxy.url()
        ));
        assert_eq!(granted["shared"], json!([]), "{granted:#}");
        counted.load(Ordering::SeqCst)
    };
    // The specialist's key of section 0 is stale: the author seals to the patient, who shares with primary care.
    patient.ok(&format!(
        "access grant {} --section 1 --until 30d --replace",
        context.specialist.address
    ));
    assert_eq!(
        story.add("2", b"second")["warnings"][0]["code"],
        "section.stale"
    );
    assert_eq!(
        patient.ok("record share")["shared"][0]["records"],
        json!([2])
    );
    grant("40d");
    let one = grant("50d");
    for name in ["3", "4", "5", "6", "7"] {
        story.add(name, name.as_bytes());
    }
    let shared = patient.ok("record share");
    assert_eq!(
        shared["shared"][0]["records"],
        json!([3, 4, 5, 6, 7]),
        "{shared:#}"
    );
    // What is owed to nobody is not fetched either: there is no head any more.
    std::fs::remove_dir_all(&context.patient.store).expect("the store is writable");
    grant("60d");
    assert_eq!(
        grant("70d"),
        one,
        "six records are asked about as little as one"
    );
    let shared = patient.ok("record share");
    assert_eq!(
        (&shared["shared"], &shared["unread"]),
        (&json!([]), &json!([]))
    );
}

/// Grants end by time that passes.
mod on_devnode {
    use super::*;

    #[test]
    fn a_record_added_to_a_stale_section_reaches_those_who_may_read_and_nobody_else() {
        let story = Story(TestContext::with_reader(b"first"));
        let context = &story.0;
        let (patient, primary, specialist) =
            (&context.patient, &context.primary, &context.specialist);
        patient.ok(&format!(
            "access grant {} --section 0 --until 1y",
            primary.address
        ));
        context.devnode().pass(31 * DAY);

        // The specialist's grant is over and its copy of the key is not: the author seals to the patient.
        let added = story.add("second.txt", b"second");
        assert_eq!(added["data"]["id"], 2, "{added:#}");
        assert_eq!(added["warnings"][0]["code"], "section.stale", "{added:#}");
        story.reads(patient, 2, b"second");
        for party in [primary, specialist] {
            story.refused(party, 2, "record.not_shared");
        }
        let listed = primary.ok(&format!("record list --port {}", context.port));
        assert_eq!(listed["records"][1]["access"], "record.not_shared");
        let verified = primary.ok(&format!("record verify 2 --port {}", context.port));
        assert_eq!(verified["decrypted"], false);

        // The patient's next command shares it onward with whoever may read, and with nobody who may not.
        let rotated = patient.ok("access rotate");
        assert_eq!(
            rotated["shared"],
            json!([{
                "reader": primary.address,
                "records": [2],
                "txs": rotated["shared"][0]["txs"],
            }]),
            "{rotated:#}"
        );
        story.reads(primary, 2, b"second");
        story.refused(specialist, 2, "record.not_shared");

        // Once: nothing is left to share until somebody else may read.
        assert_eq!(patient.ok("record share")["shared"], json!([]));
        let granted = patient.ok(&format!(
            "access grant {} --section 0 --until 1y",
            specialist.address
        ));
        assert_eq!(granted["shared"][0]["reader"], json!(specialist.address));
        assert_eq!(granted["shared"][0]["records"], json!([2]));
        story.reads(specialist, 2, b"second");

        // With fresh keys the section takes records as before.
        assert_eq!(story.add("third.txt", b"third")["warnings"], json!([]));
        story.reads(specialist, 3, b"third");
    }

    #[test]
    fn an_author_may_insist_on_the_section_and_a_retracted_record_is_not_shared() {
        let story = Story(TestContext::with_reader(b"first"));
        let context = &story.0;
        context.devnode().pass(31 * DAY);
        let file = context.file("insist.txt", b"insist");
        let add = format!(
            "record add {} --port {} --section 0 --allow-stale",
            utf8(&file),
            context.port
        );
        assert_eq!(context.primary.ok(&add)["id"], 2);
        story.reads(&context.specialist, 2, b"insist");

        assert_eq!(story.add("error.txt", b"error")["data"]["id"], 3);
        context.primary.ok(&format!(
            "record retract 3 --port {} --reason entered-in-error",
            context.port
        ));
        let rotated = context.patient.ok("access rotate");
        assert_eq!(rotated["shared"], json!([]), "{rotated:#}");
    }
}
