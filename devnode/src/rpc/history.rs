//! Methods about the past: blocks, transactions, receipts, logs.

use super::{
    Api, RpcError, api,
    convert::{self, NitroBlock, NitroReceipt},
    follow::query_past,
    params::Params,
};
use crate::chain::{Block, TransactionRef};
use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    rpc::types::{Filter, Log as RpcLog, Transaction as RpcTransaction},
};
use alloy_primitives::{B256, Bytes, U64};
use std::sync::Arc;

/// Most logs of one answer, as usual among public nodes.
pub(super) const MAX_LOGS: usize = 10_000;

impl Api {
    pub(super) fn block_by_number(
        &self,
        mut params: Params<'_>,
    ) -> Result<Option<NitroBlock>, RpcError> {
        let number: BlockNumberOrTag = params.required("block")?;
        let full: Option<bool> = params.optional("fullTransactions")?;
        params.finish()?;
        let chain = self.read()?;
        let block = chain.block(api::block_number(&chain, number));
        Ok(block.map(|block| convert::block(block, full.unwrap_or_default())))
    }

    pub(super) fn block_by_hash(
        &self,
        mut params: Params<'_>,
    ) -> Result<Option<NitroBlock>, RpcError> {
        let hash: B256 = params.required("blockHash")?;
        let full: Option<bool> = params.optional("fullTransactions")?;
        params.finish()?;
        let chain = self.read()?;
        Ok(chain
            .block_by_hash(hash)
            .map(|block| convert::block(block, full.unwrap_or_default())))
    }

    pub(super) fn count_in_block_number(
        &self,
        mut params: Params<'_>,
    ) -> Result<Option<U64>, RpcError> {
        let number: BlockNumberOrTag = params.required("block")?;
        params.finish()?;
        let chain = self.read()?;
        Ok(chain.block(api::block_number(&chain, number)).map(count))
    }

    pub(super) fn count_in_block_hash(
        &self,
        mut params: Params<'_>,
    ) -> Result<Option<U64>, RpcError> {
        let hash: B256 = params.required("blockHash")?;
        params.finish()?;
        Ok(self.read()?.block_by_hash(hash).map(count))
    }

    /// No block has uncles.
    pub(super) fn uncle_count_by_number(
        &self,
        params: Params<'_>,
    ) -> Result<Option<U64>, RpcError> {
        Ok(self.count_in_block_number(params)?.map(|_| U64::ZERO))
    }

    /// No block has uncles.
    pub(super) fn uncle_count_by_hash(&self, params: Params<'_>) -> Result<Option<U64>, RpcError> {
        Ok(self.count_in_block_hash(params)?.map(|_| U64::ZERO))
    }

    /// No block has uncles.
    #[expect(clippy::unused_self, reason = "a method like its neighbours")]
    pub(super) fn uncle_by_number(&self, mut params: Params<'_>) -> Result<(), RpcError> {
        let _block: BlockNumberOrTag = params.required("block")?;
        let _index: U64 = params.required("index")?;
        params.finish()
    }

    /// No block has uncles.
    #[expect(clippy::unused_self, reason = "a method like its neighbours")]
    pub(super) fn uncle_by_hash(&self, mut params: Params<'_>) -> Result<(), RpcError> {
        let _block: B256 = params.required("blockHash")?;
        let _index: U64 = params.required("index")?;
        params.finish()
    }

    pub(super) fn transaction_by_hash(
        &self,
        mut params: Params<'_>,
    ) -> Result<Option<RpcTransaction>, RpcError> {
        let hash: B256 = params.required("transactionHash")?;
        params.finish()?;
        let chain = self.read()?;
        Ok(convert::any_transaction(&chain, hash))
    }

    pub(super) fn transaction_in_block_number(
        &self,
        mut params: Params<'_>,
    ) -> Result<Option<RpcTransaction>, RpcError> {
        let number: BlockNumberOrTag = params.required("block")?;
        let index: U64 = params.required("index")?;
        params.finish()?;
        let chain = self.read()?;
        let block = chain.block(api::block_number(&chain, number));
        Ok(block.and_then(|block| transaction_at(block, index)))
    }

    pub(super) fn transaction_in_block_hash(
        &self,
        mut params: Params<'_>,
    ) -> Result<Option<RpcTransaction>, RpcError> {
        let hash: B256 = params.required("blockHash")?;
        let index: U64 = params.required("index")?;
        params.finish()?;
        let chain = self.read()?;
        Ok(chain
            .block_by_hash(hash)
            .and_then(|block| transaction_at(block, index)))
    }

    pub(super) fn raw_transaction(
        &self,
        mut params: Params<'_>,
    ) -> Result<Option<Bytes>, RpcError> {
        let hash: B256 = params.required("transactionHash")?;
        params.finish()?;
        let chain = self.read()?;
        let mined = chain.transaction(hash).map(|at| &at.entry.transaction);
        Ok(mined
            .or_else(|| chain.waiting_transaction(hash))
            .map(|tx| tx.encoded().into()))
    }

    pub(super) fn transaction_receipt(
        &self,
        mut params: Params<'_>,
    ) -> Result<Option<NitroReceipt>, RpcError> {
        let hash: B256 = params.required("transactionHash")?;
        params.finish()?;
        let chain = self.read()?;
        Ok(chain.transaction(hash).map(convert::receipt))
    }

    pub(super) fn block_receipts(
        &self,
        mut params: Params<'_>,
    ) -> Result<Option<Vec<NitroReceipt>>, RpcError> {
        let id: BlockId = params.required("block")?;
        params.finish()?;
        let chain = self.read()?;
        Ok(api::find_block(&chain, id)
            .map(|block| TransactionRef::all(block).map(convert::receipt).collect()))
    }

    pub(super) fn logs(&self, mut params: Params<'_>) -> Result<Vec<RpcLog>, RpcError> {
        let filter: Filter = params.required("filter")?;
        params.finish()?;
        let chain = self.read()?;
        let query = query_past(&chain, &filter)?;
        let found = chain.logs(&query);
        if found.len() > MAX_LOGS {
            return Err(RpcError::TooManyLogs { limit: MAX_LOGS });
        }
        Ok(found.into_iter().map(convert::log).collect())
    }
}

fn count(block: &Arc<Block>) -> U64 {
    U64::from(block.entries().len())
}

fn transaction_at(block: &Arc<Block>, index: U64) -> Option<RpcTransaction> {
    let index = usize::try_from(index.to::<u64>()).ok()?;
    TransactionRef::new(block, index).map(convert::mined_transaction)
}
