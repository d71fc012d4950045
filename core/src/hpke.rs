//! HPKE base mode (RFC 9180) with DHKEM(secp256k1, HKDF-SHA256) = 0x0016, HKDF-SHA256 = 0x0001 and
//! ChaCha20-Poly1305 = 0x0003, one message per context.
//!
//! The suite is fixed and only single-shot base mode is needed, so it is composed here from k256,
//! hkdf and chacha20poly1305 instead of taken from `hpke-rs`: that one brings a second generation of
//! the `RustCrypto` crates and a SHA-3 implementation into every binary. The published vectors and a
//! differential test against `bitcoin-hpke` (libsecp256k1) keep it honest.
//!
//! Applications want [`seal`](crate::seal), which fixes `info` for them.

use chacha20poly1305::aead::AeadInPlace;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

use crate::kdf;
use crate::keys::{POINT_BYTES, PublicKey, SecretKey};

/// Bytes by which a ciphertext is longer than its plaintext.
pub const TAG_BYTES: usize = 16;

const VERSION: &[u8] = b"HPKE-v1";
const KEM_SUITE: &[u8] = b"KEM\x00\x16";
const HPKE_SUITE: &[u8] = b"HPKE\x00\x16\x00\x01\x00\x03";
const MODE_BASE: u8 = 0;

/// A message did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HpkeError {
    /// `enc` is not an uncompressed point of the curve.
    #[error("encapsulated key is not a point of secp256k1")]
    EncapsulatedKey,
    /// The key, `info`, `aad` or the ciphertext is not that of the sender.
    #[error("message does not authenticate")]
    Authentication,
}

/// `enc, HPKE.Seal(pkR, info, aad, plaintext)`, RFC 9180 §6.1, with a fresh ephemeral key.
///
/// # Security
/// Every call uses its own ephemeral key, so a key and nonce pair is never used twice as long as
/// `rng` does not repeat itself.
pub fn seal_base(
    recipient: &PublicKey,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> ([u8; POINT_BYTES], Vec<u8>) {
    let ephemeral = SecretKey::random(rng);
    let (enc, context) = setup_sender(&ephemeral, recipient, info);
    (enc, context.seal(0, aad, plaintext))
}

/// `HPKE.Open(enc, skR, info, aad, ciphertext)`, RFC 9180 §6.1.
pub fn open_base(
    enc: &[u8],
    recipient: &SecretKey,
    info: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, HpkeError> {
    let ephemeral = PublicKey::from_sec1(enc).or(Err(HpkeError::EncapsulatedKey))?;
    let dh = recipient.diffie_hellman(&ephemeral);
    let context = Context::new(&decapsulated(&dh, &ephemeral, &recipient.public()), info);
    context.open(0, aad, ciphertext)
}

/// `DeriveKeyPair(ikm)`, RFC 9180 §7.1.3, with bit mask 0xff.
///
/// # Panics
/// If 256 candidates in a row are no scalars, which has probability below 2⁻³²⁰⁰⁰.
pub(crate) fn derive_key_pair(ikm: &[u8]) -> SecretKey {
    let prk = labeled_extract(KEM_SUITE, b"", b"dkp_prk", &[ikm]);
    (0..=u8::MAX)
        .find_map(|counter| {
            SecretKey::from_bytes(&labeled_expand(
                KEM_SUITE,
                &prk,
                b"candidate",
                &[&[counter]],
            ))
            .ok()
        })
        .expect("one in 2¹²⁸ candidates is no scalar of secp256k1")
}

fn setup_sender(
    ephemeral: &SecretKey,
    recipient: &PublicKey,
    info: &[u8],
) -> ([u8; POINT_BYTES], Context) {
    let dh = ephemeral.diffie_hellman(recipient);
    let enc = ephemeral.public();
    (
        enc.to_sec1(),
        Context::new(&decapsulated(&dh, &enc, recipient), info),
    )
}

/// `ExtractAndExpand(dh, enc ‖ pkR)`, RFC 9180 §4.1: the KEM's shared secret.
fn decapsulated(dh: &[u8; 32], enc: &PublicKey, recipient: &PublicKey) -> Zeroizing<[u8; 32]> {
    let prk = labeled_extract(KEM_SUITE, b"", b"eae_prk", &[dh]);
    labeled_expand(
        KEM_SUITE,
        &prk,
        b"shared_secret",
        &[&enc.to_sec1(), &recipient.to_sec1()],
    )
}

/// `LabeledExtract(salt, label, ikm)`, RFC 9180 §4.
fn labeled_extract(suite: &[u8], salt: &[u8], label: &[u8], ikm: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut parts = vec![VERSION, suite, label];
    parts.extend_from_slice(ikm);
    kdf::extract(salt, &parts)
}

/// `LabeledExpand(prk, label, info, N)`, RFC 9180 §4.
fn labeled_expand<const N: usize>(
    suite: &[u8],
    prk: &[u8; 32],
    label: &[u8],
    info: &[&[u8]],
) -> Zeroizing<[u8; N]> {
    let length = u16::try_from(N)
        .expect("outputs of this module have at most 32 bytes")
        .to_be_bytes();
    let mut parts = vec![length.as_slice(), VERSION, suite, label];
    parts.extend_from_slice(info);
    kdf::expand(prk, &parts)
}

/// `KeySchedule(mode_base, shared_secret, info, "", "")`, RFC 9180 §5.1.
struct Context {
    cipher: ChaCha20Poly1305,
    base_nonce: Zeroizing<[u8; 12]>,
    #[cfg(test)]
    intermediate: tests::Intermediate,
}

impl Context {
    fn new(shared_secret: &[u8; 32], info: &[u8]) -> Self {
        let psk_id_hash = labeled_extract(HPKE_SUITE, b"", b"psk_id_hash", &[]);
        let info_hash = labeled_extract(HPKE_SUITE, b"", b"info_hash", &[info]);
        let schedule: [&[u8]; 3] = [&[MODE_BASE], psk_id_hash.as_slice(), info_hash.as_slice()];
        let secret = labeled_extract(HPKE_SUITE, shared_secret, b"secret", &[]);
        let key: Zeroizing<[u8; 32]> = labeled_expand(HPKE_SUITE, &secret, b"key", &schedule);
        Self {
            cipher: ChaCha20Poly1305::new(key.as_slice().into()),
            base_nonce: labeled_expand(HPKE_SUITE, &secret, b"base_nonce", &schedule),
            #[cfg(test)]
            intermediate: tests::Intermediate {
                shared_secret: *shared_secret,
                schedule: schedule.concat(),
                secret: *secret,
                key: *key,
                exporter_secret: *labeled_expand(HPKE_SUITE, &secret, b"exp", &schedule),
            },
        }
    }

    /// `ComputeNonce(seq)`, RFC 9180 §5.2. Messages of this project only ever use 0; the vectors use more.
    fn nonce(&self, sequence: u64) -> [u8; 12] {
        let mut nonce = *self.base_nonce;
        for (byte, mask) in nonce[4..].iter_mut().zip(sequence.to_be_bytes()) {
            *byte ^= mask;
        }
        nonce
    }

    fn seal(&self, sequence: u64, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        // Reserved at once: growing would leave a copy of the plaintext behind.
        let mut buffer = Vec::with_capacity(plaintext.len() + TAG_BYTES);
        buffer.extend_from_slice(plaintext);
        let tag = self
            .cipher
            .encrypt_in_place_detached(&self.nonce(sequence).into(), aad, &mut buffer)
            .expect("a message is far below the cipher's limit of 256 GiB");
        buffer.extend_from_slice(&tag);
        buffer
    }

    fn open(
        &self,
        sequence: u64,
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, HpkeError> {
        let (body, tag) = ciphertext
            .split_last_chunk::<TAG_BYTES>()
            .ok_or(HpkeError::Authentication)?;
        let mut buffer = Zeroizing::new(body.to_vec());
        self.cipher
            .decrypt_in_place_detached(&self.nonce(sequence).into(), aad, &mut buffer, tag.into())
            .or(Err(HpkeError::Authentication))?;
        Ok(buffer)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use alloy_primitives::hex;

    use super::*;

    /// What the published vectors show of a context.
    pub(super) struct Intermediate {
        pub(super) shared_secret: [u8; 32],
        pub(super) schedule: Vec<u8>,
        pub(super) secret: [u8; 32],
        pub(super) key: [u8; 32],
        pub(super) exporter_secret: [u8; 32],
    }

    impl Intermediate {
        /// `Context.Export(exporter_context, 32)`, RFC 9180 §5.3.
        fn export(&self, exporter_context: &[u8]) -> Zeroizing<[u8; 32]> {
            labeled_expand(
                HPKE_SUITE,
                &self.exporter_secret,
                b"sec",
                &[exporter_context],
            )
        }
    }

    /// payjoin/bitcoin-hpke, `test-vectors-k256.json`: mode 0, KEM 22, KDF 1, AEAD 3. Its `nonce` fields are
    /// those after the increment and are not used here; its ciphertexts are right.
    #[test]
    fn published_base_vector_is_reproduced_in_every_step() {
        let info = hex!("4f6465206f6e2061204772656369616e2055726e");
        let recipient = derive_key_pair(&hex!(
            "a22427226377cc867d51ad3f130af08ad13451de7160efa2b23076fd782de967"
        ));
        assert_eq!(
            *recipient.to_bytes(),
            hex!("5d516211fd17a8916cbd4ab60cc52104ea8372aac6678220545fbdb542392cb7")
        );
        assert_eq!(
            recipient.public().to_sec1(),
            hex!(
                "04fc04c64e4066b7996481f5f5e6e19ff7c6eded59e7fec49602146e4f3c92f6c5"
                "03acfc3ac970c668a48b5137b993319b5851484365ed7f42fdc7b7e3a8283483"
            )
        );
        let ephemeral = derive_key_pair(&hex!(
            "ea9f11f8dfb0ca08a8810f9ea39c3a6afb780859e8d8c7bc37b78e2f9b8d68d9"
        ));
        assert_eq!(
            *ephemeral.to_bytes(),
            hex!("9558390641d55b914bb5543284ff3c24dcf059cacc3a269f471dace8b13b4f4a")
        );

        let (enc, context) = setup_sender(&ephemeral, &recipient.public(), &info);
        assert_eq!(
            enc,
            hex!(
                "0405607e978f274af24b219c1d4866e37213694f1dc050a023cdcf5a7d994b3777"
                "be96104361fd8ec62602756edbdbd2a36bf10c93011cbe949cfcb634325a7aea"
            )
        );
        let step = &context.intermediate;
        assert_eq!(
            step.shared_secret,
            hex!("64ba1219520c5d1b0450bf71a222b512e70dff05b6539292b5c402ff8e64f707")
        );
        assert_eq!(
            step.schedule,
            hex!(
                "00252facbecf67871a97d2df7febc00c3c2f2531f2b368f1e68a71b732156d73c0"
                "31c1d3c283f03f887454e7140a5e1407dd638ae9750504e9298701b21a0e9ab2"
            )
        );
        assert_eq!(
            step.secret,
            hex!("3ef8a3db345eea2daf4554ce2a5a59eb11202ac4ac5e29aaf57ed46f51bc7191")
        );
        assert_eq!(
            step.key,
            hex!("733fb0e7ce630c1712b629ddefb208fcc6572f6bcae5f15d93fc2984b4f325e5")
        );
        assert_eq!(*context.base_nonce, hex!("7028e56372041618809a2566"));
        assert_eq!(
            step.exporter_secret,
            hex!("58732d8b645ec857be9847995103155b6c6276dda44c1e40b68f1463c03aabb7")
        );
        assert_eq!(
            *step.export(b""),
            hex!("7fa399b951c02bc884561486fc85891b85721507744a1d3a5fb71daf08ac168d")
        );
        assert_eq!(
            *step.export(&[0]),
            hex!("5d39fcd49a3d03bca477e8416b15b898c15db241511939ca11c59634fd0e1622")
        );

        let plaintext = hex!("4265617574792069732074727574682c20747275746820626561757479");
        let sequences = [
            hex!(
                "3c8184bee39d3a9433adae46dfe6a0fadd56beb2901306dd9f9dfcc0eba3e18459bf53b0d09256930a883a5150"
            ),
            hex!(
                "ba9d7537a21c7bcf729b97602dbb0eb5abf5a4ca2ac81f262f33ce6c508f82f5876853ef563849b81dd1dbbcea"
            ),
        ];
        for (sequence, ciphertext) in (0u64..).zip(sequences) {
            let aad = format!("Count-{sequence}");
            assert_eq!(
                context.seal(sequence, aad.as_bytes(), &plaintext),
                ciphertext
            );
            assert_eq!(
                *context.open(sequence, aad.as_bytes(), &ciphertext).unwrap(),
                plaintext
            );
        }
        assert_eq!(
            *open_base(&enc, &recipient, &info, b"Count-0", &sequences[0]).unwrap(),
            plaintext
        );
        assert_eq!(
            open_base(&enc, &recipient, &info, b"Count-1", &sequences[1]),
            Err(HpkeError::Authentication),
            "only sequence number 0 is a message"
        );
    }

    #[test]
    fn an_encapsulated_key_off_the_curve_is_refused() {
        let recipient = SecretKey::from_bytes(&[3; 32]).unwrap();
        let mut enc = recipient.public().to_sec1();
        enc[64] ^= 1;
        assert_eq!(
            open_base(&enc, &recipient, b"", b"", &[0; 16]),
            Err(HpkeError::EncapsulatedKey)
        );
        assert_eq!(
            open_base(&[], &recipient, b"", b"", &[0; 16]),
            Err(HpkeError::EncapsulatedKey)
        );
    }
}
