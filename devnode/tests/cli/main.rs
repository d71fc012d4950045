//! The program `stylus-devnode` as its users meet it: flags, channels, signals, exit codes.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod durable;
mod harness;

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::{eip2718::Encodable2718, eip2930::AccessList},
    signers::SignerSync,
};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use harness::{Program, ask, refused};
use serde_json::{Value, json};
use std::net::TcpListener;
use stylus_devnode::DevAccount;

#[test]
fn the_endpoint_is_the_only_line_on_standard_output() {
    for signal in ["INT", "TERM"] {
        let program = Program::start(&[]);
        let url = program.url().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        assert_eq!(ask(&url, "eth_chainId", &json!([])), json!("0x64aba"));
        let rest = program.end(signal);
        assert_eq!(rest.status.code(), Some(0), "{signal}");
        assert_eq!(rest.stdout, "");
        // The port is free again.
        let address = url.strip_prefix("http://").unwrap();
        drop(TcpListener::bind(address).unwrap());
    }
}

#[test]
fn the_banner_names_every_account_the_chain_and_how_to_end() {
    let rest = Program::start(&[]).end("INT");
    let lines: Vec<_> = rest.stderr.lines().collect();
    assert_eq!(lines.len(), 12, "{}", rest.stderr);
    assert_eq!(
        lines[0],
        "account  0  0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E  \
         key 0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659"
    );
    assert!(
        lines[10].starts_with("account 10  0xa0Ee7A142d267C1f36714E4a8F75612F20a79720  key 0x")
    );
    assert_eq!(
        lines[11],
        "chain id 412346, ArbOS 51; these keys are public knowledge; end with Ctrl-C"
    );
}

#[test]
fn a_silent_program_says_nothing() {
    let rest = Program::start(&["--silent"]).end("TERM");
    assert_eq!((rest.status.code(), rest.stderr.as_str()), (Some(0), ""));
}

#[test]
fn json_is_one_line_with_endpoint_and_accounts() {
    let program = Program::start(&["--json"]);
    let document: Value = serde_json::from_str(&program.first_line).unwrap();
    let url = document["url"].as_str().unwrap();
    let ws_url = url.replacen("http", "ws", 1);
    assert_eq!(document["ws_url"], json!(ws_url));
    assert_eq!(
        (&document["chain_id"], &document["arbos_version"]),
        (&json!(412_346), &json!(51))
    );
    let accounts = document["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 11);
    for account in accounts {
        let balance = ask(
            url,
            "eth_getBalance",
            &json!([account["address"], "latest"]),
        );
        assert_eq!(balance, json!("0x3635c9adc5dea00000"));
    }
    assert_eq!(
        accounts[1],
        json!({
            "address": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            "private_key": "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        })
    );
    assert_eq!(program.end("INT").stdout, "");
}

#[test]
fn accounts_start_with_the_balance_asked_for() {
    let program = Program::start(&["--balance", "0.5", "--host", "localhost"]);
    let account = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    let balance = ask(program.url(), "eth_getBalance", &json!([account, "latest"]));
    assert_eq!(balance, json!("0x6f05b59d3b20000"));
}

#[test]
fn the_arbos_version_asked_for_runs() {
    let program = Program::start(&["--arbos-version", "60"]);
    // ArbSys.arbOSVersion(), which counts 55 versions of Classic.
    let call = json!([{"to": "0x0000000000000000000000000000000000000064", "input": "0x051038f2"}]);
    let version = ask(program.url(), "eth_call", &call);
    assert_eq!(version, json!(format!("0x{:064x}", 55 + 60)));
}

#[test]
fn every_mined_transaction_is_a_line_on_standard_error() {
    let mut program = Program::start(&[]);
    for _ in 0..12 {
        program.said();
    }
    // A transfer of 1 wei by the second account, and the deployment of a contract that reverts.
    for (nonce, to, input, line) in [
        (
            0,
            Some(Address::repeat_byte(7)),
            &[][..],
            "success  gas 21000",
        ),
        (1, None, &[0x5f, 0x5f, 0xfd], "failed  gas 53054"),
    ] {
        let raw = signed(nonce, to, input);
        let hash = ask(program.url(), "eth_sendRawTransaction", &json!([raw]));
        let hash = hash.as_str().unwrap();
        assert_eq!(
            program.said(),
            format!("block {}  {hash}  {line}\n", nonce + 1)
        );
    }
    assert_eq!(program.end("TERM").stderr, "");
}

/// A transaction of the account of the shared mnemonic that comes first, of 1 wei if it is a transfer.
fn signed(nonce: u64, to: Option<Address>, input: &[u8]) -> Bytes {
    let transaction = TxEip1559 {
        chain_id: 412_346,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 100_000_000,
        max_priority_fee_per_gas: 0,
        value: U256::from(u8::from(to.is_some())),
        to: to.map_or(TxKind::Create, TxKind::Call),
        access_list: AccessList::default(),
        input: input.to_vec().into(),
    };
    let signer = DevAccount::well_known()[1].signer();
    let signature = signer
        .sign_hash_sync(&transaction.signature_hash())
        .unwrap();
    let envelope = TxEnvelope::from(transaction.into_signed(signature));
    envelope.encoded_2718().into()
}

#[test]
fn a_chain_in_a_file_goes_on_after_a_restart_and_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("chain");
    let file = file.to_str().unwrap();
    for (nonce, signal) in [(0, "TERM"), (1, "KILL"), (2, "INT")] {
        let program = Program::start(&["--silent", "--state", file]);
        let raw = signed(nonce, Some(Address::repeat_byte(7)), &[]);
        let hash = ask(program.url(), "eth_sendRawTransaction", &json!([raw]));
        let receipt = ask(program.url(), "eth_getTransactionReceipt", &json!([hash]));
        assert_eq!(receipt["blockNumber"], json!(format!("0x{:x}", nonce + 1)));
        let status = program.end(signal).status;
        assert_eq!(status.code(), (signal != "KILL").then_some(0), "{signal}");
    }
    let program = Program::start(&["--silent", "--state", file]);
    let balance = json!([Address::repeat_byte(7), "latest"]);
    assert_eq!(ask(program.url(), "eth_getBalance", &balance), json!("0x3"));
}

#[test]
fn a_state_file_in_use_is_an_error_of_the_environment_with_a_hint() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("chain");
    let file = file.to_str().unwrap();
    let running = Program::start(&["--silent", "--state", file]);
    let (code, stdout, stderr) = refused(&["--port", "0", "--state", file]);
    assert_eq!((code, stdout.as_str()), (3, ""));
    assert_eq!(
        stderr,
        format!(
            "error: cannot keep the chain in a file\n  \
             caused by: state file `{file}` is in use by another node\n\n\
             hint: end the other node, or choose another file with `--state`\n"
        )
    );
    drop(running);
}

#[test]
fn a_file_of_something_else_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes");
    std::fs::write(&path, "notes of mine\n").unwrap();
    let (code, stdout, stderr) = refused(&["--port", "0", "--state", path.to_str().unwrap()]);
    assert_eq!((code, stdout.as_str()), (3, ""));
    assert!(
        stderr
            .ends_with("\nhint: choose another file with `--state`; this one was left as it is\n"),
        "{stderr}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "notes of mine\n");
}

#[test]
fn blocks_come_at_intervals_if_asked_for() {
    let program = Program::start(&["--silent", "--block-time", "0.01"]);
    let height = || ask(program.url(), "eth_blockNumber", &json!([]));
    while height() == json!("0x0") {}
    // A transaction waits for the next block instead of making one.
    let raw = signed(0, Some(Address::repeat_byte(7)), &[]);
    let hash = ask(program.url(), "eth_sendRawTransaction", &json!([raw]));
    while ask(program.url(), "eth_getTransactionReceipt", &json!([hash])).is_null() {}
    assert_eq!(program.end("TERM").status.code(), Some(0));
}

#[test]
fn a_taken_port_is_an_error_of_the_environment_with_a_hint() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let port = address.port().to_string();
    let (code, stdout, stderr) = refused(&["--port", &port]);
    assert_eq!((code, stdout.as_str()), (3, ""));
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines.len(), 4, "{stderr}");
    assert_eq!(lines[0], format!("error: cannot listen on `{address}`"));
    assert!(lines[1].starts_with("  caused by: "), "{stderr}");
    assert_eq!(
        lines[2..],
        [
            "",
            "hint: another program has the port: choose one with `--port`, or `--port 0` for a free one"
        ]
    );
}

#[test]
fn mistakes_on_the_command_line_are_usage() {
    let mistakes: [&[&str]; 9] = [
        &["8547"],
        &["--port", "65536"],
        &["--host", "example.com"],
        &["--balance", "-1"],
        &["--balance", "many"],
        &["--arbos-version", "52"],
        &["--block-time", "0"],
        &["--block-time", "soon"],
        &["--no-such-flag"],
    ];
    for arguments in mistakes {
        let (code, stdout, stderr) = refused(arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(stderr.starts_with("error: "), "{stderr}");
    }
}

#[test]
fn a_balance_too_large_is_usage_with_a_hint() {
    let huge = "1".to_owned() + &"0".repeat(58);
    let (code, stdout, stderr) = refused(&["--port", "0", "--balance", &huge]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(
        stderr.ends_with("\nhint: choose a smaller amount with `--balance`\n"),
        "{stderr}"
    );
}

#[test]
fn help_names_every_flag_and_its_default() {
    let (code, help, stderr) = refused(&["--help"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for words in [
        "--port <PORT>",
        "[default: 8547]",
        "--host <IP>",
        "[default: 127.0.0.1]",
        "--balance <ETHER>",
        "[default: 1000]",
        "--arbos-version <VERSION>",
        "[default: 51]",
        "--state <FILE>",
        "--block-time <SECS>",
        "--silent",
        "--json",
        "Exit codes: 0 ended, 2 usage, 3 environment",
    ] {
        assert!(help.contains(words), "{words}: {help}");
    }
}
