//! The measurements. Whatever is compared is measured in turns, so that both sides see the same machine.

use crate::{
    Failure, Sizes,
    client::{self, Client},
    node::{Node, Program},
    report::{Bar, Report},
    work::{self, Sender},
};
use alloy_primitives::{Bytes, TxKind, U256};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Barrier,
};

/// Milliseconds.
fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A node, its only client and the accounts it funded.
struct Bench {
    node: Node,
    client: Client,
    senders: Vec<Sender>,
}

impl Bench {
    fn start(program: &Program) -> Result<Self, Failure> {
        let node = program.start()?;
        let client = node.client()?;
        Ok(Self {
            node,
            client,
            senders: work::senders(),
        })
    }

    /// One transfer: milliseconds from sending it to having its receipt.
    fn transfer(&mut self) -> Result<f64, Failure> {
        let raw = self.senders[0].transfer()?;
        let request = client::request("eth_sendRawTransaction", &json!([raw]));
        let started = Instant::now();
        let hash = client::result(self.client.exchange(&request)?)?;
        let receipt = self.client.receipt(&hash)?;
        let took = millis(started.elapsed());
        if receipt["status"] != "0x1" {
            return Err(format!("a transfer failed: {receipt}").into());
        }
        Ok(took)
    }

    fn transfers(&mut self, count: usize) -> Result<Vec<f64>, Failure> {
        (0..count).map(|_| self.transfer()).collect()
    }

    fn height(&mut self) -> Result<u64, Failure> {
        self.client.number("eth_blockNumber", &json!([]))
    }
}

/// Time from the start of the process to its first answer.
pub(crate) fn ready(
    ours: &Program,
    anvil: &Program,
    sizes: &Sizes,
    report: &mut Report,
) -> Result<(), Failure> {
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for _ in 0..sizes.starts {
        own.push(millis(ours.start()?.ready_after));
        other.push(millis(anvil.start()?.ready_after));
    }
    let (own, other) = (median(own), median(other));
    let bar = Bar::AtMost(other);
    report.add("time to ready", own, "ms", Some(other), bar);
    Ok(())
}

/// Latency of send to receipt; memory and latency after many blocks.
pub(crate) fn blocks(
    ours: &Program,
    anvil: &Program,
    sizes: &Sizes,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut own = Bench::start(ours)?;
    let mut other = Bench::start(anvil)?;
    let (mut own_times, mut other_times) = (Vec::new(), Vec::new());
    let mut made = 0;
    while made < sizes.blocks {
        let count = sizes.round.min(sizes.blocks - made);
        let (mine, theirs) = (own.transfers(count)?, other.transfers(count)?);
        made += count;
        // The first rounds are compared: later ones are about growth.
        if made <= sizes.latency_samples {
            own_times.extend(mine);
            other_times.extend(theirs);
        }
    }
    for bench in [&mut own, &mut other] {
        let height = bench.height()?;
        if height != u64::try_from(sizes.blocks)? {
            return Err(format!("{height} blocks instead of {}", sizes.blocks).into());
        }
    }
    let (mine, theirs) = (median(own_times), median(other_times));
    let bar = Bar::AtMost(theirs);
    report.add("send to receipt, median", mine, "ms", Some(theirs), bar);

    let mebibytes = |bench: &Bench| -> Result<f64, Failure> {
        Ok(f64::from(u32::try_from(bench.node.resident_bytes()? >> 10)?) / 1024.0)
    };
    let (mine, theirs) = (mebibytes(&own)?, mebibytes(&other)?);
    let name = "resident memory after the last block";
    report.add(name, mine, "MiB", Some(theirs), Bar::AtMost(theirs));
    drop(other);

    // The long chain and a young one, in turns.
    let mut young = Bench::start(ours)?;
    young.transfers(100)?;
    let (mut late, mut early) = (Vec::new(), Vec::new());
    for _ in 0..8 {
        early.extend(young.transfers(sizes.round / 8)?);
        late.extend(own.transfers(sizes.round / 8)?);
    }
    let (late, early) = (median(late), median(early));
    let bar = Bar::AtMost(1.2 * early);
    let name = "send to receipt at the last block, vs block 100";
    report.add(name, late, "ms", Some(early), bar);
    Ok(())
}

/// Calls per second of an equal counter.
pub(crate) fn calls(
    ours: &Program,
    anvil: &Program,
    sizes: &Sizes,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut own = Bench::start(ours)?;
    let mut other = Bench::start(anvil)?;
    let program = own.senders[0].deploy_program(&mut own.client)?;
    let code = own.senders[0].deploy_counter(&mut own.client)?;
    let theirs = other.senders[0].deploy_counter(&mut other.client)?;
    let cases = [
        (own.node.address, work::call_number(program)),
        (own.node.address, work::call_number(code)),
        (other.node.address, work::call_number(theirs)),
    ];
    for (connections, names) in [
        (
            1,
            [
                "eth_call of a Stylus counter, 1 connection",
                "eth_call of an EVM counter, 1 connection",
            ],
        ),
        (
            8,
            [
                "eth_call of a Stylus counter, 8 connections",
                "eth_call of an EVM counter, 8 connections",
            ],
        ),
    ] {
        let mut rates = [const { Vec::new() }; 3];
        // The first round warms up.
        for round in 0..=sizes.call_rounds {
            for ((address, params), rates) in cases.iter().zip(&mut rates) {
                let rate = call_rate(*address, params, connections, sizes.calls)?;
                if round > 0 {
                    rates.push(rate);
                }
            }
        }
        let [stylus, evm, anvil] = rates.map(median);
        // Twice the time is half the rate.
        let bar = Bar::AtLeast(anvil / 2.0);
        report.add(names[0], stylus, "calls/s", Some(anvil), bar);
        report.add(names[1], evm, "calls/s", Some(anvil), Bar::None);
    }
    Ok(())
}

/// Calls per second over this many connections, each of which asks again once it is answered.
fn call_rate(
    address: SocketAddr,
    params: &Value,
    connections: usize,
    calls: usize,
) -> Result<f64, Failure> {
    let request = client::request("eth_call", params);
    let mut clients = (0..connections)
        .map(|_| Client::connect(address))
        .collect::<Result<Vec<_>, _>>()?;
    let each = calls / connections;
    let started = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                let request = &request;
                scope.spawn(move || -> Result<(), String> {
                    for _ in 0..each {
                        let answer = client.exchange(request).map_err(|it| it.to_string())?;
                        if !answer.windows(4).any(|it| it == b"002a") {
                            return Err(String::from_utf8_lossy(answer).into_owned());
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| "a client panicked".to_owned())?)
    })?;
    let total = u32::try_from(each * connections)?;
    Ok(f64::from(total) / started.elapsed().as_secs_f64())
}

/// Transfers per second, all sent at once, and how many of them are mined.
pub(crate) fn throughput(
    ours: &Program,
    anvil: &Program,
    sizes: &Sizes,
    report: &mut Report,
) -> Result<(), Failure> {
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for _ in 0..sizes.bursts {
        own.push(burst(ours, sizes)?);
        other.push(burst(anvil, sizes)?);
    }
    let rate = |bursts: &[Burst]| median(bursts.iter().map(|it| it.rate).collect());
    let (mine, theirs) = (rate(&own), rate(&other));
    let name = "transfers per second, all sent at once";
    report.add(name, mine, "tx/s", Some(theirs), Bar::AtLeast(theirs));
    let least = |bursts: &[Burst]| bursts.iter().map(|it| it.mined).min().unwrap_or_default();
    let count = |mined: u64| u32::try_from(mined).map(f64::from);
    let (mine, theirs) = (count(least(&own))?, count(least(&other))?);
    let all = Bar::AtLeast(count(u64::try_from(sizes.burst)?)?);
    report.add(
        "of them mined, fewest of all rounds",
        mine,
        "tx",
        Some(theirs),
        all,
    );
    Ok(())
}

/// What became of transfers sent at once.
#[derive(Debug)]
struct Burst {
    mined: u64,
    /// Mined per second, until the last that was.
    rate: f64,
}

/// A node that has mined nothing for so long has lost the transfers it has not mined.
const STALLED: Duration = Duration::from_secs(5);

/// One burst at a fresh node. Every transfer that is mined must have succeeded.
fn burst(program: &Program, sizes: &Sizes) -> Result<Burst, Failure> {
    let mut bench = Bench::start(program)?;
    let mut raw = Vec::with_capacity(sizes.burst);
    let accounts = bench.senders.len();
    for number in 0..sizes.burst {
        raw.push(bench.senders[number % accounts].transfer()?);
    }
    let hashes: Vec<_> = raw.iter().map(alloy_primitives::keccak256).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let started = runtime.block_on(send_all(bench.node.address, raw, sizes.connections))?;
    let counts: Vec<_> = bench
        .senders
        .iter()
        .map(|it| json!([it.address(), "latest"]))
        .collect();
    let (mut mined, mut last) = (0, Instant::now());
    while mined < u64::try_from(sizes.burst)? && last.elapsed() < STALLED {
        let mut now = 0;
        for count in &counts {
            now += bench.client.number("eth_getTransactionCount", count)?;
        }
        if now > mined {
            (mined, last) = (now, Instant::now());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let seconds = (last - started).as_secs_f64();
    let mut receipts = 0;
    for hash in hashes {
        let receipt = bench
            .client
            .call("eth_getTransactionReceipt", &json!([hash]))?;
        match receipt["status"].as_str() {
            Some("0x1") => receipts += 1,
            None if receipt.is_null() => {}
            _ => return Err(format!("the transfer {hash} has the receipt {receipt}").into()),
        }
    }
    if receipts != mined {
        return Err(format!("{mined} nonces were used, and {receipts} receipts are there").into());
    }
    let rate = f64::from(u32::try_from(mined)?) / seconds;
    Ok(Burst { mined, rate })
}

/// Sends them all, each over a connection of its own as far as there are that many, and returns when
/// sending began.
async fn send_all(
    address: SocketAddr,
    raw: Vec<Bytes>,
    connections: usize,
) -> Result<Instant, Failure> {
    let connections = connections.min(raw.len());
    let start = Arc::new(Barrier::new(connections + 1));
    let mut lanes = vec![Vec::new(); connections];
    for (number, raw) in raw.into_iter().enumerate() {
        lanes[number % connections].push(client::request("eth_sendRawTransaction", &json!([raw])));
    }
    let mut tasks = Vec::new();
    for lane in lanes {
        let stream = TcpStream::connect(address).await.map_err(|error| {
            format!("cannot open {connections} connections, raise `ulimit -n`: {error}")
        })?;
        stream.set_nodelay(true)?;
        let start = Arc::clone(&start);
        tasks.push(tokio::spawn(async move {
            let _ = start.wait().await;
            send_lane(stream, lane)
                .await
                .map_err(|error| error.to_string())
        }));
    }
    let _ = start.wait().await;
    let started = Instant::now();
    for task in tasks {
        task.await??;
    }
    Ok(started)
}

async fn send_lane(mut stream: TcpStream, lane: Vec<Vec<u8>>) -> Result<(), Failure> {
    let mut buffer = Vec::new();
    for request in lane {
        stream.write_all(&request).await?;
        buffer.clear();
        let body = loop {
            if let Some(body) = client::body(&buffer)? {
                break body;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err("the node closed the connection".into());
            }
        };
        client::result(&buffer[body])?;
    }
    Ok(())
}

/// `eth_getLogs` by address and topic over many logs.
pub(crate) fn logs(
    ours: &Program,
    anvil: &Program,
    sizes: &Sizes,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut own = prepare_logs(ours, sizes)?;
    let mut other = prepare_logs(anvil, sizes)?;
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for topic in 0..sizes.log_queries {
        mine.push(ask_logs(&mut own, topic, sizes)?);
        theirs.push(ask_logs(&mut other, topic, sizes)?);
    }
    let (mine, theirs) = (median(mine), median(theirs));
    let name = "eth_getLogs by address and topic, all blocks";
    report.add(name, mine, "ms", Some(theirs), Bar::AtMost(theirs));
    Ok(())
}

/// Logs per transaction.
const LOGS_EACH: u64 = 100;
/// Different second topics.
const TOPICS: u64 = 1_000;

fn prepare_logs(program: &Program, sizes: &Sizes) -> Result<(Bench, Value), Failure> {
    let mut bench = Bench::start(program)?;
    let sender = &mut bench.senders[0];
    let logger = sender.deploy_logger(&mut bench.client)?;
    for number in 0..sizes.logs / LOGS_EACH {
        let input = work::log_numbers(number * LOGS_EACH % TOPICS, LOGS_EACH);
        sender.send(&mut bench.client, TxKind::Call(logger), U256::ZERO, input)?;
    }
    Ok((bench, json!(logger)))
}

/// Milliseconds of one query, whose answer must be whole.
fn ask_logs(
    (bench, logger): &mut (Bench, Value),
    topic: u64,
    sizes: &Sizes,
) -> Result<f64, Failure> {
    let word = |number: u64| format!("0x{number:064x}");
    let filter = json!([{
        "fromBlock": "earliest", "toBlock": "latest",
        "address": logger, "topics": [word(1), word(topic % TOPICS)],
    }]);
    let request = client::request("eth_getLogs", &filter);
    let started = Instant::now();
    let answer = bench.client.exchange(&request)?;
    let took = millis(started.elapsed());
    let found = client::result(answer)?.as_array().map_or(0, Vec::len);
    if u64::try_from(found)? != sizes.logs / TOPICS {
        return Err(format!("{found} logs of topic {topic}").into());
    }
    Ok(took)
}

/// What `--state` costs: send to receipt with the chain in a file, and without.
pub(crate) fn state(
    ours: &Program,
    _anvil: &Program,
    sizes: &Sizes,
    report: &mut Report,
) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let mut kept = Bench::start(&ours.with_state(&directory.path().join("state")))?;
    let mut fleeting = Bench::start(ours)?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..8 {
        with.extend(kept.transfers(sizes.round / 8)?);
        without.extend(fleeting.transfers(sizes.round / 8)?);
    }
    let (with, without) = (median(with), median(without));
    let name = "send to receipt with --state, vs in memory";
    report.add(name, with, "ms", Some(without), Bar::None);
    Ok(())
}
