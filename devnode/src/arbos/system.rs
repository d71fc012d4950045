//! The small precompiles, each with the methods a development chain is asked for. Other methods
//! of theirs stop the call by name.

use super::{
    CACHE_MANAGERS, CHAIN_OWNERS, Contract,
    abi::{ArbDebug, ArbGasInfo, ArbOwner, ArbOwnerPublic, ArbSys},
    precompile::{Failure, PrecompileCall, Purity},
    version::public_version,
};
use crate::evm::{Halt, MIN_BASE_FEE, NETWORK_FEE_ACCOUNT};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent, SolInterface};

/// Blocks whose hashes `arbBlockHash` answers.
const BLOCK_HASHES: u64 = 256;
/// Gas of a storage slot by which `getPricesInWei` prices one.
const STORAGE_SLOT_GAS: u64 = 20_000;

/// What a method may do; `None` for one that is not modelled.
pub(super) fn purity(contract: Contract, selector: [u8; 4]) -> Option<Purity> {
    let (known, purity) = match contract {
        Contract::ArbSys => (ArbSys::ArbSysCalls::valid_selector(selector), Purity::View),
        Contract::ArbOwnerPublic => (
            ArbOwnerPublic::ArbOwnerPublicCalls::valid_selector(selector),
            Purity::View,
        ),
        Contract::ArbGasInfo => (
            ArbGasInfo::ArbGasInfoCalls::valid_selector(selector),
            Purity::View,
        ),
        Contract::ArbDebug => (
            ArbDebug::ArbDebugCalls::valid_selector(selector),
            Purity::Write,
        ),
        Contract::ArbOwner => {
            let purity = match selector {
                ArbOwner::isChainOwnerCall::SELECTOR
                | ArbOwner::getAllChainOwnersCall::SELECTOR => Purity::View,
                _ => Purity::Write,
            };
            (ArbOwner::ArbOwnerCalls::valid_selector(selector), purity)
        }
        _ => (false, Purity::View),
    };
    known.then_some(purity)
}

pub(super) fn run(
    contract: Contract,
    call: &mut PrecompileCall<'_, '_>,
    calldata: &[u8],
) -> Result<Vec<u8>, Failure> {
    match contract {
        Contract::ArbSys => arb_sys(call, decode(calldata)?),
        Contract::ArbOwnerPublic => arb_owner_public(call, &decode(calldata)?),
        Contract::ArbGasInfo => arb_gas_info(call, &decode(calldata)?),
        Contract::ArbDebug => {
            let ArbDebug::ArbDebugCalls::becomeChainOwner(_) = decode(calldata)?;
            let caller = call.caller;
            call.burn_reads(1)?;
            if !CHAIN_OWNERS.contains(call.machine.journal(), caller) {
                // A set's new member reads the length twice and writes it, its place and itself.
                call.burn_reads(2)?;
                for _ in 0..3 {
                    call.burn_write(false)?;
                }
                CHAIN_OWNERS.add(call.machine.journal(), caller);
            }
            Ok(Vec::new())
        }
        Contract::ArbOwner => arb_owner(call, calldata),
        other => Err(Failure::Halt(Halt::NotModelled {
            contract: other.name(),
            selector: calldata.first_chunk().copied().unwrap_or_default().into(),
        })),
    }
}

fn decode<C: SolInterface>(calldata: &[u8]) -> Result<C, Failure> {
    C::abi_decode(calldata).map_err(|_| Failure::BurnAll)
}

/// Whether the caller owns the chain.
pub(super) fn is_owner(call: &mut PrecompileCall<'_, '_>) -> bool {
    let caller = call.caller;
    CHAIN_OWNERS.contains(call.machine.journal(), caller)
}

fn arb_sys(
    call: &mut PrecompileCall<'_, '_>,
    method: ArbSys::ArbSysCalls,
) -> Result<Vec<u8>, Failure> {
    use ArbSys::ArbSysCalls as Calls;
    let block = call.machine.block;
    Ok(match method {
        Calls::arbBlockNumber(_) => {
            ArbSys::arbBlockNumberCall::abi_encode_returns(&U256::from(block.number))
        }
        Calls::arbBlockHash(args) => {
            let requested: u64 = args.arbBlockNum.saturating_to();
            if requested >= block.number || requested.saturating_add(BLOCK_HASHES) < block.number {
                return Err(Failure::error(&ArbSys::InvalidBlockNumber {
                    requested: args.arbBlockNum,
                    current: U256::from(block.number),
                }));
            }
            if requested + 1 != block.number {
                return Err(Failure::Halt(Halt::NotModelled {
                    contract: "ArbSys (hashes of blocks before the parent)",
                    selector: ArbSys::arbBlockHashCall::SELECTOR.into(),
                }));
            }
            ArbSys::arbBlockHashCall::abi_encode_returns(&block.parent_hash)
        }
        Calls::arbChainID(_) => {
            ArbSys::arbChainIDCall::abi_encode_returns(&U256::from(call.machine.chain.chain_id))
        }
        Calls::arbOSVersion(_) => {
            let version = public_version(call.machine.arbos_version);
            ArbSys::arbOSVersionCall::abi_encode_returns(&version)
        }
        // The transaction's own frame has depth 0, the precompile's own one more than its caller's.
        Calls::isTopLevelCall(_) => {
            ArbSys::isTopLevelCallCall::abi_encode_returns(&(call.depth <= 1))
        }
    })
}

fn arb_owner_public(
    call: &mut PrecompileCall<'_, '_>,
    method: &ArbOwnerPublic::ArbOwnerPublicCalls,
) -> Result<Vec<u8>, Failure> {
    use ArbOwnerPublic::ArbOwnerPublicCalls as Calls;
    Ok(match method {
        Calls::isChainOwner(args) => {
            call.burn_reads(1)?;
            let is_owner = CHAIN_OWNERS.contains(call.machine.journal(), args.addr);
            ArbOwnerPublic::isChainOwnerCall::abi_encode_returns(&is_owner)
        }
        Calls::getAllChainOwners(_) => {
            let owners = CHAIN_OWNERS.members(call.machine.journal());
            call.burn_reads(1 + owners.len() as u64)?;
            ArbOwnerPublic::getAllChainOwnersCall::abi_encode_returns(&owners)
        }
        Calls::getNetworkFeeAccount(_) => {
            call.burn_reads(1)?;
            ArbOwnerPublic::getNetworkFeeAccountCall::abi_encode_returns(&NETWORK_FEE_ACCOUNT)
        }
    })
}

/// The owner's interface. Its owners pay nothing, so nothing is burned.
fn arb_owner(call: &mut PrecompileCall<'_, '_>, calldata: &[u8]) -> Result<Vec<u8>, Failure> {
    use ArbOwner::ArbOwnerCalls as Calls;
    let journal = call.machine.journal();
    Ok(match decode(calldata)? {
        Calls::isChainOwner(args) => {
            let is_owner = CHAIN_OWNERS.contains(journal, args.addr);
            ArbOwner::isChainOwnerCall::abi_encode_returns(&is_owner)
        }
        Calls::getAllChainOwners(_) => {
            let owners = CHAIN_OWNERS.members(journal);
            ArbOwner::getAllChainOwnersCall::abi_encode_returns(&owners)
        }
        Calls::addChainOwner(args) => {
            CHAIN_OWNERS.add(journal, args.newOwner);
            Vec::new()
        }
        Calls::addWasmCacheManager(args) => {
            CACHE_MANAGERS.add(journal, args.manager);
            Vec::new()
        }
        Calls::removeWasmCacheManager(args) => {
            if !CACHE_MANAGERS.remove(journal, args.manager) {
                return Err(Failure::Revert(Bytes::new()));
            }
            Vec::new()
        }
    })
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

fn arb_gas_info(
    call: &mut PrecompileCall<'_, '_>,
    method: &ArbGasInfo::ArbGasInfoCalls,
) -> Result<Vec<u8>, Failure> {
    use ArbGasInfo::ArbGasInfoCalls as Calls;
    let base_fee = U256::from(call.machine.block.base_fee);
    let floor = U256::from(MIN_BASE_FEE);
    let zero = U256::ZERO;
    Ok(match method {
        // The parent chain's data price is zero here, so the parts that depend on it are too.
        Calls::getPricesInWei(_) => {
            call.burn_reads(2)?;
            let congestion = base_fee.saturating_sub(floor);
            ArbGasInfo::getPricesInWeiCall::abi_encode_returns(&ArbGasInfo::getPricesInWeiReturn {
                perL2Tx: zero,
                perL1CalldataUnit: zero,
                perStorageUnit: base_fee * U256::from(STORAGE_SLOT_GAS),
                perArbGasBase: base_fee - congestion,
                perArbGasCongestion: congestion,
                perArbGasTotal: base_fee,
            })
        }
        Calls::getMinimumGasPrice(_) => {
            call.burn_reads(1)?;
            ArbGasInfo::getMinimumGasPriceCall::abi_encode_returns(&floor)
        }
        Calls::getL1BaseFeeEstimate(_) => {
            call.burn_reads(1)?;
            ArbGasInfo::getL1BaseFeeEstimateCall::abi_encode_returns(&zero)
        }
        Calls::getL1GasPriceEstimate(_) => {
            call.burn_reads(1)?;
            ArbGasInfo::getL1GasPriceEstimateCall::abi_encode_returns(&zero)
        }
        Calls::getCurrentTxL1GasFees(_) => {
            ArbGasInfo::getCurrentTxL1GasFeesCall::abi_encode_returns(&zero)
        }
    })
}
