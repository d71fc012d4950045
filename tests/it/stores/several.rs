//! More than one store: written to all, read from the first that serves.

use super::{
    PART, S3, add_line, at, blobs, command, content, get_line, output, run, run_at, warnings,
};
use crate::servers::Server;
use patientport_tests::{Fault, FaultyProxy, Proxy, Run, TestContext, Trouble, files_below, utf8};
use std::{
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

#[test]
fn a_record_goes_to_every_store_and_a_failing_one_is_named_and_served_later() {
    let context = TestContext::with_port();
    let s3 = S3::start(&context);
    let url = s3.server.url();
    let dav_root = context.path("dav");
    fs::create_dir(&dav_root).expect("the temporary directory is writable");
    let dav = Server::dav(&dav_root);
    let proxy = FaultyProxy::start(dav.address, Fault::CutsAnswers(0));
    let directory = context.path("records");
    let store = at(&proxy);
    let stores = [utf8(&directory), "s3://records", &store];
    let file = context.file("scan.bin", &content(200_000));
    let before = context.sent();

    let failed = run(&context.primary, &stores, &url, &add_line(&context, &file));
    let error = failed.failure(3, "store.unreachable");
    assert!(error.to_string().contains(&store), "{error:#}");
    let commitment = error["details"]["commitment"]
        .as_str()
        .expect("text")
        .to_owned();
    assert_eq!(
        context.sent(),
        before,
        "nothing is on chain before it is stored"
    );
    assert_eq!((blobs(&directory).len(), s3.blobs().len()), (2, 2));
    assert_eq!(files_below(&dav_root), []);

    proxy.set(Fault::None);
    let up = proxy.up();
    let resume = format!("record add --resume {commitment}");
    let added = run(&context.primary, &[utf8(&directory)], &url, &resume).success();
    assert_eq!(added["id"], 1, "{added:#}");
    assert!(proxy.up() > up, "it goes to the stores it began with");
    assert_eq!(blobs(&dav_root).len(), 2);
    assert_eq!(files_below(&dav_root).len(), 2, "only whole blobs");
    assert_eq!(blobs(&context.primary.home), []);
    run(&context.primary, &stores, &url, &resume).failure(2, "record.nothing_pending");
}

#[test]
fn the_next_store_is_asked_for_what_is_missing_or_damaged_or_out_of_reach() {
    let context = TestContext::with_port();
    let s3 = S3::start(&context);
    let url = s3.server.url();
    let payload = content(300_000);
    let file = context.file("scan.bin", &payload);
    let [empty, damaged, short, good] =
        ["empty", "damaged", "short", "good"].map(|it| context.path(it));
    let stores = [utf8(&damaged), utf8(&short), utf8(&good), "s3://records"];
    run(&context.primary, &stores, &url, &add_line(&context, &file)).success();
    for (path, _) in blobs(&damaged) {
        let mut bytes = fs::read(&path).expect("a blob is readable");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).expect("a blob is writable");
    }
    for (path, _) in blobs(&short) {
        let bytes = fs::read(&path).expect("a blob is readable");
        fs::write(&path, &bytes[..bytes.len() / 2]).expect("a blob is writable");
    }
    // Nobody listens there.
    let good_directory = good.clone();
    let dead = "http://127.0.0.1:9/";
    let out = output(&context);
    let line = get_line(&context, &out);
    let bad = [utf8(&empty), utf8(&damaged), utf8(&short), dead];
    for good in [utf8(&good), "s3://records"] {
        let stores: Vec<_> = bad.iter().copied().chain([good]).collect();
        let got = run(&context.patient, &stores, &url, &line);
        got.success();
        assert!(
            fs::read(&out).expect("the record is there") == payload,
            "another record"
        );
        fs::remove_file(&out).expect("the record is there");
        let told = warnings(&got, "store.fallback").join("\n");
        assert!(bad.iter().all(|store| told.contains(store)), "{told}");
        assert!(!told.contains(good), "{told}");
        // To stdout as well, of which nothing can be taken back.
        let mut plain = context.patient.command("record get 1");
        let shown = Run::of(plain.env(
            "PATIENTPORT_STORE",
            stores[..3].join("\n") + "\n" + utf8(&good_directory),
        ));
        assert!(
            shown.exit_code == Some(0) && shown.stdout == payload,
            "{}",
            shown.stderr
        );
    }
    let error = run(&context.patient, &bad, &url, &line).failure(1, "record.commitment_mismatch");
    let causes = super::causes(&error);
    assert!(bad.iter().all(|store| causes.contains(store)), "{causes}");
    assert!(!out.exists());
}

#[test]
fn an_upload_that_was_killed_goes_on_where_it_stopped() {
    let context = TestContext::with_port();
    let s3 = S3::start(&context);
    // One part arrives and the second does not.
    let proxy = FaultyProxy::start(s3.server.address, Fault::StallsRequests(PART + PART / 2));
    let payload = content(24 << 20);
    let file = context.file("scan.bin", &payload);
    let store = ["s3://records"];
    let mut upload = command(
        &context.primary,
        &store,
        &at(&proxy),
        &add_line(&context, &file),
    );
    let mut child = upload
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let uploads = context.primary.home.join("uploads");
    let deadline = Instant::now() + Duration::from_mins(1);
    let has_a_part = || {
        // Journals are written anew under the reader's eyes, so that a file may be gone when it is looked at.
        let entries = fs::read_dir(&uploads).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).any(|path| {
            let journal = fs::read_to_string(path).unwrap_or_default();
            let journal: serde_json::Value = serde_json::from_str(&journal).unwrap_or_default();
            journal["parts"]
                .as_array()
                .is_some_and(|parts| !parts.is_empty())
        })
    };
    while !has_a_part() {
        assert!(Instant::now() < deadline, "no part arrived");
        std::thread::yield_now();
    }
    child.kill().expect("it runs");
    child.wait().expect("it was started");
    assert_eq!(
        s3.blobs(),
        Vec::<u64>::new(),
        "a blob is there whole or not at all"
    );

    // Beside it lies the lock of the run that was killed.
    let pending = files_below(&context.primary.home.join("pending"));
    let noted = pending
        .iter()
        .map(|(path, _)| path)
        .find(|path| path.extension().is_some_and(|it| it == "json"));
    let commitment = noted
        .expect("what waits is noted")
        .file_stem()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    proxy.set(Fault::None);
    let before = proxy.up();
    let resume = format!("record add --resume {commitment}");
    let added = run(&context.primary, &store, &at(&proxy), &resume).success();
    let body = added["body_length"].as_u64().expect("a number");
    let sent = proxy.up() - before;
    assert!(
        sent < body - PART / 2,
        "`{sent}` of `{body}` bytes were sent again"
    );
    assert_eq!(s3.blobs()[1], body);
    for place in ["uploads", "outgoing", "pending"] {
        assert_eq!(
            files_below(&context.primary.home.join(place)),
            [],
            "{place}"
        );
    }
    let out = output(&context);
    run(
        &context.patient,
        &store,
        &at(&proxy),
        &get_line(&context, &out),
    )
    .success();
    assert!(
        fs::read(&out).expect("the record is there") == payload,
        "another record"
    );
}

#[test]
fn an_upload_that_breaks_off_leaves_no_half_blob() {
    let context = TestContext::with_port();
    let dav_root = context.path("dav");
    fs::create_dir(&dav_root).expect("the temporary directory is writable");
    let dav = Server::dav(&dav_root);
    let proxy = FaultyProxy::start(dav.address, Fault::CutsRequests(100_000));
    let store = at(&proxy);
    let file = context.file("scan.bin", &content(300_000));
    let error = run_at(&context.primary, &[&store], &add_line(&context, &file))
        .failure(3, "store.unreachable");
    assert!(error.to_string().contains(&store), "{error:#}");
    assert_eq!(blobs(&dav_root), []);
    proxy.set(Fault::None);
    let commitment = error["details"]["commitment"].as_str().expect("text");
    let resume = format!("record add --resume {commitment}");
    run_at(&context.primary, &[&store], &resume).success();
    assert_eq!(
        (blobs(&dav_root).len(), files_below(&dav_root).len()),
        (2, 2)
    );
}

#[test]
fn a_server_that_takes_nothing_is_named() {
    let context = TestContext::with_port();
    let root = context.path("www");
    fs::create_dir(&root).expect("the temporary directory is writable");
    let server = Server::files(&root);
    let file = context.file("note.txt", b"note");
    let error = run_at(
        &context.primary,
        &[&server.url()],
        &add_line(&context, &file),
    )
    .failure(3, "store.refused");
    let message = error["message"].as_str().expect("text");
    assert!(
        message.contains(&server.url()) && message.contains("405"),
        "{message}"
    );
    assert_eq!(files_below(&root), []);
}

/// A record that waits in the directory `first`: its transaction was lost.
fn waiting_in(context: &TestContext, first: &Path, file: &Path) -> String {
    let proxy = Proxy::start(context.node.address(), Trouble::LosesTransactions);
    let line = format!(
        "{} --store {} --rpc-url {}",
        add_line(context, file),
        utf8(first),
        proxy.url()
    );
    let error = context.primary.run(&line).failure(3, "rpc.unreachable");
    error["details"]["commitment"]
        .as_str()
        .expect("it waits")
        .to_owned()
}

#[test]
fn a_record_that_waits_in_one_directory_goes_to_those_named_later_as_well() {
    let context = TestContext::with_port();
    let [first, second] = ["first", "second"].map(|name| context.path(name));
    let payload = content(20_000);
    let file = context.file("note.bin", &payload);
    let commitment = waiting_in(&context, &first, &file);
    let line = format!("record add --resume {commitment} --store {}", utf8(&second));
    context.primary.ok(&line);
    assert_eq!((blobs(&first).len(), blobs(&second).len()), (2, 2));
    let out = context.path("out");
    let get = format!("{} --store {}", get_line(&context, &out), utf8(&second));
    context.patient.ok(&get);
    assert_eq!(fs::read(&out).expect("it was written"), payload);
}

#[test]
fn a_record_whose_key_was_changed_is_removed_from_where_it_was_put_whatever_is_named_now() {
    let context = TestContext::with_port();
    let [first, second] = ["first", "second"].map(|name| context.path(name));
    let file = context.file("note.bin", &content(20_000));
    let commitment = waiting_in(&context, &first, &file);
    context.patient.ok("access rotate --section 0");
    let line = format!("record add --resume {commitment} --store {}", utf8(&second));
    context.primary.run(&line).failure(1, "section.stale_epoch");
    for place in [&first, &second] {
        assert_eq!(blobs(place), [], "{}", place.display());
    }
    // Where that place is not there now, it is told.
    waiting_in(&context, &first, &file);
    context.patient.ok("access rotate --section 0");
    fs::rename(&first, context.path("away")).expect("the directory is there");
    let line = add_line(&context, &file);
    let run = context
        .primary
        .run(&format!("{line} --store {}", utf8(&second)));
    assert_eq!(run.success()["id"], 1);
    let told = warnings(&run, "store.not_taken_back");
    assert!(told.iter().any(|it| it.contains("first")), "{told:#?}");
}

#[test]
fn a_record_whose_key_was_changed_meanwhile_is_removed_again() {
    let context = TestContext::with_port();
    let dav_root = context.path("dav");
    fs::create_dir(&dav_root).expect("the temporary directory is writable");
    let dav = Server::dav(&dav_root);
    let proxy = FaultyProxy::start(dav.address, Fault::CutsAnswers(0));
    let (directory, dav_store) = (context.path("records"), at(&proxy));
    let stores = [utf8(&directory), &dav_store];
    let file = context.file("note.bin", &content(20_000));
    let error = run_at(&context.primary, &stores, &add_line(&context, &file))
        .failure(3, "store.unreachable");
    let commitment = error["details"]["commitment"].as_str().expect("text");
    assert_eq!(blobs(&directory).len(), 2);

    context.patient.ok("access rotate --section 0");
    proxy.set(Fault::None);
    let resume = format!("record add --resume {commitment}");
    run_at(&context.primary, &stores, &resume).failure(1, "section.stale_epoch");
    // Whoever holds the old key finds nothing to open with it.
    for place in [&directory, &dav_root, &context.primary.home] {
        assert_eq!(blobs(place), [], "{}", place.display());
    }
    run_at(&context.primary, &stores, &resume).failure(2, "record.nothing_pending");
}
