//! The chain's own state and contracts: Stylus program records, the data price, precompiles, the
//! deployer and the cache manager.
//!
//! What is not modelled stops the call with all its gas and an error that names it
//! ([`Halt::NotModelled`](crate::evm::Halt::NotModelled)), never with a made-up answer.

mod abi;
mod address_table;
mod arb_debug;
mod arb_gas_info;
mod arb_owner;
mod arb_sys;
mod arb_wasm;
mod arb_wasm_cache;
mod block_start;
mod built_in;
mod cache;
mod cache_manager;
mod cache_queue;
mod deployer;
mod genesis;
mod history;
mod methods;
mod params;
mod precompile;
mod pricer;
mod recent;
mod record;
mod state;
mod version;

pub(crate) use abi::NodeInterface;
pub(crate) use block_start::{SystemWrite, begin_block};
pub(crate) use cache::ProgramCache;
pub(crate) use genesis::accounts as genesis_accounts;
pub(crate) use params::ArbosParams;
pub(crate) use recent::RecentPrograms;
pub(crate) use record::ProgramRecord;
pub(crate) use state::{fee_account, network_fee_account};
pub use version::{ArbosVersion, ParseArbosVersionError, UnsupportedArbosVersion};
pub(crate) use version::{FRAGMENTS_ARBOS, OSAKA_ARBOS, spec};

use crate::evm::{Fault, Machine};
use alloy_primitives::{Address, address};
use alloy_sol_types::SolInterface;
use revm::interpreter::{CallInputs, InterpreterResult, interpreter_action::FrameInit};
use state::{AddressSet, Section};
use std::fmt::Display;

/// Code of every precompile: an invalid opcode, so that the account is not empty.
pub(crate) const PRECOMPILE_CODE: [u8; 1] = [0xfe];
/// Address of the contract that deploys, activates and initialises a program in one transaction.
pub const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
/// Address of the contract that caches programs for those who bid most.
pub const STYLUS_CACHE_MANAGER: Address = address!("2F8Bd4EaB69764c105aDd7dE7CB0402557a44E6f");
/// Address of the deterministic deployment proxy.
pub const CREATE2_FACTORY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");
/// Address of the contract that answers hashes of past blocks (EIP-2935).
pub const HISTORY: Address = address!("0000F90827F1C53a10cb7A02335B175320002935");
/// Address of the node's own interface, which answers simulated calls only.
pub const NODE_INTERFACE: Address = Contract::NodeInterface.address();
/// Address of `ArbWasm`.
pub const ARB_WASM: Address = Contract::ArbWasm.address();
/// Address of `ArbWasmCache`.
pub const ARB_WASM_CACHE: Address = Contract::ArbWasmCache.address();

const CHAIN_OWNERS: AddressSet = AddressSet(Section::ChainOwners);
const CACHE_MANAGERS: AddressSet = AddressSet(Section::CacheManagers);

/// The precompiles of the chain, by the last byte of their address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Contract {
    ArbSys = 0x64,
    ArbInfo = 0x65,
    ArbAddressTable = 0x66,
    ArbBls = 0x67,
    ArbFunctionTable = 0x68,
    ArbosTest = 0x69,
    ArbOwnerPublic = 0x6b,
    ArbGasInfo = 0x6c,
    ArbAggregator = 0x6d,
    ArbRetryableTx = 0x6e,
    ArbStatistics = 0x6f,
    ArbOwner = 0x70,
    ArbWasm = 0x71,
    ArbWasmCache = 0x72,
    ArbNativeTokenManager = 0x73,
    ArbFilteredTransactionsManager = 0x74,
    NodeInterface = 0xc8,
    NodeInterfaceDebug = 0xc9,
    ArbDebug = 0xff,
}

impl Contract {
    const ALL: [Self; 19] = [
        Self::ArbSys,
        Self::ArbInfo,
        Self::ArbAddressTable,
        Self::ArbBls,
        Self::ArbFunctionTable,
        Self::ArbosTest,
        Self::ArbOwnerPublic,
        Self::ArbGasInfo,
        Self::ArbAggregator,
        Self::ArbRetryableTx,
        Self::ArbStatistics,
        Self::ArbOwner,
        Self::ArbWasm,
        Self::ArbWasmCache,
        Self::ArbNativeTokenManager,
        Self::ArbFilteredTransactionsManager,
        Self::NodeInterface,
        Self::NodeInterfaceDebug,
        Self::ArbDebug,
    ];

    const fn address(self) -> Address {
        Address::with_last_byte(self as u8)
    }

    fn at(address: Address) -> Option<Self> {
        let (last, rest) = address.split_last().expect("an address has twenty bytes");
        if rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        Self::ALL
            .into_iter()
            .find(|contract| *contract as u8 == *last)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::ArbSys => "ArbSys",
            Self::ArbInfo => "ArbInfo",
            Self::ArbAddressTable => "ArbAddressTable",
            Self::ArbBls => "ArbBLS",
            Self::ArbFunctionTable => "ArbFunctionTable",
            Self::ArbosTest => "ArbosTest",
            Self::ArbOwnerPublic => "ArbOwnerPublic",
            Self::ArbGasInfo => "ArbGasInfo",
            Self::ArbAggregator => "ArbAggregator",
            Self::ArbRetryableTx => "ArbRetryableTx",
            Self::ArbStatistics => "ArbStatistics",
            Self::ArbOwner => "ArbOwner",
            Self::ArbWasm => "ArbWasm",
            Self::ArbWasmCache => "ArbWasmCache",
            Self::ArbNativeTokenManager => "ArbNativeTokenManager",
            Self::ArbFilteredTransactionsManager => "ArbFilteredTransactionsManager",
            Self::NodeInterface => "NodeInterface",
            Self::NodeInterfaceDebug => "NodeInterfaceDebug",
            Self::ArbDebug => "ArbDebug",
        }
    }
}

/// How a node shows the data of a revert that is an error of a precompile: `error Name(values)`. `None`
/// for any other.
pub(crate) fn error_text(data: &[u8]) -> Option<String> {
    use abi::{ArbDebug::ArbDebugErrors, ArbSys::ArbSysErrors, ArbWasm::ArbWasmErrors};
    let named = |name: &str, values: &[&dyn Display]| {
        let values: Vec<_> = values.iter().map(ToString::to_string).collect();
        Some(format!("error {name}({})", values.join(", ")))
    };
    if let Ok(ArbSysErrors::InvalidBlockNumber(error)) = ArbSysErrors::abi_decode(data) {
        return named("InvalidBlockNumber", &[&error.requested, &error.current]);
    }
    if let Ok(ArbDebugErrors::Custom(error)) = ArbDebugErrors::abi_decode(data) {
        return named("Custom", &[&error.number, &error.message, &error.flag]);
    }
    match ArbWasmErrors::abi_decode(data).ok()? {
        ArbWasmErrors::ProgramNotWasm(_) => named("ProgramNotWasm", &[]),
        ArbWasmErrors::ProgramNotActivated(_) => named("ProgramNotActivated", &[]),
        ArbWasmErrors::ProgramUpToDate(_) => named("ProgramUpToDate", &[]),
        ArbWasmErrors::ProgramNeedsUpgrade(error) => named(
            "ProgramNeedsUpgrade",
            &[&error.version, &error.stylusVersion],
        ),
        ArbWasmErrors::ProgramExpired(error) => named("ProgramExpired", &[&error.ageInSeconds]),
        ArbWasmErrors::ProgramKeepaliveTooSoon(error) => {
            named("ProgramKeepaliveTooSoon", &[&error.ageInSeconds])
        }
        ArbWasmErrors::ProgramInsufficientValue(error) => {
            named("ProgramInsufficientValue", &[&error.have, &error.want])
        }
    }
}

/// Addresses of the chain's precompiles under an `ArbOS` version; they are warm in every transaction.
pub(crate) fn precompile_addresses(arbos_version: u64) -> impl Iterator<Item = Address> {
    Contract::ALL
        .into_iter()
        .filter(move |contract| arbos_version >= methods::since(*contract))
        .map(Contract::address)
}

/// Whether calling `address` runs code of this crate's instead of the account's.
///
/// The node's own interface is none: outside of simulated calls, which the layer above answers, it is
/// an account like any other.
pub(crate) fn is_native(address: Address, arbos_version: u64) -> bool {
    let precompile = || {
        Contract::at(address).is_some_and(|contract| {
            arbos_version >= methods::since(contract)
                && !matches!(
                    contract,
                    Contract::NodeInterface | Contract::NodeInterfaceDebug
                )
        })
    };
    matches!(address, STYLUS_DEPLOYER | STYLUS_CACHE_MANAGER) || precompile()
}

/// Runs a frame of a contract that [`is_native`].
pub(crate) fn run_native(
    machine: &mut Machine<'_>,
    init: &mut FrameInit,
    inputs: &CallInputs,
) -> Result<InterpreterResult, Fault> {
    match Contract::at(inputs.bytecode_address) {
        Some(contract) => Ok(precompile::run(contract, machine, init, inputs)),
        None if inputs.bytecode_address == STYLUS_CACHE_MANAGER => {
            cache_manager::run(machine, init, inputs)
        }
        None => deployer::run(machine, init, inputs),
    }
}
