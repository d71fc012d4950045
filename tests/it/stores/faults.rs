//! Networks and servers that fail while a record is read.

use super::{HEAD_MAX, add_line, at, causes, command, content, get_line, output, run_at, warnings};
use crate::servers::Server;
use patientport_tests::{Fault, FaultyProxy, TestContext, files_below, utf8};
use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Bytes of the record.
const LENGTH: usize = 3 << 20;
/// Where in the body faults strike.
const MIDDLE: u64 = 1 << 20;

/// A record behind a web server behind a proxy.
struct Scene {
    context: TestContext,
    payload: Vec<u8>,
    root: PathBuf,
    proxy: FaultyProxy,
    server: Server,
}

impl Scene {
    fn new() -> Self {
        let context = TestContext::with_port();
        let root = context.path("www");
        let payload = content(LENGTH);
        let file = context.file("scan.bin", &payload);
        run_at(&context.primary, &[utf8(&root)], &add_line(&context, &file)).success();
        let server = Server::files(&root);
        let proxy = FaultyProxy::start(server.address, Fault::None);
        Self {
            context,
            payload,
            root,
            proxy,
            server,
        }
    }

    /// Reading with this fault fails with this exit code and code, names the store, and leaves no file.
    #[track_caller]
    fn fails(&self, fault: &Fault, exit: i32, code: &str) {
        self.proxy.set(fault.clone());
        let out = output(&self.context);
        let line = format!("{} --store-timeout 1s", get_line(&self.context, &out));
        let error = run_at(&self.context.patient, &[&at(&self.proxy)], &line).failure(exit, code);
        let told = format!("{}{}", error["message"], causes(&error));
        assert!(told.contains(&at(&self.proxy)), "{fault:?}: {told}");
        assert!(!out.exists(), "{fault:?}");
        // With another store behind it, it is only a warning.
        let got = run_at(
            &self.context.patient,
            &[&at(&self.proxy), utf8(&self.root)],
            &line,
        );
        got.success();
        let told = warnings(&got, "store.fallback").join("\n");
        assert!(told.contains(&at(&self.proxy)), "{fault:?}: {told}");
        assert!(
            fs::read(&out).expect("the record is there") == self.payload,
            "{fault:?}"
        );
        fs::remove_file(&out).expect("the record is there");
        // Whatever a fault left is not taken for good by the next run.
        let incoming = self.context.patient.home.join("incoming");
        let _ = fs::remove_dir_all(incoming);
    }
}

#[test]
fn every_fault_names_the_store_and_leaves_no_output() {
    let scene = Scene::new();
    let page =
        |status: &str| Fault::Answers(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"));
    for (fault, exit, code) in [
        (page("500 Internal Server Error"), 3, "store.refused"),
        (page("503 Service Unavailable"), 3, "store.refused"),
        (page("403 Forbidden"), 3, "store.refused"),
        (page("404 Not Found"), 1, "record.missing_blob"),
        // A head that is none.
        (
            Fault::Answers("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong".into()),
            1,
            "record.commitment_mismatch",
        ),
        // A head without end.
        (
            Fault::Answers(format!(
                "HTTP/1.1 200 OK\r\n\r\n{}",
                "x".repeat(4 * HEAD_MAX)
            )),
            1,
            "record.commitment_mismatch",
        ),
        (Fault::FlipsAnswers(MIDDLE), 1, "record.commitment_mismatch"),
        (Fault::StallsAnswers(MIDDLE), 3, "store.stalled"),
        (Fault::StallsAnswers(0), 3, "store.stalled"),
        // Something moves, and it would take for ever.
        (Fault::DripsAnswers(MIDDLE), 3, "store.stalled"),
        (Fault::CutsAnswers(0), 3, "store.unreachable"),
    ] {
        scene.fails(&fault, exit, code);
    }
}

#[test]
fn a_download_goes_on_after_a_broken_connection() {
    let scene = Scene::new();
    // Every connection gives less than the body and more than nothing.
    scene.proxy.set(Fault::CutsAnswers(MIDDLE));
    let out = output(&scene.context);
    let before = scene.proxy.down();
    let line = get_line(&scene.context, &out);
    run_at(&scene.context.patient, &[&at(&scene.proxy)], &line).success();
    assert!(
        fs::read(&out).expect("the record is there") == scene.payload,
        "another record"
    );
    let fetched = scene.proxy.down() - before;
    assert!(
        fetched < LENGTH as u64 + MIDDLE,
        "`{fetched}` bytes: it began anew"
    );
    assert_eq!(
        files_below(&scene.context.patient.home.join("incoming")),
        []
    );
}

#[test]
fn a_download_goes_on_in_the_next_run() {
    let scene = Scene::new();
    scene.proxy.set(Fault::StallsAnswers(2 * MIDDLE));
    let out = output(&scene.context);
    let line = format!("{} --store-timeout 1s", get_line(&scene.context, &out));
    let store = at(&scene.proxy);
    run_at(&scene.context.patient, &[&store], &line).failure(3, "store.stalled");
    assert!(!out.exists());
    let incoming = scene.context.patient.home.join("incoming");
    let parts = files_below(&incoming);
    assert!(parts.len() == 1 && parts[0].1 > MIDDLE, "{parts:?}");

    scene.proxy.set(Fault::None);
    let before = scene.proxy.down();
    run_at(&scene.context.patient, &[&store], &line).success();
    assert!(
        fs::read(&out).expect("the record is there") == scene.payload,
        "another record"
    );
    let fetched = scene.proxy.down() - before;
    assert!(
        fetched < LENGTH as u64 - MIDDLE / 2,
        "`{fetched}` bytes: it began anew"
    );
    assert_eq!(files_below(&incoming), []);
}

#[test]
fn a_wrong_partial_file_is_thrown_away_and_fetched_anew() {
    let scene = Scene::new();
    let (body, length) = files_below(&scene.root)
        .into_iter()
        .max_by_key(|(_, length)| *length)
        .expect("a record is stored");
    let name = body
        .file_stem()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let incoming = scene.context.patient.home.join("incoming");
    let out = output(&scene.context);
    // Wrong bytes; wrong and as long as the body; longer than the body.
    let length = usize::try_from(length).expect("it fits into memory");
    for wrong in [1_000, length, length + 1] {
        fs::create_dir_all(&incoming).expect("the home is writable");
        let part = incoming.join(format!("{name}.part"));
        fs::write(part, vec![7; wrong]).expect("the home is writable");
        let line = get_line(&scene.context, &out);
        run_at(&scene.context.patient, &[&at(&scene.proxy)], &line).success();
        assert!(
            fs::read(&out).expect("the record is there") == scene.payload,
            "another record"
        );
        fs::remove_file(&out).expect("the record is there");
        assert_eq!(files_below(&incoming), []);
    }
}

#[test]
fn a_redirect_into_a_private_network_is_not_followed() {
    let scene = Scene::new();
    let inside = scene.server.url();
    let redirect = |to: &str| {
        Fault::Answers(format!(
            "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"
        ))
    };
    let out = output(&scene.context);
    let line = get_line(&scene.context, &out);
    let store = at(&scene.proxy);
    for target in [
        format!("{inside}/x"),
        "https://127.0.0.1/x".into(),
        "https://10.0.0.1/x".into(),
        "https://localhost/x".into(),
        "https://[::ffff:169.254.169.254]/latest/meta-data".into(),
        "http://example.org/x".into(),
        "https://user:pass@example.org/x".into(),
    ] {
        scene.proxy.set(redirect(&target));
        let error = run_at(&scene.context.patient, &[&store], &line).failure(1, "store.forbidden");
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|it| it.contains(&store)),
            "{error:#}"
        );
        assert!(!error.to_string().contains("pass@"), "{error:#}");
    }
    assert!(!out.exists());
    // For ever around: the bound on redirects ends it.
    scene.proxy.set(redirect(&store));
    run_at(&scene.context.patient, &[&store], &line).failure(1, "store.forbidden");
}

#[test]
fn a_download_that_is_interrupted_ends_at_once_and_is_kept() {
    let scene = Scene::new();
    scene.proxy.set(Fault::StallsAnswers(2 * MIDDLE));
    let out = output(&scene.context);
    // The store may be silent for longer than any test runs.
    let line = format!("{} --store-timeout 1h", get_line(&scene.context, &out));
    let store = at(&scene.proxy);
    let mut get = command(&scene.context.patient, &[&store], "", &line);
    let mut child = get
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let incoming = scene.context.patient.home.join("incoming");
    let deadline = Instant::now() + Duration::from_mins(1);
    while !files_below(&incoming)
        .iter()
        .any(|(_, length)| *length > MIDDLE)
    {
        assert!(Instant::now() < deadline, "nothing arrived");
        std::thread::yield_now();
    }
    let kill = format!("kill -INT {}", child.id());
    let status = Command::new("sh").args(["-c", &kill]).status();
    assert!(status.expect("a shell runs").success());
    assert_eq!(child.wait().expect("it was started").code(), Some(130));
    assert!(!out.exists());
    assert_eq!(files_below(&incoming).len(), 1);
}
