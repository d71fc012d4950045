//! The program `patientport` and ethers look at the same port.

use crate::stage::{Person, Stage, account};
use ethers::{
    abi::{Token, encode},
    providers::Middleware as _,
    types::{Filter, Log, U256},
    utils::{hex, keccak256},
};
use patientport_ethers::{Contract, bytes, text};
use serde_json::{Value, json};

/// The numbers of a set of sections.
fn set(sections: &Value) -> Value {
    let set = sections.as_u64().expect("a bitmap");
    (0..64).filter(|it| set >> it & 1 == 1).collect()
}

/// A word for a code, both as the documentation has them.
fn word(code: &Value, words: &[&str]) -> Value {
    let code = usize::try_from(code.as_u64().expect("a code")).expect("a small number");
    json!(words[code])
}

/// An entry of a list of the program, by the account that it is about.
fn about<'a>(list: &'a Value, member: &str, who: &Value) -> &'a Value {
    let mut entries = list.as_array().expect("a list").iter();
    let entry = entries.find(|it| it[member]["account"] == *who || it[member] == *who);
    entry.unwrap_or_else(|| panic!("nobody is {who} in {list:#}"))
}

pub(crate) async fn tells_the_same(
    stage: &Stage,
    port: &Contract,
    responder: &Person,
    delegate: &Person,
) {
    let address = hex::encode(port.address);
    let told = |line: &str| {
        stage
            .program
            .run(&line.replace("PORT", &format!("0x{address}")))
    };
    shown(stage, port, &told("port show PORT")).await;
    accesses(
        stage,
        port,
        &told("access list --port PORT"),
        responder,
        delegate,
    )
    .await;
    requests(stage, port, &told("request list --port PORT")).await;
    let denied = told("request show 2 --port PORT");
    assert_eq!(denied["state"], "denied");
    assert_eq!(denied["requester"]["account"], account(&stage.specialist));
    history(stage, port, &told("history --port PORT")).await;
}

async fn shown(stage: &Stage, port: &Contract, shown: &Value) {
    let info = port.view(&stage.stranger, "info", json!([])).await;
    assert_eq!(shown["chain_id"], json!(stage.chain.id));
    assert_eq!(shown["implementation"], bytes(stage.implementation));
    assert_eq!(shown["pending_owner"], Value::Null);
    for (member, field) in [
        ("patient", "owner"),
        ("registry", "registry"),
        ("issuer", "issuer"),
        ("primary_care", "primaryCare"),
        ("claimed", "claimed"),
        ("records", "recordCount"),
        ("holders", "holderCount"),
        ("nonce", "nonce"),
        ("history_head", "historyHead"),
    ] {
        let said = shown[member].get("account").unwrap_or(&shown[member]);
        assert_eq!(*said, info[field], "{member} in {shown:#}");
    }
    // The port counts entries of holders among the requests; nobody asked for them.
    let all = port
        .view(&stage.stranger, "requests", json!([1, 100]))
        .await;
    let all = all.as_array().expect("a list");
    assert_eq!(json!(all.len()), info["requestCount"]);
    let asked = all.iter().filter(|it| it["state"] != 6).count();
    assert_eq!(shown["requests"], json!(asked));
    let keys = port
        .view(&stage.stranger, "sectionKeys", json!([0b11]))
        .await;
    for section in 0..2 {
        let (said, key) = (&shown["sections"][section], &keys[section]);
        assert_eq!(said["epoch"], key["epoch"]);
        assert_eq!(said["rotated_at"], key["rotatedAt"]);
    }
}

async fn accesses(
    stage: &Stage,
    port: &Contract,
    listed: &Value,
    responder: &Person,
    delegate: &Person,
) {
    let holders = port.view(&stage.stranger, "holders", json!([0, 128])).await;
    let mut readers = 0;
    for holder in holders.as_array().expect("a list") {
        let access = &holder["access"];
        if access["state"] == 0 {
            continue;
        }
        readers += 1;
        let entry = about(&listed["readers"], "reader", &access["reader"]);
        let expected = word(&access["state"], &["none", "live", "expired", "revoked"]);
        assert_eq!(entry["state"], expected);
        assert_eq!(entry["sections"], set(&access["sections"]));
        assert_eq!(entry["held"], set(&access["held"]));
        assert_eq!(entry["until"], access["expiry"]);
        assert_eq!(entry["changed_at"], access["changedAt"]);
    }
    assert_eq!(listed["readers"].as_array().map(Vec::len), Some(readers));
    let holder_of = |it: &Person| port.view(&stage.stranger, "holderOf", json!([account(it)]));
    let held = holder_of(delegate).await["delegate"].clone();
    let entry = about(&listed["delegates"], "delegate", &account(delegate));
    assert_eq!(entry["rights"], json!(["approve", "revoke", "rotate"]));
    assert_eq!(
        (&entry["until"], &entry["live"]),
        (&held["until"], &json!(true))
    );
    let held = holder_of(responder).await["responder"].clone();
    let entry = about(&listed["responders"], "responder", &account(responder));
    assert_eq!(entry["state"], "open");
    assert_eq!(held["state"], 3);
    for member in ["delay", "window"] {
        assert_eq!(entry[member], held[member]);
    }
    assert_eq!(entry["sections"], set(&held["sections"]));
    assert_eq!(entry["opens_at"], held["brokenAt"]);
}

async fn requests(stage: &Stage, port: &Contract, listed: &Value) {
    let stored = port.view(&stage.stranger, "requests", json!([1, 4])).await;
    for (at, request) in stored.as_array().expect("a list").iter().enumerate() {
        let said = &listed["requests"][at];
        let words = ["", "pending", "approved", "denied", "cancelled", "lapsed"];
        assert_eq!(said["id"], json!(at + 1));
        assert_eq!(said["state"], word(&request["state"], &words));
        assert_eq!(said["requested_at"], request["requestedAt"]);
        for member in ["requester", "recipient"] {
            assert_eq!(said[member]["account"], request[member]);
        }
    }
}

/// What `historyHead` says of itself, computed anew from the logs.
fn fold(head: [u8; 32], log: &Log, time: u64) -> [u8; 32] {
    let number = |it: u64| Token::Uint(U256::from(it));
    let length = u64::try_from(log.topics.len()).expect("at most four");
    let bytes = u64::try_from(log.data.len()).expect("a few thousand");
    let mut folded = head.to_vec();
    folded.extend(encode(&[number(length)]));
    folded.extend(log.topics.iter().flat_map(|it| it.0));
    folded.extend(encode(&[number(bytes)]));
    folded.extend(log.data.iter());
    folded.extend(encode(&[number(time)]));
    let mut next = keccak256(folded);
    let mut count = [0; 8];
    count[3..].copy_from_slice(&head[..5]);
    let count = (u64::from_be_bytes(count) + 1).to_be_bytes();
    next[..5].copy_from_slice(&count[3..]);
    next
}

async fn history(stage: &Stage, port: &Contract, told: &Value) {
    let client = &stage.stranger;
    let filter = Filter::new().address(port.address).from_block(0_u64);
    let logs = client.get_logs(&filter).await.expect("the node answers");
    let mut head = [0; 32];
    for log in &logs {
        let block = log.block_hash.expect("a log of a block");
        let block = client.get_block(block).await.expect("the node answers");
        let time = block.expect("the block is there").timestamp.as_u64();
        head = fold(head, log, time);
    }
    let answer = port.view(client, "historyHead", json!([])).await;
    assert_eq!(answer, bytes(head));
    assert_eq!(told["head"], answer);
    assert_eq!(told["length"], json!(logs.len()));
    let events = told["events"].as_array().expect("a list");
    assert_eq!(events.len(), logs.len());
    for (event, log) in events.iter().zip(&logs) {
        let (name, fields) = port.event(log);
        assert_eq!(text(&event["event"]), name);
        assert_eq!(event["tx"], json!(log.transaction_hash));
        assert_eq!(
            event["log_index"],
            json!(log.log_index.map(|it| it.as_u64()))
        );
        if let Some(by) = fields.get("by").or_else(|| fields.get("sender")) {
            assert_eq!(event["by"], *by, "{event:#}");
        }
    }
}
