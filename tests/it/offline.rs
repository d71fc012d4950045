//! Transactions that are composed on one machine, signed on another, and sent from a third.

use patientport_tests::{Run, TestContext, utf8};
use serde_json::{Value, json};

#[test]
fn a_transaction_is_composed_without_a_key_signed_without_a_node_and_sent_by_anybody() {
    let context = TestContext::with_providers();
    let (unsigned, signed) = (context.path("unsigned.json"), context.path("signed.json"));
    let line = format!(
        "port issue --patient {} --unsigned {}",
        context.patient.address,
        utf8(&unsigned)
    );
    let mut compose = context.primary.command(&line);
    compose.env_remove("ETH_PASSWORD");
    let composed = Run::of(compose.args(["--json", "--no-input"])).success();
    assert_eq!(composed["call"]["function"], "issue");
    assert_eq!(composed["from"], json!(context.primary.address));

    let mut sign =
        context
            .primary
            .command(&format!("tx sign {} -o {}", utf8(&unsigned), utf8(&signed)));
    sign.env("ETH_RPC_URL", "http://127.0.0.1:1")
        .env_remove("PATIENTPORT_REGISTRY");
    let made = Run::of(sign.args(["--json", "--yes", "--no-input"])).success();
    assert_eq!(made["nonce"], composed["nonce"]);

    let mut show = context
        .stranger
        .command(&format!("tx show {}", utf8(&signed)));
    show.env("ETH_RPC_URL", "http://127.0.0.1:1");
    let shown = Run::of(show.arg("--json")).success();
    assert_eq!(shown["hash"], made["hash"]);
    assert_eq!(shown["call"]["title"], "issue a port");

    let send = format!("tx send {}", utf8(&signed));
    let looked = context.stranger.ok(&format!("{send} --dry-run"));
    assert_eq!(looked["dry_run"], json!(true));
    let done = context.stranger.ok(&send);
    assert_eq!(done["tx"]["hash"], made["hash"]);
    assert_eq!(done["from"], json!(context.primary.address));
    context.stranger.run(&send).failure(1, "tx.wrong_nonce");
}

#[test]
fn what_does_not_fit_together_is_refused_before_anything_is_sent() {
    let context = TestContext::with_providers();
    let unsigned = context.path("unsigned.json");
    context.primary.ok(&format!(
        "port issue --patient {} --unsigned {}",
        context.patient.address,
        utf8(&unsigned)
    ));
    let before = context.sent();
    // Somebody else's wallet; a stage too early; a stage too late.
    context
        .stranger
        .run(&format!("tx sign {}", utf8(&unsigned)))
        .failure(2, "tx.other_signer");
    context
        .primary
        .run(&format!("tx send {}", utf8(&unsigned)))
        .failure(2, "tx.wrong_stage");
    let signed = context.path("signed.json");
    context
        .primary
        .ok(&format!("tx sign {} -o {}", utf8(&unsigned), utf8(&signed)));
    context
        .primary
        .run(&format!("tx sign {}", utf8(&signed)))
        .failure(2, "tx.wrong_stage");
    context
        .primary
        .run(&format!("tx sign {} -o {}", utf8(&unsigned), utf8(&signed)))
        .failure(2, "output.exists");
    // Words beside the transaction, which could say anything.
    let bytes = std::fs::read(&signed).expect("it was written");
    let mut file: Value = serde_json::from_slice(&bytes).expect("JSON");
    file["title"] = json!("harmless");
    let altered = context.file("altered.json", file.to_string().as_bytes());
    context
        .primary
        .run(&format!("tx send {}", utf8(&altered)))
        .failure(2, "tx.invalid_file");
    // A transaction of the sender's own meanwhile.
    assert_eq!(context.sent(), before);
    context.primary.ok(&format!(
        "port issue --patient {}",
        context.stranger.address
    ));
    context
        .primary
        .run(&format!("tx send {}", utf8(&signed)))
        .failure(1, "tx.wrong_nonce");
}
