//! Between the chain's types and the JSON clients see.

use super::RpcError;
use crate::{
    chain::{Block, Chain, LogRef, SignedTransaction, TransactionRef},
    evm::CallRequest,
};
use alloy::{
    consensus::{ReceiptEnvelope, Transaction as _},
    eips::eip2718::Typed2718,
    rpc::types::{
        Block as RpcBlock, BlockTransactions, Header, Log as RpcLog, Transaction as RpcTransaction,
        TransactionReceipt, TransactionRequest,
    },
};
use alloy_primitives::{Address, B256, TxKind, U64, U256};
use serde::Serialize;
use std::sync::Arc;

/// A block with what Nitro adds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NitroBlock {
    #[serde(flatten)]
    block: RpcBlock,
    l1_block_number: U64,
    send_root: B256,
    send_count: U64,
}

/// A receipt with what Nitro adds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NitroReceipt {
    #[serde(flatten)]
    receipt: TransactionReceipt<ReceiptEnvelope<RpcLog>>,
    gas_used_for_l1: U64,
    l1_block_number: U64,
}

pub(super) fn block(block: &Arc<Block>, full: bool) -> NitroBlock {
    let header = Header {
        size: Some(U256::from(block.size_bytes())),
        ..Header::from_sealed(block.header())
    };
    let transactions = if full {
        BlockTransactions::Full(TransactionRef::all(block).map(mined_transaction).collect())
    } else {
        BlockTransactions::Hashes(
            block
                .entries()
                .iter()
                .map(|entry| entry.transaction.hash())
                .collect(),
        )
    };
    NitroBlock {
        block: RpcBlock {
            header,
            uncles: Vec::new(),
            transactions,
            withdrawals: None,
        },
        l1_block_number: U64::ZERO,
        send_root: B256::ZERO,
        send_count: U64::ZERO,
    }
}

/// What subscribers of new blocks are told.
pub(super) fn head(block: &Block) -> Header {
    Header::from_sealed(block.header())
}

/// A transaction that is in a block or waits for one.
pub(super) fn any_transaction(chain: &Chain, hash: B256) -> Option<RpcTransaction> {
    match chain.transaction(hash) {
        Some(at) => Some(mined_transaction(at)),
        None => chain.waiting_transaction(hash).map(waiting_transaction),
    }
}

pub(super) fn mined_transaction(at: TransactionRef<'_>) -> RpcTransaction {
    RpcTransaction {
        inner: at.entry.transaction.recovered().clone(),
        block_hash: Some(at.block.hash()),
        block_number: Some(at.block.number()),
        transaction_index: Some(at.index as u64),
        effective_gas_price: Some(at.entry.receipt.effective_gas_price),
        block_timestamp: Some(at.block.timestamp()),
    }
}

pub(super) fn waiting_transaction(tx: &SignedTransaction) -> RpcTransaction {
    RpcTransaction {
        inner: tx.recovered().clone(),
        block_hash: None,
        block_number: None,
        transaction_index: None,
        effective_gas_price: Some(tx.max_fee_per_gas()),
        block_timestamp: None,
    }
}

pub(super) fn log(at: LogRef<'_>) -> RpcLog {
    let transaction = at.block.entries().get(at.transaction_index);
    RpcLog {
        inner: at.log.clone(),
        block_hash: Some(at.block.hash()),
        block_number: Some(at.block.number()),
        block_timestamp: Some(at.block.timestamp()),
        transaction_hash: transaction.map(|entry| entry.transaction.hash()),
        transaction_index: Some(at.transaction_index as u64),
        log_index: Some(at.index as u64),
        removed: false,
    }
}

pub(super) fn receipt(at: TransactionRef<'_>) -> NitroReceipt {
    let TransactionRef {
        block,
        index,
        entry,
    } = at;
    let (transaction, receipt) = (entry.transaction.recovered(), &entry.receipt);
    let logs = (entry.first_log_index..)
        .zip(&receipt.logs)
        .map(|(log_index, found)| {
            log(LogRef {
                block,
                transaction_index: index,
                index: log_index,
                log: found,
            })
        })
        .collect();
    NitroReceipt {
        receipt: TransactionReceipt {
            inner: receipt.envelope(transaction.ty(), logs),
            transaction_hash: entry.transaction.hash(),
            transaction_index: Some(index as u64),
            block_hash: Some(block.hash()),
            block_number: Some(block.number()),
            gas_used: receipt.gas_used,
            effective_gas_price: receipt.effective_gas_price,
            blob_gas_used: None,
            blob_gas_price: None,
            from: entry.transaction.sender(),
            to: transaction.to(),
            contract_address: receipt.contract_address,
        },
        gas_used_for_l1: U64::ZERO,
        l1_block_number: U64::ZERO,
    }
}

/// A call as the executor takes it.
pub(super) fn call_request(
    request: TransactionRequest,
    chain_id: u64,
) -> Result<CallRequest, RpcError> {
    if let Some(have) = request.chain_id
        && have != chain_id
    {
        return Err(RpcError::BadParam(format!(
            "chainId does not match node's (have={have}, want={chain_id})"
        )));
    }
    if request.max_fee_per_blob_gas.is_some()
        || request.blob_versioned_hashes.is_some()
        || request.sidecar.is_some()
    {
        return Err(RpcError::BadParam(
            "this chain has no blob transactions".to_owned(),
        ));
    }
    let dynamic = request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some();
    if request.gas_price.is_some() && dynamic {
        return Err(RpcError::BadParam(
            "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified".to_owned(),
        ));
    }
    let gas_price = request.gas_price.or(request.max_fee_per_gas);
    if let (Some(cap), Some(tip)) = (request.max_fee_per_gas, request.max_priority_fee_per_gas)
        && tip > cap
    {
        return Err(RpcError::BadParam(format!(
            "maxFeePerGas ({cap}) < maxPriorityFeePerGas ({tip})"
        )));
    }
    let input = request
        .input
        .try_into_unique_input()
        .map_err(|error| RpcError::BadParam(error.to_string()))?;
    Ok(CallRequest {
        from: request.from.unwrap_or(Address::ZERO),
        to: request.to.unwrap_or(TxKind::Create),
        gas_limit: request.gas,
        gas_price,
        value: request.value.unwrap_or_default(),
        input: input.unwrap_or_default(),
        access_list: request.access_list.unwrap_or_default(),
        authorization_list: request.authorization_list.unwrap_or_default(),
        deadline: None,
        as_transaction: false,
    })
}
