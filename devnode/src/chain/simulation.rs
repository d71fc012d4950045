//! Calls at a point of the chain, beside the chain.

use crate::evm::{
    BlockContext, CallRequest, ExecError, ExecutionOutcome, Simulator, Snapshot, StateOverrides,
    StateView,
};

/// A point of the chain at which calls run without the chain: transactions need not wait for them.
#[derive(Clone, Debug)]
pub struct Simulation {
    pub(super) simulator: Simulator,
    pub(super) snapshot: Snapshot,
    /// The block that calls see.
    pub block: BlockContext,
}

impl Simulation {
    /// Simulates a call; nothing is kept.
    ///
    /// # Errors
    /// The call cannot be started or took too long. A revert or halt is no error.
    pub fn call(
        &self,
        request: &CallRequest,
        overrides: &StateOverrides,
    ) -> Result<ExecutionOutcome, ExecError> {
        self.simulator
            .call_at(self.snapshot, request, &self.block, overrides)
    }

    /// The accounts.
    pub fn state(&self) -> StateView<'_> {
        self.simulator.state_at(self.snapshot)
    }
}
