//! Gas estimation: the least gas limit, found by halving, at which a call succeeds.

use super::Simulation;
use crate::evm::{
    CallRequest, ExecError, ExecutionOutcome, ExecutionStatus, Halt, RPC_GAS_CAP, StateOverrides,
};
use alloy_primitives::{Bytes, TxKind, U256};

/// Gas of a transaction that does nothing but move ether.
const TRANSFER_GAS: u64 = 21_000;
/// Gas that a call with value hands its callee on top; a limit has to leave room for it.
const CALL_STIPEND: u64 = 2_300;
/// The search stops when the bounds are within this part (1/64, about geth's 1.5 %) of each other.
const TOLERANCE_DIVISOR: u64 = 64;

/// Why no gas limit can be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EstimateError {
    /// The call cannot be started.
    #[error(transparent)]
    Refused(#[from] ExecError),
    /// The value is more than the caller has.
    #[error("insufficient funds for transfer")]
    InsufficientFundsForTransfer,
    /// It reverts, however much gas it has.
    #[error("execution reverted")]
    Reverted {
        /// The revert data.
        output: Bytes,
    },
    /// It is stopped for another reason than gas.
    #[error(transparent)]
    Halted(#[from] Halt),
    /// It runs out of the most gas it may have.
    #[error("gas required exceeds allowance ({allowance})")]
    AboveAllowance {
        /// What the cap, the request or the caller's balance allow.
        allowance: u64,
    },
}

impl Simulation {
    /// The least gas limit, to about 1.5 %, with which the call would succeed as a transaction.
    ///
    /// # Errors
    /// As the variants of [`EstimateError`] say.
    pub fn estimate_gas(
        &self,
        request: &CallRequest,
        overrides: &StateOverrides,
    ) -> Result<u64, EstimateError> {
        let run = |gas: u64| -> Result<Option<ExecutionOutcome>, EstimateError> {
            let request = CallRequest {
                gas_limit: Some(gas),
                as_transaction: true,
                ..request.clone()
            };
            match self.call(&request, overrides) {
                Ok(outcome) => Ok(Some(outcome)),
                Err(ExecError::IntrinsicGasTooLow { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            }
        };
        let succeeds = |gas| {
            run(gas).map(|outcome| outcome.is_some_and(|outcome| outcome.status.is_success()))
        };

        let mut high = self.allowance(request, overrides)?;
        if request.input.is_empty()
            && let TxKind::Call(callee) = request.to
            && self.state().code(callee).is_empty()
            && !overrides.contains_key(&callee)
            && high >= TRANSFER_GAS
            && succeeds(TRANSFER_GAS)?
        {
            return Ok(TRANSFER_GAS);
        }

        let Some(outcome) = run(high)? else {
            return Err(EstimateError::AboveAllowance { allowance: high });
        };
        match outcome.status {
            ExecutionStatus::Success => {}
            ExecutionStatus::Revert => {
                return Err(EstimateError::Reverted {
                    output: outcome.output,
                });
            }
            ExecutionStatus::Halt(Halt::OutOfGas) => {
                return Err(EstimateError::AboveAllowance { allowance: high });
            }
            ExecutionStatus::Halt(halt) => return Err(halt.into()),
        }

        // What it used is too little by what was refunded and by the 64th part that every nested
        // call keeps back; more than that is rare, so try it before searching.
        let mut low = outcome.gas_used.saturating_sub(1);
        let spent = outcome.gas_used.saturating_add(outcome.gas_refunded);
        let likely = (spent.saturating_add(CALL_STIPEND)).saturating_mul(64) / 63;
        if likely < high {
            if succeeds(likely)? {
                high = likely;
            } else {
                low = likely;
            }
        }
        while low + 1 < high && high - low > high / TOLERANCE_DIVISOR {
            // Most calls need little more than they use, so the guess leans to the low side.
            let middle = (low + (high - low) / 2)
                .min(low.saturating_mul(2))
                .max(low + 1);
            if succeeds(middle)? {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(high)
    }

    /// Most gas the call may have: the RPC cap, what it names, what its caller can pay.
    fn allowance(
        &self,
        request: &CallRequest,
        overrides: &StateOverrides,
    ) -> Result<u64, EstimateError> {
        let named = request.gas_limit.filter(|gas| *gas >= TRANSFER_GAS);
        let most = named.unwrap_or(RPC_GAS_CAP).min(RPC_GAS_CAP);
        let Some(price) = request.gas_price.filter(|price| *price > 0) else {
            return Ok(most);
        };
        let balance = overrides
            .get(&request.from)
            .and_then(|account| account.balance)
            .unwrap_or_else(|| self.state().balance(request.from));
        let left = balance
            .checked_sub(request.value)
            .ok_or(EstimateError::InsufficientFundsForTransfer)?;
        let payable = left / U256::from(price);
        Ok(payable
            .try_into()
            .map_or(most, |payable: u64| most.min(payable)))
    }
}
