//! A program that keeps its chain in a file and is killed in the middle of its work.

use crate::harness::{Program, ask, refused, try_ask};
use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    signers::SignerSync,
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use serde_json::{Value, json};
use std::{
    collections::HashSet,
    io,
    path::Path,
    sync::mpsc::{Sender, channel},
    thread,
};
use stylus_devnode::{Config, DevAccount, DevNode};

/// Accounts that send at the same time.
const SENDERS: usize = 3;
/// Init code of a contract that stores the first word of its calldata in slot 0.
const STORE: &[u8] = &[
    0x60, 0x05, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3, 0x5f, 0x35, 0x5f, 0x55, 0x00,
];

/// Numbers that look random and are the same in every run (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// The `nonce`th transaction of an account: a creation, then transfers and calls in turn.
fn transaction(account: DevAccount, nonce: u64) -> Bytes {
    let contract = account.address().create(0);
    let (to, value, input) = match nonce {
        0 => (TxKind::Create, 0, Bytes::from_static(STORE)),
        odd if odd % 2 == 1 => (TxKind::Call(Address::repeat_byte(7)), 1, Bytes::new()),
        even => (
            TxKind::Call(contract),
            0,
            B256::from(U256::from(even)).into(),
        ),
    };
    let tx = TxEip1559 {
        chain_id: 412_346,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 100_000_000,
        to,
        value: U256::from(value),
        input,
        ..TxEip1559::default()
    };
    let signature = account
        .signer()
        .sign_hash_sync(&tx.signature_hash())
        .unwrap();
    TxEnvelope::from(tx.into_signed(signature))
        .encoded_2718()
        .into()
}

/// Sends transactions and reports each receipt it is given, until the node is gone.
fn send(url: &str, account: DevAccount, seen: &Sender<Value>) -> io::Result<()> {
    let count = try_ask(
        url,
        "eth_getTransactionCount",
        &json!([account.address(), "latest"]),
    )?;
    for nonce in number(&count).. {
        let raw = transaction(account, nonce);
        let hash = try_ask(url, "eth_sendRawTransaction", &json!([raw]))?;
        let receipt = loop {
            let receipt = try_ask(url, "eth_getTransactionReceipt", &json!([hash]))?;
            if !receipt.is_null() {
                break receipt;
            }
        };
        if seen.send(receipt).is_err() {
            break;
        }
    }
    Ok(())
}

fn number(quantity: &Value) -> u64 {
    u64::from_str_radix(quantity.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

/// What a client can see of the accounts.
fn accounts(url: &str) -> Vec<Value> {
    let mut seen = vec![ask(
        url,
        "eth_getBalance",
        &json!([Address::repeat_byte(7), "latest"]),
    )];
    for account in &DevAccount::well_known()[..SENDERS] {
        let contract = account.address().create(0);
        for (method, params) in [
            ("eth_getBalance", json!([account.address(), "latest"])),
            (
                "eth_getTransactionCount",
                json!([account.address(), "latest"]),
            ),
            ("eth_getCode", json!([contract, "latest"])),
            ("eth_getStorageAt", json!([contract, "0x0", "latest"])),
        ] {
            seen.push(ask(url, method, &params));
        }
    }
    seen
}

/// Whether the blocks follow each other, and all transactions in their order.
fn history(url: &str) -> Vec<Value> {
    let head = number(&ask(url, "eth_blockNumber", &json!([])));
    let mut parent = Value::Null;
    let mut transactions = Vec::new();
    for block in 0..=head {
        let block = ask(
            url,
            "eth_getBlockByNumber",
            &json!([format!("{block:#x}"), false]),
        );
        assert!(parent.is_null() || block["parentHash"] == parent, "{block}");
        parent = block["hash"].clone();
        transactions.extend(block["transactions"].as_array().unwrap().iter().cloned());
    }
    transactions
}

/// Runs the program on a file, kills it after `receipts` receipts while others are on their way, and
/// returns all that were handed out.
fn run_until_killed(path: &Path, block_time: Option<&str>, receipts: u64) -> Vec<Value> {
    let mut arguments = vec!["--silent", "--state", path.to_str().unwrap()];
    arguments.extend(
        block_time
            .into_iter()
            .flat_map(|time| ["--block-time", time]),
    );
    let mut program = Program::start(&arguments);
    let url = program.url().to_owned();
    let (sender, seen) = channel();
    thread::scope(|scope| {
        for account in DevAccount::well_known().into_iter().take(SENDERS) {
            let (url, sender) = (url.clone(), sender.clone());
            // Only the end of the node stops it.
            scope.spawn(move || send(&url, account, &sender).unwrap_err());
        }
        drop(sender);
        let mut handed_out: Vec<_> = (0..receipts).map(|_| seen.recv().unwrap()).collect();
        program.signal("KILL");
        handed_out.extend(&seen);
        assert_eq!(program.rest().status.code(), None, "it was killed");
        handed_out
    })
}

#[test]
fn a_killed_program_has_every_transaction_whose_receipt_it_handed_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chain");
    let mut random = Random(20_261_123);
    let mut handed_out = Vec::new();
    for round in 0..12 {
        let block_time = (round % 3 == 2).then_some("0.003");
        handed_out.extend(run_until_killed(&path, block_time, 1 + random.below(25)));

        let survivor = Program::start(&["--silent", "--state", path.to_str().unwrap()]);
        let url = survivor.url();
        for receipt in &handed_out {
            let kept = ask(
                url,
                "eth_getTransactionReceipt",
                &json!([receipt["transactionHash"]]),
            );
            assert_eq!(kept, *receipt, "round {round}");
        }
        let mined = history(url);
        let unique: HashSet<_> = mined.iter().map(Value::to_string).collect();
        assert_eq!(unique.len(), mined.len());
        assert!(mined.len() >= handed_out.len());

        // A chain in memory that executes the same comes to the same.
        let replay = DevNode::try_spawn(Config::test()).unwrap();
        for hash in &mined {
            let raw = ask(url, "eth_getRawTransactionByHash", &json!([hash]));
            ask(&replay.url(), "eth_sendRawTransaction", &json!([raw]));
        }
        assert_eq!(accounts(url), accounts(&replay.url()), "round {round}");
        // Half of the time the file is closed in order, half of the time it is not.
        if round % 2 == 0 {
            assert_eq!(survivor.end("TERM").status.code(), Some(0));
        }
    }
    assert!(handed_out.len() > 100, "{}", handed_out.len());
}

#[test]
fn a_file_that_cannot_be_used_is_refused_in_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chain");
    let file = path.to_str().unwrap();
    let program = Program::start(&["--silent", "--state", file]);
    let (code, stdout, stderr) = refused(&["--port", "0", "--state", file]);
    assert_eq!((code, stdout.as_str()), (3, ""));
    assert!(
        stderr.contains(&format!("state file `{file}` is in use by another node")),
        "{stderr}"
    );
    drop(program);
    let (code, _, stderr) = refused(&["--port", "0", "--state", file, "--arbos-version", "60"]);
    assert_eq!(code, 3);
    assert!(
        stderr.contains(&format!(
            "state file `{file}` was made with ArbOS version `51`, not `60`"
        )),
        "{stderr}"
    );
}
