//! What the chain itself does when a block begins, before its transactions: upgrades `ArbOS` if that is
//! due and remembers the hash of the block before (EIP-2935).

use super::{HISTORY, history, params};
use crate::evm::{ARBOS_STATE, BlockContext};
use alloy_primitives::{Address, U256};

/// Number of the block that began last.
const BEGUN_SLOT: U256 = U256::from_limbs([4, 0, 0, 0]);

/// A storage slot that the chain writes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SystemWrite {
    pub(crate) address: Address,
    pub(crate) slot: U256,
    pub(crate) value: U256,
}

/// What is written when `block` begins over a state that answers slots of the chain's own account
/// through `read`. Nothing if the block has begun already.
pub(crate) fn begin_block(read: impl Fn(U256) -> U256, block: &BlockContext) -> Vec<SystemWrite> {
    let begun: u64 = read(BEGUN_SLOT).saturating_to();
    if block.number <= begun {
        return Vec::new();
    }
    let mut writes: Vec<_> = params::upgrade(&read, block.timestamp)
        .into_iter()
        .map(|(slot, value)| SystemWrite {
            address: ARBOS_STATE,
            slot,
            value,
        })
        .collect();
    writes.push(SystemWrite {
        address: ARBOS_STATE,
        slot: BEGUN_SLOT,
        value: U256::from(block.number),
    });
    writes.push(SystemWrite {
        address: HISTORY,
        slot: history::slot(block.number - 1),
        value: block.parent_hash.into(),
    });
    writes
}
