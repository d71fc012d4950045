//! The `ArbOS` version and the Stylus parameters, which are part of the chain's state: an owner's
//! change holds from the next call on, and a revert undoes it.
//!
//! What a call of a program needs fits one slot, so that it costs one read.

use super::{
    state::{read_slot, write_slot},
    version::ArbosVersion,
};
use crate::vm::StylusParams;
use alloy_primitives::{B256, U256};
use revm::{Database, context::Journal};
use std::convert::Infallible;

/// What every call of a program needs.
const CALL_SLOT: U256 = U256::from_limbs([1, 0, 0, 0]);
/// What only an activation needs.
const ACTIVATION_SLOT: U256 = U256::from_limbs([2, 0, 0, 0]);
/// The version an owner scheduled and its time.
const UPGRADE_SLOT: U256 = U256::from_limbs([3, 0, 0, 0]);

/// Parts a program may be spread over when [`FRAGMENTS_ARBOS`](super::version::FRAGMENTS_ARBOS) begins.
const MAX_FRAGMENTS: u8 = 4;

/// The `ArbOS` version and the parameters that programs run under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ArbosParams {
    pub(crate) arbos_version: u64,
    pub(crate) stylus: StylusParams,
}

/// The parameters of activations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ActivationParams {
    /// Gas burned before anything else.
    pub(crate) activation_gas: u64,
    /// Parts a program may be spread over.
    pub(crate) max_fragments: u8,
}

/// An upgrade that an owner scheduled; version zero is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScheduledUpgrade {
    pub(crate) arbos_version: u64,
    /// Unix seconds from which a block begins it.
    pub(crate) timestamp: u64,
}

/// Numbers packed into a word from its first byte on, big-endian, or taken out of it.
struct Packer {
    word: [u8; 32],
    at: usize,
}

impl Packer {
    const fn new() -> Self {
        Self {
            word: [0; 32],
            at: 0,
        }
    }

    fn over(word: U256) -> Self {
        Self {
            word: word.to_be_bytes(),
            at: 0,
        }
    }

    /// Puts the last `N` bytes of a number, which has no others.
    fn put<const N: usize>(mut self, value: impl Into<u64>) -> Self {
        let bytes = value.into().to_be_bytes();
        self.word[self.at..self.at + N].copy_from_slice(&bytes[8 - N..]);
        self.at += N;
        self
    }

    fn take<const N: usize, T: TryFrom<u64>>(&mut self) -> T {
        let mut bytes = [0; 8];
        bytes[8 - N..].copy_from_slice(&self.word[self.at..self.at + N]);
        self.at += N;
        T::try_from(u64::from_be_bytes(bytes))
            .unwrap_or_else(|_| unreachable!("the number was put as {N} bytes of the same type"))
    }

    const fn finish(self) -> U256 {
        U256::from_be_bytes(self.word)
    }
}

impl ArbosParams {
    /// Reads them through `read`, which answers slots of the chain's own state.
    pub(crate) fn read(read: impl FnOnce(U256) -> U256) -> Self {
        Self::unpack(read(CALL_SLOT))
    }

    pub(crate) fn load<DB>(journal: &mut Journal<DB>) -> Self
    where
        DB: Database<Error = Infallible>,
    {
        Self::read(|slot| read_slot(journal, slot))
    }

    pub(crate) fn store<DB>(&self, journal: &mut Journal<DB>)
    where
        DB: Database<Error = Infallible>,
    {
        write_slot(journal, CALL_SLOT, self.pack());
    }

    fn pack(&self) -> U256 {
        let stylus = &self.stylus;
        Packer::new()
            .put::<2>(self.arbos_version)
            .put::<2>(stylus.version)
            .put::<3>(stylus.ink_price)
            .put::<4>(stylus.max_stack_depth)
            .put::<2>(stylus.free_pages)
            .put::<2>(stylus.page_gas)
            .put::<2>(stylus.page_limit)
            .put::<1>(stylus.min_init_gas)
            .put::<1>(stylus.min_cached_init_gas)
            .put::<1>(stylus.init_cost_scalar)
            .put::<1>(stylus.cached_cost_scalar)
            .put::<2>(stylus.expiry_days)
            .put::<2>(stylus.keepalive_days)
            .put::<2>(stylus.block_cache_size)
            .put::<4>(stylus.max_wasm_size)
            .finish()
    }

    fn unpack(word: U256) -> Self {
        let mut word = Packer::over(word);
        let arbos_version = word.take::<2, u64>();
        Self {
            arbos_version,
            stylus: StylusParams {
                version: word.take::<2, _>(),
                ink_price: word.take::<3, _>(),
                max_stack_depth: word.take::<4, _>(),
                free_pages: word.take::<2, _>(),
                page_gas: word.take::<2, _>(),
                page_limit: word.take::<2, _>(),
                min_init_gas: word.take::<1, _>(),
                min_cached_init_gas: word.take::<1, _>(),
                init_cost_scalar: word.take::<1, _>(),
                cached_cost_scalar: word.take::<1, _>(),
                expiry_days: word.take::<2, _>(),
                keepalive_days: word.take::<2, _>(),
                block_cache_size: word.take::<2, _>(),
                max_wasm_size: word.take::<4, _>(),
                // No owner can change it, and nothing is charged by it.
                page_ramp: StylusParams::for_arbos(arbos_version).page_ramp,
            },
        }
    }
}

impl ActivationParams {
    pub(crate) fn load<DB>(journal: &mut Journal<DB>) -> Self
    where
        DB: Database<Error = Infallible>,
    {
        Self::unpack(read_slot(journal, ACTIVATION_SLOT))
    }

    pub(crate) fn store<DB>(&self, journal: &mut Journal<DB>)
    where
        DB: Database<Error = Infallible>,
    {
        write_slot(journal, ACTIVATION_SLOT, self.pack());
    }

    fn pack(&self) -> U256 {
        Packer::new()
            .put::<8>(self.activation_gas)
            .put::<1>(self.max_fragments)
            .finish()
    }

    fn unpack(word: U256) -> Self {
        let mut word = Packer::over(word);
        Self {
            activation_gas: word.take::<8, _>(),
            max_fragments: word.take::<1, _>(),
        }
    }
}

impl ScheduledUpgrade {
    pub(crate) fn load<DB>(journal: &mut Journal<DB>) -> Self
    where
        DB: Database<Error = Infallible>,
    {
        Self::unpack(read_slot(journal, UPGRADE_SLOT))
    }

    pub(crate) fn store<DB>(&self, journal: &mut Journal<DB>)
    where
        DB: Database<Error = Infallible>,
    {
        let word = Packer::new()
            .put::<8>(self.arbos_version)
            .put::<8>(self.timestamp);
        write_slot(journal, UPGRADE_SLOT, word.finish());
    }

    fn unpack(word: U256) -> Self {
        let mut word = Packer::over(word);
        Self {
            arbos_version: word.take::<8, _>(),
            timestamp: word.take::<8, _>(),
        }
    }
}

/// Slots of a chain that starts under a version.
pub(super) fn genesis(version: ArbosVersion) -> Vec<(B256, B256)> {
    let version = version.get();
    let params = ArbosParams {
        arbos_version: version,
        stylus: StylusParams::for_arbos(version),
    };
    let activation = ActivationParams {
        activation_gas: 0,
        max_fragments: fragments_at(version),
    };
    vec![
        (CALL_SLOT.into(), params.pack().into()),
        (ACTIVATION_SLOT.into(), activation.pack().into()),
    ]
}

/// The slots a block that begins at `timestamp` changes because an upgrade's time has come.
///
/// Every parameter stays as the owner left it but those a passed version sets (Nitro,
/// `arbos/programs/params.go`).
pub(super) fn upgrade(read: impl Fn(U256) -> U256, timestamp: u64) -> Vec<(U256, U256)> {
    let scheduled = ScheduledUpgrade::unpack(read(UPGRADE_SLOT));
    let mut params = ArbosParams::read(&read);
    let old = params.arbos_version;
    let due = scheduled.arbos_version > old && timestamp >= scheduled.timestamp;
    let Ok(new) = ArbosVersion::try_new(scheduled.arbos_version) else {
        return Vec::new();
    };
    if !due {
        return Vec::new();
    }
    let new = new.get();
    let passes = |version| (old + 1..=new).contains(&version);
    let defaults = StylusParams::for_arbos(new);
    params.arbos_version = new;
    params.stylus.version = defaults.version;
    if passes(super::version::OSAKA_ARBOS) {
        let depth = &mut params.stylus.max_stack_depth;
        *depth = (*depth).min(defaults.max_stack_depth);
    }
    let mut slots = Vec::with_capacity(2);
    if passes(super::version::FRAGMENTS_ARBOS) {
        params.stylus.max_wasm_size = defaults.max_wasm_size;
        let mut activation = ActivationParams::unpack(read(ACTIVATION_SLOT));
        activation.max_fragments = fragments_at(new);
        slots.push((ACTIVATION_SLOT, activation.pack()));
    }
    slots.push((CALL_SLOT, params.pack()));
    slots
}

const fn fragments_at(arbos_version: u64) -> u8 {
    if arbos_version >= super::version::FRAGMENTS_ARBOS {
        MAX_FRAGMENTS
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_loses_nothing() {
        let params = ArbosParams {
            arbos_version: 60,
            stylus: StylusParams {
                version: 3,
                ink_price: 0x00FE_DCBA,
                max_stack_depth: 0x1234_5678,
                free_pages: 0x1122,
                page_gas: 0x3344,
                page_limit: 0x5566,
                min_init_gas: 0x77,
                min_cached_init_gas: 0x88,
                init_cost_scalar: 0x99,
                cached_cost_scalar: 0xAA,
                expiry_days: 0xBBCC,
                keepalive_days: 0xDDEE,
                block_cache_size: 0xFF01,
                max_wasm_size: 0x0203_0405,
                ..StylusParams::for_arbos(60)
            },
        };
        assert_eq!(ArbosParams::unpack(params.pack()), params);
        let activation = ActivationParams {
            activation_gas: u64::MAX - 1,
            max_fragments: 7,
        };
        assert_eq!(ActivationParams::unpack(activation.pack()), activation);
    }
}
