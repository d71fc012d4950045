//! Methods about the present: the node, accounts, calls, sending.

use super::{
    Api, RpcError, api, convert, methods,
    overrides::{BlockOverrides, state_overrides},
    params::Params,
};
use crate::{
    DevAccount,
    chain::{SignedTransaction, Simulation},
    evm::{BLOCK_GAS_LIMIT, CallRequest, Deadline, ExecutionStatus, StateOverrides},
};
use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    rpc::types::{FeeHistory, TransactionRequest, state::StateOverride as RpcStateOverride},
};
use alloy_primitives::{Address, B256, Bytes, U64, U256, keccak256};
use std::{collections::BTreeMap, sync::RwLockReadGuard, time::Duration};

/// Time that whatever is executed for an answer is given, Nitro's default (`--node.rpc.evm-timeout`).
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);
/// Most blocks `eth_feeHistory` reports, as in geth.
const MAX_FEE_HISTORY_BLOCKS: u64 = 1_024;
/// Most percentiles `eth_feeHistory` takes, as in geth.
const MAX_PERCENTILES: usize = 100;

/// A call and where it is to be executed.
struct Question<'a> {
    simulation: Simulation,
    request: CallRequest,
    overrides: StateOverrides,
    /// The chain does not go back meanwhile.
    _history: RwLockReadGuard<'a, ()>,
}

impl Api {
    #[expect(clippy::unused_self, reason = "a method like its neighbours")]
    pub(super) fn sha3(&self, mut params: Params<'_>) -> Result<B256, RpcError> {
        let data: Bytes = params.required("data")?;
        params.finish()?;
        Ok(keccak256(data))
    }

    #[expect(clippy::unused_self, reason = "a method like its neighbours")]
    pub(super) fn listening(&self, params: Params<'_>) -> Result<bool, RpcError> {
        params.finish()?;
        Ok(true)
    }

    /// There is nothing to synchronise with.
    #[expect(clippy::unused_self, reason = "a method like its neighbours")]
    pub(super) fn syncing(&self, params: Params<'_>) -> Result<bool, RpcError> {
        params.finish()?;
        Ok(false)
    }

    #[expect(clippy::unused_self, reason = "a method like its neighbours")]
    pub(super) fn client_version(&self, params: Params<'_>) -> Result<String, RpcError> {
        params.finish()?;
        Ok(format!(
            "stylus-devnode/v{}/{}-{}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        ))
    }

    pub(super) fn net_version(&self, params: Params<'_>) -> Result<String, RpcError> {
        params.finish()?;
        Ok(self.chain_id().to_string())
    }

    pub(super) fn eth_chain_id(&self, params: Params<'_>) -> Result<U64, RpcError> {
        params.finish()?;
        Ok(U64::from(self.chain_id()))
    }

    pub(super) fn eth_accounts(&self, params: Params<'_>) -> Result<Vec<Address>, RpcError> {
        params.finish()?;
        Ok(self.accounts().iter().map(DevAccount::address).collect())
    }

    /// Nobody is connected to a chain of one node.
    #[expect(clippy::unused_self, reason = "a method like its neighbours")]
    pub(super) fn peer_count(&self, params: Params<'_>) -> Result<U64, RpcError> {
        params.finish()?;
        Ok(U64::ZERO)
    }

    /// The namespaces there are; geth gives each the same version.
    #[expect(clippy::unused_self, reason = "a method like its neighbours")]
    pub(super) fn modules(
        &self,
        params: Params<'_>,
    ) -> Result<BTreeMap<&'static str, &'static str>, RpcError> {
        params.finish()?;
        Ok(methods()
            .filter_map(|(_, name)| Some((name.split_once('_')?.0, "1.0")))
            .collect())
    }

    pub(super) fn block_number(&self, params: Params<'_>) -> Result<U64, RpcError> {
        params.finish()?;
        Ok(U64::from(self.read()?.head().number()))
    }

    pub(super) fn gas_price(&self, params: Params<'_>) -> Result<U64, RpcError> {
        params.finish()?;
        Ok(U64::from(self.read()?.base_fee()))
    }

    /// Tips are dropped, so none is suggested.
    #[expect(clippy::unused_self, reason = "a method like its neighbours")]
    pub(super) fn max_priority_fee(&self, params: Params<'_>) -> Result<U64, RpcError> {
        params.finish()?;
        Ok(U64::ZERO)
    }

    pub(super) fn fee_history(&self, mut params: Params<'_>) -> Result<FeeHistory, RpcError> {
        let count: U64 = params.required("blockCount")?;
        let newest: BlockNumberOrTag = params.required("newestBlock")?;
        let percentiles: Option<Vec<f64>> = params.optional("rewardPercentiles")?;
        params.finish()?;
        let percentiles = percentiles.unwrap_or_default();
        if percentiles.len() > MAX_PERCENTILES
            || percentiles
                .iter()
                .any(|percentile| !(0.0..=100.0).contains(percentile))
            || !percentiles.is_sorted()
        {
            return Err(RpcError::BadParam(format!(
                "reward percentiles are at most {MAX_PERCENTILES} rising numbers from 0 to 100"
            )));
        }
        let chain = self.read()?;
        let newest = api::block_number(&chain, newest);
        if chain.block(newest).is_none() {
            return Err(RpcError::BadParam(format!(
                "block `{newest}` is beyond the head"
            )));
        }
        let count = count
            .to::<u64>()
            .min(MAX_FEE_HISTORY_BLOCKS)
            .min(newest + 1);
        let oldest = newest + 1 - count;
        let blocks = (oldest..oldest + count).filter_map(|number| chain.block(number));
        let mut base_fee_per_gas = Vec::new();
        let mut gas_used_ratio = Vec::new();
        for block in blocks {
            base_fee_per_gas.push(block.base_fee().into());
            #[expect(clippy::cast_precision_loss, reason = "a ratio for display")]
            gas_used_ratio.push(block.gas_used() as f64 / BLOCK_GAS_LIMIT as f64);
        }
        let reward = (!percentiles.is_empty())
            .then(|| vec![vec![0; percentiles.len()]; gas_used_ratio.len()]);
        base_fee_per_gas.push(chain.base_fee().into());
        Ok(FeeHistory {
            base_fee_per_gas,
            gas_used_ratio,
            oldest_block: oldest,
            reward,
            ..FeeHistory::default()
        })
    }

    pub(super) fn balance(&self, mut params: Params<'_>) -> Result<U256, RpcError> {
        let address: Address = params.required("address")?;
        let block = params.optional("block")?;
        params.finish()?;
        Ok(api::state_at(&*self.read()?, block)?.balance(address))
    }

    pub(super) fn code(&self, mut params: Params<'_>) -> Result<Bytes, RpcError> {
        let address: Address = params.required("address")?;
        let block = params.optional("block")?;
        params.finish()?;
        Ok(api::state_at(&*self.read()?, block)?.code(address))
    }

    pub(super) fn storage_at(&self, mut params: Params<'_>) -> Result<B256, RpcError> {
        let address: Address = params.required("address")?;
        let slot: U256 = params.required("slot")?;
        let block = params.optional("block")?;
        params.finish()?;
        Ok(api::state_at(&*self.read()?, block)?.storage(address, slot.into()))
    }

    pub(super) fn transaction_count(&self, mut params: Params<'_>) -> Result<U64, RpcError> {
        let address: Address = params.required("address")?;
        let block: Option<BlockId> = params.optional("block")?;
        params.finish()?;
        let chain = self.read()?;
        // Those that wait count: a client asks so for the nonce of its next transaction.
        let nonce = if block == Some(BlockId::pending()) {
            chain.pending_nonce(address)
        } else {
            api::state_at(&chain, block)?.nonce(address)
        };
        Ok(U64::from(nonce))
    }

    pub(super) fn eth_call(&self, params: Params<'_>) -> Result<Bytes, RpcError> {
        let asked = self.question(params, BlockId::latest())?;
        let outcome = asked.simulation.call(&asked.request, &asked.overrides)?;
        match outcome.status {
            ExecutionStatus::Success => Ok(outcome.output),
            ExecutionStatus::Revert => Err(RpcError::Reverted(outcome.output)),
            ExecutionStatus::Halt(halt) => Err(halt.into()),
        }
    }

    /// Without a block the estimate is for the block that would be made now: on a chain that makes
    /// blocks on demand the newest one may be old.
    pub(super) fn estimate_gas(&self, params: Params<'_>) -> Result<U64, RpcError> {
        let asked = self.question(params, BlockId::pending())?;
        let gas = asked
            .simulation
            .estimate_gas(&asked.request, &asked.overrides)?;
        Ok(U64::from(gas))
    }

    /// The parameters that a call and an estimate share, ready to be executed. `unnamed` is the block if
    /// there is none among them.
    fn question(&self, mut params: Params<'_>, unnamed: BlockId) -> Result<Question<'_>, RpcError> {
        let request: TransactionRequest = params.required("transaction")?;
        let block: Option<BlockId> = params.optional("block")?;
        let overrides: Option<RpcStateOverride> = params.optional("stateOverrides")?;
        let block_overrides: Option<BlockOverrides> = params.optional("blockOverrides")?;
        params.finish()?;
        let mut request = convert::call_request(request, self.chain_id())?;
        let overrides = state_overrides(overrides)?;
        let history = self.keep_history();
        let mut simulation = self.simulation(block.unwrap_or(unnamed))?;
        block_overrides
            .unwrap_or_default()
            .apply(&mut simulation.block);
        request.deadline = Some(Deadline::after(TIMEOUT));
        Ok(Question {
            simulation,
            request,
            overrides,
            _history: history,
        })
    }

    /// A point of the chain to run calls at, without holding the chain.
    pub(super) fn simulation(&self, block: BlockId) -> Result<Simulation, RpcError> {
        let chain = self.read()?;
        let at = api::resolve(&chain, block)?;
        chain.simulation(at).ok_or(RpcError::UnknownBlock)
    }

    pub(super) fn send_raw_transaction(&self, mut params: Params<'_>) -> Result<B256, RpcError> {
        let raw: Bytes = params.required("transaction")?;
        params.finish()?;
        // Decoding recovers the signer, which is slow beside the rest; it needs no lock.
        let transaction = SignedTransaction::try_decode(&raw, self.chain_id())?;
        self.submit(transaction)
    }
}
