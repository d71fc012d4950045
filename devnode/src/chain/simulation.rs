//! Calls at a point of the chain, beside the chain.

use super::SignedTransaction;
use crate::evm::{
    BlockContext, CallRequest, Deadline, ExecError, ExecutionOutcome, Simulator, Snapshot,
    StateOverrides, StateView,
    trace::{Traced, TracerKind},
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

    /// Simulates a call as [`Self::call`] does, under a tracer.
    ///
    /// # Errors
    /// As [`Self::call`]; the trace grew too large.
    pub fn trace_call(
        &self,
        request: &CallRequest,
        overrides: &StateOverrides,
        tracer: &TracerKind,
    ) -> Result<Traced, ExecError> {
        self.simulator
            .trace_call_at(self.snapshot, request, &self.block, overrides, tracer)
    }

    /// Executes a transaction of the chain again under a tracer. The point must be the one before it.
    ///
    /// # Errors
    /// The point is another one, or the trace took too long or grew too large.
    pub fn trace_transaction(
        &self,
        transaction: &SignedTransaction,
        tracer: &TracerKind,
        deadline: Option<Deadline>,
    ) -> Result<Traced, ExecError> {
        let transaction = transaction.to_executable();
        self.simulator.trace_transaction_at(
            self.snapshot,
            &transaction,
            &self.block,
            tracer,
            deadline,
        )
    }

    /// The accounts.
    pub fn state(&self) -> StateView<'_> {
        self.simulator.state_at(self.snapshot)
    }
}
