//! Prices of host functions in ink (Nitro: `crates/arbutil/src/pricing.rs`) and gas.

/// Entering any host function.
pub(super) const HOSTIO: u64 = 8_400;
/// Each pointer a function takes.
pub(super) const POINTER: u64 = 5_040;
/// A round trip to the chain.
pub(super) const API: u64 = 59_673;
/// A division.
pub(super) const DIV: u64 = 20_000;
/// A modular multiplication.
pub(super) const MUL_MOD: u64 = 24_100;
/// A modular addition.
pub(super) const ADD_MOD: u64 = 21_000;

/// Gas of a cold account access (EIP-2929).
pub(super) const COLD_ACCOUNT_GAS: u64 = 2_600;
/// Gas of a cold storage read (EIP-2929).
pub(super) const COLD_SLOAD_GAS: u64 = 2_100;
/// Gas that must be held to write storage (EIP-2200).
pub(super) const SSTORE_SENTRY_GAS: u64 = 2_300;
/// Gas of a transient access (EIP-1153).
pub(super) const TRANSIENT_GAS: u64 = 100;
/// Gas that must be held for an access to the storage cache: its highest tier.
pub(super) const CACHE_ACCESS_GAS: u64 = 10;

/// Ink to write `bytes` bytes into the program's memory.
pub(super) fn write(bytes: u32) -> u64 {
    5_040 + 30 * u64::from(bytes.saturating_sub(32))
}

/// Ink to read `bytes` bytes from the program's memory.
pub(super) fn read(bytes: u32) -> u64 {
    16_381 + 55 * u64::from(bytes.saturating_sub(32))
}

/// Ink to hash `bytes` bytes.
pub(super) fn keccak(bytes: u32) -> u64 {
    121_800 + 21_000 * u64::from(bytes.div_ceil(32).saturating_sub(2))
}

/// Ink of an exponentiation, on top of the base price.
pub(super) fn pow(exponent: &[u8; 32]) -> u64 {
    let zeros = exponent.iter().take_while(|byte| **byte == 0).count() as u64;
    3_000 + 17_500 * (33 - zeros)
}

/// Gas of a log with `topics` topics and `bytes` bytes of data (yellow paper, appendix G).
pub(super) fn log_gas(topics: u32, bytes: u32) -> u64 {
    375 * (1 + u64::from(topics)) + 8 * u64::from(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_transfers_cost_the_same() {
        assert_eq!((write(0), write(32), write(33)), (5_040, 5_040, 5_070));
        assert_eq!((read(0), read(32), read(33)), (16_381, 16_381, 16_436));
    }

    #[test]
    fn hashing_is_charged_by_the_word_after_two() {
        assert_eq!(
            (keccak(0), keccak(64), keccak(65)),
            (121_800, 121_800, 142_800)
        );
    }

    #[test]
    fn a_zero_exponent_costs_one_step() {
        assert_eq!(pow(&[0; 32]), 20_500);
        assert_eq!(pow(&[0xff; 32]), 580_500);
    }
}
