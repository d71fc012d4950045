//! `scripts/nitro-devnode`, with a stand-in for Docker that starts the embedded chain's own program: what the script asks
//! of Docker, what it makes of the chain, and what it says when something is missing.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use patientport_tests::{Node, Run, program, utf8};
use serde_json::json;
use tempfile::TempDir;

/// What the script runs, beside Docker: a directory with these alone is a machine without it.
const TOOLS: [&str; 8] = [
    "bash", "cat", "dirname", "env", "kill", "mktemp", "rm", "sleep",
];

/// Docker, as far as the script asks for it. `down` and `silent` are files that say what is wrong with it.
const DOCKER: &str = r#"#!/usr/bin/env bash
set -u
cd "$STAND_IN" || exit 1
printf '%s\n' "$*" >>calls
case $1 in
    info)
        if [[ -e down ]]; then
            printf 'Cannot connect to the Docker daemon\n' >&2
            exit 1
        fi
        ;;
    ps) if [[ -s pid ]] && kill -0 "$(<pid)" 2>/dev/null; then printf 'c0ffee\n'; fi ;;
    run)
        port=${6#127.0.0.1:}
        if [[ -e silent ]]; then
            sleep 600 >/dev/null 2>&1 &
        else
            "$STYLUS_DEVNODE" --port "${port%%:*}" --silent >/dev/null 2>&1 &
        fi
        printf '%s\n' "$!" >pid
        printf 'c0ffee\n'
        ;;
    rm)
        if [[ -s pid ]]; then kill "$(<pid)"; fi
        rm -f pid
        ;;
    logs) printf 'what the node said\n' ;;
esac
"#;

/// A machine with the stand-in and little else.
struct Machine {
    directory: TempDir,
    port: u16,
}

impl Machine {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("the system has room for temporary files");
        // Free a moment ago; nobody else asks for this very one.
        let free =
            TcpListener::bind("127.0.0.1:0").expect("the loopback interface has a free port");
        let port = free
            .local_addr()
            .expect("a listening socket has an address")
            .port();
        let machine = Self { directory, port };
        let bin = machine.path("bin");
        fs::create_dir(&bin).expect("the directory is writable");
        for tool in TOOLS {
            let found = ["/usr/bin", "/bin"].map(|it| Path::new(it).join(tool));
            let found = found.into_iter().find(|it| it.exists());
            symlink(found.expect("every system has it"), bin.join(tool))
                .expect("links can be made");
        }
        let docker = bin.join("docker");
        fs::write(&docker, DOCKER).expect("the directory is writable");
        fs::set_permissions(docker, fs::Permissions::from_mode(0o755)).expect("it is the test's");
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn touch(&self, name: &str) {
        fs::write(self.path(name), "").expect("the directory is writable");
    }

    fn run(&self, line: &str) -> Run {
        let built = |name: &str| {
            let built = program().with_file_name(name);
            assert!(
                built.is_file(),
                "`{}` is missing: run `cargo build --workspace --all-targets` or `./scripts/test`",
                built.display()
            );
            built
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/nitro-devnode");
        let mut command = Command::new(script);
        command
            .args(line.split_whitespace())
            .args(["--port", &self.port.to_string()])
            .env("PATH", self.path("bin"))
            .env("STAND_IN", self.directory.path())
            .env("STYLUS_DEVNODE", built("stylus-devnode"))
            .env("CHAIN_SETUP", built("examples/chain-setup"))
            .stdin(Stdio::null());
        if self.path("silent").exists() {
            command.env("NITRO_DEVNODE_PATIENCE", "1");
        }
        Run::of(&mut command)
    }

    /// Runs the script, which must fail for want of something: what it said.
    #[track_caller]
    fn fails(&self, line: &str) -> String {
        let run = self.run(line);
        assert_eq!(
            (run.exit_code, &run.stdout[..]),
            (Some(3), &b""[..]),
            "{run:#?}"
        );
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{run:#?}");
        run.stderr
    }

    /// What Docker was asked for, a line each.
    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    /// Whether nothing is left running.
    fn is_quiet(&self) -> bool {
        !self.path("pid").exists()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Whatever came of the test, its node ends with it.
        let _ = self.run("stop");
    }
}

#[test]
fn a_node_is_started_set_up_found_and_stopped() {
    let machine = Machine::new();
    let url = format!("http://127.0.0.1:{}\n", machine.port);
    let started = machine.run("start");
    assert_eq!(started.exit_code, Some(0), "{started:#?}");
    assert_eq!(String::from_utf8_lossy(&started.stdout), url);
    assert!(started.stderr.contains("ArbOS "), "{started:#?}");
    let asked = machine
        .calls()
        .into_iter()
        .find(|it| it.starts_with("run "));
    let asked = asked.expect("it was started");
    let published = format!(
        "--publish 127.0.0.1:{}:8547 offchainlabs/nitro-node:v",
        machine.port
    );
    assert!(
        asked.contains(&published),
        "nobody else reaches it: {asked}"
    );
    assert!(
        asked.ends_with("--dev --http.addr 0.0.0.0 --http.api=net,web3,eth,debug"),
        "{asked}"
    );
    assert_eq!(String::from_utf8_lossy(&machine.run("url").stdout), url);

    let again = machine.fails("start");
    assert!(
        again.contains("runs at http://127.0.0.1:") && again.contains("hint: "),
        "{again}"
    );
    assert_eq!(machine.run("stop").exit_code, Some(0));
    assert!(machine.is_quiet());
    let gone = machine.fails("url");
    assert!(gone.contains("hint: start it"), "{gone}");
    // There is nothing to stop, which is what was wanted.
    assert_eq!(machine.run("stop").exit_code, Some(0));
}

#[test]
fn what_is_missing_is_told_in_a_sentence_and_nothing_stays() {
    let machine = Machine::new();
    machine.touch("down");
    let said = machine.fails("start");
    assert!(
        said.contains("daemon does not answer: Cannot connect") && said.contains("hint: "),
        "{said}"
    );
    fs::remove_file(machine.path("down")).expect("it is there");

    let taken = TcpListener::bind(("127.0.0.1", machine.port)).expect("it was free");
    let said = machine.fails("start");
    assert!(
        said.contains("is taken") && said.contains("hint: "),
        "{said}"
    );
    assert!(!machine.calls().iter().any(|it| it.starts_with("run ")));
    drop(taken);

    machine.touch("silent");
    let said = machine.fails("start");
    assert!(
        said.contains("what the node said\n")
            && said.contains("does not answer at")
            && said.contains("hint: "),
        "{said}"
    );
    assert!(machine.is_quiet(), "the container was removed");
    fs::remove_file(machine.path("silent")).expect("it is there");

    fs::remove_file(machine.path("bin/docker")).expect("it is there");
    let said = machine.fails("start");
    assert!(
        said.contains("docker is not installed") && said.contains("hint: "),
        "{said}"
    );
    for line in ["", "start stop", "start --deployer"] {
        assert_eq!(machine.run(line).exit_code, Some(2), "{line}");
    }
}

#[test]
fn a_chain_without_proxy_and_deployer_gets_the_one_and_is_told_of_the_other() {
    // As the contracts' creators left it, but for two accounts.
    let node = Node::embedded();
    for account in [
        "0x4e59b44847b379578588920ca78fbf26c0b4956c",
        "0xcEcba2F1DC234f70Dd89F2041029807F8D03A990",
    ] {
        node.devnode().rpc("anvil_setCode", &json!([account, "0x"]));
        node.devnode()
            .rpc("anvil_setNonce", &json!([account, "0x0"]));
    }
    let directory = tempfile::tempdir().expect("the system has room for temporary files");
    let other = directory.path().join("deployer");
    fs::write(&other, "6001600c60003960016000f300\n").expect("the directory is writable");
    let set_up = |code: &str| {
        let mut command = Command::new(program().with_file_name("examples/chain-setup"));
        Run::of(command.args([node.url().as_str(), code]))
    };
    let run = set_up(utf8(&other));
    assert_eq!(run.exit_code, Some(3), "{run:#?}");
    assert!(run.stderr.contains("proxy stands at 0x4e59"), "{run:#?}");
    assert!(
        run.stderr
            .contains("is not the code of the Stylus deployer"),
        "{run:#?}"
    );
    // What stands is not made again.
    let run = set_up("nowhere");
    assert_eq!(run.exit_code, Some(3), "{run:#?}");
    assert!(!run.stderr.contains("proxy stands"), "{run:#?}");
    assert!(run.stderr.contains("cannot read `nowhere`"), "{run:#?}");
}
