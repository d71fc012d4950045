//! Section secrets sealed to one recipient.

use std::fmt;

use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{SectionError, SectionId, SectionSecret};
use crate::hpke::TAG_BYTES;
use crate::keys::{PublicKey, SecretKey};
use crate::limits::{MAX_MESSAGE_BYTES, SECTIONS};
use crate::seal::{self, OpenError, SealContext};

/// Longest name of a section, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 64;

/// Names are padded to a multiple of this, so that a message's length tells little about them.
const NAMES_BLOCK: usize = 32;
const LIST_ENTRY: usize = 5;

/// The secret of one section at one epoch.
///
/// # Security
/// A sender can seal any scalar. Compare `secret.public()` with the section's key on chain before
/// anything is sealed to it or opened with it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretEntry {
    /// The section.
    pub section: SectionId,
    /// The epoch, from 1.
    pub epoch: u32,
    /// The secret half of the section key.
    pub secret: SectionSecret,
    /// What the patient calls the section: at most [`MAX_NAME_BYTES`] without control characters.
    /// An empty name is none.
    pub name: Option<String>,
}

impl fmt::Debug for SecretEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretEntry")
            .field("section", &self.section)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

/// Seals `entries`, whose sections ascend strictly, to `recipient_key`.
///
/// The message always fits [`MAX_MESSAGE_BYTES`](crate::limits::MAX_MESSAGE_BYTES).
pub fn seal_secrets(
    context: &SealContext,
    recipient_key: &PublicKey,
    entries: &[SecretEntry],
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<Vec<u8>, SectionError> {
    let list = encode_list(entries)?;
    let plaintext = encode_plaintext(entries)?;
    let (enc, ciphertext) =
        seal::seal_parts(context, recipient_key, &digest(&list), &[], &plaintext, rng);
    Ok([list.as_slice(), &enc, &ciphertext].concat())
}

/// Opens a message of [`seal_secrets`].
pub fn open_secrets(
    context: &SealContext,
    secret: &SecretKey,
    message: &[u8],
) -> Result<Vec<SecretEntry>, OpenError> {
    let (list, sealed) = split_list(message)?;
    let (enc, ciphertext) = seal::split(sealed)?;
    let entries = decode_list(list)?;
    check_length(&entries, ciphertext)?;
    let plaintext = seal::open_parts(context, secret, &digest(list), &[], enc, ciphertext)?;
    decode_plaintext(&entries, &plaintext)
}

/// The sections and epochs that a message carries, without any key.
pub fn peek_secrets(message: &[u8]) -> Result<Vec<(SectionId, u32)>, OpenError> {
    let (list, sealed) = split_list(message)?;
    let (_, ciphertext) = seal::split(sealed)?;
    let entries = decode_list(list)?;
    check_length(&entries, ciphertext)?;
    Ok(entries)
}

/// What `info` binds of the list.
fn digest(list: &[u8]) -> [u8; 32] {
    Sha256::digest(list).into()
}

fn encode_list(entries: &[SecretEntry]) -> Result<Vec<u8>, SectionError> {
    if entries.is_empty() {
        return Err(SectionError::NoSecrets);
    }
    if let Some(pair) = entries
        .windows(2)
        .find(|pair| pair[0].section >= pair[1].section)
    {
        return Err(SectionError::NotAscending {
            section: pair[1].section,
        });
    }
    let count = u8::try_from(entries.len()).expect("at most 64 sections ascend strictly");
    let mut list = Vec::with_capacity(1 + entries.len() * LIST_ENTRY);
    list.push(count);
    for entry in entries {
        if entry.epoch == 0 {
            return Err(SectionError::EpochZero {
                section: entry.section,
            });
        }
        list.push(entry.section.get());
        list.extend_from_slice(&entry.epoch.to_be_bytes());
    }
    Ok(list)
}

/// Splits a message into its list, count included, and the rest.
fn split_list(message: &[u8]) -> Result<(&[u8], &[u8]), OpenError> {
    if message.len() > MAX_MESSAGE_BYTES as usize {
        return Err(OpenError::Malformed("it is longer than any message"));
    }
    let count = *message.first().ok_or(OpenError::Malformed("it is empty"))?;
    if !(1..=SECTIONS).contains(&count) {
        return Err(OpenError::Malformed(
            "its list has no entry or more than 64",
        ));
    }
    message
        .split_at_checked(1 + usize::from(count) * LIST_ENTRY)
        .ok_or(OpenError::Malformed("its list is cut short"))
}

fn decode_list(list: &[u8]) -> Result<Vec<(SectionId, u32)>, OpenError> {
    let (entries, _) = list[1..].as_chunks::<LIST_ENTRY>();
    let entries = entries
        .iter()
        .map(|[number, epoch @ ..]| {
            let section = SectionId::try_from(*number).or(Err(OpenError::Malformed(
                "its list names a section above 63",
            )))?;
            match u32::from_be_bytes(*epoch) {
                0 => Err(OpenError::Malformed("its list names epoch 0")),
                epoch => Ok((section, epoch)),
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    if !entries.is_sorted_by(|left, right| left.0 < right.0) {
        return Err(OpenError::Malformed("its list is not ascending"));
    }
    Ok(entries)
}

/// Whether the ciphertext can hold a secret for each entry, and names padded as they have to be.
fn check_length(entries: &[(SectionId, u32)], ciphertext: &[u8]) -> Result<(), OpenError> {
    let names = ciphertext.len().checked_sub(entries.len() * 32 + TAG_BYTES);
    if names.is_some_and(|names| names.is_multiple_of(NAMES_BLOCK)) {
        Ok(())
    } else {
        Err(OpenError::Malformed(
            "it has another length than its list and padded names give",
        ))
    }
}

fn encode_plaintext(entries: &[SecretEntry]) -> Result<Zeroizing<Vec<u8>>, SectionError> {
    // Reserved at once: growing would leave copies of the secrets behind.
    let longest = entries.len() * (32 + 1 + MAX_NAME_BYTES) + NAMES_BLOCK;
    let mut plaintext = Zeroizing::new(Vec::with_capacity(longest));
    for entry in entries {
        plaintext.extend_from_slice(entry.secret.to_bytes().as_slice());
    }
    let names = || {
        entries
            .iter()
            .map(|entry| (entry.section, entry.name.as_deref().unwrap_or_default()))
    };
    for (section, name) in names() {
        if !is_name(name) {
            return Err(SectionError::Name {
                section,
                length: name.len(),
            });
        }
    }
    if names().any(|(_, name)| !name.is_empty()) {
        for (_, name) in names() {
            plaintext.push(u8::try_from(name.len()).expect("a name has at most 64 bytes"));
            plaintext.extend_from_slice(name.as_bytes());
        }
        // Secrets have 32 bytes each, so padding the whole pads the names.
        let padded = plaintext.len().next_multiple_of(NAMES_BLOCK);
        plaintext.resize(padded, 0);
    }
    Ok(plaintext)
}

fn decode_plaintext(
    list: &[(SectionId, u32)],
    plaintext: &[u8],
) -> Result<Vec<SecretEntry>, OpenError> {
    let (secrets, names) = plaintext
        .split_at_checked(list.len() * 32)
        .ok_or(OpenError::Malformed("it has fewer secrets than its list"))?;
    let (secrets, _) = secrets.as_chunks::<32>();
    let names = decode_names(list.len(), names)?;
    list.iter()
        .zip(secrets)
        .zip(names)
        .map(|((&(section, epoch), secret), name)| {
            let secret = SecretKey::from_bytes(secret)
                .or(Err(OpenError::Malformed("a secret is no scalar")))?;
            Ok(SecretEntry {
                section,
                epoch,
                secret,
                name,
            })
        })
        .collect()
}

fn decode_names(count: usize, bytes: &[u8]) -> Result<Vec<Option<String>>, OpenError> {
    const WRONG: OpenError = OpenError::Malformed("its names are not encoded as the format says");
    if bytes.is_empty() {
        return Ok(vec![None; count]);
    }
    let mut rest = bytes;
    let mut names = Vec::with_capacity(count);
    for _ in 0..count {
        let (length, after) = rest.split_first().ok_or(WRONG)?;
        let (name, after) = after.split_at_checked(usize::from(*length)).ok_or(WRONG)?;
        let name = std::str::from_utf8(name).or(Err(WRONG))?;
        if !is_name(name) {
            return Err(WRONG);
        }
        names.push((!name.is_empty()).then(|| name.to_owned()));
        rest = after;
    }
    let canonical = bytes.len().is_multiple_of(NAMES_BLOCK)
        && rest.len() < NAMES_BLOCK
        && rest.iter().all(|byte| *byte == 0)
        && names.iter().any(Option::is_some);
    if canonical { Ok(names) } else { Err(WRONG) }
}

fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use alloy_primitives::Address;
    use proptest::collection::btree_map;
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::seal::Purpose;

    fn context() -> SealContext {
        SealContext {
            purpose: Purpose::Secrets,
            chain_id: 1,
            port: Address::repeat_byte(1),
            sender: Address::repeat_byte(2),
            recipient: Address::repeat_byte(3),
            request_id: 4,
        }
    }

    fn entry(section: u8, epoch: u32, secret: u8, name: Option<&str>) -> SecretEntry {
        SecretEntry {
            section: section.try_into().unwrap(),
            epoch,
            secret: SecretKey::from_bytes(&[secret; 32]).unwrap(),
            name: name.map(str::to_owned),
        }
    }

    /// Seals a plaintext of one's choice under a list of one's choice.
    fn seal_raw(list: &[u8], plaintext: &[u8], key: &PublicKey) -> Vec<u8> {
        let mut rng = ChaCha20Rng::from_seed([0; 32]);
        let (enc, ciphertext) =
            seal::seal_parts(&context(), key, &digest(list), &[], plaintext, &mut rng);
        [list, &enc, &ciphertext].concat()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn entries_round_trip(
            entries in btree_map(0u8..64, (1u32.., 1u8..255, proptest::option::of("[^\\p{Cc}]{1,16}")), 1..=64),
        ) {
            let entries: Vec<_> = entries
                .iter()
                .map(|(section, (epoch, secret, name))| entry(*section, *epoch, *secret, name.as_deref()))
                .collect();
            let mut rng = ChaCha20Rng::from_seed([7; 32]);
            let reader = SecretKey::random(&mut rng);
            let message = seal_secrets(&context(), &reader.public(), &entries, &mut rng).unwrap();
            prop_assert!(message.len() <= MAX_MESSAGE_BYTES as usize);
            prop_assert_eq!(open_secrets(&context(), &reader, &message).unwrap(), entries.clone());
            let listed: Vec<_> = entries.iter().map(|entry| (entry.section, entry.epoch)).collect();
            prop_assert_eq!(peek_secrets(&message).unwrap(), listed);
        }

        #[test]
        fn readers_are_total(message in proptest::collection::vec(any::<u8>(), 0..600)) {
            let reader = SecretKey::from_bytes(&[1; 32]).unwrap();
            let _ = peek_secrets(&message);
            prop_assert!(open_secrets(&context(), &reader, &message).is_err());
        }

        #[test]
        fn name_decoder_accepts_only_what_it_would_write(
            count in 1usize..5,
            mut bytes in proptest::collection::vec(prop_oneof![Just(0u8), 0u8..5, Just(b'a')], 0..96),
        ) {
            bytes.truncate(bytes.len() / 32 * 32);
            if let Ok(names) = decode_names(count, &bytes) {
                let entries: Vec<_> =
                    (0..).zip(&names).map(|(section, name)| entry(section, 1, 1, name.as_deref())).collect();
                prop_assert_eq!(&encode_plaintext(&entries).unwrap()[count * 32..], bytes);
            }
        }
    }

    #[test]
    fn the_largest_message_fits_the_chains_limit() {
        let name = "n".repeat(MAX_NAME_BYTES);
        let entries: Vec<_> = (0..64)
            .map(|section| entry(section, u32::MAX, 9, Some(&name)))
            .collect();
        let reader = SecretKey::from_bytes(&[1; 32]).unwrap();
        let mut rng = ChaCha20Rng::from_seed([0; 32]);
        let message = seal_secrets(&context(), &reader.public(), &entries, &mut rng).unwrap();
        assert!(
            message.len() <= MAX_MESSAGE_BYTES as usize,
            "{} bytes",
            message.len()
        );
        assert_eq!(
            open_secrets(&context(), &reader, &message).unwrap(),
            entries
        );
    }

    #[test]
    fn what_the_format_cannot_carry_is_refused_before_sealing() {
        let key = SecretKey::from_bytes(&[1; 32]).unwrap().public();
        let mut rng = ChaCha20Rng::from_seed([0; 32]);
        let mut seal = |entries: &[SecretEntry]| {
            seal_secrets(&context(), &key, entries, &mut rng).unwrap_err()
        };
        let section = |number: u8| SectionId::try_from(number).unwrap();
        assert_eq!(seal(&[]), SectionError::NoSecrets);
        assert_eq!(
            seal(&[entry(3, 0, 1, None)]),
            SectionError::EpochZero {
                section: section(3)
            }
        );
        for second in [2, 3] {
            let entries = [entry(3, 1, 1, None), entry(second, 1, 1, None)];
            assert_eq!(
                seal(&entries),
                SectionError::NotAscending {
                    section: section(second)
                }
            );
        }
        for name in ["a\u{7}b", &"n".repeat(65)] {
            let expected = SectionError::Name {
                section: section(0),
                length: name.len(),
            };
            assert_eq!(seal(&[entry(0, 1, 1, Some(name))]), expected);
        }
    }

    #[test]
    fn any_flipped_bit_fails() {
        let mut rng = ChaCha20Rng::from_seed([5; 32]);
        let reader = SecretKey::random(&mut rng);
        let entries = [entry(1, 2, 3, Some("labs")), entry(9, 1, 4, None)];
        let message = seal_secrets(&context(), &reader.public(), &entries, &mut rng).unwrap();
        for bit in 0..message.len() * 8 {
            let mut altered = message.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(
                open_secrets(&context(), &reader, &altered).is_err(),
                "bit {bit}"
            );
        }
        for length in 0..message.len() {
            assert!(
                open_secrets(&context(), &reader, &message[..length]).is_err(),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn other_encodings_are_malformed_even_when_they_authenticate() {
        let reader = SecretKey::from_bytes(&[1; 32]).unwrap();
        let list = [1, 5, 0, 0, 0, 1];
        let secret = [2u8; 32];
        let cases: [(&str, &[u8], Vec<u8>); 9] = [
            ("no secret", &list, vec![]),
            ("secret cut short", &list, vec![2; 31]),
            ("zero secret", &list, vec![0; 32]),
            ("trailing byte", &list, [secret.as_slice(), &[0]].concat()),
            (
                "names that are all empty",
                &list,
                [secret, [0; 32]].concat(),
            ),
            (
                "padding of another value",
                &list,
                [secret.as_slice(), &[1, b'a'], &[1; 30]].concat(),
            ),
            (
                "padding of a whole block",
                &list,
                [secret.as_slice(), &[1, b'a'], &[0; 62]].concat(),
            ),
            (
                "control character",
                &list,
                [secret.as_slice(), &[1, b'\n'], &[0; 30]].concat(),
            ),
            (
                "list out of order",
                &[2, 5, 0, 0, 0, 1, 5, 0, 0, 0, 1],
                [secret, secret].concat(),
            ),
        ];
        for (what, list, plaintext) in cases {
            let message = seal_raw(list, &plaintext, &reader.public());
            assert!(
                matches!(
                    open_secrets(&context(), &reader, &message),
                    Err(OpenError::Malformed(_))
                ),
                "{what}"
            );
        }
        for list in [
            [0, 5, 0, 0, 0, 1],
            [65, 5, 0, 0, 0, 1],
            [1, 64, 0, 0, 0, 1],
            [1, 5, 0, 0, 0, 0],
        ] {
            let message = seal_raw(&list, &secret, &reader.public());
            assert!(matches!(
                open_secrets(&context(), &reader, &message),
                Err(OpenError::Malformed(_))
            ));
            assert!(matches!(
                peek_secrets(&message),
                Err(OpenError::Malformed(_))
            ));
        }
    }

    #[test]
    fn entries_do_not_print_secrets_or_names() {
        let text = format!("{:?}", entry(1, 2, 0xab, Some("psychiatry")));
        assert_eq!(text, "SecretEntry { section: SectionId(1), epoch: 2, .. }");
    }
}
