//! Ports that name an account in their events: where a provider was granted access, where it asked for it.
//!
//! Both events carry the account as an indexed topic, so one query finds them at all ports. Any contract can emit such
//! an event; only addresses that the registry says it issued count. What was found before is kept by the caller and
//! not looked for again, unless the chain is another one by now.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolEvent;
use futures_util::{StreamExt as _, TryStreamExt as _};
use patientport_core::abi::IPatientPort::{self, AccessGranted, RequestMade};
use serde::{Deserialize, Serialize};

use crate::chain::LogQuery;
use crate::error::Result;
use crate::port::{Access, RequestEntry};
use crate::registry::Registry;
use crate::units::Timestamp;

/// Views asked for at the same time.
const AT_ONCE: usize = 16;
/// A block so far behind the newest one is not expected to be replaced.
const SETTLED: u64 = 64;

/// How an account is mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mention {
    /// It was granted access.
    Granted,
    /// It asked for access, for itself or for another.
    Asked,
}

/// What was found, to be kept for the next time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mentions {
    /// The last block that was looked at, and its hash.
    through: Option<(u64, B256)>,
    /// Genuine ports with the numbers of the requests concerned; 0 is a grant without a request.
    ports: BTreeMap<Address, BTreeSet<u32>>,
    /// What was found in later blocks, which may yet be replaced by others: it is looked for again.
    #[serde(skip)]
    recent: BTreeMap<Address, BTreeSet<u32>>,
}

impl Mentions {
    /// Genuine ports, ascending, with the numbers of the requests concerned; 0 is a grant without a request.
    pub fn ports(&self) -> BTreeMap<Address, BTreeSet<u32>> {
        let mut all = self.ports.clone();
        for (port, requests) in &self.recent {
            all.entry(*port).or_default().extend(requests);
        }
        all
    }

    /// Whether there is more to keep than there was in `before`.
    pub fn is_more_than(&self, before: &Self) -> bool {
        (self.through, &self.ports) != (before.through, &before.ports)
    }
}

#[derive(Debug, Deserialize)]
struct Block {
    hash: Option<B256>,
}

/// The hash of a block; `None` if the chain has none of that number.
async fn hash_of(registry: &Registry, block: u64) -> Result<Option<B256>> {
    let params = (format!("{block:#x}"), false);
    let block: Option<Block> = registry
        .chain()
        .request("eth_getBlockByNumber", params)
        .await?;
    Ok(block.and_then(|block| block.hash))
}

/// Finds the ports whose events mention an account, going on from what was found before.
///
/// # Errors
/// Those of reading the log and asking the registry.
pub async fn mentions(
    registry: &Registry,
    account: Address,
    kind: Mention,
    known: Mentions,
) -> Result<Mentions> {
    let chain = registry.chain();
    let newest = chain.block_number().await?;
    let mut found = match known.through {
        Some((block, hash)) if hash_of(registry, block).await? == Some(hash) => known,
        // Never looked, or a chain that was begun anew or reorganised.
        _ => Mentions::default(),
    };
    let (event, topic) = match kind {
        Mention::Granted => (AccessGranted::SIGNATURE_HASH, 1),
        Mention::Asked => (RequestMade::SIGNATURE_HASH, 2),
    };
    let query = LogQuery {
        from_block: found
            .through
            .map_or(registry.from_block(), |(block, _)| block.saturating_add(1)),
        to_block: Some(newest),
        ..LogQuery::default()
    };
    let query = query
        .with_topic(0, [event])
        .with_topic(topic, [account.into_word()]);
    let settled = newest.saturating_sub(SETTLED);
    let mut seen: Vec<(Address, u32, bool)> = Vec::new();
    for log in chain.logs(&query).await? {
        let request = match kind {
            Mention::Granted => AccessGranted::decode_log(&log.inner).map(|it| it.requestId),
            Mention::Asked => RequestMade::decode_log(&log.inner).map(|it| it.requestId),
        };
        if let Ok(request) = request {
            let is_settled = log.block_number.is_some_and(|block| block <= settled);
            seen.push((log.address(), request, is_settled));
        }
    }
    let new: BTreeSet<Address> = seen
        .iter()
        .map(|(port, ..)| *port)
        .filter(|port| !found.ports.contains_key(port))
        .collect();
    let genuine: Vec<(Address, bool)> = futures_util::stream::iter(new)
        .map(|port| async move { Ok::<_, crate::Error>((port, registry.is_port(port).await?)) })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let false_ones: BTreeSet<Address> = genuine
        .into_iter()
        .filter_map(|(port, is_genuine)| (!is_genuine).then_some(port))
        .collect();
    seen.retain(|(port, ..)| !false_ones.contains(port));
    for (port, request, is_settled) in seen {
        let list = if is_settled {
            &mut found.ports
        } else {
            &mut found.recent
        };
        list.entry(port).or_default().insert(request);
    }
    if found.through.is_none_or(|(block, _)| block < settled) && settled >= registry.from_block() {
        found.through = hash_of(registry, settled)
            .await?
            .map(|hash| (settled, hash));
    }
    Ok(found)
}

/// What an account was granted at each of these genuine ports, as it stands at `now`.
/// What a port refuses to say, such as one whose program has expired, is that port's own error.
pub async fn grants(
    registry: &Registry,
    account: Address,
    ports: impl IntoIterator<Item = Address>,
    now: Timestamp,
) -> Vec<(Address, Result<Access>)> {
    let chain = registry.chain();
    let ask = async |port| {
        let call = IPatientPort::accessOfCall { reader: account };
        let access = chain.call_pending(port, &call).await?;
        if access.reader != account {
            return Err(chain.invalid_view("it is about another account"));
        }
        let access = Access::read(&access)
            .ok_or_else(|| chain.invalid_view("a grant's state is unknown"))?;
        Ok(access.at(now))
    };
    let ask = &ask;
    futures_util::stream::iter(ports)
        .map(|port| async move { (port, ask(port).await) })
        .buffered(AT_ONCE)
        .collect()
        .await
}

/// The entries of requests at genuine ports, in the order given. What a port refuses to say is that port's own error.
pub async fn requests(
    registry: &Registry,
    wanted: impl IntoIterator<Item = (Address, u32)>,
) -> Vec<(Address, Result<RequestEntry>)> {
    let chain = registry.chain();
    let ask = async |port, id| {
        let call = IPatientPort::getRequestCall { requestId: id };
        let request = chain.call(port, &call).await?;
        RequestEntry::read(id, &request)
            .ok_or_else(|| chain.invalid_view("a request's state is unknown"))
    };
    let ask = &ask;
    futures_util::stream::iter(wanted)
        .map(|(port, id)| async move { (port, ask(port, id).await) })
        .buffered(AT_ONCE)
        .collect()
        .await
}
