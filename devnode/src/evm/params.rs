//! Constants of the chain this crate imitates and the settings a chain is made with.

use crate::arbos::ArbosVersion;
use alloy_primitives::{Address, B256, Bytes, U256, address};
use std::{collections::HashMap, fmt, sync::Arc};

/// Address that collects fees and that `COINBASE` names: the sequencer's batch poster address.
pub const BATCH_POSTER: Address = address!("A4B000000000000000000073657175656e636572");
/// The usual development account of a Nitro development chain, chain owner here.
pub const DEV_ACCOUNT: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");
/// Account whose storage holds the chain's own state (programs, parameters, data price).
pub const ARBOS_STATE: Address = address!("A4B05FffffFffFFFFfFFfffFfffFFfffFfFfFFFf");
/// Account the fees go to: the initial chain owner, which is the zero address on a development chain.
pub const NETWORK_FEE_ACCOUNT: Address = Address::ZERO;
/// Chain id of a Nitro development chain.
pub const DEV_CHAIN_ID: u64 = 412_346;
/// Gas limit in block headers, 2^50; the real bound is [`TX_COMPUTE_CAP`].
pub const BLOCK_GAS_LIMIT: u64 = 1 << 50;
/// Gas one transaction may spend; what its limit exceeds this is held aside and refunded.
pub const TX_COMPUTE_CAP: u64 = 32_000_000;
/// Gas of a simulated call that names no limit, and the bound of one that does.
pub const RPC_GAS_CAP: u64 = 50_000_000;
/// Base fee at genesis and its floor: 0.1 gwei, in wei per gas.
pub const MIN_BASE_FEE: u64 = 100_000_000;
/// Largest deployed code in bytes (EIP-170).
pub const MAX_CODE_SIZE: usize = 24_576;

/// Settings of a chain that never change after it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainParams {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Initial chain owner.
    pub owner: Address,
    /// `ArbOS` version at genesis; an owner may schedule a later one.
    pub arbos_version: ArbosVersion,
    /// Stylus debug mode: the modules `console` and `debug` may be imported and `ArbDebug` answers.
    pub debug: bool,
    /// Accounts present at genesis besides the chain's own contracts.
    pub alloc: HashMap<Address, GenesisAccount>,
    /// Who hears what programs print; nobody if `None`.
    pub console: Option<ConsoleSink>,
}

impl Default for ChainParams {
    /// A Nitro development chain: chain id 412346, debug mode on, the development account funded
    /// with 1000 ether.
    fn default() -> Self {
        let thousand_ether = U256::from(1_000) * U256::from(10).pow(U256::from(18));
        Self {
            chain_id: DEV_CHAIN_ID,
            owner: DEV_ACCOUNT,
            arbos_version: ArbosVersion::default(),
            debug: true,
            alloc: HashMap::from([(
                DEV_ACCOUNT,
                GenesisAccount {
                    balance: thousand_ether,
                    ..GenesisAccount::default()
                },
            )]),
            console: None,
        }
    }
}

/// Takes what programs print through the debug module `console`, one line of at most 4 KiB at a time,
/// with the address of the contract the program acts for.
///
/// Told of mined transactions and of `eth_call`, not of estimates and traces, which run again what
/// has run or will run. It is called in the middle of an execution, on any thread, so it must be
/// quick.
#[derive(Clone)]
pub struct ConsoleSink(Arc<Print>);

type Print = dyn Fn(Address, &str) + Send + Sync;

impl ConsoleSink {
    /// A sink that hands each line to `print`.
    pub fn new(print: impl Fn(Address, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(print))
    }

    pub(crate) fn print(&self, contract: Address, line: &str) {
        (self.0)(contract, line);
    }
}

impl fmt::Debug for ConsoleSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleSink").finish_non_exhaustive()
    }
}

/// The same sink, not one that does the same.
impl PartialEq for ConsoleSink {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ConsoleSink {}

/// An account at genesis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GenesisAccount {
    /// Balance in wei.
    pub balance: U256,
    /// Transaction count.
    pub nonce: u64,
    /// Code; empty for an externally owned account.
    pub code: Bytes,
    /// Storage slots that are not zero.
    pub storage: HashMap<B256, B256>,
}
