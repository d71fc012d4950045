//! The binary without a chain: exit codes, channels, the JSON document, homes and keystores. What needs a
//! chain is in the workspace's `tests/`.
#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const VARIABLES: [&str; 12] = [
    "ETH_FROM",
    "ETH_KEYSTORE",
    "ETH_RPC_URL",
    "ETH_KEYSTORE_ACCOUNT",
    "ETH_PASSWORD",
    "PATIENTPORT_IDENTITY",
    "PATIENTPORT_IDENTITY_PASSWORD",
    "PATIENTPORT_HOME",
    "PATIENTPORT_PORT",
    "PATIENTPORT_PROFILE",
    "PATIENTPORT_REGISTRY",
    "PATIENTPORT_STORE",
];

fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patientport"));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
        .args(arguments)
        .env("PATIENTPORT_HOME", home)
        .stdin(Stdio::null());
    command
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    command(home, arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs with `--json` and returns exit code and document.
fn run_json(home: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = run(home, &[arguments, &["--json"]].concat());
    let text = stdout(&output);
    assert_eq!(text.matches('\n').count(), 1, "not one line: {text}");
    (code(&output), serde_json::from_str(&text).unwrap())
}

/// A home with the wallet and identity `alice`, password `pw` in the file returned.
fn home_with_alice(root: &Path) -> (std::path::PathBuf, String) {
    let (home, file) = (root.join("home"), root.join("pw"));
    std::fs::write(&file, "pw\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let file = file.to_str().unwrap().to_owned();
    for noun in ["wallet", "identity"] {
        let arguments = [
            noun,
            "new",
            "alice",
            "--password-file",
            &file,
            "--scrypt-log-n",
            "13",
        ];
        let output = run(&home, &arguments);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    (home, file)
}

#[test]
fn help_and_version_go_to_stdout_with_exit_code_0() {
    let root = tempfile::tempdir().unwrap();
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["record", "add", "--help"],
    ] {
        let output = run(root.path(), arguments);
        assert_eq!(
            (code(&output), output.stderr.len()),
            (0, 0),
            "{arguments:?}"
        );
        assert!(!output.stdout.is_empty());
    }
    let every_noun = stdout(&run(root.path(), &["--help"]));
    for noun in [
        "wallet", "identity", "deploy", "provider", "port", "record", "request", "access",
        "devnode", "demo", "inbox", "watch",
    ] {
        assert!(every_noun.contains(&format!("patientport {noun}")) || every_noun.contains(noun));
    }
}

#[test]
fn a_mistyped_command_is_usage_and_gets_a_suggestion() {
    let root = tempfile::tempdir().unwrap();
    let output = run(root.path(), &["recrod", "list"]);
    assert_eq!((code(&output), output.stdout.len()), (2, 0));
    assert!(stderr(&output).contains("'record'"), "{}", stderr(&output));
    let (code, document) = run_json(root.path(), &["recrod", "list"]);
    assert_eq!(code, 2);
    assert_eq!(document["errors"][0]["code"], json!("usage.arguments"));
}

#[test]
fn every_mistake_in_the_arguments_is_a_document_too() {
    let root = tempfile::tempdir().unwrap();
    let mistakes: [&[&str]; 6] = [
        &[],
        &["record"],
        &["record", "get", "x"],
        &["wallet", "new"],
        &["wallet", "list", "--color", "pink"],
        &["wallet", "list", "-q", "-v"],
    ];
    for arguments in mistakes {
        let (code, document) = run_json(root.path(), arguments);
        let error = &document["errors"][0];
        assert_eq!(
            (code, &error["code"]),
            (2, &json!("usage.arguments")),
            "{arguments:?}"
        );
        let message = error["message"].as_str().unwrap();
        assert!(
            message.len() < 200 && !message.contains("Usage:"),
            "{message}"
        );
    }
}

#[test]
fn help_shows_a_url_that_can_be_copied() {
    let root = tempfile::tempdir().unwrap();
    let help = stdout(&run(root.path(), &["port", "claim", "--help"]));
    assert!(help.contains(" http://127.0.0.1:8547]"), "{help}");
}

#[test]
fn wallets_are_made_listed_and_kept_private() {
    let root = tempfile::tempdir().unwrap();
    let (home, file) = home_with_alice(root.path());
    let (code, document) = run_json(&home, &["wallet", "list"]);
    assert_eq!((code, document["success"].clone()), (0, json!(true)));
    assert_eq!(document["data"]["wallets"][0]["name"], json!("alice"));
    let address = stdout(&run(&home, &["wallet", "address"]));
    assert_eq!(address.trim().len(), 42);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home), 0o700);
    for path in ["wallets/alice.json", "identities/alice.json"] {
        assert_eq!(mode(&home.join(path)), 0o600, "{path}");
    }
    let (code, document) = run_json(&home, &["wallet", "new", "alice", "--password-file", &file]);
    assert_eq!(code, 2);
    assert_eq!(document["errors"][0]["code"], json!("home.name_taken"));
}

#[test]
fn nothing_is_made_where_no_password_can_be_asked_for() {
    let root = tempfile::tempdir().unwrap();
    let home = root.path().join("home");
    let output = run(&home, &["wallet", "new", "alice"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("hint: ") && stderr(&output).contains("--password-file"));
    assert!(!home.exists());
}

#[test]
fn a_wrong_password_is_refused_with_exit_code_1() {
    let root = tempfile::tempdir().unwrap();
    let (home, file) = home_with_alice(root.path());
    std::fs::write(&file, "wrong").unwrap();
    let (code, document) = run_json(&home, &["identity", "show", "--password-file", &file]);
    assert_eq!(code, 1);
    assert_eq!(document["errors"][0]["code"], json!("password.wrong"));
    assert_eq!(
        document["errors"][0]["details"]["causes"],
        json!(["the password is wrong"])
    );
}

#[test]
fn a_password_put_where_its_file_belongs_is_not_repeated() {
    let root = tempfile::tempdir().unwrap();
    let (home, _) = home_with_alice(root.path());
    let output = command(&home, &["identity", "show"])
        .env("ETH_PASSWORD", "hunter2")
        .output()
        .unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("ETH_PASSWORD") && !stderr(&output).contains("hunter2"));
}

#[test]
fn a_development_account_and_a_key_file_are_imported() {
    let root = tempfile::tempdir().unwrap();
    let (home, file) = home_with_alice(root.path());
    let import = |source: &[&str]| {
        let fixed = [
            "wallet",
            "import",
            "--scrypt-log-n",
            "13",
            "--password-file",
            file.as_str(),
        ];
        run_json(&home, &[&fixed[..], source].concat())
    };
    let (_, document) = import(&["dev", "--dev", "1"]);
    assert_eq!(
        document["data"]["address"],
        json!("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266")
    );
    let key = root.path().join("key");
    std::fs::write(
        &key,
        "# test\n0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80\n",
    )
    .unwrap();
    let (_, document) = import(&["file", "--key-file", key.to_str().unwrap()]);
    assert_eq!(
        document["data"]["address"],
        json!("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266")
    );
    let foreign = home.join("wallets/dev.json");
    let (code, document) = import(&[
        "again",
        "--keystore",
        foreign.to_str().unwrap(),
        "--keystore-password-file",
        &file,
    ]);
    assert_eq!((code, document["success"].clone()), (0, json!(true)));
    let (code, document) = import(&["none", "--dev", "99"]);
    assert_eq!(
        (code, document["errors"][0]["code"].clone()),
        (2, json!("wallet.no_development_account"))
    );
}

#[test]
fn sending_without_a_terminal_needs_yes_and_says_so_first() {
    let root = tempfile::tempdir().unwrap();
    let (home, file) = home_with_alice(root.path());
    // No chain listens there: the refusal comes before any connection.
    let commands: [&[&str]; 4] = [
        &["deploy"],
        &[
            "port",
            "issue",
            "--patient",
            "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
        ],
        &["record", "add", "Cargo.toml"],
        &["request", "cancel", "1"],
    ];
    for arguments in commands {
        let fixed = ["--rpc-url", "http://127.0.0.1:1", "--password-file", &file];
        let (code, document) = run_json(&home, &[arguments, &fixed].concat());
        assert_eq!(code, 2, "{arguments:?}");
        assert_eq!(
            document["errors"][0]["code"],
            json!("usage.confirmation_required")
        );
        assert!(
            document["errors"][0]["hint"]
                .as_str()
                .unwrap()
                .contains("--yes")
        );
    }
}

#[test]
fn an_unreachable_node_is_environment_with_exit_code_3() {
    let root = tempfile::tempdir().unwrap();
    let (home, _) = home_with_alice(root.path());
    let (code, document) = run_json(
        &home,
        &["provider", "list", "--rpc-url", "http://127.0.0.1:1"],
    );
    assert_eq!(code, 3);
    assert_eq!(document["errors"][0]["code"], json!("rpc.unreachable"));
    let output = run(
        &home,
        &["provider", "list", "--rpc-url", "http://127.0.0.1:1"],
    );
    let text = stderr(&output);
    assert!(
        text.starts_with("error: cannot reach the node at `http://127.0.0.1:1`"),
        "{text}"
    );
    assert!(
        text.contains("\n  caused by: ") && text.contains("\n\nhint: "),
        "{text}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn an_existing_output_file_is_refused_before_anything_is_fetched() {
    let root = tempfile::tempdir().unwrap();
    let (home, _) = home_with_alice(root.path());
    let out = root.path().join("out");
    std::fs::write(&out, "keep").unwrap();
    let arguments = [
        "record",
        "get",
        "1",
        "-r",
        "http://127.0.0.1:1",
        "-o",
        out.to_str().unwrap(),
    ];
    let (code, document) = run_json(&home, &arguments);
    assert_eq!(
        (code, document["errors"][0]["code"].clone()),
        (2, json!("output.exists"))
    );
    assert_eq!(std::fs::read(&out).unwrap(), b"keep");
}

#[test]
fn quiet_silences_the_talk_and_neither_result_nor_error() {
    let root = tempfile::tempdir().unwrap();
    let (home, file) = home_with_alice(root.path());
    let fixed = [
        "wallet",
        "new",
        "bob",
        "--password-file",
        &file,
        "--scrypt-log-n",
        "13",
        "-q",
    ];
    let output = run(&home, &fixed);
    assert_eq!((code(&output), stderr(&output)), (0, String::new()));
    assert!(stdout(&output).starts_with("wallet `bob`: 0x"));
    assert!(stderr(&run(&home, &fixed)).starts_with("error: "));
}

/// Starts `patientport devnode` on a free port: the process and its first line.
fn devnode(home: &Path, arguments: &[&str]) -> (std::process::Child, String) {
    let mut child = command(home, &[&["devnode", "--port", "0"], arguments].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Byte by byte, so that what follows the line stays for `wait_with_output`.
    let stdout = child.stdout.as_mut().unwrap();
    let mut line = Vec::new();
    let mut byte = [0];
    while stdout.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
        line.push(byte[0]);
    }
    (child, String::from_utf8(line).unwrap())
}

fn end(child: std::process::Child, signal: &str) -> Output {
    let kill = format!("kill -{signal} {}", child.id());
    let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(status.success());
    child.wait_with_output().unwrap()
}

#[test]
fn devnode_prints_its_endpoint_alone_and_ends_on_a_signal_with_exit_code_0() {
    let root = tempfile::tempdir().unwrap();
    for signal in ["INT", "TERM"] {
        let (child, line) = devnode(root.path(), &[]);
        assert!(line.starts_with("http://127.0.0.1:"), "{line}");
        let output = end(child, signal);
        assert_eq!((code(&output), stdout(&output).as_str()), (0, ""));
        let said = stderr(&output);
        assert!(
            said.contains("0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E"),
            "{said}"
        );
    }
}

#[test]
fn devnode_prints_its_document_at_once_and_says_nothing_if_silent() {
    let root = tempfile::tempdir().unwrap();
    let (child, line) = devnode(
        root.path(),
        &["--json", "--silent", "--arbos-version", "60"],
    );
    let document: Value = serde_json::from_str(&line).unwrap();
    let data = &document["data"];
    let url = data["url"].as_str().unwrap();
    assert_eq!(document["success"], json!(true));
    assert_eq!(data["ws_url"], json!(url.replacen("http", "ws", 1)));
    assert_eq!(data["chain_id"], json!(412_346));
    assert_eq!(data["arbos_version"], json!(60));
    assert_eq!(data["accounts"].as_array().unwrap().len(), 11);
    assert_eq!(
        data["accounts"][0],
        json!("0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E")
    );
    let output = end(child, "TERM");
    assert_eq!(
        (code(&output), stdout(&output), stderr(&output)),
        (0, String::new(), String::new())
    );
}

#[test]
fn devnode_on_a_taken_port_is_an_error_of_the_environment_with_a_hint() {
    let root = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, document) = run_json(root.path(), &["devnode", "--port", &port]);
    assert_eq!(code, 3);
    let error = &document["errors"][0];
    assert_eq!(error["code"], json!("devnode.failed"));
    assert!(
        error["hint"]
            .as_str()
            .unwrap()
            .starts_with("another program has the port"),
        "{document}"
    );
}
