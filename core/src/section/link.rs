//! Links from a new section key back to an earlier one.

use std::fmt;

use alloy_primitives::Address;
use chacha20poly1305::aead::AeadInPlace;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use zeroize::Zeroizing;

use super::{SectionError, SectionId, SectionSecret};
use crate::kdf;
use crate::keys::SecretKey;
use crate::limits::SECTIONS;
use crate::seal::OpenError;

const LABEL: &[u8] = b"patientport/v1/link";
const SECRET: usize = 32;
const TAG: usize = 16;

/// Length of one encoded link.
pub const LINK_BYTES: usize = 1 + 4 + 4 + SECRET + TAG;

/// The secret of an earlier epoch, encrypted under the secret of a later one.
///
/// | offset | length | field |
/// |---|---|---|
/// | 0 | 1 | section |
/// | 1 | 4 | new epoch |
/// | 5 | 4 | opened epoch, below the new one |
/// | 9 | 48 | ciphertext and tag |
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The section.
    pub section: SectionId,
    /// The epoch whose secret opens the link.
    pub new_epoch: u32,
    /// The epoch whose secret is inside: the last good one, so a bad epoch is skipped.
    pub opened_epoch: u32,
    /// The sealed secret.
    pub ciphertext: [u8; SECRET + TAG],
}

impl Link {
    /// The encoding of the table above.
    pub fn to_bytes(&self) -> [u8; LINK_BYTES] {
        let mut bytes = [0; LINK_BYTES];
        bytes[0] = self.section.get();
        bytes[1..5].copy_from_slice(&self.new_epoch.to_be_bytes());
        bytes[5..9].copy_from_slice(&self.opened_epoch.to_be_bytes());
        bytes[9..].copy_from_slice(&self.ciphertext);
        bytes
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("section", &self.section)
            .field("new_epoch", &self.new_epoch)
            .field("opened_epoch", &self.opened_epoch)
            .finish_non_exhaustive()
    }
}

/// Encrypts `previous`, the secret of `opened_epoch`, under `new_secret`, that of `new_epoch`.
///
/// # Security
/// The nonce is zero, so one secret makes one link only: the key depends on both epochs and on the
/// place, and a section secret is drawn anew for every epoch.
pub fn make_link(
    chain_id: u64,
    port: Address,
    section: SectionId,
    new_epoch: u32,
    opened_epoch: u32,
    new_secret: &SectionSecret,
    previous: &SectionSecret,
) -> Result<Link, SectionError> {
    if opened_epoch == 0 || new_epoch <= opened_epoch {
        return Err(SectionError::LinkOrder {
            section,
            new_epoch,
            opened_epoch,
        });
    }
    let cipher = cipher(chain_id, port, section, new_epoch, opened_epoch, new_secret);
    let ciphertext = seal_secret(&cipher, previous);
    Ok(Link {
        section,
        new_epoch,
        opened_epoch,
        ciphertext,
    })
}

/// Joins links, which the caller has in ascending order of sections.
pub fn encode_links(links: &[Link]) -> Result<Vec<u8>, SectionError> {
    if let Some(pair) = links
        .windows(2)
        .find(|pair| pair[0].section >= pair[1].section)
    {
        return Err(SectionError::NotAscending {
            section: pair[1].section,
        });
    }
    Ok(links.iter().flat_map(Link::to_bytes).collect())
}

/// Reads the links of one rotation; none is fine.
pub fn parse_links(bytes: &[u8]) -> Result<Vec<Link>, OpenError> {
    let (chunks, rest) = bytes.as_chunks::<LINK_BYTES>();
    if !rest.is_empty() || chunks.len() > usize::from(SECTIONS) {
        return Err(OpenError::Malformed(
            "links have another length than a multiple of 57 bytes up to 64 of them",
        ));
    }
    let links = chunks
        .iter()
        .map(|chunk| {
            let [number, n0, n1, n2, n3, o0, o1, o2, o3, ciphertext @ ..] = *chunk;
            let section = SectionId::try_from(number)
                .or(Err(OpenError::Malformed("a link names a section above 63")))?;
            let new_epoch = u32::from_be_bytes([n0, n1, n2, n3]);
            let opened_epoch = u32::from_be_bytes([o0, o1, o2, o3]);
            if opened_epoch == 0 || new_epoch <= opened_epoch {
                return Err(OpenError::Malformed(
                    "a link does not go back to an earlier epoch",
                ));
            }
            Ok(Link {
                section,
                new_epoch,
                opened_epoch,
                ciphertext,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    if !links.is_sorted_by(|left, right| left.section < right.section) {
        return Err(OpenError::Malformed("links are not ascending"));
    }
    Ok(links)
}

/// Opens `link` with the secret of its new epoch.
///
/// # Security
/// The cipher does not commit to its key: compare the result's public half with the key on chain
/// at the opened epoch.
pub fn open_link(
    chain_id: u64,
    port: Address,
    link: &Link,
    new_secret: &SectionSecret,
) -> Result<SectionSecret, OpenError> {
    let mut buffer = Zeroizing::new([0; SECRET]);
    buffer.copy_from_slice(&link.ciphertext[..SECRET]);
    cipher(
        chain_id,
        port,
        link.section,
        link.new_epoch,
        link.opened_epoch,
        new_secret,
    )
    .decrypt_in_place_detached(
        &Nonce::default(),
        &[],
        buffer.as_mut_slice(),
        link.ciphertext[SECRET..].into(),
    )
    .or(Err(OpenError::AuthenticationFailed))?;
    SecretKey::from_bytes(&buffer).or(Err(OpenError::Malformed(
        "the secret in a link is no scalar",
    )))
}

fn seal_secret(cipher: &ChaCha20Poly1305, secret: &SectionSecret) -> [u8; SECRET + TAG] {
    let mut buffer = secret.to_bytes();
    let tag = cipher
        .encrypt_in_place_detached(&Nonce::default(), &[], buffer.as_mut_slice())
        .expect("32 bytes are far below the cipher's limit");
    let mut ciphertext = [0; SECRET + TAG];
    ciphertext[..SECRET].copy_from_slice(buffer.as_slice());
    ciphertext[SECRET..].copy_from_slice(&tag);
    ciphertext
}

/// The cipher under `HKDF(salt = "", ikm = new secret, info = label ‖ place ‖ epochs)`.
fn cipher(
    chain_id: u64,
    port: Address,
    section: SectionId,
    new_epoch: u32,
    opened_epoch: u32,
    new_secret: &SectionSecret,
) -> ChaCha20Poly1305 {
    let key = kdf::derive(
        b"",
        &new_secret.to_bytes(),
        &[
            LABEL,
            &chain_id.to_be_bytes(),
            port.as_slice(),
            &[section.get()],
            &new_epoch.to_be_bytes(),
            &opened_epoch.to_be_bytes(),
        ],
    );
    ChaCha20Poly1305::new(key.as_slice().into())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;

    const CHAIN: u64 = 412_346;
    const PORT: Address = Address::repeat_byte(7);

    fn section(number: u8) -> SectionId {
        number.try_into().unwrap()
    }

    fn secret(byte: u8) -> SecretKey {
        SecretKey::from_bytes(&[byte; 32]).unwrap()
    }

    fn link(number: u8, new_epoch: u32, opened_epoch: u32) -> Link {
        make_link(
            CHAIN,
            PORT,
            section(number),
            new_epoch,
            opened_epoch,
            &secret(2),
            &secret(1),
        )
        .unwrap()
    }

    #[test]
    fn links_round_trip_and_open() {
        let links = [link(0, 2, 1), link(5, 9, 7), link(63, u32::MAX, 1)];
        let bytes = encode_links(&links).unwrap();
        assert_eq!(bytes.len(), 3 * LINK_BYTES);
        assert_eq!(parse_links(&bytes).unwrap(), links);
        for link in &links {
            assert_eq!(open_link(CHAIN, PORT, link, &secret(2)).unwrap(), secret(1));
        }
        assert_eq!(parse_links(&[]).unwrap(), []);
    }

    #[test]
    fn a_link_opens_only_in_its_place() {
        let good = link(5, 3, 2);
        let fails = |chain, port, link: &Link, byte| {
            assert_eq!(
                open_link(chain, port, link, &secret(byte)),
                Err(OpenError::AuthenticationFailed)
            );
        };
        fails(CHAIN + 1, PORT, &good, 2);
        fails(CHAIN, Address::ZERO, &good, 2);
        fails(CHAIN, PORT, &good, 1);
        fails(
            CHAIN,
            PORT,
            &Link {
                section: section(6),
                ..good
            },
            2,
        );
        fails(
            CHAIN,
            PORT,
            &Link {
                new_epoch: 4,
                ..good
            },
            2,
        );
        fails(
            CHAIN,
            PORT,
            &Link {
                opened_epoch: 1,
                ..good
            },
            2,
        );
        for bit in 0..48 * 8 {
            let mut altered = good;
            altered.ciphertext[bit / 8] ^= 1 << (bit % 8);
            fails(CHAIN, PORT, &altered, 2);
        }
    }

    #[test]
    fn links_that_do_not_go_back_are_refused() {
        for (new_epoch, opened_epoch) in [(1, 0), (1, 1), (1, 2)] {
            let made = make_link(
                CHAIN,
                PORT,
                section(1),
                new_epoch,
                opened_epoch,
                &secret(2),
                &secret(1),
            );
            assert_eq!(
                made,
                Err(SectionError::LinkOrder {
                    section: section(1),
                    new_epoch,
                    opened_epoch
                })
            );
            let bytes = Link {
                new_epoch,
                opened_epoch,
                ..link(1, 2, 1)
            }
            .to_bytes();
            assert!(matches!(parse_links(&bytes), Err(OpenError::Malformed(_))));
        }
    }

    #[test]
    fn lists_out_of_order_or_length_are_refused() {
        let twice = [link(4, 2, 1), link(4, 2, 1)];
        assert_eq!(
            encode_links(&twice),
            Err(SectionError::NotAscending {
                section: section(4)
            })
        );
        let bytes = [twice[0].to_bytes(), twice[1].to_bytes()].concat();
        assert!(matches!(parse_links(&bytes), Err(OpenError::Malformed(_))));
        assert!(matches!(
            parse_links(&bytes[..=LINK_BYTES]),
            Err(OpenError::Malformed(_))
        ));
        let mut above = link(63, 2, 1).to_bytes();
        above[0] = 64;
        assert!(matches!(parse_links(&above), Err(OpenError::Malformed(_))));
    }

    proptest! {
        #[test]
        fn parser_accepts_only_what_it_would_write(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(links) = parse_links(&bytes) {
                prop_assert_eq!(encode_links(&links).unwrap(), bytes);
            }
        }
    }
}
