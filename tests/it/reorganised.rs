//! The chain goes back behind what a command reported: what the home keeps makes the next command neither wrong nor
//! stuck.

/// The chain goes back and another way.
mod on_devnode {
    use patientport_tests::{Party, Proxy, TestContext, Trouble, utf8};
    use serde_json::{Value, json};
    use std::{
        fs,
        sync::atomic::{AtomicBool, Ordering},
        time::Duration,
    };

    /// Runs what `act` does, and takes the chain back behind it. Other blocks come instead.
    fn undone<T>(context: &TestContext, act: impl FnOnce() -> T) -> T {
        let snapshot = context.node.devnode().rpc("evm_snapshot", &json!([]));
        let result = act();
        assert_eq!(
            context.node.devnode().rpc("evm_revert", &json!([snapshot])),
            json!(true)
        );
        context.node.devnode().rpc("evm_mine", &json!([]));
        result
    }

    /// Numbers of readers who have access.
    fn readers(context: &TestContext) -> Vec<Value> {
        let listed = context.patient.ok("access list");
        let readers = listed["readers"].as_array().expect("a list").clone();
        let live = readers.into_iter().filter(|it| it["state"] == "live");
        live.map(|it| it["reader"]["account"].clone()).collect()
    }

    #[track_caller]
    fn reads(context: &TestContext, who: &Party, record: u32, bytes: &[u8]) {
        let out = context.path("read.out");
        who.ok(&format!(
            "record get {record} --port {} --force -o {}",
            context.port,
            utf8(&out)
        ));
        assert_eq!(fs::read(&out).expect("it was written"), bytes);
    }

    #[test]
    fn an_approval_that_the_chain_forgot_is_given_again() {
        let context = TestContext::with_port();
        context.add_record("first.txt", b"first");
        context.request();
        let approve = format!("request approve 1 --port {}", context.port);
        undone(&context, || context.patient.ok(&approve));
        assert_eq!(readers(&context), [] as [Value; 0]);
        let get = format!("record get 1 --port {} -o none", context.port);
        let refused = context.specialist.run(&get);
        assert_eq!(refused.exit_code, Some(1), "{refused:#?}");
        context.patient.ok(&approve);
        assert_eq!(context.events("AccessGranted").len(), 1);
        reads(&context, &context.specialist, 1, b"first");
    }

    #[test]
    fn what_waits_sealed_to_a_key_that_the_chain_forgot_is_not_sent() {
        let context = TestContext::with_reader(b"first");
        let (patient, primary) = (&context.patient, &context.primary);
        let revoke = format!("access revoke {}", context.specialist.address);
        let lines = ["again.txt", "resumed.txt"].map(|name| {
            let file = context.file(name, name.as_bytes());
            let port = &context.port;
            format!("record add {} --port {port} --section 0", utf8(&file))
        });
        let waiting = undone(&context, || {
            patient.ok(&revoke);
            let proxy = Proxy::start(context.node.address(), Trouble::LosesTransactions);
            lines.each_ref().map(|line| {
                let run = primary.run(&format!("{line} --rpc-url {}", proxy.url()));
                let error = run.failure(3, "rpc.unreachable");
                error["details"]["commitment"]
                    .as_str()
                    .expect("it waits")
                    .to_owned()
            })
        });
        // The epoch has the same number, and another key.
        patient.ok(&revoke);
        let resume = format!("record add --resume {}", waiting[1]);
        primary.run(&resume).failure(1, "record.forgotten_key");
        primary.run(&resume).failure(2, "record.nothing_pending");
        let added = primary.ok(&format!("{} --accept-new-key", lines[0]));
        assert_ne!(added["commitment"], waiting[0], "encrypted anew");
        reads(&context, patient, 2, b"again.txt");
        let added = primary.ok(&lines[1]);
        assert_eq!(added["id"], 3);
        reads(&context, patient, 3, b"resumed.txt");
    }

    #[test]
    fn a_revocation_that_the_chain_forgot_is_not_believed_and_is_made_again() {
        let context = TestContext::with_reader(b"first");
        let (patient, specialist) = (&context.patient, &context.specialist);
        let revoke = format!("access revoke {}", specialist.address);
        undone(&context, || {
            patient.ok(&revoke);
            // The author has seen the section's new key, which there never was.
            context.add_record("gone.txt", b"gone");
        });
        // The truth, and not what was reported.
        assert_eq!(
            readers(&context),
            [json!(specialist.address.to_lowercase())]
        );
        reads(&context, specialist, 1, b"first");
        // The section's key is the old one again: nobody is locked out.
        context.add_record("second.txt", b"second");
        reads(&context, specialist, 2, b"second");
        reads(&context, patient, 2, b"second");

        patient.ok(&revoke);
        assert_eq!(readers(&context), [] as [Value; 0]);
        assert_eq!(context.events("AccessRevoked").len(), 1);
        // The key of this epoch is another than the author saw: it is told, and not sealed to unseen.
        let file = context.file("third.txt", b"third");
        let add = format!(
            "record add {} --port {} --section 0",
            utf8(&file),
            context.port
        );
        context.primary.run(&add).failure(1, "pin.changed");
        let added = context.primary.ok(&format!("{add} --accept-new-key"));
        assert_eq!(added["id"], 3);
        reads(&context, patient, 3, b"third");
        specialist
            .run(&format!("record get 3 --port {} -o none", context.port))
            .failure(1, "section.no_matching_key");
        // The patient, who made both keys, is not in its own way.
        let file = context.file("own.txt", b"own");
        patient.ok(&format!("record add {} --section 0", utf8(&file)));
        reads(&context, patient, 4, b"own");
    }

    #[test]
    fn a_record_that_the_chain_forgot_is_added_again() {
        let context = TestContext::with_port();
        let file = context.file("scan.bin", &[9; 5000]);
        for line in ["record add FILE", "record add FILE --recursive"] {
            let line = line.replace("FILE", utf8(&file));
            let line = format!("{line} --port {} --section 0", context.port);
            undone(&context, || context.primary.ok(&line));
            let listed = context.patient.ok("record list");
            assert_eq!(listed["records"], json!([]), "{line}");
            undone(&context, || {
                context.primary.ok(&line);
                reads(&context, &context.patient, 1, &[9; 5000]);
            });
        }
    }

    #[test]
    fn records_in_the_place_of_those_that_the_chain_forgot_are_looked_at_and_shared_onward() {
        let context = TestContext::with_reader(b"first");
        let (patient, primary) = (&context.patient, &context.primary);
        patient.ok(&format!(
            "access grant {} --section 0 --until 1y",
            primary.address
        ));
        let share = || {
            let shared = patient.ok("record share");
            assert_eq!(shared["unread"], json!([]), "{shared:#}");
            shared["shared"].clone()
        };
        let add = |content: &[u8], flags: &str| {
            let file = context.file("record.txt", content);
            let line = format!(
                "record add {} --port {} --section 0 {flags}",
                utf8(&file),
                context.port
            );
            primary.run(&line).json()
        };
        // Looked at, and sealed to the section: nobody waits for them.
        undone(&context, || {
            context.add_record("gone.txt", b"gone");
            context.add_record("gone-too.txt", b"gone too");
            assert_eq!(share(), json!([]));
        });
        // The specialist's grant ends: the author seals to the patient.
        context.devnode().pass(Duration::from_hours(31 * 24));
        let passes_on = |record: u32, content: &[u8]| {
            let added = add(content, "");
            assert_eq!(added["data"]["id"], record, "{added:#}");
            assert_eq!(added["warnings"][0]["code"], "section.stale", "{added:#}");
            let get = format!("record get {record} --port {} -o none", context.port);
            primary.run(&get).failure(1, "record.not_shared");
            let shared = share();
            assert_eq!(shared[0]["records"], json!([record]), "{shared:#}");
            assert_eq!(shared[0]["reader"], json!(primary.address));
            reads(&context, primary, record, content);
        };
        // The last record that was looked at, 3, is none any more.
        passes_on(2, b"second");
        undone(&context, || {
            let added = add(b"gone again", "--allow-stale");
            assert_eq!(added["data"]["id"], 3, "{added:#}");
            assert_eq!(share(), json!([]));
        });
        // It is another one.
        passes_on(3, b"third");
        assert_eq!(share(), json!([]));
    }

    #[test]
    fn a_claim_that_the_chain_forgot_is_made_again_with_the_same_key() {
        let context = TestContext::with_unclaimed_port();
        let patient = &context.patient;
        let claim = format!("port claim {} --section 0:general", context.port);
        let first = undone(&context, || patient.ok(&claim));
        patient.run("inbox").failure(1, "port.not_claimed");
        let second = patient.ok(&claim);
        assert_eq!(first["fingerprint"], second["fingerprint"]);
        let listed = patient.ok("port list");
        assert_eq!(listed["ports"].as_array().map(Vec::len), Some(1));
        context.add_record("first.txt", b"first");
        reads(&context, patient, 1, b"first");
    }

    #[test]
    fn a_deployment_that_the_chain_forgot_is_made_again() {
        let context = TestContext::bare();
        let owner = &context.owner;
        let first = undone(&context, || owner.ok("deploy"));
        owner
            .run("provider list")
            .failure(1, "registry.not_a_registry");
        let second = owner.ok("deploy");
        assert_eq!(first["registry"], second["registry"]);
        let steps = second["steps"].as_array().expect("a list");
        assert!(steps.iter().all(|step| !step["tx"].is_null()), "{second:#}");
        owner.ok("provider list");
    }

    #[test]
    fn what_the_chain_forgets_before_the_receipt_is_sent_again_by_the_next_run() {
        let context = TestContext::with_port();
        let file = context.file("note.txt", b"note");
        let add = format!(
            "record add {} --port {} --section 0",
            utf8(&file),
            context.port
        );
        let snapshot = context.node.devnode().rpc("evm_snapshot", &json!([]));
        let is_sent = AtomicBool::new(false);
        let node = context.node.address();
        let proxy = Proxy::judged(node, move |body| {
            if body.contains("eth_getTransactionReceipt") && !is_sent.swap(true, Ordering::SeqCst) {
                crate::reorganised::revert(node, &snapshot);
            }
            true
        });
        let lost = format!("{add} --rpc-url {} --timeout 2s", proxy.url());
        context.primary.run(&lost).failure(3, "tx.receipt_timeout");
        let listed = context.patient.ok("record list");
        assert_eq!(listed["records"], json!([]));
        assert_eq!(context.primary.ok(&add)["id"], 1);
        assert_eq!(context.events("RecordAdded").len(), 1);
        reads(&context, &context.patient, 1, b"note");
    }
}

/// Takes the chain back, from another thread than the test's.
fn revert(node: std::net::SocketAddr, snapshot: &serde_json::Value) {
    let body = serde_json::json!({
        "jsonrpc": "2.0", "id": 1, "method": "evm_revert", "params": [snapshot]
    });
    let answer = patientport_tests::post(node, &body.to_string());
    assert!(answer.contains("true"), "{answer}");
}
