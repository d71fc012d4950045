//! What both contracts share: reading calldata, writing results, errors and logs, packed words and
//! storage slots.
//!
//! Why not the SDK's router and typed storage: every function and event they expand is a piece of
//! code of its own, and the compressed size of the port is the hard limit of the design. Here one
//! reader and one writer serve all of them; the types of `patientport-abi` stay the single source
//! of selectors and topics, and the tests speak to the contracts through those types' own encoder
//! and decoder, so the two implementations of the ABI check each other.
//!
//! Looking for the interfaces? `contracts/abi`. The contracts? `contracts/registry`,
//! `contracts/patientport`.
#![no_std]

extern crate alloc;

mod args;
mod clone;
mod out;
mod slot;
mod word;

pub use args::{Args, Malformed, small};
pub use clone::{CLONE_BYTES, Parties, init_code_of};
pub use out::{Out, selector, topic};
pub use slot::{Slot, load, store};
pub use word::{Field, account, set_account};

/// Whether (x, parity) can be a compressed secp256k1 point: x is neither 0 nor at or above the field
/// prime 2²⁵⁶ − 2³² − 977 (SEC 2 §2.4.1) and parity is 0 or 1. Whether x lies on the curve is for
/// clients to check.
pub fn plausible_key(x: &alloy_primitives::B256, parity: u8) -> bool {
    /// The last eight bytes of the prime; the 24 before are all ones.
    const PRIME_LOW: u64 = 0xffff_fffe_ffff_fc2f;
    let high_ones = x.0.iter().take(24).all(|byte| *byte == 0xff);
    let low = Field::new(24, 8).get(x);
    parity <= 1 && !x.is_zero() && !(high_ones && low >= PRIME_LOW)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{B256, b256};

    use super::*;

    #[test]
    fn keys_at_and_around_the_field_prime() {
        let prime = b256!("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
        let below = b256!("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e");
        let high_limb_differs =
            b256!("fffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffff");
        assert!(!plausible_key(&prime, 0));
        assert!(plausible_key(&below, 0));
        assert!(plausible_key(&high_limb_differs, 1));
        assert!(!plausible_key(&B256::repeat_byte(0xff), 0));
        assert!(!plausible_key(&B256::ZERO, 0));
        assert!(plausible_key(&B256::with_last_byte(1), 1));
        assert!(!plausible_key(&B256::with_last_byte(1), 2));
    }
}
