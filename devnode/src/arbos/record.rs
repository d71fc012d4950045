//! Records of activated programs (Nitro, `arbos/programs/programs.go`).

use super::state::{Section, read, write};
use crate::{evm::Halt, vm::StylusParams};
use alloy_primitives::{B256, U256};
use revm::{Database, context::Journal};
use std::convert::Infallible;

/// Unix time Arbitrum counts activation hours from.
pub(crate) const ARBITRUM_START: u64 = 1_421_388_000;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// What the chain knows of an activated program. Kept by code hash, so contracts with the same code
/// share it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProgramRecord {
    /// Stylus version it was activated under; zero means never activated.
    pub(crate) version: u16,
    /// Figure behind the start gas when not cached.
    pub(crate) init_cost: u16,
    /// Figure behind the start gas when cached.
    pub(crate) cached_cost: u16,
    /// Pages of memory it starts with.
    pub(crate) footprint: u16,
    /// Hours from [`ARBITRUM_START`] to activation (24 bits).
    pub(crate) activated_at_hours: u32,
    /// Estimated size of the compiled program in KiB (24 bits).
    pub(crate) asm_kib: u32,
    /// Whether a cache manager asked nodes to keep it compiled.
    pub(crate) cached: bool,
}

/// Why a program with a record, or without one, may not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inactive {
    NotActivated,
    NeedsUpgrade { version: u16, stylus_version: u16 },
    Expired { age_secs: u64 },
}

impl From<Inactive> for Halt {
    fn from(inactive: Inactive) -> Self {
        match inactive {
            Inactive::NotActivated => Self::ProgramNotActivated,
            Inactive::NeedsUpgrade {
                version,
                stylus_version,
            } => Self::ProgramNeedsUpgrade {
                version,
                stylus_version,
            },
            Inactive::Expired { age_secs } => Self::ProgramExpired { age_secs },
        }
    }
}

impl ProgramRecord {
    /// The record of a code hash; the default one if there is none.
    pub(crate) fn load<DB>(journal: &mut Journal<DB>, code_hash: B256) -> Self
    where
        DB: Database<Error = Infallible>,
    {
        Self::unpack(read(journal, Section::Programs, code_hash))
    }

    /// The record of a program that may run now.
    pub(crate) fn active<DB>(
        journal: &mut Journal<DB>,
        code_hash: B256,
        now: u64,
        params: &StylusParams,
    ) -> Result<Self, Inactive>
    where
        DB: Database<Error = Infallible>,
    {
        let record = Self::load(journal, code_hash);
        if record.version == 0 {
            return Err(Inactive::NotActivated);
        }
        if record.version != params.version {
            return Err(Inactive::NeedsUpgrade {
                version: record.version,
                stylus_version: params.version,
            });
        }
        if record.is_expired(now, params) {
            return Err(Inactive::Expired {
                age_secs: record.age_secs(now),
            });
        }
        Ok(record)
    }

    pub(crate) fn store<DB>(&self, journal: &mut Journal<DB>, code_hash: B256)
    where
        DB: Database<Error = Infallible>,
    {
        write(journal, Section::Programs, code_hash, self.pack());
    }

    /// Seconds since activation, which is known to the hour.
    pub(crate) fn age_secs(&self, now: u64) -> u64 {
        let activated_at = ARBITRUM_START + u64::from(self.activated_at_hours) * HOUR;
        now.saturating_sub(activated_at)
    }

    pub(crate) fn is_expired(&self, now: u64, params: &StylusParams) -> bool {
        self.age_secs(now) > Self::lifetime_secs(params)
    }

    pub(crate) fn lifetime_secs(params: &StylusParams) -> u64 {
        u64::from(params.expiry_days) * DAY
    }

    pub(crate) fn keepalive_secs(params: &StylusParams) -> u64 {
        u64::from(params.keepalive_days) * DAY
    }

    /// Hours since [`ARBITRUM_START`], as records hold them.
    pub(crate) fn hours(now: u64) -> u32 {
        let hours = now.saturating_sub(ARBITRUM_START) / HOUR;
        u32::try_from(hours).unwrap_or(u32::MAX).min((1 << 24) - 1)
    }

    /// Estimated size of the compiled program in bytes, rounded up to whole KiB.
    pub(crate) const fn asm_bytes(&self) -> u32 {
        self.asm_kib.saturating_mul(1_024)
    }

    fn pack(&self) -> U256 {
        let mut word = [0_u8; 32];
        word[0..2].copy_from_slice(&self.version.to_be_bytes());
        word[2..4].copy_from_slice(&self.init_cost.to_be_bytes());
        word[4..6].copy_from_slice(&self.cached_cost.to_be_bytes());
        word[6..8].copy_from_slice(&self.footprint.to_be_bytes());
        word[8..12].copy_from_slice(&self.activated_at_hours.to_be_bytes());
        word[12..16].copy_from_slice(&self.asm_kib.to_be_bytes());
        word[16] = u8::from(self.cached);
        U256::from_be_bytes(word)
    }

    fn unpack(word: U256) -> Self {
        let word: [u8; 32] = word.to_be_bytes();
        let u16_at = |at: usize| u16::from_be_bytes([word[at], word[at + 1]]);
        let u32_at =
            |at: usize| u32::from_be_bytes([word[at], word[at + 1], word[at + 2], word[at + 3]]);
        Self {
            version: u16_at(0),
            init_cost: u16_at(2),
            cached_cost: u16_at(4),
            footprint: u16_at(6),
            activated_at_hours: u32_at(8),
            asm_kib: u32_at(12),
            cached: word[16] != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_loses_nothing() {
        let record = ProgramRecord {
            version: 2,
            init_cost: 0x1234,
            cached_cost: 0x5678,
            footprint: 0x9ABC,
            activated_at_hours: 0x00DE_F012,
            asm_kib: 0x0034_5678,
            cached: true,
        };
        assert_eq!(ProgramRecord::unpack(record.pack()), record);
        assert_eq!(ProgramRecord::unpack(U256::ZERO), ProgramRecord::default());
    }

    #[test]
    fn age_counts_from_the_whole_hour_before_activation() {
        let activated = ARBITRUM_START + 5 * HOUR + 1_800;
        let record = ProgramRecord {
            version: 2,
            activated_at_hours: ProgramRecord::hours(activated),
            ..ProgramRecord::default()
        };
        assert_eq!(record.age_secs(activated), 1_800);
        let params = StylusParams::for_arbos(51);
        let end = ARBITRUM_START + 5 * HOUR + 365 * DAY;
        assert!(!record.is_expired(end, &params));
        assert!(record.is_expired(end + 1, &params));
    }
}
