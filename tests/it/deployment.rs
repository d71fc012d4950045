//! Code and keys around a deployment: repeated, replaced, unknown, expired; and claims that are cut off.

use patientport_tests::{Party, Proxy, Run, TestContext, Trouble, utf8};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// A day.
const DAY: Duration = Duration::from_hours(24);

/// A directory with both contracts, of which those named `other` are compressed differently: programs that do the
/// same and have another code hash, as another release has.
pub(crate) fn contracts(context: &TestContext, directory: &str, other: &[&str]) -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../build/contracts");
    let target = context.path(directory);
    fs::create_dir(&target).expect("the temporary directory is writable");
    for name in ["registry", "patientport"] {
        let read = |ending| {
            fs::read(built.join(name).with_extension(ending))
                .expect("`scripts/build-contracts` was run")
        };
        let mut code = read("code");
        if other.contains(&name) {
            let parameters = brotli::enc::BrotliEncoderParams {
                quality: 9,
                ..Default::default()
            };
            let same = code.split_off(4);
            brotli::BrotliCompress(&mut &read("wasm")[..], &mut code, &parameters)
                .expect("memory takes what is written");
            assert_ne!(code[4..], same);
        }
        fs::write(target.join(name).with_extension("code"), code)
            .expect("the temporary directory is writable");
    }
    target
}

/// Deploys these contracts, and issues a port to the patient; returns registry and port.
fn issue(context: &TestContext, contracts: &Path) -> (String, String) {
    let text = |data: &Value, member: &str| data[member].as_str().expect("an address").to_owned();
    let deployed = context
        .owner
        .ok(&format!("deploy --contracts {}", utf8(contracts)));
    let registry = text(&deployed, "registry");
    let primary = &context.primary;
    primary.ok(&format!(
        "provider register --kind clinic --name Lakeview --registry {registry}"
    ));
    context.owner.ok(&format!(
        "provider attest {} --until 2y --registry {registry}",
        primary.address
    ));
    let issued = primary.ok(&format!(
        "port issue --patient {} --registry {registry}",
        context.patient.address
    ));
    (registry, text(&issued, "port"))
}

fn ports(party: &Party) -> Vec<Value> {
    let listed = party.ok("port list");
    listed["ports"].as_array().expect("a list").clone()
}

#[test]
fn deploying_again_changes_nothing() {
    let context = TestContext::bare();
    let first = context.owner.ok("deploy");
    let block = context.sent();
    let again = context.owner.ok("deploy");
    assert_eq!(context.sent(), block);
    for member in [
        "registry",
        "implementation",
        "owner",
        "attesters",
        "cache_manager",
        "programs",
    ] {
        assert_eq!(again[member], first[member]);
    }
    let steps = again["steps"].as_array().expect("a list");
    assert!(steps.iter().all(|step| step["tx"].is_null()), "{again:#}");

    // So it is after a deployment that was made to be another.
    let fresh = context.owner.ok("deploy --fresh");
    assert_ne!(fresh["registry"], first["registry"]);
    let block = context.sent();
    assert_eq!(
        context.owner.ok("deploy")["registry"],
        fresh["registry"],
        "the one recorded"
    );
    assert_eq!(context.sent(), block);
}

/// Whether the programs of a deployment are cached: registry, port code.
fn cached(deployed: &Value) -> [bool; 2] {
    let programs = deployed["programs"].as_array().expect("a list");
    let names: Vec<_> = programs.iter().map(|it| &it["program"]).collect();
    assert_eq!(names, ["registry", "port code"]);
    [0, 1].map(|index| programs[index]["cached"].as_bool().expect("yes or no"))
}

/// How many bids a deployment sent.
fn bids(deployed: &Value) -> usize {
    let steps = deployed["steps"].as_array().expect("a list");
    let sent = |step: &&Value| step["step"] == "cache bid" && !step["tx"].is_null();
    steps.iter().filter(sent).count()
}

#[test]
fn an_attester_that_was_removed_does_not_come_back() {
    let context = TestContext::bare();
    context.owner.ok("deploy");
    let owner = &context.owner.address;
    context
        .owner
        .ok(&format!("provider attester remove {owner}"));
    assert_eq!(context.owner.ok("deploy")["attesters"], json!([]));
    let named = context.owner.ok(&format!("deploy --attester {owner}"));
    assert_eq!(named["attesters"].as_array().map(Vec::len), Some(1));
}

#[test]
fn another_deployment_is_refused_with_what_differs() {
    let context = TestContext::bare();
    let first = context.owner.ok("deploy");
    let other = contracts(&context, "other", &["registry"]);
    let block = context.sent();
    let error = context
        .owner
        .run(&format!("deploy --contracts {}", utf8(&other)))
        .failure(2, "deploy.exists");
    assert_eq!(error["details"]["registry"], first["registry"]);
    let difference = &error["details"]["difference"];
    assert_eq!(difference["what"], "registry-code", "{error:#}");
    let message = error["message"].as_str().expect("a message");
    for hash in ["recorded", "now"] {
        let hash = difference[hash].as_str().expect("a hash");
        assert!(message.contains(hash), "{error:#}");
    }
    assert_eq!(context.sent(), block);
}

#[test]
fn a_port_with_unknown_code_is_claimed_only_by_its_hash() {
    let context = TestContext::bare();
    let (registry, port) = issue(&context, &contracts(&context, "other", &["patientport"]));
    let claim = format!("port claim {port} --registry {registry}");
    let error = context.patient.run(&claim).failure(1, "port.unknown_code");
    let hash = error["details"]["code_hash"].as_str().expect("a hash");
    assert!(
        error["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("--accept-code"))
    );
    context
        .patient
        .run(&format!("{claim} --accept-code 0x{}", "11".repeat(32)))
        .failure(1, "port.unknown_code");
    assert_eq!(ports(&context.patient), [] as [Value; 0]);
    context.patient.ok(&format!("{claim} --accept-code {hash}"));
}

#[test]
fn a_key_that_may_be_public_stays_reserved_and_no_other_does() {
    let context = TestContext::with_unclaimed_port();
    let first = &context.port;
    let second = context.primary.ok(&format!(
        "port issue --patient {} --name second",
        context.patient.address
    ))["port"]
        .as_str()
        .expect("an address")
        .to_owned();

    // Nothing was sent: nothing is remembered.
    context.empty(&context.patient);
    context
        .patient
        .run(&format!("port claim {first}"))
        .failure(1, "tx.insufficient_funds");
    assert_eq!(ports(&context.patient), [] as [Value; 0]);
    context.fund(&context.patient.address);

    // Something was sent, and nobody knows what became of it.
    let proxy = Proxy::start(context.node.address(), Trouble::LosesTransactions);
    context
        .patient
        .run(&format!("port claim {first} --rpc-url {}", proxy.url()))
        .failure(3, "rpc.unreachable");
    let known = ports(&context.patient);
    assert_eq!((known.len(), &known[0]["key_index"]), (1, &json!(0)));

    let other = context.patient.ok(&format!("port claim {second}"));
    let same = context.patient.ok(&format!("port claim {first}"));
    assert_ne!(other["fingerprint"], same["fingerprint"]);
    let index_of = |port: &str| {
        let known = ports(&context.patient);
        let entry = known.iter().find(|entry| {
            entry["address"]
                .as_str()
                .is_some_and(|it| it.eq_ignore_ascii_case(port))
        });
        entry.expect("the port is known")["key_index"].clone()
    };
    assert_eq!((index_of(first), index_of(&second)), (json!(0), json!(1)));
}

#[test]
fn a_fresh_deployment_that_was_cut_off_is_gone_on_with() {
    let context = TestContext::bare();
    let first = context.owner.ok("deploy");
    // The registry is made; then the node is away.
    let sent = AtomicU32::new(0);
    let proxy = Proxy::judged(context.node.address(), move |body| {
        !body.contains("eth_sendRawTransaction") || sent.fetch_add(1, Ordering::Relaxed) == 0
    });
    context
        .owner
        .run(&format!("deploy --fresh --rpc-url {}", proxy.url()))
        .failure(3, "rpc.unreachable");
    let second = context.owner.ok("deploy --fresh");
    assert_ne!(second["registry"], first["registry"]);
    let steps = second["steps"].as_array().expect("a list");
    assert_eq!(
        (&steps[0]["step"], &steps[0]["tx"]),
        (&json!("registry"), &json!(null))
    );
    assert!(!steps[1]["tx"].is_null(), "{second:#}");
    // That one is whole, and the next is another.
    let third = context.owner.ok("deploy --fresh");
    assert_ne!(third["registry"], second["registry"]);
}

/// A year passes; the chain's owner takes its cache away; no program was cached before.
mod on_devnode {
    use super::*;

    #[test]
    fn both_programs_are_bid_for_once_unless_told_otherwise() {
        let context = TestContext::bare();
        let left_out = context.owner.ok("deploy --no-cache");
        assert_eq!((cached(&left_out), bids(&left_out)), ([false; 2], 0));
        let manager = left_out["cache_manager"].as_str().expect("an address");

        let bid = context.owner.ok("deploy --cache-bid 5");
        assert_eq!((cached(&bid), bids(&bid)), ([true; 2], 2));
        let balance = context
            .node
            .rpc("eth_getBalance", &json!([manager, "latest"]));
        assert_eq!(balance, "0xa", "five wei for each");

        // The same code at another address is cached with it.
        let fresh = context.owner.ok("deploy --fresh");
        assert_eq!((cached(&fresh), bids(&fresh)), ([true; 2], 0));
        let refused = context.owner.run("deploy --no-cache --cache-bid 5");
        refused.failure(2, "usage.arguments");
    }

    #[test]
    fn a_node_that_asks_a_price_for_the_cache_is_paid_only_what_was_allowed() {
        let context = TestContext::bare();
        let left_out = context.owner.ok("deploy --no-cache");
        let manager = left_out["cache_manager"].as_str().expect("an address");
        // `getMinBid(address)`: a thousand wei, which go to whatever contract the node names.
        let proxy = Proxy::lying(context.node.address(), |request, answer| {
            let call = &request["params"][0];
            let data = call["input"].as_str().or(call["data"].as_str());
            if request["method"] == "eth_call"
                && data.is_some_and(|it| it.starts_with("0x32052a9b"))
            {
                answer["result"] = json!(format!("0x{:064x}", 1000));
            }
        });
        let balance = || {
            let asked = json!([manager, "latest"]);
            context.node.rpc("eth_getBalance", &asked)
        };
        let line = format!("deploy --rpc-url {}", proxy.url());
        let run = context.owner.run(&line);
        assert_eq!(bids(&run.success()), 0);
        let told = run.json()["warnings"][0].clone();
        assert_eq!(told["code"], "deploy.not_cached");
        let message = told["message"].as_str().expect("text");
        assert!(message.to_lowercase().contains(manager), "{message}");
        assert_eq!(balance(), "0x0");
        let allowed = context.owner.ok(&format!("{line} --most-bid 1000"));
        assert_eq!((bids(&allowed), balance()), (2, json!("0x7d0")));
    }

    #[test]
    fn a_chain_without_a_cache_that_takes_bids_is_told_and_no_obstacle() {
        /// `ArbOwner.removeWasmCacheManager(address)` of the chain's only manager.
        const REMOVE: &str =
            "0xbf1973220000000000000000000000002f8bd4eab69764c105add7de7cb0402557a44e6f";
        /// Owner of the chain.
        const OWNER: &str = "0x3f1eae7d46d88f08fc2f8ed27fcb2ab183eb2d0e";
        let context = TestContext::bare();
        let remove = json!({
            "from": OWNER,
            "to": "0x0000000000000000000000000000000000000070",
            "data": REMOVE,
        });
        context
            .devnode()
            .rpc("eth_sendTransaction", &json!([remove]));
        let deployed = context.owner.ok("deploy");
        assert_eq!((cached(&deployed), bids(&deployed)), ([false; 2], 0));
        assert_eq!(deployed["cache_manager"], json!(null));
        let mut in_words = context.owner.command("deploy --yes --no-input");
        let in_words = Run::of(&mut in_words);
        let said = String::from_utf8(in_words.stdout).expect("text");
        assert!(
            said.contains(
                "programs registry not cached, port code not cached; the chain has no cache that takes bids"
            ),
            "{said}"
        );
    }

    #[test]
    fn an_expired_program_is_named_also_behind_a_port() {
        let context = TestContext::bare();
        // The port's code is activated today, the registry's in 200 days.
        context.owner.ok("deploy");
        context.devnode().pass(200 * DAY);
        let other = contracts(&context, "other", &["registry"]);
        let deployed = context.stranger.ok(&format!(
            "deploy --contracts {} --attester {}",
            utf8(&other),
            context.stranger.address
        ));
        let registry = deployed["registry"].as_str().expect("an address");
        context.primary.ok(&format!(
            "provider register --kind clinic --name Lakeview --registry {registry}"
        ));
        context.stranger.ok(&format!(
            "provider attest {} --until 2y --registry {registry}",
            context.primary.address
        ));
        let issued = context.primary.ok(&format!(
            "port issue --patient {} --registry {registry}",
            context.patient.address
        ));
        let port = issued["port"].as_str().expect("an address");
        context.devnode().pass(170 * DAY);

        let error = context
            .patient
            .run(&format!("port show {port} --registry {registry}"))
            .failure(1, "program.expired");
        // What has to be activated is the code, not the port, which is a clone of it.
        let message = error["message"].as_str().expect("a message");
        let code = error["details"]["contract"].as_str().expect("an address");
        assert!(
            code.eq_ignore_ascii_case(deployed["implementation"].as_str().expect("an address")),
            "{error:#}"
        );
        assert!(
            message
                .to_ascii_lowercase()
                .contains(&code.to_ascii_lowercase())
                && message.contains("`ProgramExpired`")
                && message.contains("`370` days ago"),
            "{error:#}"
        );
        let hint = error["hint"].as_str().expect("a hint");
        assert!(hint.contains("patientport keepalive"), "{error:#}");

        // The first registry's own program has expired as well, and is called without a clone between.
        let error = context
            .owner
            .run("provider list")
            .failure(1, "program.expired");
        assert!(!error.to_string().contains(code), "{error:#}");
    }
}
