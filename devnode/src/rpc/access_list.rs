//! `eth_createAccessList`: what a transaction should name beforehand.

use super::{Api, RpcError, call::TIMEOUT, convert, params::Params};
use crate::{
    chain::Simulation,
    evm::{
        CallRequest, Deadline, ExecutionStatus, StateOverrides,
        trace::{PrestateOptions, Trace, TracerKind},
    },
};
use alloy::{
    eips::{
        BlockId,
        eip2930::{AccessList, AccessListItem},
    },
    rpc::types::TransactionRequest,
};
use alloy_primitives::{Address, TxKind, U64};
use serde::Serialize;

/// Executions after which a list that still changes is good enough.
const MAX_ROUNDS: usize = 16;

/// What `eth_createAccessList` answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedAccessList {
    access_list: AccessList,
    /// Why the transaction would fail, with the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    gas_used: U64,
}

impl Api {
    pub(super) fn create_access_list(
        &self,
        mut params: Params<'_>,
    ) -> Result<CreatedAccessList, RpcError> {
        let request: TransactionRequest = params.required("transaction")?;
        let block: Option<BlockId> = params.optional("block")?;
        params.finish()?;
        let mut request = convert::call_request(request, self.chain_id())?;
        // For all executions together.
        request.deadline = Some(Deadline::after(TIMEOUT));
        request.as_transaction = true;
        let _history = self.keep_history();
        let simulation = self.simulation(block.unwrap_or_default())?;
        // A list changes what later code sees of its gas, so what is touched may change with it.
        let mut rounds = 0;
        loop {
            let (touched, created) = run(&simulation, &request)?;
            rounds += 1;
            if touched == request.access_list || rounds == MAX_ROUNDS {
                return Ok(created);
            }
            request.access_list = touched;
        }
    }
}

/// Executes with the list there is; gives the list there should be.
fn run(
    simulation: &Simulation,
    request: &CallRequest,
) -> Result<(AccessList, CreatedAccessList), RpcError> {
    let tracer = TracerKind::Prestate(PrestateOptions {
        disable_code: true,
        include_empty: true,
        ..PrestateOptions::default()
    });
    let finished = simulation.trace_call(request, &StateOverrides::new(), &tracer)?;
    let Trace::Prestate(touched) = finished.trace else {
        let what = "the tracer answered something else";
        return Err(RpcError::Internal(what.to_owned()));
    };
    // These are warm from the start, whether a list names them or not.
    let target = match request.to {
        TxKind::Call(callee) => Some(callee),
        TxKind::Create => finished.outcome.contract_address,
    };
    let warm = [
        Some(request.from),
        Some(simulation.block.beneficiary),
        target,
    ];
    let items = touched
        .into_iter()
        .filter(|(address, account)| {
            !account.storage.is_empty()
                || !(warm.contains(&Some(*address)) || is_precompile(*address))
        })
        .map(|(address, account)| AccessListItem {
            address,
            storage_keys: account.storage.into_keys().collect(),
        })
        .collect();
    let error = match &finished.outcome.status {
        ExecutionStatus::Success => None,
        ExecutionStatus::Revert => {
            Some(RpcError::Reverted(finished.outcome.output.clone()).to_string())
        }
        ExecutionStatus::Halt(halt) => Some(halt.to_string()),
    };
    let created = CreatedAccessList {
        access_list: request.access_list.clone(),
        error,
        gas_used: U64::from(finished.outcome.gas_used),
    };
    Ok((AccessList(items), created))
}

/// Ethereum's and Arbitrum's have the first addresses, and `ArbOS` itself `0xa4b05`; contracts never do.
fn is_precompile(address: Address) -> bool {
    address.0[..17].iter().all(|byte| *byte == 0)
}
