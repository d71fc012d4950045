//! The cipher of single chunks: ChaCha20-Poly1305, RFC 8439.
//!
//! Two implementations with the same results, and a test that says so. The one of `RustCrypto` is the default and the
//! reference, builds everywhere and clears its keys. With the feature `ring` it is `ring`'s, in assembly and almost
//! twice as fast where there are AVX2 or NEON; see [`ChunkCipher`] for what that costs.

use super::TAG_BYTES;

/// `counter (11) ‖ last (1)`: RFC 8439 nonces of the STREAM construction.
fn nonce(counter: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&counter.to_be_bytes());
    nonce[11] = last.into();
    nonce
}

#[cfg(not(feature = "ring"))]
pub(super) use reference::ChunkCipher;

#[cfg(feature = "ring")]
pub(super) use assembly::ChunkCipher;

#[cfg(any(test, not(feature = "ring")))]
mod reference {
    use chacha20poly1305::aead::AeadInPlace;
    use chacha20poly1305::{ChaCha20Poly1305, KeyInit};

    use super::{TAG_BYTES, nonce};

    /// Seals and opens single chunks. Clears its key on drop.
    ///
    /// Not generic on purpose: the readers and writers around it are compiled into the crate that uses them, at
    /// that crate's optimisation level, and the cipher should not be.
    pub(in super::super) struct ChunkCipher(ChaCha20Poly1305);

    impl ChunkCipher {
        pub(in super::super) fn new(key: &[u8; 32]) -> Self {
            Self(ChaCha20Poly1305::new(key.into()))
        }

        /// Encrypts a chunk in place; its tag.
        pub(in super::super) fn seal(
            &self,
            counter: u64,
            last: bool,
            chunk: &mut [u8],
        ) -> [u8; TAG_BYTES] {
            self.0
                .encrypt_in_place_detached(&nonce(counter, last).into(), &[], chunk)
                .expect("a chunk is far below the cipher's limit")
                .into()
        }

        /// Whether the chunk, its tag at the end, is authentic; if so, the plaintext stands before the tag.
        pub(in super::super) fn open(&self, counter: u64, last: bool, sealed: &mut [u8]) -> bool {
            let Some((chunk, tag)) = sealed.split_last_chunk_mut::<TAG_BYTES>() else {
                return false;
            };
            self.0
                .decrypt_in_place_detached(&nonce(counter, last).into(), &[], chunk, (&*tag).into())
                .is_ok()
        }
    }
}

#[cfg(feature = "ring")]
mod assembly {
    use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

    use super::{TAG_BYTES, nonce};

    /// Seals and opens single chunks.
    ///
    /// # Security
    /// `ring` does not clear keys. The key is of one body only, so it is worth what the payload is that went through
    /// the same memory; still it is overwritten on drop. What the compiler may have left on the stack when the key
    /// was made stays, which holds for the other implementation as well.
    pub(in super::super) struct ChunkCipher(Box<LessSafeKey>);

    fn key(bytes: &[u8; 32]) -> LessSafeKey {
        let key = UnboundKey::new(&CHACHA20_POLY1305, bytes).expect("a key has 32 bytes");
        LessSafeKey::new(key)
    }

    impl ChunkCipher {
        pub(in super::super) fn new(bytes: &[u8; 32]) -> Self {
            Self(Box::new(key(bytes)))
        }

        /// Encrypts a chunk in place; its tag.
        pub(in super::super) fn seal(
            &self,
            counter: u64,
            last: bool,
            chunk: &mut [u8],
        ) -> [u8; TAG_BYTES] {
            let nonce = Nonce::assume_unique_for_key(nonce(counter, last));
            self.0
                .seal_in_place_separate_tag(nonce, Aad::empty(), chunk)
                .ok()
                .and_then(|tag| tag.as_ref().try_into().ok())
                .expect("a chunk is far below the cipher's limit")
        }

        /// Whether the chunk, its tag at the end, is authentic; if so, the plaintext stands before the tag.
        pub(in super::super) fn open(&self, counter: u64, last: bool, sealed: &mut [u8]) -> bool {
            let nonce = Nonce::assume_unique_for_key(nonce(counter, last));
            self.0.open_in_place(nonce, Aad::empty(), sealed).is_ok()
        }
    }

    impl Drop for ChunkCipher {
        fn drop(&mut self) {
            *self.0 = key(&[0; 32]);
            // So that the compiler does not leave out what nobody reads.
            std::hint::black_box(&self.0);
        }
    }
}

#[cfg(all(test, feature = "ring"))]
mod tests {
    use proptest::prelude::*;

    use super::{assembly, reference};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn both_ciphers_write_and_refuse_the_same(
            key: [u8; 32],
            counter: u64,
            last: bool,
            chunk in proptest::collection::vec(any::<u8>(), 0..2_000),
            altered: proptest::sample::Index,
            bit in 0u8..8,
        ) {
            let (fast, plain) = (assembly::ChunkCipher::new(&key), reference::ChunkCipher::new(&key));
            let (mut one, mut other) = (chunk.clone(), chunk.clone());
            let tag = fast.seal(counter, last, &mut one);
            prop_assert_eq!(tag, plain.seal(counter, last, &mut other));
            prop_assert_eq!(&one, &other);

            one.extend(tag);
            other.extend(tag);
            let sealed = one.clone();
            prop_assert!(fast.open(counter, last, &mut one));
            prop_assert!(plain.open(counter, last, &mut other));
            prop_assert_eq!(&one[..chunk.len()], &chunk);
            prop_assert_eq!(&other[..chunk.len()], &chunk);

            let mut wrong = sealed.clone();
            wrong[altered.index(sealed.len())] ^= 1 << bit;
            for (counter, last, mut sealed) in [
                (counter, last, wrong),
                (counter ^ 1, last, sealed.clone()),
                (counter, !last, sealed.clone()),
                (counter, last, sealed[..altered.index(sealed.len())].to_vec()),
            ] {
                let mut again = sealed.clone();
                prop_assert!(!fast.open(counter, last, &mut sealed));
                prop_assert!(!plain.open(counter, last, &mut again));
            }
        }
    }
}
