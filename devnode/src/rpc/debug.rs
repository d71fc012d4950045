//! The `debug` namespace: transactions and calls under a tracer.

use super::{
    Api, RpcError, api, convert, methods,
    overrides::{BlockOverrides, state_overrides},
    params::Params,
    tracer::TraceConfig,
};
use crate::{
    chain::{Block, SignedTransaction, Simulation, TransactionRef},
    evm::{
        Deadline, ExecError,
        trace::{Trace, TracerKind},
    },
};
use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    rpc::types::{TransactionRequest, state::StateOverride as RpcStateOverride},
};
use alloy_primitives::B256;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

/// Options of `debug_traceCall`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TraceCallConfig {
    #[serde(flatten)]
    trace: TraceConfig,
    state_overrides: Option<RpcStateOverride>,
    block_overrides: Option<BlockOverrides>,
}

/// What came of one transaction of a traced block.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TracedInBlock {
    tx_hash: B256,
    #[serde(flatten)]
    answer: TraceAnswer,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum TraceAnswer {
    Result(Box<RawValue>),
    Error(String),
}

/// Most bytes of all traces of a block; those after them are not made.
const MAX_BLOCK_TRACE_BYTES: usize = 256 * 1024 * 1024;

/// A transaction to be executed again, without holding the chain.
struct Replay {
    simulation: Simulation,
    transaction: SignedTransaction,
}

impl Replay {
    fn trace(&self, tracer: &TracerKind, config: &TraceConfig) -> Result<Trace, RpcError> {
        let deadline = Deadline::after(config.timeout()?);
        Ok(self
            .simulation
            .trace_transaction(&self.transaction, tracer, Some(deadline))?
            .trace)
    }
}

impl Api {
    pub(super) fn trace_transaction(&self, mut params: Params<'_>) -> Result<Trace, RpcError> {
        let hash: B256 = params.required("hash")?;
        let config: TraceConfig = params.optional("config")?.unwrap_or_default();
        params.finish()?;
        let tracer = config.tracer()?;
        let _history = self.keep_history();
        let replay = {
            let chain = self.read()?;
            let found = chain.transaction(hash);
            let found = found.ok_or(RpcError::UnknownTransaction(hash))?;
            Replay {
                simulation: chain.simulation_before(found),
                transaction: found.entry.transaction.clone(),
            }
        };
        replay.trace(&tracer, &config)
    }

    /// Without a block the call is traced on the newest one.
    pub(super) fn trace_call(&self, mut params: Params<'_>) -> Result<Trace, RpcError> {
        let request: TransactionRequest = params.required("transaction")?;
        let block: Option<BlockId> = params.optional("block")?;
        let config: TraceCallConfig = params.optional("config")?.unwrap_or_default();
        params.finish()?;
        let tracer = config.trace.tracer()?;
        let mut request = convert::call_request(request, self.chain_id())?;
        let overrides = state_overrides(config.state_overrides)?;
        let _history = self.keep_history();
        let mut simulation = self.simulation(block.unwrap_or_default())?;
        config
            .block_overrides
            .unwrap_or_default()
            .apply(&mut simulation.block);
        request.deadline = Some(Deadline::after(config.trace.timeout()?));
        Ok(simulation.trace_call(&request, &overrides, &tracer)?.trace)
    }

    pub(super) fn trace_block_by_number(
        &self,
        mut params: Params<'_>,
    ) -> Result<Vec<TracedInBlock>, RpcError> {
        let number: BlockNumberOrTag = params.required("blockNumber")?;
        let config: TraceConfig = params.optional("config")?.unwrap_or_default();
        params.finish()?;
        self.trace_block(BlockId::Number(number), &config)
    }

    pub(super) fn trace_block_by_hash(
        &self,
        mut params: Params<'_>,
    ) -> Result<Vec<TracedInBlock>, RpcError> {
        let hash: B256 = params.required("blockHash")?;
        let config: TraceConfig = params.optional("config")?.unwrap_or_default();
        params.finish()?;
        self.trace_block(hash.into(), &config)
    }

    /// Each transaction is given the whole time; one that cannot be traced does not spoil the others.
    fn trace_block(
        &self,
        id: BlockId,
        config: &TraceConfig,
    ) -> Result<Vec<TracedInBlock>, RpcError> {
        let tracer = config.tracer()?;
        let _history = self.keep_history();
        let (block, simulations) = {
            let chain = self.read()?;
            let block = Arc::clone(api::find_block(&chain, id).ok_or_else(|| unknown(id))?);
            let simulations: Vec<_> = TransactionRef::all(&block)
                .map(|transaction| chain.simulation_before(transaction))
                .collect();
            (block, simulations)
        };
        if block.number() == 0 {
            return Err(RpcError::GenesisNotTraceable);
        }
        Ok(traced_in_block(&block, simulations, &tracer, config))
    }
}

fn traced_in_block(
    block: &Block,
    simulations: Vec<Simulation>,
    tracer: &TracerKind,
    config: &TraceConfig,
) -> Vec<TracedInBlock> {
    let mut bytes = 0;
    block
        .entries()
        .iter()
        .zip(simulations)
        .map(|(entry, simulation)| {
            let transaction = entry.transaction.clone();
            let tx_hash = transaction.hash();
            let replay = Replay {
                simulation,
                transaction,
            };
            let answer = if bytes > MAX_BLOCK_TRACE_BYTES {
                TraceAnswer::Error(ExecError::TraceTooLarge.to_string())
            } else {
                match replay.trace(tracer, config).and_then(methods::json) {
                    Ok(trace) => TraceAnswer::Result(trace),
                    Err(error) => TraceAnswer::Error(error.to_string()),
                }
            };
            if let TraceAnswer::Result(trace) = &answer {
                bytes += trace.get().len();
            }
            TracedInBlock { tx_hash, answer }
        })
        .collect()
}

fn unknown(id: BlockId) -> RpcError {
    match id {
        BlockId::Hash(hash) => RpcError::UnknownBlockHash(hash.block_hash),
        BlockId::Number(_) => RpcError::UnknownBlock,
    }
}
