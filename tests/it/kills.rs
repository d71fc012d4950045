//! The program is killed before each of its steps, and the same command is run again: whatever stops it, nothing is lost,
//! nothing is half written, and nothing is done twice.

use patientport_tests::{Party, Run, SCRIPTED, TestContext, files_below, traced, utf8};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

/// More steps than any command here has.
const MOST_STEPS: usize = 400;

/// Every step starts from the same chain, which goes back.
mod on_devnode {
    use super::*;

    /// What everybody has: homes and stores by path, and the chain.
    struct Saved {
        files: Vec<(PathBuf, Vec<u8>)>,
        directories: Vec<PathBuf>,
    }

    impl Saved {
        fn of(directories: &[&Path]) -> Self {
            let files = directories.iter().flat_map(|it| files_below(it));
            let read = |(path, _): (PathBuf, u64)| {
                let content = fs::read(&path).expect("files of the test are readable");
                (path, content)
            };
            Self {
                files: files.map(read).collect(),
                directories: directories.iter().map(|it| (*it).to_owned()).collect(),
            }
        }

        fn restore(&self) {
            use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
            for directory in &self.directories {
                if directory.exists() {
                    fs::remove_dir_all(directory).expect("the directory is the test's");
                }
            }
            for (path, content) in &self.files {
                let parent = path.parent().expect("a file is in a directory");
                fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(parent)
                    .expect("the temporary directory is writable");
                fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(path)
                    .and_then(|mut file| file.write_all(content))
                    .expect("the temporary directory is writable");
            }
        }
    }

    /// A command, whose it is, and what must hold once it was killed and run again.
    struct Case<'a> {
        context: &'a TestContext,
        who: &'a Party,
        line: String,
        /// Errors by which the second run may say that the first had done it.
        found_done: &'a [&'a str],
        /// What is the same after every way through; compared with that of a run that nobody stopped.
        outcome: &'a dyn Fn() -> Value,
    }

    impl Case<'_> {
        /// Kills the command before each of its steps.
        fn run(&self) {
            let node = &self.context.node;
            let saved = Saved::of(&[&self.who.home, &self.who.store]);
            let mut snapshot = node.devnode().rpc("evm_snapshot", &json!([]));
            let mut back = || {
                assert_eq!(
                    node.devnode().rpc("evm_revert", &json!([snapshot])),
                    json!(true)
                );
                snapshot = node.devnode().rpc("evm_snapshot", &json!([]));
                saved.restore();
            };
            let mut command = self.who.command(&self.line);
            command.args(SCRIPTED);
            let root = self.context.directory();

            let sent_before = self.sent();
            let whole = traced(&command, None, root);
            whole.run.success();
            let sent = self.sent() - sent_before;
            let outcome = (self.outcome)();
            assert!(!whole.steps.is_empty() && sent <= 10, "{:?}", whole.steps);

            let mut rows: Vec<(String, String, String)> = Vec::new();
            for step in 0..MOST_STEPS {
                back();
                let first = traced(&command, Some(step), root);
                if !first.killed {
                    first.run.success();
                    break;
                }
                let name = first.steps.last().cloned().unwrap_or_default();
                let found = self.after_kill(&name);
                // The node may still work on what reached it; whoever comes again sees the end of it.
                let second = self.who.run(&self.line);
                let then = self.said(&second, &name);
                assert_eq!(
                    self.sent() - sent_before,
                    sent,
                    "killed before step {step}, `{name}`: transactions in all ({then})"
                );
                assert_eq!(
                    (self.outcome)(),
                    outcome,
                    "killed before step {step}, `{name}` ({then})"
                );
                self.home_is_well(&name);
                rows.push((name, found, then));
            }
            assert!(rows.len() >= 5, "{rows:#?}");
            self.who.ok("doctor");
            self.print(&rows);
        }

        /// Transactions of the account so far.
        fn sent(&self) -> u64 {
            self.context.node.transactions_of(&self.who.address)
        }

        /// Nothing is half written under its own name. Says what a killed run left.
        fn after_kill(&self, step: &str) -> String {
            let mut left = BTreeMap::new();
            for (path, _) in files_below(&self.who.home) {
                let name = path
                    .file_name()
                    .expect("a file has a name")
                    .to_string_lossy();
                let content = fs::read(&path).expect("files of the test are readable");
                if name.ends_with(".tmp") {
                    *left.entry("temporary file").or_insert(0) += 1;
                } else if name.ends_with(".json") {
                    let read: Result<Value, _> = serde_json::from_slice(&content);
                    read.unwrap_or_else(|error| panic!("{step}: {}: {error}", path.display()));
                    if path.parent().is_some_and(|it| it.ends_with("pending")) {
                        *left.entry("waiting record").or_insert(0) += 1;
                    }
                }
            }
            for (path, _) in files_below(&self.who.store) {
                let content = fs::read(&path).expect("files of the test are readable");
                let named = path
                    .file_stem()
                    .expect("a file has a name")
                    .to_string_lossy();
                if path.extension().is_some_and(|it| it == "blob") {
                    let hash = blake3::hash(&content).to_hex();
                    assert_eq!(*named, *hash, "{step}: a blob is whole under its name");
                    *left.entry("blob").or_insert(0) += 1;
                } else {
                    *left.entry("unfinished blob").or_insert(0) += 1;
                }
            }
            let left: Vec<_> = left.iter().map(|(what, n)| format!("{n} {what}")).collect();
            left.join(", ")
        }

        /// What the second run made of it.
        fn said(&self, second: &Run, step: &str) -> String {
            let document = second.json();
            if second.exit_code == Some(0) {
                second.success();
                return "did it".to_owned();
            }
            let code = document["errors"][0]["code"].as_str().unwrap_or_default();
            assert!(
                self.found_done.contains(&code),
                "killed before `{step}`: {document:#}\n{}",
                second.stderr
            );
            second.failure(second.exit_code.unwrap_or_default(), code);
            format!("found it done ({code})")
        }

        /// The home is as after any run, but for one temporary file of the run that was killed.
        fn home_is_well(&self, step: &str) {
            let files = files_below(&self.who.home);
            let is_left = |path: &PathBuf| {
                path.extension().is_some_and(|it| it == "tmp")
                    || path.parent().is_some_and(|it| it.ends_with("pending"))
            };
            let left: Vec<_> = files
                .iter()
                .map(|(path, _)| path)
                .filter(|it| is_left(it))
                .collect();
            assert!(left.len() <= 1, "{step}: {left:?}");
            let pending = left
                .iter()
                .filter(|it| it.extension().is_some_and(|it| it == "json"));
            assert_eq!(pending.count(), 0, "{step}: {left:?}");
        }

        fn print(&self, rows: &[(String, String, String)]) {
            let directory = self.context.directory().to_string_lossy();
            let mut out = std::io::stderr().lock();
            let _ = writeln!(out, "\n{}", self.line.replace(&*directory, "DIR"));
            for (index, (step, found, then)) in rows.iter().enumerate() {
                let _ = writeln!(out, "{index:3}  {step:60}  {found:40}  {then}");
            }
        }
    }

    fn events(context: &TestContext) -> Value {
        let events = context.history();
        events.iter().map(|event| event["event"].clone()).collect()
    }

    #[test]
    fn a_deployment_that_is_killed_goes_on_and_makes_one_registry() {
        let context = TestContext::bare();
        let case = Case {
            context: &context,
            who: &context.owner,
            line: "deploy".into(),
            found_done: &[],
            outcome: &|| context.owner.ok("deployment show"),
        };
        case.run();
    }

    #[test]
    fn an_added_record_that_is_killed_is_added_once_and_reads_back() {
        let context = TestContext::with_port();
        let scan = vec![7_u8; 100_000];
        let file = context.file("scan.bin", &scan);
        let out = context.path("out.bin");
        let case = Case {
            context: &context,
            who: &context.primary,
            line: format!(
                "record add {} --port {} --section 0",
                utf8(&file),
                context.port
            ),
            found_done: &[],
            outcome: &|| {
                context
                    .patient
                    .ok(&format!("record get 1 --force -o {}", utf8(&out)));
                assert_eq!(fs::read(&out).expect("it was written"), scan);
                // Nothing lies in the store that nobody knows of.
                let stored = files_below(&context.primary.store).into_iter();
                let blobs = stored.filter(|(path, _)| path.extension().is_some());
                assert_eq!(blobs.count(), 2, "one head and one body");
                events(&context)
            },
        };
        case.run();
    }

    #[test]
    fn an_approval_that_is_killed_is_given_once() {
        let context = TestContext::with_port();
        context.add_record("first.txt", b"first");
        context.request();
        let out = context.path("out.txt");
        let case = Case {
            context: &context,
            who: &context.patient,
            line: format!("request approve 1 --port {}", context.port),
            found_done: &["request.not_pending"],
            outcome: &|| {
                context.specialist.ok(&format!(
                    "record get 1 --port {} --force -o {}",
                    context.port,
                    utf8(&out)
                ));
                assert_eq!(fs::read(&out).expect("it was written"), b"first");
                events(&context)
            },
        };
        case.run();
    }

    #[test]
    fn a_revocation_that_is_killed_ends_access_once_and_locks_nobody_else_out() {
        let context = TestContext::with_reader(b"first");
        let out = context.path("out.txt");
        let case = Case {
            context: &context,
            who: &context.patient,
            line: format!(
                "access revoke {} --port {}",
                context.specialist.address, context.port
            ),
            found_done: &["access.no_live_grant"],
            outcome: &|| {
                let listed = context.patient.ok("access list");
                // By the patient: the homes of others are not taken back with the chain.
                let file = context.file("second.txt", b"second");
                context
                    .patient
                    .ok(&format!("record add {} --section 0", utf8(&file)));
                context
                    .patient
                    .ok(&format!("record get 2 --force -o {}", utf8(&out)));
                assert_eq!(fs::read(&out).expect("it was written"), b"second");
                context
                    .specialist
                    .run(&format!(
                        "record get 2 --port {} --force -o {}",
                        context.port,
                        utf8(&out)
                    ))
                    .failure(1, "section.no_matching_key");
                let readers = listed["readers"].as_array().expect("a list").iter();
                let readers = readers.map(|it| json!([it["reader"]["account"], it["state"]]));
                json!([readers.collect::<Value>(), events(&context)])
            },
        };
        case.run();
    }

    #[test]
    fn a_claim_that_is_killed_takes_the_port_once() {
        let context = TestContext::with_unclaimed_port();
        let case = Case {
            context: &context,
            who: &context.patient,
            line: format!("port claim {} --section 0:general", context.port),
            found_done: &["port.already_claimed"],
            outcome: &|| {
                let shown = context.patient.ok("port list");
                json!([shown, events(&context)])
            },
        };
        case.run();
    }

    #[test]
    fn keys_that_are_made_and_records_that_are_fetched_are_whole_or_not_there() {
        let context = TestContext::with_reader(b"first");
        let who = &context.specialist;
        let out = who.home.join("record.txt");
        let lines = [
            "wallet new other --scrypt-log-n 13".to_owned(),
            "identity new other --scrypt-log-n 13".to_owned(),
            format!("record get 1 --port {} -o {}", context.port, utf8(&out)),
        ];
        for line in lines {
            let case = Case {
                context: &context,
                who,
                line: line.clone(),
                found_done: &["home.name_taken", "output.exists"],
                outcome: &|| {
                    if line.starts_with("record") {
                        assert_eq!(fs::read(&out).expect("it was written"), b"first");
                    }
                    let files = files_below(&who.home).into_iter();
                    let made = files.map(|(path, _)| path);
                    let made = made.filter(|path| path.ends_with("other.json"));
                    json!([made.count()])
                },
            };
            case.run();
        }
    }
}
