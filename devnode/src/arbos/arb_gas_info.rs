//! `ArbGasInfo` and `ArbAggregator`: prices, with the values of a development chain that has no parent
//! chain to pay for. (Nitro, `precompiles/ArbGasInfo.go`, `arbos/l1pricing`, `arbos/l2pricing`.)

use super::{
    abi::{
        ArbAggregator::{self, ArbAggregatorCalls},
        ArbGasInfo::{self, ArbGasInfoCalls as Calls},
    },
    precompile::{Failure, PrecompileCall, decode},
};
use crate::evm::{BATCH_POSTER, MIN_BASE_FEE, TX_COMPUTE_CAP};
use alloy_primitives::{Address, Bytes, I256, U256};
use alloy_sol_types::SolCall;

/// Gas of a storage slot by which prices of one are told.
const STORAGE_SLOT_GAS: u64 = 20_000;
/// Gas per second above which the base fee would rise.
const SPEED_LIMIT: u64 = 7_000_000;
/// How slowly the base fee would react, and after how many seconds of backlog.
const PRICING_INERTIA: u64 = 102;
const BACKLOG_TOLERANCE: u64 = 10;
/// Initial values of the parent chain's pricing, which nothing here is charged by.
const L1_INERTIA: u64 = 10;
const L1_REWARD_RATE: u64 = 10;
const L1_EQUILIBRATION_UNITS: u64 = 160_000_000;
const PER_BATCH_GAS: i64 = 210_000;

pub(super) fn arb_gas_info(
    call: &mut PrecompileCall<'_, '_>,
    calldata: &[u8],
) -> Result<Vec<u8>, Failure> {
    let method = decode(calldata)?;
    call.burn_reads(reads(&method))?;
    Ok(match method {
        // Both forms return the same six words.
        Calls::getPricesInWei(_) | Calls::getPricesInWeiWithAggregator(_) => {
            ArbGasInfo::getPricesInWeiCall::abi_encode_returns(&prices_in_wei(call))
        }
        // Both forms return the same three words.
        Calls::getPricesInArbGas(_) | Calls::getPricesInArbGasWithAggregator(_) => {
            ArbGasInfo::getPricesInArbGasCall::abi_encode_returns(
                &ArbGasInfo::getPricesInArbGasReturn {
                    perL2Tx: U256::ZERO,
                    perL1CalldataUnit: U256::ZERO,
                    perStorageUnit: U256::from(STORAGE_SLOT_GAS),
                },
            )
        }
        Calls::getGasAccountingParams(_) => {
            ArbGasInfo::getGasAccountingParamsCall::abi_encode_returns(
                &ArbGasInfo::getGasAccountingParamsReturn {
                    speedLimitPerSecond: U256::from(SPEED_LIMIT),
                    gasPoolMax: U256::from(TX_COMPUTE_CAP),
                    maxTxGasLimit: U256::from(TX_COMPUTE_CAP),
                },
            )
        }
        Calls::getL1RewardRecipient(_) => {
            ArbGasInfo::getL1RewardRecipientCall::abi_encode_returns(&Address::ZERO)
        }
        Calls::getL1PricingSurplus(_) | Calls::getLastL1PricingSurplus(_) => {
            ArbGasInfo::getL1PricingSurplusCall::abi_encode_returns(&I256::ZERO)
        }
        Calls::getPerBatchGasCharge(_) => {
            ArbGasInfo::getPerBatchGasChargeCall::abi_encode_returns(&PER_BATCH_GAS)
        }
        Calls::getGasPricingConstraints(_) => {
            ArbGasInfo::getGasPricingConstraintsCall::abi_encode_returns(&Vec::new())
        }
        Calls::getMultiGasPricingConstraints(_) => {
            ArbGasInfo::getMultiGasPricingConstraintsCall::abi_encode_returns(&Vec::new())
        }
        number => U256::from(plain(&number)).to_be_bytes_vec(),
    })
}

/// Words of the chain's state a method reads.
const fn reads(method: &Calls) -> u64 {
    match method {
        Calls::getCurrentTxL1GasFees(_) => 0,
        Calls::getPricesInWei(_)
        | Calls::getPricesInWeiWithAggregator(_)
        | Calls::getGasAccountingParams(_) => 2,
        Calls::getL1PricingSurplus(_) => 3,
        _ => 1,
    }
}

/// The methods that answer one number. None of them is negative.
fn plain(method: &Calls) -> u64 {
    match method {
        Calls::getMinimumGasPrice(_) => MIN_BASE_FEE,
        Calls::getMaxTxGasLimit(_) | Calls::getMaxBlockGasLimit(_) => TX_COMPUTE_CAP,
        Calls::getL1BaseFeeEstimateInertia(_) => L1_INERTIA,
        Calls::getL1RewardRate(_) => L1_REWARD_RATE,
        Calls::getPricingInertia(_) => PRICING_INERTIA,
        Calls::getGasBacklogTolerance(_) => BACKLOG_TOLERANCE,
        Calls::getL1PricingEquilibrationUnits(_) => L1_EQUILIBRATION_UNITS,
        Calls::getL1BaseFeeEstimate(_)
        | Calls::getL1GasPriceEstimate(_)
        | Calls::getCurrentTxL1GasFees(_)
        | Calls::getGasBacklog(_)
        | Calls::getAmortizedCostCapBips(_)
        | Calls::getL1FeesAvailable(_)
        | Calls::getLastL1PricingUpdateTime(_)
        | Calls::getL1PricingFundsDueForRewards(_)
        | Calls::getL1PricingUnitsSinceUpdate(_) => 0,
        _ => unreachable!("every other method was matched by the caller or is not modelled"),
    }
}

/// The parent chain's data price is zero here, so the parts that depend on it are too.
fn prices_in_wei(call: &PrecompileCall<'_, '_>) -> ArbGasInfo::getPricesInWeiReturn {
    let base_fee = U256::from(call.machine.block.base_fee);
    let congestion = base_fee.saturating_sub(U256::from(MIN_BASE_FEE));
    ArbGasInfo::getPricesInWeiReturn {
        perL2Tx: U256::ZERO,
        perL1CalldataUnit: U256::ZERO,
        perStorageUnit: base_fee * U256::from(STORAGE_SLOT_GAS),
        perArbGasBase: base_fee - congestion,
        perArbGasCongestion: congestion,
        perArbGasTotal: base_fee,
    }
}

/// The chain has one batch poster, who collects its own fees.
pub(super) fn arb_aggregator(
    call: &mut PrecompileCall<'_, '_>,
    calldata: &[u8],
) -> Result<Vec<u8>, Failure> {
    Ok(match decode(calldata)? {
        ArbAggregatorCalls::getPreferredAggregator(_) => {
            ArbAggregator::getPreferredAggregatorCall::abi_encode_returns(
                &ArbAggregator::getPreferredAggregatorReturn {
                    aggregator: BATCH_POSTER,
                    isDefault: true,
                },
            )
        }
        ArbAggregatorCalls::getDefaultAggregator(_) => {
            ArbAggregator::getDefaultAggregatorCall::abi_encode_returns(&BATCH_POSTER)
        }
        ArbAggregatorCalls::getBatchPosters(_) => {
            call.burn_reads(2)?;
            ArbAggregator::getBatchPostersCall::abi_encode_returns(&vec![BATCH_POSTER])
        }
        ArbAggregatorCalls::getFeeCollector(args) => {
            call.burn_reads(1)?;
            if args.batchPoster != BATCH_POSTER {
                return Err(Failure::Revert(Bytes::new()));
            }
            call.burn_reads(1)?;
            ArbAggregator::getFeeCollectorCall::abi_encode_returns(&BATCH_POSTER)
        }
        ArbAggregatorCalls::getTxBaseFee(_) => {
            ArbAggregator::getTxBaseFeeCall::abi_encode_returns(&U256::ZERO)
        }
        ArbAggregatorCalls::addBatchPoster(_)
        | ArbAggregatorCalls::setFeeCollector(_)
        | ArbAggregatorCalls::setTxBaseFee(_) => {
            unreachable!("the method table says that these are not modelled")
        }
    })
}
