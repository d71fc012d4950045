//! Blocks and receipts in the shape of Nitro's.

use super::SignedTransaction;
use crate::evm::{BATCH_POSTER, BLOCK_GAS_LIMIT, BlockContext, ExecutionOutcome, Snapshot};
use alloy::{
    consensus::{
        EMPTY_OMMER_ROOT_HASH, Eip658Value, Header, ReceiptEnvelope, ReceiptWithBloom, Sealable,
        Sealed, TxType, proofs,
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
    /// Gas paid for by this transaction and those before it in its block.
    pub cumulative_gas_used: u64,
    /// Wei per gas paid: the base fee, tips are dropped.
    pub effective_gas_price: u128,
    /// Logs in order.
    pub logs: Vec<Log>,
    /// Address of the contract made, for a creation.
    pub contract_address: Option<Address>,
}

impl Receipt {
    fn new(outcome: ExecutionOutcome, gas_before: u64, block: &BlockContext) -> Self {
        Self {
            success: outcome.status.is_success(),
            gas_used: outcome.gas_used,
            cumulative_gas_used: gas_before.saturating_add(outcome.gas_used),
            effective_gas_price: block.base_fee.into(),
            logs: outcome.logs,
            contract_address: outcome.contract_address,
        }
    }

    /// Bloom filter of the logs. It is made anew each time: few ask, and it is as long as most logs.
    pub fn bloom(&self) -> Bloom {
        alloy_primitives::logs_bloom(&self.logs)
    }

    /// The consensus form for a transaction type, with logs as the caller shows them.
    pub fn envelope<T>(&self, tx_type: u8, logs: Vec<T>) -> ReceiptEnvelope<T> {
        let receipt = ReceiptWithBloom {
            receipt: alloy::consensus::Receipt {
                status: Eip658Value::Eip658(self.success),
                cumulative_gas_used: self.cumulative_gas_used,
                logs,
            },
            logs_bloom: self.bloom(),
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

/// A transaction in a block.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The transaction.
    pub transaction: SignedTransaction,
    /// What came of it.
    pub receipt: Receipt,
    /// Place of its first log among the block's logs, from 0; where that would be if it has none.
    pub first_log_index: usize,
    /// The state just before it: executing it there again does the same.
    pub state_before: Snapshot,
}

/// A transaction that was executed and belongs into the next block.
#[derive(Debug)]
pub(super) struct Executed {
    pub(super) transaction: SignedTransaction,
    pub(super) outcome: ExecutionOutcome,
    pub(super) state_before: Snapshot,
}

/// A block with any number of transactions.
///
/// Only what differs between blocks is kept; [`Self::header`] puts the header together.
#[derive(Clone, Debug)]
pub struct Block {
    hash: B256,
    size_bytes: usize,
    fields: Fields,
    entries: Box<[Entry]>,
    state: Snapshot,
}

/// The parts of a header that differ between blocks.
#[derive(Clone, Debug)]
struct Fields {
    parent_hash: B256,
    transactions_root: B256,
    receipts_root: B256,
    /// `None` if no bit is set, as in most blocks.
    logs_bloom: Option<Box<Bloom>>,
    number: u64,
    gas_used: u64,
    timestamp: u64,
    base_fee: u64,
    l1_block_number: u64,
    arbos_version: u64,
}

impl Fields {
    fn header(&self) -> Header {
        Header {
            parent_hash: self.parent_hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: BATCH_POSTER,
            // A Merkle root of the state would make every block dearer as the state grows, and no
            // client of a development chain checks one.
            state_root: B256::ZERO,
            transactions_root: self.transactions_root,
            receipts_root: self.receipts_root,
            logs_bloom: self.logs_bloom.as_deref().copied().unwrap_or_default(),
            difficulty: U256::ONE,
            number: self.number,
            gas_limit: BLOCK_GAS_LIMIT,
            gas_used: self.gas_used,
            timestamp: self.timestamp,
            extra_data: Bytes::from_static(&[0; 32]),
            mix_hash: mix_hash(self.l1_block_number, self.arbos_version),
            nonce: B64::ZERO,
            base_fee_per_gas: Some(self.base_fee),
            ..Header::default()
        }
    }
}

impl Block {
    /// A block around what was executed in it.
    pub(super) fn new(
        context: &BlockContext,
        executed: Vec<Executed>,
        state: Snapshot,
        arbos_version: u64,
    ) -> Self {
        let mut gas_used = 0;
        let mut logs = 0;
        let entries = executed
            .into_iter()
            .map(|executed| {
                let receipt = Receipt::new(executed.outcome, gas_used, context);
                gas_used = receipt.cumulative_gas_used;
                let first_log_index = logs;
                logs += receipt.logs.len();
                Entry {
                    transaction: executed.transaction,
                    receipt,
                    first_log_index,
                    state_before: executed.state_before,
                }
            })
            .collect();
        Self::from_entries(context, entries, state, arbos_version)
    }

    /// A block around what it held before.
    pub(crate) fn from_entries(
        context: &BlockContext,
        entries: Box<[Entry]>,
        state: Snapshot,
        arbos_version: u64,
    ) -> Self {
        let transactions: Vec<_> = entries
            .iter()
            .map(|entry| entry.transaction.recovered().inner())
            .collect();
        let receipts: Vec<_> = entries
            .iter()
            .map(
                |Entry {
                     transaction,
                     receipt,
                     ..
                 }| {
                    receipt.envelope(transaction.recovered().ty(), receipt.logs.clone())
                },
            )
            .collect();
        let bloom =
            alloy_primitives::logs_bloom(entries.iter().flat_map(|entry| &entry.receipt.logs));
        let fields = Fields {
            parent_hash: context.parent_hash,
            transactions_root: proofs::calculate_transaction_root(&transactions),
            receipts_root: proofs::calculate_receipt_root(&receipts),
            logs_bloom: (!bloom.is_zero()).then(|| Box::new(bloom)),
            number: context.number,
            gas_used: entries
                .last()
                .map_or(0, |entry| entry.receipt.cumulative_gas_used),
            timestamp: context.timestamp,
            base_fee: context.base_fee,
            l1_block_number: context.l1_block_number,
            arbos_version,
        };
        let header = fields.header();
        let body = transactions
            .iter()
            .copied()
            .map(Encodable2718::network_len)
            .sum();
        Self {
            size_bytes: list_len(header.length() + list_len(body) + EMPTY_LIST_LEN),
            hash: header.hash_slow(),
            fields,
            entries,
            state,
        }
    }

    /// Header with its hash.
    pub fn header(&self) -> Sealed<Header> {
        self.fields.header().seal_unchecked(self.hash)
    }

    /// keccak-256 of the header.
    pub const fn hash(&self) -> B256 {
        self.hash
    }

    /// Hash of the preceding block.
    pub const fn parent_hash(&self) -> B256 {
        self.fields.parent_hash
    }

    /// Position in the chain; genesis is 0.
    pub const fn number(&self) -> u64 {
        self.fields.number
    }

    /// Unix seconds.
    pub const fn timestamp(&self) -> u64 {
        self.fields.timestamp
    }

    /// Wei per gas.
    pub const fn base_fee(&self) -> u64 {
        self.fields.base_fee
    }

    /// `ArbOS` version after the block.
    pub const fn arbos_version(&self) -> u64 {
        self.fields.arbos_version
    }

    /// Gas paid for by all transactions.
    pub const fn gas_used(&self) -> u64 {
        self.fields.gas_used
    }

    /// Bloom filter of all logs.
    pub fn logs_bloom(&self) -> Bloom {
        self.fields
            .logs_bloom
            .as_deref()
            .copied()
            .unwrap_or_default()
    }

    /// Length of the block's RLP encoding in bytes.
    pub const fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// The transactions and what came of them, in order.
    pub const fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Logs of the block in order.
    pub fn logs(&self) -> impl DoubleEndedIterator<Item = &Log> {
        self.entries.iter().flat_map(|entry| &entry.receipt.logs)
    }

    /// A log by its place among the block's logs, and the index of the transaction that made it.
    pub fn log(&self, index: usize) -> Option<(usize, &Log)> {
        // The last of those that begin at or before it: earlier ones with the same beginning are empty.
        let place = self
            .entries
            .partition_point(|entry| entry.first_log_index <= index)
            .checked_sub(1)?;
        let entry = self.entries.get(place)?;
        let log = entry.receipt.logs.get(index - entry.first_log_index)?;
        Some((place, log))
    }

    /// The state after the block.
    pub const fn state(&self) -> Snapshot {
        self.state
    }

    /// The block as its transactions and calls that run in it see it.
    pub fn context(&self) -> BlockContext {
        BlockContext {
            parent_hash: self.fields.parent_hash,
            l1_block_number: self.fields.l1_block_number,
            ..BlockContext::new(self.number(), self.timestamp(), self.fields.base_fee)
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
