//! `chain-setup URL [DEPLOYER]`: makes of a fresh Nitro development node the chain that `patientport deploy` expects.
//!
//! In the order of the official development node: its account becomes owner of the chain, data of the parent chain costs
//! nothing, the deterministic deployment proxy stands, and through it the Stylus deployer, whose init code is read, in
//! hexadecimal, from the file `DEPLOYER`. What is there already is left alone, so that it may be run again. A cache
//! manager is not among it: `deploy` says then that the chain has no cache that takes bids.

use std::{io::Write as _, process::ExitCode};

use alloy_primitives::{Address, B256, U256, address, hex};
use patientport_tests::{Account, Node};
use serde_json::json;

/// `ArbDebug`, which only development chains have: `becomeChainOwner()`.
const ARB_DEBUG: &str = "0x00000000000000000000000000000000000000ff";
const BECOME_CHAIN_OWNER: [u8; 4] = hex!("0e5bbc11");
/// `ArbOwnerPublic`: `isChainOwner(address)`.
const ARB_OWNER_PUBLIC: &str = "0x000000000000000000000000000000000000006b";
const IS_CHAIN_OWNER: [u8; 4] = hex!("26ef7f68");
/// `ArbOwner`: `setL1PricePerUnit(uint256)`, in wei.
const ARB_OWNER: &str = "0x0000000000000000000000000000000000000070";
const SET_L1_PRICE: [u8; 4] = hex!("2b352fae");
/// `ArbSys`: `arbOSVersion()`, which counts from 55.
const ARB_SYS: &str = "0x0000000000000000000000000000000000000064";
const ARB_OS_VERSION: [u8; 4] = hex!("051038f2");
const FIRST_ARB_OS: u64 = 55;
/// `ArbWasm`: `stylusVersion()`.
const ARB_WASM: &str = "0x0000000000000000000000000000000000000071";
const STYLUS_VERSION: [u8; 4] = hex!("a996e0c2");

/// The deterministic deployment proxy, and who creates it: nobody has that account's key, for the signature was made up.
const FACTORY: &str = "0x4e59b44847b379578588920ca78fbf26c0b4956c";
const FACTORY_SENDER: &str = "0x3fab184622dc19b6109349b94811493bf2a45362";
/// What its transaction may cost, in wei: 100,000 gas at 100 gwei.
const FACTORY_COST: u64 = 10_000_000_000_000_000;
/// The transaction that creates it, the same on every chain. It is in the public domain.
const FACTORY_TRANSACTION: &str = "0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222";

/// Where the Stylus deployer stands on every chain that has one: only its own init code comes to stand there.
const DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(url) = arguments.next() else {
        say("usage: chain-setup URL [DEPLOYER]");
        return ExitCode::from(2);
    };
    match set_up(&Node::at(&url), arguments.next().as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::from(3)
        }
    }
}

fn set_up(node: &Node, deployer: Option<&str>) -> Result<(), String> {
    let account = Account::well_known();
    let owner = account.address();
    let is_owner = [&IS_CHAIN_OWNER[..], padded(&owner).as_slice()].concat();
    if word(node, ARB_OWNER_PUBLIC, &is_owner)?.is_zero() {
        account.send(node, Some(ARB_DEBUG), &BECOME_CHAIN_OWNER);
        say(&format!("{owner} owns the chain"));
    }
    let free = [&SET_L1_PRICE[..], &[0; 32]].concat();
    account.send(node, Some(ARB_OWNER), &free);
    say("data of the parent chain costs nothing");

    if !has_code(node, FACTORY)? {
        account.send_with(node, Some(FACTORY_SENDER), &[], U256::from(FACTORY_COST));
        let hash = node.try_rpc("eth_sendRawTransaction", &json!([FACTORY_TRANSACTION]))?;
        node.receipt(&hash);
        created(node, FACTORY, "the deterministic deployment proxy")?;
    }
    let stylus_deployer = DEPLOYER.to_string();
    if !has_code(node, &stylus_deployer)? {
        let file = deployer
            .ok_or("the chain has no Stylus deployer, and no file with its code was given")?;
        let code = std::fs::read_to_string(file)
            .map_err(|error| format!("cannot read `{file}`: {error}"))?;
        let code = hex::decode(code.trim())
            .map_err(|error| format!("`{file}` is not hexadecimal: {error}"))?;
        let factory: Address = FACTORY.parse().expect("an address");
        if factory.create2_from_code(B256::ZERO, &code) != DEPLOYER {
            return Err(format!("`{file}` is not the code of the Stylus deployer"));
        }
        account.send(node, Some(FACTORY), &[&[0; 32], &code[..]].concat());
        created(node, &stylus_deployer, "the Stylus deployer")?;
    }
    let arb_os = word(node, ARB_SYS, &ARB_OS_VERSION)?.saturating_sub(U256::from(FIRST_ARB_OS));
    let stylus = word(node, ARB_WASM, &STYLUS_VERSION)?;
    say(&format!(
        "ArbOS {arb_os}, Stylus {stylus}, chain {}",
        node.chain_id()
    ));
    Ok(())
}

/// The word that a view answers with.
fn word(node: &Node, to: &str, data: &[u8]) -> Result<U256, String> {
    let call = json!({ "to": to, "data": hex::encode_prefixed(data) });
    let answer = node.try_rpc("eth_call", &json!([call, "latest"]))?;
    let answer = answer.as_str().unwrap_or_default();
    answer
        .parse()
        .map_err(|error| format!("`{answer}` is no word: {error}"))
}

fn padded(account: &str) -> B256 {
    let account: Address = account.parse().expect("an address");
    account.into_word()
}

fn has_code(node: &Node, account: &str) -> Result<bool, String> {
    let code = node.try_rpc("eth_getCode", &json!([account, "latest"]))?;
    Ok(code != "0x")
}

fn created(node: &Node, account: &str, what: &str) -> Result<(), String> {
    if !has_code(node, account)? {
        return Err(format!("{what} does not stand at {account}"));
    }
    say(&format!("{what} stands at {account}"));
    Ok(())
}

/// A line on standard error, which may be closed.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
