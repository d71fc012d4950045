//! Calls at a point of the chain, beside the chain.

use super::{SignedTransaction, node_interface};
use crate::arbos::NODE_INTERFACE;
use crate::evm::{
    BlockContext, CallRequest, Deadline, ExecError, ExecutionOutcome, Simulator, Snapshot,
    StateOverrides, StateView,
    trace::{Traced, TracerKind},
};
use alloy_primitives::TxKind;

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
        if request.to == TxKind::Call(NODE_INTERFACE) {
            return node_interface::answer(self, request, overrides);
        }
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::{
        chain::{Chain, Clock, Mining, TransactionRef},
        evm::{
            ChainParams, DEV_ACCOUNT, MIN_BASE_FEE,
            trace::{CallTracerOptions, PrestateOptions, Trace},
        },
    };
    use alloy::consensus::{TxEip1559, TypedTransaction};
    use alloy_primitives::{B256, Bytes};

    /// Init code of a contract that keeps the first word of its calldata in slot 0.
    const STORE: &[u8] = &[
        0x64, 0x5f, 0x35, 0x5f, 0x55, 0x00, 0x5f, 0x52, 0x60, 0x05, 0x60, 0x1b, 0xf3,
    ];

    fn transaction(chain: &Chain, nonce: u64, to: TxKind, input: &[u8]) -> SignedTransaction {
        let transaction = TypedTransaction::Eip1559(TxEip1559 {
            chain_id: chain.chain_id(),
            nonce,
            gas_limit: 200_000,
            max_fee_per_gas: MIN_BASE_FEE.into(),
            to,
            input: Bytes::copy_from_slice(input),
            ..TxEip1559::default()
        });
        SignedTransaction::try_impersonated(transaction, DEV_ACCOUNT, chain.chain_id()).unwrap()
    }

    #[test]
    fn each_transaction_of_a_block_is_executed_again_where_it_was() {
        let mut chain = Chain::new(ChainParams::default(), Clock::Fixed(1_800_000_000));
        chain.set_mining(Mining::Manual);
        let store = DEV_ACCOUNT.create(0);
        let to = TxKind::Call(store);
        for (nonce, to, input) in [
            (0, TxKind::Create, STORE),
            (1, to, [1; 32].as_slice()),
            (2, to, &[2; 32]),
            (3, to, &[0; 32]),
        ] {
            let transaction = transaction(&chain, nonce, to, input);
            chain.submit(transaction).unwrap();
        }
        chain.mine();
        chain.set_mining(Mining::OnDemand);
        let later = transaction(&chain, 4, to, &[9; 32]);
        chain.submit(later).unwrap();

        let block = chain.block(1).unwrap();
        let calls = TracerKind::Call(CallTracerOptions::default());
        let before = TracerKind::Prestate(PrestateOptions::default());
        let mut kept = Vec::new();
        for transaction in TransactionRef::all(block) {
            let simulation = chain.simulation_before(transaction);
            let entry = transaction.entry;
            let traced = simulation
                .trace_transaction(&entry.transaction, &calls, None)
                .unwrap();
            assert_eq!(traced.outcome.gas_used, entry.receipt.gas_used);
            assert_eq!(traced.outcome.status.is_success(), entry.receipt.success);
            let traced = simulation
                .trace_transaction(&entry.transaction, &before, None)
                .unwrap();
            let Trace::Prestate(state) = traced.trace else {
                panic!("another trace was asked for");
            };
            let slot = state
                .get(&store)
                .map(|account| account.storage[&B256::ZERO]);
            kept.push(slot);
        }
        assert_eq!(
            kept,
            [
                None,
                Some(B256::ZERO),
                Some(B256::repeat_byte(1)),
                Some(B256::repeat_byte(2))
            ]
        );
    }
}
