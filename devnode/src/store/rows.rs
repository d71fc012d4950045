//! What the rows of the tables hold.

use super::codec::{Reader, RowError, Writer};
use crate::{
    chain::{Block, Entry, Mining, Receipt, SignedTransaction},
    evm::{AccountRecord, BlockContext, Snapshot, StateWrite},
};
use alloy_primitives::{Bytes, KECCAK256_EMPTY, Log, U256};
use std::time::Duration;

/// Where the chain stands besides its blocks and state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tip {
    /// How many blocks there are.
    pub(crate) blocks: u64,
    /// The newest version of the state.
    pub(crate) state: Snapshot,
    /// How far the clock has been moved.
    pub(crate) clock_offset_secs: i64,
    /// The time fixed for the next block.
    pub(crate) next_timestamp: Option<u64>,
    /// When blocks are made, if a client has changed it.
    pub(crate) mining: Option<Mining>,
}

/// What a file is for. A file for something else is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) chain_id: u64,
    pub(crate) arbos_version: u64,
}

const ACCOUNT: u8 = 0;
const SLOT: u8 = 1;

const SUCCESS: u8 = 1;
const IMPERSONATED: u8 = 2;
const CONTRACT: u8 = 4;

pub(super) fn encode_identity(identity: Identity) -> Vec<u8> {
    let mut row = Writer::new();
    row.number(identity.chain_id);
    row.number(identity.arbos_version);
    row.finish(0)
}

pub(super) fn decode_identity(row: &[u8]) -> Result<Identity, RowError> {
    let mut row = Reader::new(0, row)?;
    let identity = Identity {
        chain_id: row.number()?,
        arbos_version: row.number()?,
    };
    row.finish()?;
    Ok(identity)
}

pub(super) fn encode_tip(tip: &Tip) -> Vec<u8> {
    let mut row = Writer::new();
    row.number(tip.blocks);
    row.number(tip.state.version());
    row.number(tip.clock_offset_secs.cast_unsigned());
    row.byte(tip.next_timestamp.is_some().into());
    row.number(tip.next_timestamp.unwrap_or_default());
    let (tag, interval) = match tip.mining {
        None => (0, Duration::ZERO),
        Some(Mining::OnDemand) => (1, Duration::ZERO),
        Some(Mining::Manual) => (2, Duration::ZERO),
        Some(Mining::Interval(interval)) => (3, interval),
    };
    row.byte(tag);
    row.number(interval.as_secs());
    row.number(interval.subsec_nanos().into());
    row.finish(0)
}

pub(super) fn decode_tip(row: &[u8]) -> Result<Tip, RowError> {
    let mut row = Reader::new(0, row)?;
    let blocks = row.number()?;
    let state = Snapshot::at_version(row.number()?);
    let clock_offset_secs = row.number()?.cast_signed();
    let (is_fixed, next) = (row.byte()?, row.number()?);
    let (tag, secs, nanos) = (row.byte()?, row.number()?, row.number()?);
    let nanos = u32::try_from(nanos)
        .ok()
        .filter(|nanos| *nanos < 1_000_000_000)
        .ok_or(RowError::Malformed)?;
    row.finish()?;
    Ok(Tip {
        blocks,
        state,
        clock_offset_secs,
        next_timestamp: (is_fixed == 1).then_some(next),
        mining: match tag {
            0 => None,
            1 => Some(Mining::OnDemand),
            2 => Some(Mining::Manual),
            3 => Some(Mining::Interval(Duration::new(secs, nanos))),
            _ => return Err(RowError::Malformed),
        },
    })
}

/// What one version of the state wrote.
pub(super) fn encode_writes(version: u64, writes: &[StateWrite]) -> Vec<u8> {
    let mut row = Writer::new();
    for write in writes {
        match write {
            StateWrite::Account(address, account) => {
                row.byte(ACCOUNT);
                row.address(*address);
                row.word(account.balance);
                row.number(account.nonce);
                let has_code = account.code_hash != KECCAK256_EMPTY;
                row.byte(has_code.into());
                if has_code {
                    row.hash(account.code_hash);
                }
            }
            StateWrite::Slot(address, slot, value) => {
                row.byte(SLOT);
                row.address(*address);
                row.word(*slot);
                row.word(*value);
            }
        }
    }
    row.finish(version)
}

pub(super) fn decode_writes(version: u64, row: &[u8]) -> Result<Vec<StateWrite>, RowError> {
    let mut row = Reader::new(version, row)?;
    let mut writes = Vec::new();
    while !row.is_empty() {
        writes.push(match row.byte()? {
            ACCOUNT => StateWrite::Account(
                row.address()?,
                AccountRecord {
                    balance: row.word()?,
                    nonce: row.number()?,
                    code_hash: match row.byte()? {
                        0 => KECCAK256_EMPTY,
                        _ => row.hash()?,
                    },
                },
            ),
            SLOT => StateWrite::Slot(row.address()?, row.word()?, row.word()?),
            _ => return Err(RowError::Malformed),
        });
    }
    Ok(writes)
}

/// A block with its transactions and receipts, without what follows from them.
pub(super) fn encode_block(block: &Block) -> Vec<u8> {
    let context = block.context();
    let mut row = Writer::new();
    row.hash(block.hash());
    row.hash(context.parent_hash);
    row.number(context.timestamp);
    row.number(context.base_fee);
    row.number(context.l1_block_number);
    row.number(block.arbos_version());
    row.number(block.state().version());
    row.length(block.entries().len());
    for entry in block.entries() {
        encode_entry(&mut row, entry);
    }
    row.finish(block.number())
}

fn encode_entry(row: &mut Writer, entry: &Entry) {
    let Entry {
        transaction,
        receipt,
        state_before,
        ..
    } = entry;
    let flags = [
        (receipt.success, SUCCESS),
        (transaction.is_impersonated(), IMPERSONATED),
        (receipt.contract_address.is_some(), CONTRACT),
    ];
    row.byte(
        flags
            .into_iter()
            .filter(|(is_set, _)| *is_set)
            .fold(0, |flags, (_, flag)| flags | flag),
    );
    row.address(transaction.sender());
    row.bytes(&transaction.encoded());
    row.number(state_before.version());
    row.number(receipt.gas_used);
    row.word(U256::from(receipt.effective_gas_price));
    if let Some(contract) = receipt.contract_address {
        row.address(contract);
    }
    row.length(receipt.logs.len());
    for log in &receipt.logs {
        row.address(log.address);
        row.length(log.topics().len());
        for topic in log.topics() {
            row.hash(*topic);
        }
        row.bytes(&log.data.data);
    }
}

/// Puts a block together again. Its hash is computed anew, roots and all, and must be the stored one.
pub(super) fn decode_block(number: u64, row: &[u8]) -> Result<Block, RowError> {
    let mut row = Reader::new(number, row)?;
    let hash = row.hash()?;
    let parent_hash = row.hash()?;
    let (timestamp, base_fee, l1_block_number) = (row.number()?, row.number()?, row.number()?);
    let arbos_version = row.number()?;
    let state = Snapshot::at_version(row.number()?);
    let mut entries = Vec::new();
    let (mut gas_used, mut logs) = (0_u64, 0);
    for _ in 0..row.length()? {
        let mut entry = decode_entry(&mut row)?;
        gas_used = gas_used.saturating_add(entry.receipt.gas_used);
        entry.receipt.cumulative_gas_used = gas_used;
        entry.first_log_index = logs;
        logs += entry.receipt.logs.len();
        entries.push(entry);
    }
    row.finish()?;
    let context = BlockContext {
        l1_block_number,
        parent_hash,
        ..BlockContext::new(number, timestamp, base_fee)
    };
    let block = Block::from_entries(&context, entries.into(), state, arbos_version);
    if block.hash() == hash {
        Ok(block)
    } else {
        Err(RowError::Malformed)
    }
}

fn decode_entry(row: &mut Reader<'_>) -> Result<Entry, RowError> {
    let flags = row.byte()?;
    let sender = row.address()?;
    let transaction = SignedTransaction::restore(row.bytes()?, sender, flags & IMPERSONATED != 0)
        .map_err(|_| RowError::Malformed)?;
    let state_before = Snapshot::at_version(row.number()?);
    let gas_used = row.number()?;
    let effective_gas_price = row.word()?.try_into().map_err(|_| RowError::Malformed)?;
    let contract_address = if flags & CONTRACT == 0 {
        None
    } else {
        Some(row.address()?)
    };
    let mut logs = Vec::new();
    for _ in 0..row.length()? {
        let address = row.address()?;
        let mut topics = Vec::new();
        for _ in 0..row.length()? {
            topics.push(row.hash()?);
        }
        let data = Bytes::copy_from_slice(row.bytes()?);
        logs.push(Log::new(address, topics, data).ok_or(RowError::Malformed)?);
    }
    Ok(Entry {
        transaction,
        receipt: Receipt {
            success: flags & SUCCESS != 0,
            gas_used,
            cumulative_gas_used: gas_used,
            effective_gas_price,
            logs,
            contract_address,
        },
        first_log_index: 0,
        state_before,
    })
}
