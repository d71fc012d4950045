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
