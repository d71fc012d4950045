//! What the contracts cost is the same on two chains that are alike, and where they are not, it is said: the comparison
//! of `scripts/parity`, between nodes known by their URLs alone.
//!
//! With `PATIENTPORT_TEST_RPC_URL` the first of [`embedded_chain_costs_what_another_does`] is that chain.

// Part of the comparison, as the program `parity` has it.
#[path = "../../scripts/bench.d/gas/baseline.rs"]
#[allow(dead_code, reason = "only the benchmark compares with Solidity")]
mod baseline;
#[path = "../../scripts/bench.d/gas/chain.rs"]
#[allow(dead_code, reason = "only the benchmark takes traces")]
mod chain;
#[path = "../../scripts/bench.d/parity/compare.rs"]
mod compare;
#[path = "../../scripts/bench.d/shared/endpoint.rs"]
mod endpoint;
#[path = "../../scripts/bench.d/gas/people.rs"]
mod people;
#[path = "../../scripts/bench.d/gas/story.rs"]
#[allow(dead_code, reason = "only the benchmark looks at growth")]
mod story;

use alloy::signers::local::PrivateKeySigner;
use chain::Chain;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};
use stylus_devnode::{ArbosVersion, Config, DevAccount, DevNode};

const RPC_URL_VARIABLE: &str = "PATIENTPORT_TEST_RPC_URL";

fn path(of: &str) -> String {
    format!("{}/../{of}", env!("CARGO_MANIFEST_DIR"))
}

fn node(arbos: u64) -> DevNode {
    let version = ArbosVersion::try_new(arbos).expect("the embedded chain has that version");
    DevNode::try_spawn(Config::test().with_arbos_version(version))
        .expect("the loopback interface has a free port")
}

/// The operations, by their record: what each may cost.
fn operations() -> BTreeSet<String> {
    let text = std::fs::read_to_string(path("scripts/bench.d/gas/budgets.json"))
        .expect("the budgets are in the tree");
    let budgets: BTreeMap<String, u64> =
        serde_json::from_str(&text).expect("the budgets are gas by operation");
    budgets.into_keys().collect()
}

/// Runs the comparison as the program does: its document, and whether all is within the limit.
fn compare(
    urls: &[&str],
    flags: &[&str],
    key: Option<&Path>,
) -> Result<(Value, bool), compare::Stop> {
    let contracts = path("build/contracts");
    let rest = ["--contracts", &contracts, "--json"];
    let arguments: Vec<String> = [urls, flags, &rest]
        .concat()
        .iter()
        .map(|it| (*it).into())
        .collect();
    let (text, equal) = compare::run(&arguments, key)?;
    let document: Value = serde_json::from_str(&text).expect("--json prints a document");
    assert_eq!(document["ok"], equal);
    Ok((document, equal))
}

/// Operation and difference in percent.
fn differences(document: &Value) -> BTreeMap<String, f64> {
    let rows = document["operations"].as_array().expect("a list");
    rows.iter()
        .map(|row| {
            let name = row["operation"].as_str().expect("a name").to_owned();
            (name, row["difference"].as_f64().expect("a number"))
        })
        .collect()
}

/// Deploys both programs and puts them into the cache, as an owner of the chain.
fn cache_programs(node: &DevNode) {
    let owner: PrivateKeySigner = DevAccount::well_known()[0].signer();
    let mut chain = Chain::connect(&node.url(), owner, "before").expect("the node answers");
    chain
        .deploy(Path::new(&path("build/contracts")))
        .expect("the contracts deploy");
    for program in 0..2 {
        chain.set_cached(program, true).expect("owners may cache");
    }
}

#[test]
fn alike_chains_cost_the_same_to_the_gas() {
    let (one, other) = (node(51), node(51));
    let (document, equal) =
        compare(&[&one.url(), &other.url()], &[], None).expect("they are comparable");
    let differences = differences(&document);
    assert!(differences.values().all(|it| *it == 0.0), "{document:#}");
    assert!(equal);
    let measured: BTreeSet<_> = differences.into_keys().collect();
    assert_eq!(measured, operations(), "every operation is compared");
    assert_eq!(document["chains"][0]["arbos"], 51);
    assert_eq!(document["chains"][1]["stylus"], 2);
}

#[test]
fn cached_and_uncached_programs_are_not_compared_unless_forced_and_then_differ() {
    let (cached, uncached) = (node(51), node(51));
    cache_programs(&cached);
    let urls = [cached.url(), uncached.url()];
    let urls = [urls[0].as_str(), urls[1].as_str()];
    // Somebody with ether who owns neither chain, and so cannot cache.
    let directory = tempfile::tempdir().expect("there is room for a key");
    let key = directory.path().join("key");
    let stranger = DevAccount::well_known()[3].private_key();
    std::fs::write(&key, format!("{stranger}\n")).expect("there is room for a key");

    let refused = compare(&urls, &[], Some(&key)).expect_err("they are not alike");
    assert_eq!(refused.code, 1);
    let said = refused.to_string();
    assert!(
        said.starts_with("error: the chains are not alike: registry is cached at "),
        "{said}"
    );
    assert!(said.contains("\nhint: "), "{said}");

    let (document, equal) = compare(&urls, &["--anyhow"], Some(&key)).expect("it is forced");
    assert!(!equal);
    assert_eq!(
        document["chains"][0]["cached"],
        serde_json::json!([true, true])
    );
    assert_eq!(
        document["chains"][1]["cached"],
        serde_json::json!([false, false])
    );
    for (operation, difference) in differences(&document) {
        assert!(difference > 1.0, "{operation}: {difference} %");
    }
}

#[test]
fn embedded_chain_takes_over_what_the_other_has_in_its_cache() {
    let (cached, uncached) = (node(60), node(60));
    cache_programs(&cached);
    let (document, equal) =
        compare(&[&cached.url(), &uncached.url()], &[], None).expect("the second follows");
    assert!(equal, "{document:#}");
    assert_eq!(
        document["chains"][1]["cached"],
        serde_json::json!([true, true])
    );
}

#[test]
fn other_stylus_versions_are_refused() {
    let (one, other) = (node(51), node(60));
    let refused = compare(&[&one.url(), &other.url()], &[], None).expect_err("they are not alike");
    assert_eq!(refused.code, 1);
    let said = refused.to_string();
    assert!(said.contains("has Stylus 2, "), "{said}");
    assert!(
        said.ends_with("\nhint: --anyhow compares them as they are\n"),
        "{said}"
    );
}

/// The chain of `PATIENTPORT_TEST_RPC_URL`, or one of ours, against the chain that the comparison starts for it.
#[test]
fn embedded_chain_costs_what_another_does() {
    let ours;
    let foreign = std::env::var(RPC_URL_VARIABLE)
        .ok()
        .filter(|it| !it.is_empty());
    let key = foreign
        .as_ref()
        .and_then(|_| std::env::var_os(compare::KEY_FILE_VARIABLE))
        .map(PathBuf::from);
    let url = if let Some(url) = foreign {
        url
    } else {
        ours = node(40);
        ours.url()
    };
    let (document, equal) = compare(&[&url], &[], key.as_deref()).expect("they are comparable");
    assert!(equal, "{document:#}");
    assert_eq!(
        document["chains"][0]["arbos"],
        document["chains"][1]["arbos"]
    );
    assert_eq!(differences(&document).len(), operations().len());
}

#[test]
fn what_cannot_be_asked_is_told_apart() {
    let cases: [(&[&str], Option<&Path>, u8, &str); 4] = [
        (&[], None, 2, "error: no chain is named\n"),
        (&["ftp://127.0.0.1"], None, 2, "is no URL of HTTP\n"),
        // The discard port, where nothing listens.
        (
            &["http://127.0.0.1:9"],
            None,
            3,
            "http://127.0.0.1:9 does not answer: ",
        ),
        (
            &["http://127.0.0.1:9"],
            Some(Path::new("/nowhere/key")),
            2,
            "error: cannot read `/nowhere/key`: ",
        ),
    ];
    for (urls, key, code, sentence) in cases {
        let stop = compare(urls, &[], key).expect_err("there is nothing to compare");
        assert_eq!(stop.code, code, "{stop}");
        assert!(stop.to_string().contains(sentence), "{stop}");
    }
}
