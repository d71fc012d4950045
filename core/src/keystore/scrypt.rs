//! scrypt (RFC 7914) for every keystore there is.
//!
//! The `scrypt` crate keeps to the RFC, which wants N below 2^(16 r). Older Ethereum programs did not: they
//! wrote N = 2^18 with r = 1, and so does the published vector of Web3 Secret Storage. Such files are opened
//! by [`beyond_the_rfc`], which is the same function without that limit. New files keep to it.

use zeroize::Zeroizing;

/// Bytes of the derived key.
pub(super) const KEY_BYTES: usize = 32;
/// 32-bit words in one block of Salsa20.
const BLOCK_WORDS: usize = 16;

/// `scrypt(password, salt, N = 2^log_n, r, p)`, 32 bytes. `None` where memory or parameters would overflow.
pub(super) fn derive(
    password: &[u8],
    salt: &[u8],
    log_n: u8,
    r: u32,
    p: u32,
) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    if u32::from(log_n) >= r.saturating_mul(16) {
        return beyond_the_rfc(password, salt, log_n, r, p);
    }
    let params = scrypt::Params::new(log_n, r, p, KEY_BYTES).ok()?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    scrypt::scrypt(password, salt, &params, &mut *key).ok()?;
    Some(key)
}

/// RFC 7914 §6 without the bound on N.
fn beyond_the_rfc(
    password: &[u8],
    salt: &[u8],
    log_n: u8,
    r: u32,
    p: u32,
) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    let words = usize::try_from(r).ok()?.checked_mul(2 * BLOCK_WORDS)?;
    let chunk = words.checked_mul(4)?;
    let n = 1_usize.checked_shl(log_n.into())?;
    let mut blocks = Zeroizing::new(vec![0_u8; chunk.checked_mul(usize::try_from(p).ok()?)?]);
    let mut table = Zeroizing::new(vec![0_u32; words.checked_mul(n)?]);
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password, salt, 1, &mut blocks);
    let mut block = Zeroizing::new(vec![0_u32; words]);
    for bytes in blocks.chunks_exact_mut(chunk) {
        for (word, bytes) in block.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        ro_mix(&mut block, &mut table, n);
        for (word, bytes) in block.iter().zip(bytes.chunks_exact_mut(4)) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password, &blocks, 1, &mut *key);
    Some(key)
}

/// RFC 7914 §5. `table` has room for N blocks.
fn ro_mix(block: &mut [u32], table: &mut [u32], n: usize) {
    let length = block.len();
    let mut scratch = Zeroizing::new(vec![0; length]);
    for entry in table.chunks_exact_mut(length) {
        entry.copy_from_slice(block);
        block_mix(entry, block);
    }
    for _ in 0..n {
        // The last 64 bytes as a little-endian number, modulo N, which is a power of two below 2^32.
        let index = block[length - BLOCK_WORDS] as usize & (n - 1);
        let entry = &table[index * length..(index + 1) * length];
        for ((out, one), other) in scratch.iter_mut().zip(&*block).zip(entry) {
            *out = one ^ other;
        }
        block_mix(&scratch, block);
    }
}

/// RFC 7914 §4: even blocks to the first half, odd ones to the second.
fn block_mix(input: &[u32], output: &mut [u32]) {
    let mut x = [0; BLOCK_WORDS];
    x.copy_from_slice(&input[input.len() - BLOCK_WORDS..]);
    for (index, block) in input.chunks_exact(BLOCK_WORDS).enumerate() {
        for (x, word) in x.iter_mut().zip(block) {
            *x ^= word;
        }
        salsa_8(&mut x);
        let half = if index % 2 == 0 {
            0
        } else {
            input.len() / BLOCK_WORDS / 2
        };
        let place = (index / 2 + half) * BLOCK_WORDS;
        output[place..place + BLOCK_WORDS].copy_from_slice(&x);
    }
}

/// RFC 7914 §3: the core of Salsa20 with eight rounds.
fn salsa_8(block: &mut [u32; BLOCK_WORDS]) {
    let mut x = *block;
    for _ in 0..4 {
        quarter(&mut x, 0, 4, 8, 12);
        quarter(&mut x, 5, 9, 13, 1);
        quarter(&mut x, 10, 14, 2, 6);
        quarter(&mut x, 15, 3, 7, 11);
        quarter(&mut x, 0, 1, 2, 3);
        quarter(&mut x, 5, 6, 7, 4);
        quarter(&mut x, 10, 11, 8, 9);
        quarter(&mut x, 15, 12, 13, 14);
    }
    for (out, x) in block.iter_mut().zip(x) {
        *out = out.wrapping_add(x);
    }
}

#[expect(clippy::many_single_char_names, reason = "the RFC's own names")]
#[expect(
    clippy::inline_always,
    reason = "with constant indices no bounds are checked, in any profile"
)]
#[inline(always)]
const fn quarter(x: &mut [u32; BLOCK_WORDS], a: usize, b: usize, c: usize, d: usize) {
    x[b] ^= x[a].wrapping_add(x[d]).rotate_left(7);
    x[c] ^= x[b].wrapping_add(x[a]).rotate_left(9);
    x[d] ^= x[c].wrapping_add(x[b]).rotate_left(13);
    x[a] ^= x[d].wrapping_add(x[c]).rotate_left(18);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn both_implementations_agree_where_both_apply() {
        for (log_n, r, p) in [(4, 1, 1), (10, 8, 2), (10, 3, 5), (12, 8, 1)] {
            let one = derive(b"password", b"salt", log_n, r, p).unwrap();
            let other = beyond_the_rfc(b"password", b"salt", log_n, r, p).unwrap();
            assert_eq!(*one, *other, "log_n {log_n}, r {r}, p {p}");
        }
    }

    #[test]
    fn agrees_with_the_vector_of_the_rfc() {
        // RFC 7914 §12: scrypt(P="", S="", N=16, r=1, p=1), first 32 of 64 bytes.
        let expected = "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442";
        let key = beyond_the_rfc(b"", b"", 4, 1, 1).unwrap();
        assert_eq!(alloy_primitives::hex::encode(*key), expected);
    }

    #[test]
    fn parameters_that_overflow_are_refused() {
        assert!(derive(b"", b"", 63, u32::MAX, 1).is_none());
        assert!(beyond_the_rfc(b"", b"", 64, 1, 1).is_none());
    }
}
