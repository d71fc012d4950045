//! Blocks and receipts in the shape of Nitro's.

use super::SignedTransaction;
use crate::evm::{BATCH_POSTER, BLOCK_GAS_LIMIT, BlockContext, ExecutionOutcome, Snapshot};
use alloy::{
    consensus::{
        EMPTY_OMMER_ROOT_HASH, Eip658Value, Header, ReceiptEnvelope, ReceiptWithBloom, Sealable,
        Sealed, TxType, constants::EMPTY_ROOT_HASH, proofs,
    },
    eips::eip2718::{Encodable2718, Typed2718},
    rlp::Encodable,
};
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, Log, U256};

/// What is left of an executed transaction besides the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Whether its changes were kept.
    pub success: bool,
    /// Gas paid for.
    pub gas_used: u64,
    /// Wei per gas paid: the base fee, tips are dropped.
    pub effective_gas_price: u128,
    /// Logs in order.
    pub logs: Vec<Log>,
    /// Bloom filter of the logs.
    pub bloom: Bloom,
    /// Address of the contract made, for a creation.
    pub contract_address: Option<Address>,
}

impl Receipt {
    fn new(outcome: ExecutionOutcome, block: &BlockContext) -> Self {
        Self {
            success: outcome.status.is_success(),
            gas_used: outcome.gas_used,
            effective_gas_price: block.base_fee.into(),
            bloom: alloy_primitives::logs_bloom(&outcome.logs),
            logs: outcome.logs,
            contract_address: outcome.contract_address,
        }
    }

    /// The consensus form for a transaction type, with logs as the caller shows them.
    pub fn envelope<T>(&self, tx_type: u8, logs: Vec<T>) -> ReceiptEnvelope<T> {
        let receipt = ReceiptWithBloom {
            receipt: alloy::consensus::Receipt {
                status: Eip658Value::Eip658(self.success),
                cumulative_gas_used: self.gas_used,
                logs,
            },
            logs_bloom: self.bloom,
        };
        match TxType::try_from(tx_type) {
            Ok(TxType::Eip2930) => ReceiptEnvelope::Eip2930(receipt),
            Ok(TxType::Eip1559) => ReceiptEnvelope::Eip1559(receipt),
            Ok(TxType::Eip7702) => ReceiptEnvelope::Eip7702(receipt),
            // Blob transactions are refused when they are decoded.
            Ok(TxType::Legacy | TxType::Eip4844) | Err(_) => ReceiptEnvelope::Legacy(receipt),
        }
    }
}

/// A block with at most one transaction.
#[derive(Clone, Debug)]
pub struct Block {
    header: Sealed<Header>,
    size_bytes: usize,
    entry: Option<(SignedTransaction, Receipt)>,
    state: Snapshot,
}

impl Block {
    /// A block around what was executed in it.
    pub(super) fn new(
        context: &BlockContext,
        executed: Option<(SignedTransaction, ExecutionOutcome)>,
        state: Snapshot,
        arbos_version: u64,
    ) -> Self {
        let entry = executed.map(|(tx, outcome)| {
            let receipt = Receipt::new(outcome, context);
            (tx, receipt)
        });
        let (transactions_root, receipts_root) = match &entry {
            Some((tx, receipt)) => (
                proofs::calculate_transaction_root(&[tx.recovered().inner()]),
                proofs::calculate_receipt_root(&[
                    receipt.envelope(tx.recovered().ty(), receipt.logs.clone())
                ]),
            ),
            None => (EMPTY_ROOT_HASH, EMPTY_ROOT_HASH),
        };
        let header = Header {
            parent_hash: context.parent_hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: BATCH_POSTER,
            // A Merkle root of the state would make every block dearer as the state grows, and no
            // client of a development chain checks one.
            state_root: B256::ZERO,
            transactions_root,
            receipts_root,
            logs_bloom: entry
                .as_ref()
                .map_or(Bloom::ZERO, |(_, receipt)| receipt.bloom),
            difficulty: U256::ONE,
            number: context.number,
            gas_limit: BLOCK_GAS_LIMIT,
            gas_used: entry.as_ref().map_or(0, |(_, receipt)| receipt.gas_used),
            timestamp: context.timestamp,
            extra_data: Bytes::from_static(&[0; 32]),
            mix_hash: mix_hash(context.l1_block_number, arbos_version),
            nonce: B64::ZERO,
            base_fee_per_gas: Some(context.base_fee),
            ..Header::default()
        };
        let body = entry
            .as_ref()
            .map_or(0, |(tx, _)| tx.recovered().inner().network_len());
        Self {
            size_bytes: list_len(header.length() + list_len(body) + EMPTY_LIST_LEN),
            header: header.seal_slow(),
            entry,
            state,
        }
    }

    /// Header with its hash.
    pub const fn header(&self) -> &Sealed<Header> {
        &self.header
    }

    /// keccak-256 of the header.
    pub fn hash(&self) -> B256 {
        self.header.hash()
    }

    /// Position in the chain; genesis is 0.
    pub fn number(&self) -> u64 {
        self.header.number
    }

    /// Unix seconds.
    pub fn timestamp(&self) -> u64 {
        self.header.timestamp
    }

    /// Length of the block's RLP encoding in bytes.
    pub const fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// The transaction and what came of it; `None` for genesis and blocks made by `evm_mine`.
    pub const fn entry(&self) -> Option<&(SignedTransaction, Receipt)> {
        self.entry.as_ref()
    }

    /// Logs of the block in order.
    pub fn logs(&self) -> &[Log] {
        self.entry
            .as_ref()
            .map_or(&[], |(_, receipt)| &receipt.logs)
    }

    /// The state after the block.
    pub const fn state(&self) -> Snapshot {
        self.state
    }

    /// The block as calls that run in it see it.
    pub fn context(&self) -> BlockContext {
        BlockContext {
            parent_hash: self.header.parent_hash,
            ..BlockContext::new(
                self.number(),
                self.timestamp(),
                self.header.base_fee_per_gas.unwrap_or_default(),
            )
        }
    }
}

/// Length of an RLP list without items: the list of ommers.
const EMPTY_LIST_LEN: usize = 1;

/// Length of an RLP list around `payload_length` bytes.
fn list_len(payload_length: usize) -> usize {
    alloy::rlp::Header {
        list: true,
        payload_length,
    }
    .length_with_payload()
}

/// Nitro packs counters into the mix hash: messages sent to the parent chain, the parent chain's
/// block number, the `ArbOS` version, flags; eight bytes each.
fn mix_hash(l1_block_number: u64, arbos_version: u64) -> B256 {
    let mut packed = [0; 32];
    packed[8..16].copy_from_slice(&l1_block_number.to_be_bytes());
    packed[16..24].copy_from_slice(&arbos_version.to_be_bytes());
    B256::from(packed)
}
