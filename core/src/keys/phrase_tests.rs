#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use alloy_primitives::{Address, hex, keccak256};

use super::*;

/// English vectors of BIP-39 with 24 words: entropy, words, seed under the passphrase `TREZOR`.
const VECTORS: [(&str, &str, &str); 3] = [
    (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art",
        "bda85446c68413707090a52022edd26a1c9462295029f2e60cd7c4f2bbd3097170af7a4d73245cafa9c3cca8d561a7c3de6f5d4a10be8ed2a5e608d68f92fcc8",
    ),
    (
        "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
        "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title",
        "bc09fca1804f7e69da93c2f2028eb238c227f2e9dda30cd63699232578480a4021b146ad717fbb7e451ce9eb835f43620bf5c514db0f8add49f5d121449d3e87",
    ),
    (
        "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
        "void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen patrol group space point ten exist slush involve unfold",
        "01f5bced59dec48e362f2c45b5de68b9fd6c92c6634f44d6d40aab69056506f0e35524a518034ddc1192e1dacd32c1ed3eaa3c3b131c88ed8e7e54c49a5d0998",
    ),
];

fn seed(hex: &str) -> IdentitySeed {
    IdentitySeed::from_bytes(hex::decode_to_array(hex).unwrap())
}

fn address(key: &SecretKey) -> String {
    let hash = keccak256(&key.public().to_sec1()[1..]);
    Address::from_slice(&hash[12..]).to_string()
}

#[test]
fn words_are_those_of_the_published_vectors() {
    for (entropy, words, trezor) in VECTORS {
        let phrase = BackupPhrase::of(&seed(entropy));
        assert_eq!(phrase.words().collect::<Vec<_>>().join(" "), words);
        let read = BackupPhrase::parse(words).unwrap();
        assert_eq!(hex::encode(read.seed().as_bytes()), entropy);
        assert_eq!(hex::encode(read.0.to_seed_normalized("TREZOR")), trezor);
    }
}

#[test]
fn accounts_are_those_that_other_programs_make_of_the_same_words() {
    // The phrase of the development accounts of hardhat, anvil and foundry, and two more that are widely known.
    let known: [(&str, &[&str]); 3] = [
        (
            "test test test test test test test test test test test junk",
            &[
                "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
                "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
            ],
        ),
        (
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
            &["0x9858EfFD232B4033E47d90003D41EC34EcaEda94"],
        ),
        (
            VECTORS[0].1,
            &["0xF278cF59F82eDcf871d630F28EcC8056f25C1cdb"],
        ),
    ];
    for (words, addresses) in known {
        let phrase = Mnemonic::parse_in_normalized(Language::English, words).unwrap();
        let accounts = AccountKeys::from_phrase(&phrase).unwrap();
        for (index, expected) in (0..).zip(addresses) {
            assert_eq!(address(&accounts.key(index).unwrap()), **expected);
        }
    }
}

#[test]
fn child_keys_are_those_of_the_published_vector() {
    // BIP-32, test vector 1: m, m/0', m/0'/1, m/0'/1/2', m/0'/1/2'/2, m/0'/1/2'/2/1000000000.
    let seed = hex!("000102030405060708090a0b0c0d0e0f");
    let mut node = Node::master(&seed).unwrap();
    assert_eq!(
        hex::encode(node.key.to_bytes()),
        "e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35"
    );
    for (number, key) in [
        (
            HARDENED,
            "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea",
        ),
        (
            1,
            "3c6cb8d0f6a264c91ea8b5030fadaa8e538b020f0a387421a12de9319dc93368",
        ),
        (
            HARDENED + 2,
            "cbce0d719ecf7431d88e6a89fa1483e02e35092af60c042b1df2ff59fa424dca",
        ),
        (
            2,
            "0f479245fb19a38a1954c5c7c0ebab2f9bdfd96a17563ef28a6a4b1a2a764ef4",
        ),
        (
            1_000_000_000,
            "471b76e389e528d6de6d816857e012c5455051cad6660850e58372a6c3e6e7c8",
        ),
    ] {
        node = node.child(number).unwrap();
        assert_eq!(hex::encode(node.key.to_bytes()), key);
    }
}

#[test]
fn accounts_agree_with_a_second_implementation() {
    for byte in 0..16 {
        let phrase = BackupPhrase::of(&IdentitySeed::from_bytes([byte; 32]));
        let accounts = phrase.accounts();
        for index in [0, 1, 7, HARDENED - 1] {
            let path = format!("m/44'/60'/0'/0/{index}").parse().unwrap();
            let seed = phrase.0.to_seed_normalized("");
            let other = bip32::XPrv::derive_from_path(seed, &path).unwrap();
            assert_eq!(*accounts.key(index).unwrap().to_bytes(), other.to_bytes());
        }
    }
}

#[test]
fn hardened_numbers_are_no_accounts() {
    let accounts = BackupPhrase::of(&IdentitySeed::from_bytes([1; 32])).accounts();
    let index = HARDENED;
    assert_eq!(accounts.key(index), Err(PhraseError::Account { index }));
}

#[test]
fn words_are_read_as_people_write_them() {
    let (entropy, words, _) = VECTORS[2];
    let list: Vec<_> = words.split(' ').collect();
    let written = |form: &dyn Fn(usize, &str) -> String| {
        let words = (1..).zip(&list).map(|(number, word)| form(number, word));
        words.collect::<Vec<_>>().concat()
    };
    let numbered = written(&|number, word| format!("{number:2}. {word}\r\n"));
    let columns = written(&|number, word| format!(" {number}) {} \t", word.to_uppercase()));
    let joined = written(&|number, word| format!("{number}.{word}, "));
    let short: Vec<_> = list.iter().map(|word| &word[..word.len().min(4)]).collect();
    for text in [numbered, columns, joined, short.join(" ")] {
        let read = BackupPhrase::parse(&text).unwrap();
        assert_eq!(hex::encode(read.seed().as_bytes()), entropy, "{text}");
    }
}

#[test]
fn what_is_wrong_with_words_is_told_without_showing_them() {
    let (_, words, _) = VECTORS[2];
    let error = |text: &str| BackupPhrase::parse(text).unwrap_err();
    assert_eq!(error(""), PhraseError::Count { found: 0 });
    let (but_one, _) = words.rsplit_once(' ').unwrap();
    assert_eq!(error(but_one), PhraseError::Count { found: 23 });
    let more = format!("{words} {words}");
    assert_eq!(error(&more), PhraseError::Count { found: 48 });
    let typo = words.replace("survey", "survei");
    assert_eq!(error(&typo), PhraseError::Word { position: 6 });
    assert!(!error(&typo).to_string().contains("survei"));
    // Cut too short to be told from others.
    let cut = words.replace("survey", "sur");
    assert_eq!(error(&cut), PhraseError::Word { position: 6 });
    let swapped = words.replace("come effort", "effort come");
    assert_eq!(error(&swapped), PhraseError::Checksum);
    let other = words.replace("unfold", "void");
    assert_eq!(error(&other), PhraseError::Checksum);
}

#[test]
fn four_letters_tell_every_word_from_every_other() {
    for word in Language::English.word_list() {
        assert_eq!(find_word(word), Some(*word));
        let short = &word[..word.len().min(DISTINCT_LETTERS)];
        assert_eq!(find_word(short), Some(*word));
    }
}

#[test]
fn phrases_do_not_print() {
    let phrase = BackupPhrase::of(&IdentitySeed::from_bytes([0xab; 32]));
    assert_eq!(format!("{phrase:?}"), "BackupPhrase(..)");
    assert_eq!(format!("{:?}", phrase.accounts()), "AccountKeys(..)");
}
