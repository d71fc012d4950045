//! Between our types and revm's: transactions in, results and refusals out.

use super::{
    ExecError, ExecutionOutcome, ExecutionStatus, Halt, MAX_CODE_SIZE, Transaction,
    machine::RunError,
};
use alloy::eips::eip7702::SignedAuthorization;
use alloy_primitives::{Address, Bytes, U256};
use revm::{
    context::{CfgEnv, TxEnv, either::Either},
    context_interface::{
        result::{EVMError, ExecutionResult, HaltReason, InvalidTransaction},
        transaction::RecoveredAuthorization,
    },
    state::AccountInfo,
};

const ACCESS_LIST: u8 = 1;
/// EIP-2718 type of a dynamic fee transaction.
pub(super) const DYNAMIC_FEE: u8 = 2;
/// EIP-2718 type of a set code transaction.
pub(super) const SET_CODE: u8 = 4;

/// Sets the chain's rules: Osaka without the caps and checks that are Ethereum's only.
///
/// EIP-7825 is off because the compute cap is the handler's business, EIP-7623 because the chain does
/// not apply it, EIP-3541 because the machine applies it with the exception for programs.
pub(super) fn configure(cfg: &mut CfgEnv, chain_id: u64) {
    cfg.chain_id = chain_id;
    cfg.tx_chain_id_check = false;
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    cfg.disable_eip3541 = true;
    cfg.disable_eip7623 = true;
}

/// A transaction for revm. Whatever its type, it bids its fee cap and no tip, so that the price paid
/// is the base fee.
pub(super) fn tx_env(tx: &Transaction) -> Result<TxEnv, ExecError> {
    let tx_type = match tx.tx_type {
        0 | ACCESS_LIST | DYNAMIC_FEE => DYNAMIC_FEE,
        SET_CODE => SET_CODE,
        tx_type => return Err(ExecError::UnsupportedType { tx_type }),
    };
    if tx.max_priority_fee_per_gas > tx.max_fee_per_gas {
        return Err(ExecError::TipAboveFeeCap {
            sender: tx.sender,
            tip: tx.max_priority_fee_per_gas,
            max_fee: tx.max_fee_per_gas,
        });
    }
    if tx_type == SET_CODE && tx.to.is_create() {
        return Err(ExecError::InvalidSetCode {
            reason: "it creates a contract",
        });
    }
    Ok(TxEnv {
        tx_type,
        caller: tx.sender,
        gas_limit: tx.gas_limit,
        gas_price: tx.max_fee_per_gas,
        kind: tx.to,
        value: tx.value,
        data: tx.input.clone(),
        nonce: tx.nonce,
        access_list: tx.access_list.clone(),
        gas_priority_fee: Some(0),
        authorization_list: authorizations(&tx.authorization_list),
        ..TxEnv::default()
    })
}

pub(super) fn authorizations(
    list: &[SignedAuthorization],
) -> Vec<Either<SignedAuthorization, RecoveredAuthorization>> {
    list.iter().cloned().map(Either::Left).collect()
}

/// What an execution came to. `halt` is the reason of a frame that was no EVM code, if the
/// outermost one was stopped; `created` the address a creation makes.
pub(super) fn outcome(
    result: ExecutionResult<HaltReason>,
    halt: Option<Halt>,
    created: Option<Address>,
) -> ExecutionOutcome {
    let gas = *result.gas();
    let (status, output, logs) = match result {
        ExecutionResult::Success { logs, output, .. } => {
            (ExecutionStatus::Success, output.into_data(), logs)
        }
        ExecutionResult::Revert { output, .. } => (ExecutionStatus::Revert, output, Vec::new()),
        ExecutionResult::Halt { reason, .. } => {
            let halt = halt.unwrap_or_else(|| reason.into());
            (ExecutionStatus::Halt(halt), Bytes::new(), Vec::new())
        }
    };
    ExecutionOutcome {
        status,
        gas_used: gas.tx_gas_used(),
        gas_refunded: gas.final_refunded(),
        output,
        logs,
        contract_address: created,
    }
}

/// Why revm refused a transaction, in our words.
pub(super) fn refused(
    error: RunError,
    tx: &TxEnv,
    caller: &AccountInfo,
    base_fee: u64,
) -> ExecError {
    let invalid = match error {
        EVMError::Transaction(invalid) => invalid,
        other => return ExecError::Internal(other.to_string()),
    };
    let sender = tx.caller;
    match invalid {
        InvalidTransaction::NonceTooLow { tx, state } => ExecError::NonceTooLow {
            sender,
            nonce: tx,
            expected: state,
        },
        InvalidTransaction::NonceTooHigh { tx, state } => ExecError::NonceTooHigh {
            sender,
            nonce: tx,
            expected: state,
        },
        InvalidTransaction::NonceOverflowInTransaction => ExecError::NonceMax { sender },
        InvalidTransaction::LackOfFundForMaxFee { .. }
        | InvalidTransaction::OverflowPaymentInTransaction => ExecError::InsufficientFunds {
            sender,
            have: caller.balance,
            want: U256::from(tx.gas_limit)
                .saturating_mul(U256::from(tx.gas_price))
                .saturating_add(tx.value),
        },
        InvalidTransaction::CallGasCostMoreThanGasLimit {
            initial_gas,
            gas_limit,
        } => ExecError::IntrinsicGasTooLow {
            have: gas_limit,
            want: initial_gas,
        },
        InvalidTransaction::GasPriceLessThanBasefee => ExecError::FeeCapTooLow {
            sender,
            max_fee: tx.gas_price,
            base_fee,
        },
        InvalidTransaction::RejectCallerWithCode => ExecError::SenderHasCode { sender },
        InvalidTransaction::CallerGasLimitMoreThanBlock => ExecError::GasLimitTooHigh {
            gas_limit: tx.gas_limit,
        },
        InvalidTransaction::CreateInitCodeSizeLimit => ExecError::InitCodeTooLarge {
            size: tx.data.len(),
            limit: 2 * MAX_CODE_SIZE,
        },
        InvalidTransaction::EmptyAuthorizationList => ExecError::InvalidSetCode {
            reason: "it carries no authorisation",
        },
        other => ExecError::Invalid(other.to_string()),
    }
}
