//! The story told on two chains, and how its costs differ.

use crate::{
    chain::{Chain, Refused},
    endpoint::{Endpoint, Failure, Refusal},
    story,
};
use alloy::{
    primitives::{Address, B256, address},
    signers::local::PrivateKeySigner,
    sol,
};
use serde::Serialize;
use serde_json::json;
use std::{
    fmt::{self, Write as _},
    path::{Path, PathBuf},
};
use stylus_devnode::{ArbosVersion, Config, DevAccount, DevNode};

/// Names a file with the key of an account that has ether on every chain named by URL.
pub(crate) const KEY_FILE_VARIABLE: &str = "PATIENTPORT_TEST_KEY_FILE";
const USAGE: &str = "parity --contracts DIR URL [URL] [--json] [--anyhow]";
/// Chain id of Nitro's development chains, where everybody knows the key of an account with ether.
const DEV_CHAIN_ID: u64 = 412_346;
/// The most that an operation may cost more or less on the second chain, in percent.
const LIMIT_PERCENT: f64 = 1.0;
const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// What `ArbSys.arbOSVersion` adds to the version.
const ARBOS_OFFSET: u64 = 55;
const PROGRAMS: [&str; 2] = ["registry", "patientport"];

sol! {
    function arbOSVersion() external view returns (uint256 version);
    function stylusVersion() external view returns (uint16 version);
}

/// Why there is no comparison: one sentence, what helps, and the exit code.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) code: u8,
    sentence: String,
    hint: Option<String>,
}

impl Stop {
    fn new(code: u8, sentence: impl Into<String>, hint: &str) -> Self {
        Self {
            code,
            sentence: sentence.into(),
            hint: Some(hint.to_owned()),
        }
    }

    fn usage(sentence: impl Into<String>) -> Self {
        Self::new(2, sentence, &format!("usage: {USAGE}"))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.sentence)?;
        match &self.hint {
            Some(hint) => writeln!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl From<Failure> for Stop {
    /// A chain that undoes an operation answered; everything else is the environment's.
    fn from(error: Failure) -> Self {
        Self {
            code: if error.is::<Refused>() { 1 } else { 3 },
            sentence: error.to_string(),
            hint: None,
        }
    }
}

/// What was asked for.
struct Arguments {
    contracts: PathBuf,
    urls: Vec<String>,
    json: bool,
    anyhow: bool,
}

fn arguments(given: &[String]) -> Result<Arguments, Stop> {
    let (mut contracts, mut urls, mut json, mut anyhow) = (None, Vec::new(), false, false);
    let mut given = given.iter();
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--contracts" => contracts = given.next().map(PathBuf::from),
            "--json" => json = true,
            "--anyhow" => anyhow = true,
            flag if flag.starts_with('-') => {
                return Err(Stop::usage(format!("unknown argument `{flag}`")));
            }
            url => urls.push(url.to_owned()),
        }
    }
    let contracts = contracts.ok_or_else(|| Stop::usage("no directory of contracts is named"))?;
    match urls.len() {
        1 | 2 => Ok(Arguments {
            contracts,
            urls,
            json,
            anyhow,
        }),
        0 => Err(Stop::usage("no chain is named")),
        _ => Err(Stop::usage("more than two chains are named")),
    }
}

/// A chain as it presents itself.
#[derive(Debug, Serialize)]
struct About {
    url: String,
    client: String,
    chain_id: u64,
    arbos: u64,
    stylus: u16,
    /// Whether registry and port stand in the chain's cache; null before they are deployed.
    cached: Option<[bool; 2]>,
}

impl About {
    fn read(chain: &Chain) -> Result<Self, Stop> {
        let about = || -> Result<Self, Failure> {
            let arbos = chain.ask(ARB_SYS, &arbOSVersionCall {})?;
            let client = chain.node.call("web3_clientVersion", &json!([]))?;
            Ok(Self {
                url: chain.node.shown(),
                client: client.as_str().unwrap_or("unknown").to_owned(),
                chain_id: chain.chain_id(),
                arbos: arbos.to::<u64>().saturating_sub(ARBOS_OFFSET),
                stylus: chain.ask(ARB_WASM, &stylusVersionCall {})?,
                cached: None,
            })
        };
        about().map_err(|error| {
            // A chain that answers, but has no such precompile: the call fails, or answers nothing.
            if error.is::<Refusal>() || error.is::<alloy::sol_types::Error>() {
                let shown = chain.node.shown();
                Stop::new(
                    1,
                    format!("{shown} is no chain with Stylus: {error}"),
                    "name the URL of an Arbitrum node, or of patientport devnode",
                )
            } else {
                error.into()
            }
        })
    }

    /// Ours: its cache may be changed, for nobody loses by it.
    fn is_embedded(&self) -> bool {
        self.client.starts_with("stylus-devnode/")
    }

    fn shown(&self) -> String {
        let cached = self.cached.map_or_else(String::new, |cached| {
            let states = PROGRAMS.iter().zip(cached).map(|(program, cached)| {
                format!(
                    ", {program} {}",
                    if cached { "cached" } else { "not cached" }
                )
            });
            states.collect()
        });
        format!(
            "{} chain {}, ArbOS {}, Stylus {}{cached} ({})",
            self.url, self.chain_id, self.arbos, self.stylus, self.client
        )
    }
}

/// One operation on both chains.
#[derive(Debug, Serialize)]
struct Row {
    operation: String,
    first: u64,
    second: u64,
    /// Of the first, in percent; more is dearer on the second.
    difference: f64,
    ok: bool,
}

#[derive(Debug, Serialize)]
struct Comparison {
    chains: [About; 2],
    limit_percent: f64,
    operations: Vec<Row>,
    ok: bool,
}

/// Compares; the text for standard output, and whether every operation is within the limit.
pub(crate) fn run(given: &[String], key_file: Option<&Path>) -> Result<(String, bool), Stop> {
    let arguments = arguments(given)?;
    // New on every chain, so that the owner's first transaction is its first on both.
    let salt = PrivateKeySigner::random().address().to_string();
    let key = key_file.map(read_key).transpose()?;
    let mut first = connect(&arguments.urls[0], key.as_ref(), &salt)?;
    let about = About::read(&first)?;
    // Lives as long as the comparison.
    let started;
    let mut second = if let Some(url) = arguments.urls.get(1) {
        connect(url, key.as_ref(), &salt)?
    } else {
        started = start(&about, arguments.anyhow)?;
        let payer = DevAccount::well_known()[0].signer();
        Chain::connect(&started.url(), payer, &salt)?
    };
    let mut chains = [about, About::read(&second)?];
    if chains[0].stylus != chains[1].stylus && !arguments.anyhow {
        let [one, other] = &chains;
        return Err(Stop::new(
            1,
            format!(
                "the chains are not alike: {} has Stylus {}, {} Stylus {}",
                one.url, one.stylus, other.url, other.stylus
            ),
            "--anyhow compares them as they are",
        ));
    }

    // The same dates, and with the same people and addresses the same calldata to the byte.
    let time = first.now().max(second.now());
    for chain in [&mut first, &mut second] {
        chain.count_from(time);
        chain.deploy(&arguments.contracts)?;
    }
    if !arguments.anyhow {
        make_alike(&mut first, &mut second, &chains)?;
    }
    let (one, other) = (story::tell(&mut first)?, story::tell(&mut second)?);
    for (chain, about) in [&mut first, &mut second].into_iter().zip(&mut chains) {
        about.cached = Some(chain.cached()?);
        chain.settle()?;
    }
    let operations: Vec<_> = one
        .into_iter()
        .zip(other)
        .map(|(one, other)| {
            let difference = difference(one.gas, other.gas);
            Row {
                operation: one.name,
                first: one.gas,
                second: other.gas,
                difference,
                ok: difference.abs() <= LIMIT_PERCENT,
            }
        })
        .collect();
    let comparison = Comparison {
        ok: operations.iter().all(|row| row.ok),
        chains,
        limit_percent: LIMIT_PERCENT,
        operations,
    };
    let text = if arguments.json {
        serde_json::to_string(&comparison).map_err(Failure::from)?
    } else {
        comparison.text()
    };
    Ok((text, comparison.ok))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "gas of one transaction is far below 2⁵³"
)]
fn difference(first: u64, second: u64) -> f64 {
    (second as f64 - first as f64) / first as f64 * 100.0
}

/// The key in a file: 64 hexadecimal digits, with `0x` or without.
fn read_key(path: &Path) -> Result<PrivateKeySigner, Stop> {
    let shown = path.display();
    let hint =
        format!("{KEY_FILE_VARIABLE} names a file with the key of an account that has ether");
    let text = std::fs::read_to_string(path)
        .map_err(|error| Stop::new(2, format!("cannot read `{shown}`: {error}"), &hint))?;
    let key = text.trim().parse::<B256>().ok();
    // What is wrong with it is not said, for that would repeat it.
    key.and_then(|key| PrivateKeySigner::from_bytes(&key).ok())
        .ok_or_else(|| Stop::new(2, format!("`{shown}` holds no private key"), &hint))
}

fn connect(url: &str, key: Option<&PrivateKeySigner>, salt: &str) -> Result<Chain, Stop> {
    let node = Endpoint::new(url).map_err(|error| Stop::usage(error.to_string()))?;
    let chain_id = node.number("eth_chainId", &json!([]))?;
    let payer = match key {
        Some(key) => key.clone(),
        None if chain_id == DEV_CHAIN_ID => DevAccount::well_known()[0].signer(),
        None => {
            return Err(Stop::new(
                2,
                format!("nobody is known who has ether on chain {chain_id}"),
                &format!("name a file with such an account's key in {KEY_FILE_VARIABLE}"),
            ));
        }
    };
    Ok(Chain::connect(url, payer, salt)?)
}

/// An embedded chain like another.
fn start(like: &About, anyhow: bool) -> Result<DevNode, Stop> {
    let version = match ArbosVersion::try_new(like.arbos) {
        Ok(version) => version,
        Err(_) if anyhow => ArbosVersion::default(),
        Err(error) => {
            return Err(Stop::new(
                1,
                format!("no embedded chain is like {}: {error}", like.url),
                "name a second chain, or compare with another version by --anyhow",
            ));
        }
    };
    let config = Config {
        chain_id: like.chain_id,
        quiet: true,
        ..Config::default().with_arbos_version(version)
    };
    DevNode::try_spawn(config).map_err(|error| Failure::from(error).into())
}

/// Puts the programs of an embedded chain into the cache, or takes them out, as they are on the other chain. Programs
/// share their place there with all of the same code, so it depends on what was deployed before.
fn make_alike(first: &mut Chain, second: &mut Chain, chains: &[About; 2]) -> Result<(), Stop> {
    let (one, other) = (first.cached()?, second.cached()?);
    for program in 0..PROGRAMS.len() {
        if one[program] == other[program] {
            continue;
        }
        let followed = if chains[1].is_embedded() {
            second.set_cached(program, one[program])
        } else if chains[0].is_embedded() {
            first.set_cached(program, other[program])
        } else {
            Err("neither is an embedded chain".into())
        };
        followed.map_err(|error| {
            let state = |cached| if cached { "cached" } else { "not cached" };
            Stop::new(
                1,
                format!(
                    "the chains are not alike: {} is {} at {} and {} at {}, and that cannot be changed: {error}",
                    PROGRAMS[program],
                    state(one[program]),
                    chains[0].url,
                    state(other[program]),
                    chains[1].url
                ),
                "compare with an embedded chain whose owner pays, or as they are by --anyhow",
            )
        })?;
    }
    Ok(())
}

impl Comparison {
    fn text(&self) -> String {
        let mut text = String::new();
        for (name, about) in ["first", "second"].into_iter().zip(&self.chains) {
            let _ = writeln!(text, "{name:<7} {}", about.shown());
        }
        let _ = writeln!(
            text,
            "\n{:<46} {:>11} {:>11} {:>9}",
            "operation", "first", "second", "%"
        );
        for row in &self.operations {
            let _ = writeln!(
                text,
                "{:<46} {:>11} {:>11} {:>+9.3}{}",
                row.operation,
                row.first,
                row.second,
                row.difference,
                if row.ok { "" } else { "  DIFFERS" }
            );
        }
        let beyond = self.operations.iter().filter(|row| !row.ok).count();
        let _ = writeln!(
            text,
            "\n{} operations, {beyond} beyond {} %",
            self.operations.len(),
            self.limit_percent
        );
        text
    }
}
