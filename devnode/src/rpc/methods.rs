//! The table of methods: what there is, and who answers.

use super::{Api, RpcError, params::Params, session::Call};
use serde::Serialize;
use serde_json::value::RawValue;
use std::{collections::HashMap, sync::LazyLock};

/// What a method answers: its result as JSON.
pub(super) type Answer = Result<Box<RawValue>, RpcError>;

/// Who answers a method.
#[derive(Clone, Copy, Debug)]
pub(super) enum Handler {
    /// It needs the chain only.
    Plain(fn(&Api, Params<'_>) -> Answer),
    /// It needs a connection that lasts.
    Session(fn(&Api, &Call<'_>, Params<'_>) -> Answer),
    /// It is known and cannot be served here, for this reason.
    Refused(&'static str),
}

/// How long a method keeps a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// Microseconds, if it need not wait for the chain.
    Light,
    /// Perhaps seconds.
    Heavy,
}

/// What methods have in common, as the documentation lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Node,
    Fees,
    State,
    Execution,
    Keys,
    Pool,
    History,
    Traces,
    Follow,
    Tests,
    Refused,
}

impl Group {
    /// Its name in the README.
    const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Fees => "fees",
            Self::State => "state",
            Self::Execution => "execution",
            Self::Keys => "accounts",
            Self::Pool => "pool",
            Self::History => "history",
            Self::Traces => "debug",
            Self::Follow => "news",
            Self::Tests => "tests",
            Self::Refused => "refused by name",
        }
    }
}

/// One method.
#[derive(Clone, Copy, Debug)]
pub(super) struct Method {
    pub(super) group: Group,
    pub(super) name: &'static str,
    pub(super) weight: Weight,
    pub(super) handler: Handler,
}

type Plain = fn(&Api, Params<'_>) -> Answer;

const fn light(group: Group, name: &'static str, handler: Plain) -> Method {
    Method {
        group,
        name,
        weight: Weight::Light,
        handler: Handler::Plain(handler),
    }
}

const fn heavy(group: Group, name: &'static str, handler: Plain) -> Method {
    Method {
        weight: Weight::Heavy,
        ..light(group, name, handler)
    }
}

const fn session(
    group: Group,
    name: &'static str,
    handler: fn(&Api, &Call<'_>, Params<'_>) -> Answer,
) -> Method {
    Method {
        group,
        name,
        weight: Weight::Light,
        handler: Handler::Session(handler),
    }
}

/// Serialises a method's result.
pub(super) fn json<T: Serialize>(result: T) -> Answer {
    serde_json::value::to_raw_value(&result).map_err(|error| RpcError::Internal(error.to_string()))
}

/// A handler made of a method of [`Api`].
macro_rules! plain {
    ($method:ident) => {
        |api, params| json(api.$method(params)?)
    };
}

use Group::{Execution, Fees, Follow, History, Keys, Node, Pool, State, Tests, Traces};

/// Every method, in the order of the documentation.
pub(super) static METHODS: &[Method] = &[
    light(Node, "web3_clientVersion", plain!(client_version)),
    light(Node, "web3_sha3", plain!(sha3)),
    light(Node, "net_version", plain!(net_version)),
    light(Node, "net_listening", plain!(listening)),
    light(Node, "net_peerCount", plain!(peer_count)),
    light(Node, "rpc_modules", plain!(modules)),
    light(Node, "eth_chainId", plain!(eth_chain_id)),
    light(Node, "eth_syncing", plain!(syncing)),
    light(Node, "eth_accounts", plain!(eth_accounts)),
    light(Fees, "eth_gasPrice", plain!(gas_price)),
    light(Fees, "eth_maxPriorityFeePerGas", plain!(max_priority_fee)),
    light(Fees, "eth_feeHistory", plain!(fee_history)),
    light(State, "eth_getBalance", plain!(balance)),
    light(State, "eth_getCode", plain!(code)),
    light(State, "eth_getStorageAt", plain!(storage_at)),
    light(State, "eth_getTransactionCount", plain!(transaction_count)),
    heavy(Execution, "eth_call", plain!(eth_call)),
    heavy(
        Execution,
        "eth_createAccessList",
        plain!(create_access_list),
    ),
    heavy(Execution, "eth_estimateGas", plain!(estimate_gas)),
    heavy(
        Execution,
        "eth_sendRawTransaction",
        plain!(send_raw_transaction),
    ),
    heavy(Keys, "eth_sendTransaction", plain!(send_transaction)),
    heavy(Keys, "eth_signTransaction", plain!(sign_transaction)),
    heavy(Keys, "eth_sign", plain!(eth_sign)),
    heavy(Keys, "personal_sign", plain!(personal_sign)),
    heavy(Keys, "eth_signTypedData_v4", plain!(sign_typed_data)),
    light(Pool, "txpool_status", plain!(pool_status)),
    heavy(Pool, "txpool_content", plain!(pool_content)),
    heavy(Pool, "txpool_inspect", plain!(pool_inspect)),
    light(History, "eth_blockNumber", plain!(block_number)),
    light(History, "eth_getBlockByNumber", plain!(block_by_number)),
    light(History, "eth_getBlockByHash", plain!(block_by_hash)),
    light(History, "eth_getBlockReceipts", plain!(block_receipts)),
    light(
        History,
        "eth_getBlockTransactionCountByNumber",
        plain!(count_in_block_number),
    ),
    light(
        History,
        "eth_getBlockTransactionCountByHash",
        plain!(count_in_block_hash),
    ),
    light(
        History,
        "eth_getTransactionByHash",
        plain!(transaction_by_hash),
    ),
    light(
        History,
        "eth_getTransactionByBlockNumberAndIndex",
        plain!(transaction_in_block_number),
    ),
    light(
        History,
        "eth_getTransactionByBlockHashAndIndex",
        plain!(transaction_in_block_hash),
    ),
    light(
        History,
        "eth_getRawTransactionByHash",
        plain!(raw_transaction),
    ),
    light(
        History,
        "eth_getTransactionReceipt",
        plain!(transaction_receipt),
    ),
    light(
        History,
        "eth_getUncleCountByBlockNumber",
        plain!(uncle_count_by_number),
    ),
    light(
        History,
        "eth_getUncleCountByBlockHash",
        plain!(uncle_count_by_hash),
    ),
    light(
        History,
        "eth_getUncleByBlockNumberAndIndex",
        plain!(uncle_by_number),
    ),
    light(
        History,
        "eth_getUncleByBlockHashAndIndex",
        plain!(uncle_by_hash),
    ),
    heavy(History, "eth_getLogs", plain!(logs)),
    heavy(Traces, "debug_traceTransaction", plain!(trace_transaction)),
    heavy(Traces, "debug_traceCall", plain!(trace_call)),
    heavy(
        Traces,
        "debug_traceBlockByNumber",
        plain!(trace_block_by_number),
    ),
    heavy(
        Traces,
        "debug_traceBlockByHash",
        plain!(trace_block_by_hash),
    ),
    light(Follow, "eth_newFilter", plain!(new_filter)),
    light(Follow, "eth_newBlockFilter", plain!(new_block_filter)),
    light(
        Follow,
        "eth_newPendingTransactionFilter",
        plain!(new_transaction_filter),
    ),
    heavy(Follow, "eth_getFilterChanges", plain!(filter_changes)),
    heavy(Follow, "eth_getFilterLogs", plain!(filter_logs)),
    light(Follow, "eth_uninstallFilter", plain!(uninstall_filter)),
    session(Follow, "eth_subscribe", |api, call, params| {
        json(api.subscribe(call, params)?)
    }),
    session(Follow, "eth_unsubscribe", |api, call, params| {
        json(api.unsubscribe(call, params)?)
    }),
    heavy(Tests, "evm_increaseTime", plain!(increase_time)),
    heavy(Tests, "anvil_increaseTime", plain!(increase_time)),
    heavy(
        Tests,
        "evm_setNextBlockTimestamp",
        plain!(set_next_block_timestamp),
    ),
    heavy(
        Tests,
        "anvil_setNextBlockTimestamp",
        plain!(set_next_block_timestamp),
    ),
    heavy(Tests, "evm_setTime", plain!(set_time)),
    heavy(Tests, "anvil_setTime", plain!(set_time)),
    heavy(Tests, "evm_mine", plain!(mine)),
    heavy(Tests, "anvil_mine", plain!(mine_many)),
    heavy(Tests, "evm_setAutomine", plain!(set_automine)),
    heavy(Tests, "anvil_setAutomine", plain!(set_automine)),
    heavy(Tests, "anvil_getAutomine", plain!(automine)),
    heavy(Tests, "evm_setIntervalMining", plain!(set_interval_mining)),
    heavy(
        Tests,
        "anvil_setIntervalMining",
        plain!(set_interval_mining),
    ),
    heavy(Tests, "evm_snapshot", plain!(snapshot)),
    heavy(Tests, "anvil_snapshot", plain!(snapshot)),
    heavy(Tests, "evm_revert", plain!(revert)),
    heavy(Tests, "anvil_revert", plain!(revert)),
    heavy(Tests, "anvil_setBalance", plain!(set_balance)),
    heavy(Tests, "hardhat_setBalance", plain!(set_balance)),
    heavy(Tests, "anvil_setCode", plain!(set_code)),
    heavy(Tests, "hardhat_setCode", plain!(set_code)),
    heavy(Tests, "anvil_setNonce", plain!(set_nonce)),
    heavy(Tests, "hardhat_setNonce", plain!(set_nonce)),
    heavy(Tests, "anvil_setStorageAt", plain!(set_storage)),
    heavy(Tests, "hardhat_setStorageAt", plain!(set_storage)),
    heavy(Tests, "anvil_impersonateAccount", plain!(impersonate)),
    heavy(Tests, "hardhat_impersonateAccount", plain!(impersonate)),
    heavy(
        Tests,
        "anvil_stopImpersonatingAccount",
        plain!(stop_impersonating),
    ),
    heavy(
        Tests,
        "hardhat_stopImpersonatingAccount",
        plain!(stop_impersonating),
    ),
    heavy(
        Tests,
        "anvil_autoImpersonateAccount",
        plain!(impersonate_everybody),
    ),
    heavy(Tests, "anvil_dropTransaction", plain!(drop_transaction)),
    heavy(Tests, "hardhat_dropTransaction", plain!(drop_transaction)),
    heavy(
        Tests,
        "anvil_dropAllTransactions",
        plain!(drop_all_transactions),
    ),
    refused("eth_getProof", "no Merkle tree of the state is kept"),
];

const fn refused(name: &'static str, reason: &'static str) -> Method {
    Method {
        group: Group::Refused,
        name,
        weight: Weight::Light,
        handler: Handler::Refused(reason),
    }
}

/// Every method with the name of its group, in the order of the documentation.
pub fn methods() -> impl Iterator<Item = (&'static str, &'static str)> {
    METHODS
        .iter()
        .map(|method| (method.group.name(), method.name))
}

/// The method of a name.
pub(super) fn find(name: &str) -> Option<&'static Method> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static Method>> =
        LazyLock::new(|| METHODS.iter().map(|method| (method.name, method)).collect());
    BY_NAME.get(name).copied()
}

/// What a request for a method that does not exist is told: the method that was meant, if one is near.
pub(super) fn unknown(name: String) -> RpcError {
    let near = METHODS
        .iter()
        .filter(|method| !matches!(method.handler, Handler::Refused(_)))
        .map(|method| (distance(&name, method.name), method.name))
        .min()
        .filter(|(distance, _)| *distance <= MAX_DISTANCE)
        .map(|(_, near)| near);
    RpcError::UnknownMethod { name, near }
}

/// Most letters that may be wrong in a name for another to be suggested.
const MAX_DISTANCE: usize = 2;
/// Longest name that is compared.
const MAX_COMPARED_BYTES: usize = 64;

/// Letters to be changed, added or taken away to make `wanted` of `given` (Levenshtein); capital letters
/// are the same as small ones.
fn distance(given: &str, wanted: &str) -> usize {
    if given.len() > MAX_COMPARED_BYTES {
        return usize::MAX;
    }
    let wanted = wanted.as_bytes();
    let mut row: Vec<usize> = (0..=wanted.len()).collect();
    for (line, letter) in (1..).zip(given.bytes()) {
        let mut diagonal = std::mem::replace(&mut row[0], line);
        for (column, other) in (1..).zip(wanted) {
            let changed = diagonal + usize::from(!letter.eq_ignore_ascii_case(other));
            diagonal = row[column];
            row[column] = changed.min(diagonal + 1).min(row[column - 1] + 1);
        }
    }
    row[wanted.len()]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn a_method_is_in_the_table_once() {
        let mut names: Vec<_> = METHODS.iter().map(|method| method.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), METHODS.len());
    }

    #[test]
    fn the_readme_lists_the_methods_of_the_table_and_no_others() {
        let readme = include_str!("../../README.md");
        let (_, section) = readme.split_once("\n## Methods\n").unwrap();
        let (section, _) = section.split_once("\n## ").unwrap();
        let listed: Vec<_> = section
            .lines()
            .filter(|line| line.starts_with("| "))
            .skip(2)
            .collect();
        let mut expected: Vec<String> = Vec::new();
        for (group, name) in methods() {
            let start = format!("| {group} |");
            match expected.last_mut().filter(|row| row.starts_with(&start)) {
                Some(row) => row.insert_str(row.len() - 2, &format!(" `{name}`")),
                None => expected.push(format!("{start} `{name}` |")),
            }
        }
        assert_eq!(listed, expected, "the rows to be:\n{}", expected.join("\n"));
    }

    #[test]
    fn a_name_that_is_nearly_right_brings_a_suggestion() {
        for (given, near) in [
            ("eth_getBlokNumber", None),
            ("eth_blocknumber", Some("eth_blockNumber")),
            ("eth_getLog", Some("eth_getLogs")),
            ("evm_mime", Some("evm_mine")),
            ("eth_mining", None),
            ("", None),
        ] {
            let RpcError::UnknownMethod { name, near: found } = unknown(given.to_owned()) else {
                panic!("another error");
            };
            assert_eq!((name.as_str(), found), (given, near));
        }
    }
}
