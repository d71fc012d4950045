//! What differs from Ethereum around a transaction: the compute cap and where the fee goes.

use super::{
    machine::{Machine, RunError},
    params::TX_COMPUTE_CAP,
};
use crate::arbos::{OSAKA_ARBOS, network_fee_account};
use alloy_primitives::U256;
use revm::{
    context_interface::{
        journaled_state::{JournalTr, account::JournaledAccountTr},
        result::HaltReason,
    },
    handler::{FrameResult, Handler, handle_reservoir_remaining_gas},
    interpreter::{GasTracker, InitialAndFloorGas},
};
use std::marker::PhantomData;

/// revm's mainnet transaction with the chain's rules for gas and fees.
#[derive(Debug)]
pub(super) struct MachineHandler<'a>(PhantomData<Machine<'a>>);

impl Default for MachineHandler<'_> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<'a> Handler for MachineHandler<'a> {
    type Evm = Machine<'a>;
    type Error = RunError;
    type HaltReason = HaltReason;

    /// Gas above the cap is held aside rather than refused (Nitro, `arbos/tx_processor.go`). The cap
    /// counts the intrinsic gas; before version 50 it was the block's and did not.
    fn tx_gas(&self, evm: &mut Machine<'a>, initial: &InitialAndFloorGas) -> GasTracker {
        let limit = evm.tx().gas_limit;
        let intrinsic = initial.initial_total_gas();
        let after_intrinsic = limit.saturating_sub(intrinsic);
        let available = if !evm.capped {
            after_intrinsic
        } else if evm.arbos_version >= OSAKA_ARBOS {
            after_intrinsic.min(TX_COMPUTE_CAP.saturating_sub(intrinsic))
        } else {
            after_intrinsic.min(TX_COMPUTE_CAP)
        };
        evm.held_gas = after_intrinsic - available;
        GasTracker::new(limit, available, 0)
    }

    fn last_frame_result(
        &mut self,
        evm: &mut Machine<'a>,
        frame_result: &mut FrameResult,
        gas: &mut GasTracker,
    ) -> Result<(), RunError> {
        let result = frame_result.instruction_result();
        gas.spend_all();
        handle_reservoir_remaining_gas(result, gas, frame_result.gas_mut().tracker_mut());
        gas.erase_cost(evm.held_gas);
        *frame_result.gas_mut().tracker_mut() = *gas;
        Ok(())
    }

    /// Tips are dropped and the base fee is not burned: it goes to the network fee account.
    fn reward_beneficiary(
        &self,
        evm: &mut Machine<'a>,
        frame_result: &mut FrameResult,
    ) -> Result<(), RunError> {
        let fee = U256::from(evm.block_env().basefee) * U256::from(frame_result.gas().used());
        if !fee.is_zero() {
            let account = network_fee_account(evm.journal());
            evm.journal()
                .load_account_mut(account)?
                .data
                .incr_balance(fee);
        }
        Ok(())
    }
}
