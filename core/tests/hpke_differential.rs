//! This HPKE against another one: `bitcoin-hpke`, which sits on libsecp256k1.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use bitcoin_hpke::aead::ChaCha20Poly1305;
use bitcoin_hpke::kdf::HkdfSha256;
use bitcoin_hpke::kem::SecpK256HkdfSha256;
use bitcoin_hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal,
};
use patientport_core::hpke::{HpkeError, open_base, seal_base};
use patientport_core::keys::SecretKey;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

type OtherSecret = <SecpK256HkdfSha256 as Kem>::PrivateKey;
type OtherPublic = <SecpK256HkdfSha256 as Kem>::PublicKey;
type OtherEncapsulated = <SecpK256HkdfSha256 as Kem>::EncappedKey;

fn bytes(max: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..max)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_other_opens_what_this_seals(seed: [u8; 32], info in bytes(200), aad in bytes(80), plaintext in bytes(300)) {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let recipient = SecretKey::random(&mut rng);
        let (enc, ciphertext) = seal_base(&recipient.public(), &info, &aad, &plaintext, &mut rng);

        let opened = single_shot_open::<ChaCha20Poly1305, HkdfSha256, SecpK256HkdfSha256>(
            &OpModeR::Base,
            &OtherSecret::from_bytes(recipient.to_bytes().as_slice()).unwrap(),
            &OtherEncapsulated::from_bytes(&enc).unwrap(),
            &info,
            &ciphertext,
            &aad,
        );
        prop_assert_eq!(opened.unwrap(), plaintext);
    }

    #[test]
    fn this_opens_what_the_other_seals(seed: [u8; 32], info in bytes(200), aad in bytes(80), plaintext in bytes(300)) {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let recipient = SecretKey::random(&mut rng);
        let (enc, ciphertext) = single_shot_seal::<ChaCha20Poly1305, HkdfSha256, SecpK256HkdfSha256, _>(
            &OpModeS::Base,
            &OtherPublic::from_bytes(&recipient.public().to_sec1()).unwrap(),
            &info,
            &plaintext,
            &aad,
            &mut rng,
        )
        .unwrap();

        let opened = open_base(&enc.to_bytes(), &recipient, &info, &aad, &ciphertext).unwrap();
        prop_assert_eq!(opened.as_slice(), plaintext);
        let stranger = SecretKey::random(&mut rng);
        prop_assert_eq!(
            open_base(&enc.to_bytes(), &stranger, &info, &aad, &ciphertext),
            Err(HpkeError::Authentication)
        );
    }
}
