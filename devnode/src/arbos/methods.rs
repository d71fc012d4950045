//! Which methods the precompiles have, what they may do and from which `ArbOS` version on.

use super::{
    Contract,
    abi::{
        ArbAddressTable as Table, ArbAggregator as Aggregator, ArbDebug as Debug,
        ArbFilteredTransactionsManager as Filter, ArbFunctionTable as Functions, ArbGasInfo as Gas,
        ArbInfo as Info, ArbNativeTokenManager as Token, ArbOwner as Owner,
        ArbOwnerPublic as Public, ArbRetryableTx as Retryable, ArbStatistics as Statistics,
        ArbSys as Sys, ArbWasm as Wasm, ArbWasmCache as WasmCache, ArbosTest as Test,
    },
    precompile::Purity,
    version::{FRAGMENTS_ARBOS, OSAKA_ARBOS},
};
use crate::vm::STYLUS_V3_ARBOS;
use alloy_sol_types::{SolCall, SolInterface};

/// First version with native token management.
const TOKEN_ARBOS: u64 = 41;

/// What a precompile makes of a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// It has no such method.
    Unknown,
    /// It has one on Arbitrum, of this signature.
    NotModelled(&'static str),
    /// It has one, which may do this.
    Known(Purity),
}

/// Looks a method up.
pub(super) fn find(contract: Contract, selector: [u8; 4], arbos_version: u64) -> Method {
    if let Some((purity, since)) = modelled(contract, selector) {
        return if arbos_version >= since {
            Method::Known(purity)
        } else {
            Method::Unknown
        };
    }
    signature(contract, selector).map_or(Method::Unknown, Method::NotModelled)
}

/// Purity of a method that is modelled and the first version that has it.
fn modelled(contract: Contract, selector: [u8; 4]) -> Option<(Purity, u64)> {
    let purity = match contract {
        Contract::ArbWasm => return arb_wasm(selector),
        Contract::ArbSys => match selector {
            Sys::mapL1SenderContractAddressToL2AliasCall::SELECTOR => Purity::Pure,
            // There is no parent chain to send to, and the outbox's accounts are not kept.
            Sys::withdrawEthCall::SELECTOR
            | Sys::sendTxToL1Call::SELECTOR
            | Sys::sendMerkleTreeStateCall::SELECTOR => return None,
            _ if Sys::ArbSysCalls::valid_selector(selector) => Purity::View,
            _ => return None,
        },
        Contract::ArbInfo if Info::ArbInfoCalls::valid_selector(selector) => Purity::View,
        Contract::ArbAddressTable => match selector {
            Table::compressCall::SELECTOR | Table::registerCall::SELECTOR => Purity::Write,
            _ if Table::ArbAddressTableCalls::valid_selector(selector) => Purity::View,
            _ => return None,
        },
        Contract::ArbosTest if Test::ArbosTestCalls::valid_selector(selector) => Purity::Pure,
        Contract::ArbOwnerPublic => return arb_owner_public(selector),
        Contract::ArbOwner => return arb_owner(selector),
        Contract::ArbGasInfo => return arb_gas_info(selector),
        Contract::ArbAggregator => match selector {
            Aggregator::getPreferredAggregatorCall::SELECTOR
            | Aggregator::getDefaultAggregatorCall::SELECTOR
            | Aggregator::getBatchPostersCall::SELECTOR
            | Aggregator::getFeeCollectorCall::SELECTOR
            | Aggregator::getTxBaseFeeCall::SELECTOR => Purity::View,
            _ => return None,
        },
        Contract::ArbStatistics if Statistics::getStatsCall::SELECTOR == selector => Purity::View,
        Contract::ArbWasmCache => match selector {
            WasmCache::cacheProgramCall::SELECTOR | WasmCache::evictCodehashCall::SELECTOR => {
                Purity::Write
            }
            _ if WasmCache::ArbWasmCacheCalls::valid_selector(selector) => Purity::View,
            _ => return None,
        },
        Contract::ArbDebug => match selector {
            Debug::eventsCall::SELECTOR => Purity::Payable,
            Debug::becomeChainOwnerCall::SELECTOR
            | Debug::overwriteContractCodeCall::SELECTOR
            | Debug::panicCall::SELECTOR => Purity::Write,
            Debug::eventsViewCall::SELECTOR => Purity::View,
            Debug::customRevertCall::SELECTOR | Debug::legacyErrorCall::SELECTOR => Purity::Pure,
            _ => return None,
        },
        _ => return None,
    };
    Some((purity, 0))
}

fn arb_wasm(selector: [u8; 4]) -> Option<(Purity, u64)> {
    Some(match selector {
        Wasm::activateProgramCall::SELECTOR | Wasm::codehashKeepaliveCall::SELECTOR => {
            (Purity::Payable, 0)
        }
        Wasm::activationGasCall::SELECTOR => (Purity::View, STYLUS_V3_ARBOS),
        _ if Wasm::ArbWasmCalls::valid_selector(selector) => (Purity::View, 0),
        _ => return None,
    })
}

fn arb_owner_public(selector: [u8; 4]) -> Option<(Purity, u64)> {
    let since = match selector {
        Public::isChainOwnerCall::SELECTOR
        | Public::getAllChainOwnersCall::SELECTOR
        | Public::getNetworkFeeAccountCall::SELECTOR
        | Public::getInfraFeeAccountCall::SELECTOR
        | Public::getBrotliCompressionLevelCall::SELECTOR
        | Public::getScheduledUpgradeCall::SELECTOR
        | Public::isCalldataPriceIncreaseEnabledCall::SELECTOR => 0,
        Public::isNativeTokenOwnerCall::SELECTOR
        | Public::getAllNativeTokenOwnersCall::SELECTOR => TOKEN_ARBOS,
        Public::getNativeTokenManagementFromCall::SELECTOR
        | Public::getParentGasFloorPerTokenCall::SELECTOR => OSAKA_ARBOS,
        Public::getTransactionFilteringFromCall::SELECTOR
        | Public::isTransactionFiltererCall::SELECTOR
        | Public::getAllTransactionFilterersCall::SELECTOR
        | Public::getFilteredFundsRecipientCall::SELECTOR
        | Public::getMaxStylusContractFragmentsCall::SELECTOR => FRAGMENTS_ARBOS,
        _ => return None,
    };
    Some((Purity::View, since))
}

fn arb_owner(selector: [u8; 4]) -> Option<(Purity, u64)> {
    Some(match selector {
        Owner::isChainOwnerCall::SELECTOR
        | Owner::getAllChainOwnersCall::SELECTOR
        | Owner::getNetworkFeeAccountCall::SELECTOR
        | Owner::getInfraFeeAccountCall::SELECTOR => (Purity::View, 0),
        Owner::addChainOwnerCall::SELECTOR
        | Owner::removeChainOwnerCall::SELECTOR
        | Owner::addWasmCacheManagerCall::SELECTOR
        | Owner::removeWasmCacheManagerCall::SELECTOR
        | Owner::setNetworkFeeAccountCall::SELECTOR
        | Owner::scheduleArbOSUpgradeCall::SELECTOR
        | Owner::setL1PricePerUnitCall::SELECTOR
        | Owner::setInkPriceCall::SELECTOR
        | Owner::setWasmMaxStackDepthCall::SELECTOR
        | Owner::setWasmFreePagesCall::SELECTOR
        | Owner::setWasmPageGasCall::SELECTOR
        | Owner::setWasmPageLimitCall::SELECTOR
        | Owner::setWasmMaxSizeCall::SELECTOR
        | Owner::setWasmMinInitGasCall::SELECTOR
        | Owner::setWasmInitCostScalarCall::SELECTOR
        | Owner::setWasmExpiryDaysCall::SELECTOR
        | Owner::setWasmKeepaliveDaysCall::SELECTOR
        | Owner::setWasmBlockCacheSizeCall::SELECTOR => (Purity::Write, 0),
        Owner::setWasmActivationGasCall::SELECTOR => (Purity::Write, STYLUS_V3_ARBOS),
        Owner::setMaxStylusContractFragmentsCall::SELECTOR => (Purity::Write, FRAGMENTS_ARBOS),
        _ => return None,
    })
}

fn arb_gas_info(selector: [u8; 4]) -> Option<(Purity, u64)> {
    let since = match selector {
        Gas::getMultiGasBaseFeeCall::SELECTOR => return None,
        Gas::getMaxTxGasLimitCall::SELECTOR
        | Gas::getMaxBlockGasLimitCall::SELECTOR
        | Gas::getGasPricingConstraintsCall::SELECTOR => OSAKA_ARBOS,
        Gas::getMultiGasPricingConstraintsCall::SELECTOR => FRAGMENTS_ARBOS,
        _ if Gas::ArbGasInfoCalls::valid_selector(selector) => 0,
        _ => return None,
    };
    Some((Purity::View, since))
}

/// Signature of a method that the precompile has on Arbitrum.
fn signature(contract: Contract, selector: [u8; 4]) -> Option<&'static str> {
    match contract {
        Contract::ArbSys => Sys::ArbSysCalls::signature_by_selector(selector),
        Contract::ArbFunctionTable => {
            Functions::ArbFunctionTableCalls::signature_by_selector(selector)
        }
        Contract::ArbOwnerPublic => Public::ArbOwnerPublicCalls::signature_by_selector(selector),
        Contract::ArbGasInfo => Gas::ArbGasInfoCalls::signature_by_selector(selector),
        Contract::ArbAggregator => Aggregator::ArbAggregatorCalls::signature_by_selector(selector),
        Contract::ArbRetryableTx => Retryable::ArbRetryableTxCalls::signature_by_selector(selector),
        Contract::ArbOwner => Owner::ArbOwnerCalls::signature_by_selector(selector),
        Contract::ArbNativeTokenManager => {
            Token::ArbNativeTokenManagerCalls::signature_by_selector(selector)
        }
        Contract::ArbFilteredTransactionsManager => {
            Filter::ArbFilteredTransactionsManagerCalls::signature_by_selector(selector)
        }
        Contract::ArbInfo
        | Contract::ArbAddressTable
        | Contract::ArbBls
        | Contract::ArbosTest
        | Contract::ArbStatistics
        | Contract::ArbWasm
        | Contract::ArbWasmCache
        | Contract::NodeInterface
        | Contract::NodeInterfaceDebug
        | Contract::ArbDebug => None,
    }
}

/// First version that has the precompile at all.
pub(super) const fn since(contract: Contract) -> u64 {
    match contract {
        Contract::ArbNativeTokenManager => TOKEN_ARBOS,
        Contract::ArbFilteredTransactionsManager => FRAGMENTS_ARBOS,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbos::abi::{CacheManager, NodeInterface, StylusDeployer};
    use alloy_primitives::{B256, b256, hex};
    use alloy_sol_types::SolEvent;

    /// Selectors as they are published.
    #[test]
    fn selectors_are_those_of_the_chain() {
        let known = [
            (hex!("58c780c2"), Wasm::activateProgramCall::SELECTOR),
            (hex!("a996e0c2"), Wasm::stylusVersionCall::SELECTOR),
            (hex!("d70c0ca7"), Wasm::codehashVersionCall::SELECTOR),
            (hex!("c689bad5"), Wasm::codehashKeepaliveCall::SELECTOR),
            (hex!("4089267f"), Wasm::codehashAsmSizeCall::SELECTOR),
            (hex!("cc8f4e88"), Wasm::programVersionCall::SELECTOR),
            (hex!("62b688aa"), Wasm::programInitGasCall::SELECTOR),
            (hex!("aef36be3"), Wasm::programMemoryFootprintCall::SELECTOR),
            (hex!("c775a62a"), Wasm::programTimeLeftCall::SELECTOR),
            (hex!("d1c17abc"), Wasm::inkPriceCall::SELECTOR),
            (hex!("8ccfaa70"), Wasm::maxStackDepthCall::SELECTOR),
            (hex!("4490c19d"), Wasm::freePagesCall::SELECTOR),
            (hex!("7af4ba49"), Wasm::pageGasCall::SELECTOR),
            (hex!("9786f96e"), Wasm::pageLimitCall::SELECTOR),
            (hex!("11c82ae8"), Wasm::pageRampCall::SELECTOR),
            (hex!("99d0b38d"), Wasm::minInitGasCall::SELECTOR),
            (hex!("5fc94c0b"), Wasm::initCostScalarCall::SELECTOR),
            (hex!("309f6555"), Wasm::expiryDaysCall::SELECTOR),
            (hex!("0a936455"), Wasm::keepaliveDaysCall::SELECTOR),
            (hex!("7af6e819"), Wasm::blockCacheSizeCall::SELECTOR),
            (hex!("2278c278"), Wasm::activationGasCall::SELECTOR),
            (hex!("85e2de85"), WasmCache::isCacheManagerCall::SELECTOR),
            (hex!("0ec1d773"), WasmCache::allCacheManagersCall::SELECTOR),
            (hex!("e73ac9f2"), WasmCache::cacheProgramCall::SELECTOR),
            (hex!("ce972013"), WasmCache::evictCodehashCall::SELECTOR),
            (hex!("a72f179b"), WasmCache::codehashIsCachedCall::SELECTOR),
            (hex!("a3b1b31d"), Sys::arbBlockNumberCall::SELECTOR),
            (hex!("2b407a82"), Sys::arbBlockHashCall::SELECTOR),
            (hex!("d127f54a"), Sys::arbChainIDCall::SELECTOR),
            (hex!("051038f2"), Sys::arbOSVersionCall::SELECTOR),
            (hex!("928c169a"), Sys::sendTxToL1Call::SELECTOR),
            (hex!("25e16063"), Sys::withdrawEthCall::SELECTOR),
            (hex!("f8b2cb4f"), Info::getBalanceCall::SELECTOR),
            (hex!("7e105ce2"), Info::getCodeCall::SELECTOR),
            (hex!("bb3480f9"), Test::burnArbGasCall::SELECTOR),
            (hex!("516b4e0f"), Public::getAllChainOwnersCall::SELECTOR),
            (hex!("26ef7f68"), Public::isChainOwnerCall::SELECTOR),
            (
                hex!("e5a7f893"),
                Public::getMaxStylusContractFragmentsCall::SELECTOR,
            ),
            (hex!("8c1d4fda"), Owner::setInkPriceCall::SELECTOR),
            (hex!("ffdca515"), Owner::addWasmCacheManagerCall::SELECTOR),
            (
                hex!("bf197322"),
                Owner::removeWasmCacheManagerCall::SELECTOR,
            ),
            (
                hex!("f1fe1a70"),
                Owner::setMaxStylusContractFragmentsCall::SELECTOR,
            ),
            (hex!("a0a32497"), Owner::setWasmActivationGasCall::SELECTOR),
            (hex!("481f8dbf"), Owner::addChainOwnerCall::SELECTOR),
            (hex!("e388b381"), Owner::scheduleArbOSUpgradeCall::SELECTOR),
            (hex!("2b352fae"), Owner::setL1PricePerUnitCall::SELECTOR),
            (hex!("0e5bbc11"), Debug::becomeChainOwnerCall::SELECTOR),
            (hex!("1be250d6"), Debug::overwriteContractCodeCall::SELECTOR),
            (
                hex!("c94e6eeb"),
                NodeInterface::gasEstimateComponentsCall::SELECTOR,
            ),
            (
                hex!("77d488a2"),
                NodeInterface::gasEstimateL1ComponentCall::SELECTOR,
            ),
            (hex!("6f275ef2"), NodeInterface::blockL1NumCall::SELECTOR),
            (hex!("a9a8e4e9"), StylusDeployer::deployCall::SELECTOR),
            (
                hex!("835d1d4c"),
                StylusDeployer::requiresActivationCall::SELECTOR,
            ),
            (hex!("9f40b385"), StylusDeployer::initSaltCall::SELECTOR),
            (hex!("e4940157"), CacheManager::placeBidCall::SELECTOR),
            (hex!("32052a9b"), CacheManager::getMinBid_0Call::SELECTOR),
            (hex!("d29b303e"), CacheManager::getMinBid_1Call::SELECTOR),
            (hex!("674a64e0"), CacheManager::cacheSizeCall::SELECTOR),
            (hex!("bae6c2ad"), CacheManager::queueSizeCall::SELECTOR),
            (hex!("b187bd26"), CacheManager::isPausedCall::SELECTOR),
        ];
        for (place, (published, ours)) in known.into_iter().enumerate() {
            assert_eq!(ours, published, "row {place}");
        }
    }

    #[test]
    fn topics_are_those_of_the_chain() {
        let known: [(B256, B256); 4] = [
            (
                b256!("c0e812780707128d9a180db8ee4d1c1f1300b6dd0626d577b5d9ac759b76253c"),
                Wasm::ProgramActivated::SIGNATURE_HASH,
            ),
            (
                b256!("03802ba32e3bd489d2ab04abb93d10687e0b6883bcb091206ca75172d248f2ec"),
                Wasm::ProgramLifetimeExtended::SIGNATURE_HASH,
            ),
            (
                b256!("1bfaa29b4618e78f5b398027d530826dbb266dc976a5067f67fdad15434ecfab"),
                WasmCache::UpdateProgramCache::SIGNATURE_HASH,
            ),
            (
                b256!("8ffcdc15a283d706d38281f500270d8b5a656918f555de0913d7455e3e6bc1bf"),
                StylusDeployer::ContractDeployed::SIGNATURE_HASH,
            ),
        ];
        for (published, ours) in known {
            assert_eq!(ours, published);
        }
    }

    #[test]
    fn a_method_is_known_from_its_version_on_and_others_by_name() {
        let gas = Wasm::activationGasCall::SELECTOR;
        assert_eq!(find(Contract::ArbWasm, gas, 51), Method::Unknown);
        assert_eq!(
            find(Contract::ArbWasm, gas, 59),
            Method::Known(Purity::View)
        );
        assert_eq!(
            find(Contract::ArbOwner, Owner::setSpeedLimitCall::SELECTOR, 51),
            Method::NotModelled("setSpeedLimit(uint64)")
        );
        assert_eq!(find(Contract::ArbOwner, [1, 2, 3, 4], 51), Method::Unknown);
        // `cacheCodehash` went with version 31.
        assert_eq!(
            find(Contract::ArbWasmCache, hex!("4ceac817"), 40),
            Method::Unknown
        );
    }
}
