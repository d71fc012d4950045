//! Links.

use alloy_primitives::{Address, hex};
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;

use super::{AUTHENTICATION, CHAIN, Case, PORT};

const NEW: [u8; 32] = [0x42; 32];
const PREVIOUS: [u8; 32] = [0x41; 32];

/// A link around any bytes, by §2.
fn link(
    port: Address,
    section: u8,
    new_epoch: u32,
    opened_epoch: u32,
    previous: &[u8; 32],
) -> Vec<u8> {
    let place = [
        &[section][..],
        &new_epoch.to_be_bytes(),
        &opened_epoch.to_be_bytes(),
    ]
    .concat();
    let info = [
        b"patientport/v1/link".as_slice(),
        &CHAIN.to_be_bytes(),
        port.as_slice(),
        &place,
    ]
    .concat();
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(b""), &NEW)
        .expand(&info, &mut key)
        .expect("32 bytes are one block");
    let sealed = ChaCha20Poly1305::new(&key.into())
        .encrypt(&[0; 12].into(), previous.as_slice())
        .expect("a secret is short");
    [place, sealed].concat()
}

pub(super) fn all() -> Vec<(&'static str, Case)> {
    let port = Address::from(PORT);
    let usual =
        |section, new_epoch, opened_epoch| link(port, section, new_epoch, opened_epoch, &PREVIOUS);
    let case = |expect: &str, about: &str, blob: Vec<u8>| {
        Case::new("links", expect, about)
            .with("chain-id", CHAIN)
            .with_hex("port", PORT)
            .with_hex("new-secret", NEW)
            .with_blob(blob)
    };
    let good = |about: &str, blob: Vec<u8>| {
        case("success", about, blob).with_hex("previous-secret", PREVIOUS)
    };
    let two = [usual(1, 2, 1), usual(5, 9, 7)].concat();
    let edited = |position: usize, value: u8| {
        let mut blob = two.clone();
        blob[position] = value;
        blob
    };
    let all: Vec<u8> = (0..64)
        .flat_map(|section| usual(section, u32::MAX, 1))
        .collect();
    let mut order = [0; 32];
    order.copy_from_slice(
        &hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
            .expect("hexadecimal"),
    );
    vec![
        (
            "links",
            good("one step back, and one that skips an epoch", two.clone()),
        ),
        ("links-all", good("64 sections", all.clone())),
        (
            "links-none",
            case("success", "no section was in use", Vec::new()),
        ),
        (
            "links-other-epoch",
            case(AUTHENTICATION, "a new epoch altered", edited(4, 3)),
        ),
        (
            "links-other-opened",
            case(AUTHENTICATION, "an opened epoch altered", edited(57 + 8, 6)),
        ),
        (
            "links-other-section",
            case(AUTHENTICATION, "a section altered", edited(57, 6)),
        ),
        (
            "links-other-port",
            case(
                AUTHENTICATION,
                "made for another port",
                link(Address::repeat_byte(1), 1, 2, 1, &PREVIOUS),
            ),
        ),
        (
            "links-flipped",
            case(
                AUTHENTICATION,
                "one bit of a ciphertext",
                edited(20, two[20] ^ 1),
            ),
        ),
        (
            "links-other-secret",
            case(AUTHENTICATION, "made under another secret", two.clone())
                .without("new-secret")
                .with_hex("new-secret", [0x43; 32]),
        ),
        (
            "links-cut",
            case("malformed", "half a link", two[..80].to_vec()),
        ),
        (
            "links-longer",
            case(
                "malformed",
                "a byte after a link",
                [&two[..], &[0]].concat(),
            ),
        ),
        (
            "links-65",
            case(
                "malformed",
                "65 links",
                [&all[..], &usual(63, 3, 1)].concat(),
            ),
        ),
        (
            "links-unordered",
            case(
                "malformed",
                "sections do not ascend",
                [&two[57..], &two[..57]].concat(),
            ),
        ),
        (
            "links-twice",
            case(
                "malformed",
                "a section twice",
                [&two[..57], &two[..57]].concat(),
            ),
        ),
        (
            "links-section-64",
            case("malformed", "section 64", usual(64, 2, 1)),
        ),
        (
            "links-opened-0",
            case("malformed", "a link to epoch 0", usual(1, 2, 0)),
        ),
        (
            "links-same-epoch",
            case("malformed", "a link to its own epoch", usual(1, 2, 2)),
        ),
        (
            "links-later-epoch",
            case("malformed", "a link to a later epoch", usual(1, 2, 3)),
        ),
        (
            "links-zero",
            case(
                "malformed",
                "a secret of zero",
                link(port, 1, 2, 1, &[0; 32]),
            ),
        ),
        (
            "links-order",
            case(
                "malformed",
                "a secret of the curve's order",
                link(port, 1, 2, 1, &order),
            ),
        ),
    ]
}
