//! The node is killed and started again in the middle of commands: they go on, or say that the node is to blame, and in
//! either case repeating them leaves everything done once.

/// A chain that is killed and comes back with its state.
mod on_devnode {
    use patientport_tests::{Node, Party, Proxy, Run, TestContext, post, program, utf8, words};
    use serde_json::json;
    use std::{
        fs,
        io::{BufRead as _, BufReader},
        net::SocketAddr,
        path::{Path, PathBuf},
        process::{Child, Command, Stdio},
        sync::{Arc, Mutex},
    };
    use tempfile::TempDir;

    use crate::races::code;

    /// A chain in a process of its own that keeps its state in a file.
    struct Server {
        state: PathBuf,
        child: Child,
        address: SocketAddr,
    }

    impl Server {
        fn start(state: PathBuf) -> Self {
            let (child, address) = Self::spawn(&state, 0);
            Self {
                state,
                child,
                address,
            }
        }

        fn spawn(state: &Path, port: u16) -> (Child, SocketAddr) {
            let line = format!("devnode --quiet --port {port} --state {}", utf8(state));
            let mut child = Command::new(program())
                .args(words(&line))
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::inherit())
                .spawn()
                .expect("the program starts");
            let mut line = String::new();
            BufReader::new(child.stdout.take().expect("stdout is a pipe"))
                .read_line(&mut line)
                .expect("the program writes text");
            let address = line.trim().strip_prefix("http://").map(str::parse);
            let address = address.and_then(Result::ok);
            (
                child,
                address.unwrap_or_else(|| panic!("no endpoint: {line}")),
            )
        }

        /// Kills it as a power failure would.
        fn stop(&mut self) {
            self.child.kill().expect("the process is ours");
            self.child.wait().expect("the process is ours");
        }

        /// Kills it, and starts it again where it was.
        fn restart(&mut self) {
            self.stop();
            let port = self.address.port();
            (self.child, self.address) = Self::spawn(&self.state, port);
        }
    }

    /// When the node goes.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum When {
        /// Before a transaction reaches it; it is back at once.
        BeforeTheTransaction,
        /// After it has answered to a transaction, whose answer is lost; it is back at once.
        AfterTheTransaction,
        /// After it has taken a transaction; it is back once the command has ended.
        UntilTheEnd,
    }

    /// Ends the chain with the test. Proxies hold the server, too, and outlive it.
    struct End(Arc<Mutex<Server>>);

    impl Drop for End {
        fn drop(&mut self) {
            if let Ok(mut server) = self.0.lock() {
                let _ = server.child.kill();
                let _ = server.child.wait();
            }
        }
    }

    /// People at a chain that is a process of its own.
    struct World {
        context: TestContext,
        server: Arc<Mutex<Server>>,
        _directory: TempDir,
        // After the people, who settle their accounts at the end.
        _end: End,
    }

    impl World {
        fn new() -> Self {
            let directory = tempfile::tempdir().expect("the system has room for temporary files");
            let server = Server::start(directory.path().join("chain.state"));
            let url = format!("http://{}", server.address);
            let server = Arc::new(Mutex::new(server));
            let end = End(Arc::clone(&server));
            Self {
                context: TestContext::on(Node::at(&url)),
                server,
                _directory: directory,
                _end: end,
            }
        }

        /// As far as a port that is claimed.
        fn with_port() -> Self {
            let mut world = Self::new();
            world.context = world.context.and_port();
            world
        }

        /// Runs a command while the node goes and comes.
        fn run(&self, who: &Party, line: &str, when: When) -> Run {
            let server = Arc::clone(&self.server);
            let address = server
                .lock()
                .expect("nothing panics under this lock")
                .address;
            let is_first = Mutex::new(true);
            let proxy = Proxy::judged(address, move |body| {
                let mut server = server.lock().expect("nothing panics under this lock");
                let mut is_first = is_first.lock().expect("nothing panics under this lock");
                if !*is_first {
                    // Nobody is there to be asked.
                    return when != When::UntilTheEnd;
                }
                if !body.contains("eth_sendRawTransaction") {
                    return true;
                }
                *is_first = false;
                match when {
                    When::BeforeTheTransaction => {
                        server.restart();
                        true
                    }
                    When::AfterTheTransaction => {
                        post(address, body);
                        server.restart();
                        false
                    }
                    When::UntilTheEnd => {
                        post(address, body);
                        server.stop();
                        false
                    }
                }
            });
            let run = who.run(&format!("{line} --rpc-url {} --timeout 3s", proxy.url()));
            if when == When::UntilTheEnd {
                let mut server = self.server.lock().expect("nothing panics under this lock");
                server.restart();
            }
            run
        }

        /// The command is done by a run or by the next; whoever finds it done says so.
        #[track_caller]
        fn converges(&self, who: &Party, line: &str, when: When, found_done: Option<&str>) {
            let run = self.run(who, line, when);
            let first = code(&run);
            if let Some(code) = &first {
                assert_eq!(run.exit_code, Some(3), "{when:?} {line}: {code}");
            }
            if first.is_none() && line.starts_with("record add") {
                return;
            }
            let again = who.run(line);
            let second = code(&again);
            assert!(
                second.is_none() || second.as_deref() == found_done,
                "{when:?} {line}: {first:?} and then {second:?}"
            );
        }
    }

    const ALWAYS: [When; 3] = [
        When::BeforeTheTransaction,
        When::AfterTheTransaction,
        When::UntilTheEnd,
    ];

    #[test]
    fn a_deployment_over_a_restart_is_one() {
        for when in ALWAYS {
            let world = World::new();
            let owner = &world.context.owner;
            world.converges(owner, "deploy", when, None);
            let deployed = owner.ok("deploy");
            let steps = deployed["steps"].as_array().expect("a list");
            assert!(
                steps.iter().all(|step| step["tx"].is_null()),
                "{when:?}: {deployed:#}"
            );
            assert_eq!(deployed["attesters"], json!([owner.address]));
        }
    }

    #[test]
    fn records_answers_and_revocations_over_a_restart_happen_once() {
        let world = World::with_port();
        let context = &world.context;
        let (primary, specialist, patient) =
            (&context.primary, &context.specialist, &context.patient);
        let port = &context.port;
        for (index, when) in (1_u8..).zip(ALWAYS) {
            let bytes = [index; 1000];
            let file = context.file(&format!("{index}.bin"), &bytes);
            let add = format!("record add {} --port {port} --section 0", utf8(&file));
            world.converges(primary, &add, when, None);
            assert_eq!(
                context.events("RecordAdded").len(),
                usize::from(index),
                "{when:?}"
            );

            context.request();
            let approve = format!("request approve {index} --port {port}");
            world.converges(patient, &approve, when, Some("request.not_pending"));
            assert_eq!(
                context.events("AccessGranted").len(),
                usize::from(index),
                "{when:?}"
            );
            let out = context.path(&format!("{index}.out"));
            let get = format!("record get {index} --port {port} -o {}", utf8(&out));
            specialist.ok(&get);
            assert_eq!(fs::read(&out).expect("it was written"), bytes);

            let revoke = format!("access revoke {} --port {port}", specialist.address);
            world.converges(patient, &revoke, when, Some("access.no_live_grant"));
            assert_eq!(
                context.events("AccessRevoked").len(),
                usize::from(index),
                "{when:?}"
            );
        }
    }
}
