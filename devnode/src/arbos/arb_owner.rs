//! `ArbOwner` and `ArbOwnerPublic`: the chain's owners and what they set (Nitro,
//! `precompiles/ArbOwner.go`).

use super::{
    CACHE_MANAGERS, CHAIN_OWNERS,
    abi::{
        ArbOwner::{self, ArbOwnerCalls as Calls},
        ArbOwnerPublic::{self, ArbOwnerPublicCalls},
    },
    params::{ActivationParams, ArbosParams, ScheduledUpgrade},
    precompile::{Failure, PrecompileCall, decode},
    state::{network_fee_account, set_network_fee_account},
    version::{ArbosVersion, FRAGMENTS_ARBOS},
};
use crate::{evm::Halt, vm::StylusParams};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent};

/// Largest ink price, which three bytes hold.
const MAX_INK_PRICE: u32 = (1 << 24) - 1;
/// The level brotli has compressed batches with since version 20.
const BROTLI_LEVEL: u64 = 1;

/// Whether the caller owns the chain.
pub(super) fn is_owner(call: &mut PrecompileCall<'_, '_>) -> bool {
    let caller = call.caller;
    CHAIN_OWNERS.contains(call.machine.journal(), caller)
}

/// Logs that an owner used the interface. Views are logged too, unless the call is static.
pub(super) fn log_owner_act(call: &mut PrecompileCall<'_, '_>, method: [u8; 4], calldata: &[u8]) {
    let event = ArbOwner::OwnerActs {
        method: method.into(),
        owner: call.caller,
        data: Bytes::copy_from_slice(calldata),
    };
    call.log(event.encode_log_data());
}

fn refuse<T>() -> Result<T, Failure> {
    Err(Failure::Revert(Bytes::new()))
}

/// The owner's interface. Its owners pay nothing, so nothing is burned.
pub(super) fn arb_owner(
    call: &mut PrecompileCall<'_, '_>,
    calldata: &[u8],
) -> Result<Vec<u8>, Failure> {
    let arbos_version = call.machine.arbos_version;
    let journal = call.machine.journal();
    match decode(calldata)? {
        Calls::isChainOwner(args) => {
            let is_owner = CHAIN_OWNERS.contains(journal, args.addr);
            return Ok(ArbOwner::isChainOwnerCall::abi_encode_returns(&is_owner));
        }
        Calls::getAllChainOwners(_) => {
            let owners = CHAIN_OWNERS.members(journal);
            return Ok(ArbOwner::getAllChainOwnersCall::abi_encode_returns(&owners));
        }
        Calls::getNetworkFeeAccount(_) => {
            let account = network_fee_account(journal);
            return Ok(ArbOwner::getNetworkFeeAccountCall::abi_encode_returns(
                &account,
            ));
        }
        // No part of the base fee is for the infrastructure.
        Calls::getInfraFeeAccount(_) => {
            return Ok(ArbOwner::getInfraFeeAccountCall::abi_encode_returns(
                &Address::ZERO,
            ));
        }
        Calls::addChainOwner(args) => {
            CHAIN_OWNERS.add(journal, args.newOwner);
            if arbos_version >= FRAGMENTS_ARBOS {
                let owner = args.newOwner;
                call.log(ArbOwner::ChainOwnerAdded { owner }.encode_log_data());
            }
        }
        Calls::removeChainOwner(args) => {
            if !CHAIN_OWNERS.remove(journal, args.ownerToRemove) {
                return refuse();
            }
            if arbos_version >= FRAGMENTS_ARBOS {
                let owner = args.ownerToRemove;
                call.log(ArbOwner::ChainOwnerRemoved { owner }.encode_log_data());
            }
        }
        Calls::addWasmCacheManager(args) => CACHE_MANAGERS.add(journal, args.manager),
        Calls::removeWasmCacheManager(args) => {
            if !CACHE_MANAGERS.remove(journal, args.manager) {
                return refuse();
            }
        }
        Calls::setNetworkFeeAccount(args) => {
            set_network_fee_account(journal, args.newNetworkFeeAccount);
        }
        Calls::scheduleArbOSUpgrade(args) => {
            schedule_upgrade(call, args.newVersion, args.timestamp)?;
        }
        // Posting data costs nothing here, which is what a development chain sets.
        Calls::setL1PricePerUnit(args) if args.pricePerUnit.is_zero() => {}
        Calls::setL1PricePerUnit(_) => {
            return Err(Failure::Halt(Halt::NotModelled {
                contract: "ArbOwner",
                method: "setL1PricePerUnit(uint256) other than to zero",
                selector: ArbOwner::setL1PricePerUnitCall::SELECTOR.into(),
            }));
        }
        Calls::setWasmActivationGas(args) => {
            let mut params = ActivationParams::load(journal);
            params.activation_gas = args.gas;
            params.store(journal);
        }
        Calls::setMaxStylusContractFragments(args) => {
            let mut params = ActivationParams::load(journal);
            params.max_fragments = args.maxFragments;
            params.store(journal);
        }
        method => {
            let mut params = ArbosParams::load(journal);
            set_parameter(&method, &mut params.stylus)?;
            params.store(journal);
        }
    }
    Ok(Vec::new())
}

/// Sets one of the parameters that every call of a program reads.
fn set_parameter(method: &Calls, stylus: &mut StylusParams) -> Result<(), Failure> {
    match method {
        Calls::setInkPrice(args) => {
            if args.price == 0 || args.price > MAX_INK_PRICE {
                return refuse();
            }
            stylus.ink_price = args.price;
        }
        Calls::setWasmMaxStackDepth(args) => stylus.max_stack_depth = args.depth,
        Calls::setWasmFreePages(args) => stylus.free_pages = args.pages,
        Calls::setWasmPageGas(args) => stylus.page_gas = args.gas,
        Calls::setWasmPageLimit(args) => stylus.page_limit = args.limit,
        Calls::setWasmMaxSize(args) => stylus.max_wasm_size = args.size,
        // Both are counted in the units of the parameters, 128 and 32 gas.
        Calls::setWasmMinInitGas(args) => {
            stylus.min_init_gas = args.gas;
            stylus.min_cached_init_gas = u8::try_from(args.cached).unwrap_or(u8::MAX);
        }
        // The parameter is in units of two percent.
        Calls::setWasmInitCostScalar(args) => {
            let scalar = args.percent.div_ceil(2);
            stylus.init_cost_scalar = u8::try_from(scalar).unwrap_or(u8::MAX);
        }
        Calls::setWasmExpiryDays(args) => stylus.expiry_days = args.numDays,
        Calls::setWasmKeepaliveDays(args) => stylus.keepalive_days = args.numDays,
        Calls::setWasmBlockCacheSize(args) => stylus.block_cache_size = args.count,
        _ => unreachable!("every other method was matched by the caller or is not modelled"),
    }
    Ok(())
}

/// Remembers an upgrade for the first block at or after its time. One to a version that has passed
/// never comes; one to a version that this chain cannot run is refused by name.
fn schedule_upgrade(
    call: &mut PrecompileCall<'_, '_>,
    version: u64,
    timestamp: u64,
) -> Result<(), Failure> {
    if version > call.machine.arbos_version
        && let Err(unsupported) = ArbosVersion::try_new(version)
    {
        return Err(Failure::Halt(Halt::UnsupportedArbosVersion(unsupported)));
    }
    let upgrade = ScheduledUpgrade {
        arbos_version: version,
        timestamp,
    };
    upgrade.store(call.machine.journal());
    Ok(())
}

pub(super) fn arb_owner_public(
    call: &mut PrecompileCall<'_, '_>,
    calldata: &[u8],
) -> Result<Vec<u8>, Failure> {
    use ArbOwnerPublicCalls as Public;
    Ok(match decode(calldata)? {
        Public::isChainOwner(args) => {
            call.burn_reads(1)?;
            let is_owner = CHAIN_OWNERS.contains(call.machine.journal(), args.addr);
            ArbOwnerPublic::isChainOwnerCall::abi_encode_returns(&is_owner)
        }
        Public::getAllChainOwners(_) => {
            let owners = CHAIN_OWNERS.members(call.machine.journal());
            call.burn_reads(1 + owners.len() as u64)?;
            ArbOwnerPublic::getAllChainOwnersCall::abi_encode_returns(&owners)
        }
        Public::getNetworkFeeAccount(_) => {
            call.burn_reads(1)?;
            let account = network_fee_account(call.machine.journal());
            ArbOwnerPublic::getNetworkFeeAccountCall::abi_encode_returns(&account)
        }
        Public::getScheduledUpgrade(_) => {
            call.burn_reads(2)?;
            let mut upgrade = ScheduledUpgrade::load(call.machine.journal());
            if upgrade.arbos_version <= call.machine.arbos_version {
                upgrade = ScheduledUpgrade::default();
            }
            ArbOwnerPublic::getScheduledUpgradeCall::abi_encode_returns(
                &ArbOwnerPublic::getScheduledUpgradeReturn {
                    arbosVersion: upgrade.arbos_version,
                    scheduledForTimestamp: upgrade.timestamp,
                },
            )
        }
        Public::getMaxStylusContractFragments(_) => {
            call.burn_params()?;
            let params = ActivationParams::load(call.machine.journal());
            ArbOwnerPublic::getMaxStylusContractFragmentsCall::abi_encode_returns(
                &params.max_fragments,
            )
        }
        Public::getBrotliCompressionLevel(_) => {
            call.burn_reads(1)?;
            U256::from(BROTLI_LEVEL).to_be_bytes_vec()
        }
        // Nobody manages the native token or filters transactions.
        Public::getAllNativeTokenOwners(_) | Public::getAllTransactionFilterers(_) => {
            call.burn_reads(1)?;
            ArbOwnerPublic::getAllNativeTokenOwnersCall::abi_encode_returns(&Vec::new())
        }
        // All of these answer zero, no or nobody, which is the same word.
        Public::getInfraFeeAccount(_)
        | Public::getNativeTokenManagementFrom(_)
        | Public::isNativeTokenOwner(_)
        | Public::getTransactionFilteringFrom(_)
        | Public::isTransactionFilterer(_)
        | Public::getFilteredFundsRecipient(_)
        | Public::getParentGasFloorPerToken(_)
        | Public::isCalldataPriceIncreaseEnabled(_) => {
            call.burn_reads(1)?;
            U256::ZERO.to_be_bytes_vec()
        }
        Public::rectifyChainOwner(_) => {
            unreachable!("the method table says that this is not modelled")
        }
    })
}
