//! The paper backup of an identity, and the accounts that come from the same words: `docs/record-format.md` §7.

use std::fmt;

use bip39::{Language, Mnemonic};
use hmac::{Hmac, Mac};
use sha2::Sha512;
use zeroize::{Zeroize, Zeroizing};

use super::{IdentitySeed, SecretKey};

/// Words of a backup phrase: 32 bytes of seed and 8 bits of checksum at 11 bits a word.
pub const PHRASE_WORDS: usize = 24;
/// Letters that tell every word of the list from every other, as metal plates keep them.
const DISTINCT_LETTERS: usize = 4;
/// First number of a hardened child (BIP-32): accounts are numbered below it.
pub(super) const HARDENED: u32 = 1 << 31;

/// Words that are no backup phrase. None of them is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhraseError {
    /// A word that is not one of the list.
    #[error("word `{position}` is none of the 2048 words of the English BIP-39 list")]
    Word {
        /// Which one, counted from 1.
        position: usize,
    },
    /// More or fewer words.
    #[error("a backup phrase has `24` words, not `{found}`")]
    Count {
        /// How many there are.
        found: usize,
    },
    /// More or fewer words than any wallet program gives.
    #[error("wallet programs give 12, 15, 18, 21 or 24 words, not `{found}`")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// No path of BIP-32.
    #[error("this is no derivation path such as m/44'/60'/0'/0/0")]
    Path,
    /// All words are of the list, and do not belong together.
    #[error("the words do not belong together: their checksum does not match")]
    Checksum,
    /// No account has this number.
    #[error("accounts are numbered from 0 to 2147483647: there is no account `{index}`")]
    Account {
        /// The number given.
        index: u32,
    },
}

/// An identity's seed as 24 English words (BIP-39). Cleared on drop, never printed whole.
///
/// # Examples
/// ```
/// # use patientport_core::keys::{BackupPhrase, IdentitySeed};
/// let seed = IdentitySeed::from_bytes([7; 32]);
/// let phrase = BackupPhrase::of(&seed);
/// let written: Vec<_> = phrase.words().collect();
/// let read = BackupPhrase::parse(&written.join(" "))?;
/// assert_eq!(read.seed().as_bytes(), seed.as_bytes());
/// # Ok::<(), patientport_core::keys::PhraseError>(())
/// ```
#[derive(Clone)]
pub struct BackupPhrase(Mnemonic);

impl BackupPhrase {
    /// The words of a seed.
    ///
    /// # Panics
    /// Never: BIP-39 has words for every 32 bytes.
    pub fn of(seed: &IdentitySeed) -> Self {
        let words = Mnemonic::from_entropy_in(Language::English, seed.as_bytes());
        Self(words.expect("32 bytes are entropy of 24 words"))
    }

    /// Reads words as people write them down: in any case, numbered or not, on one line or many, each whole or cut
    /// to its first four letters.
    ///
    /// # Errors
    /// [`PhraseError::Word`] for the first word that is wrong; [`PhraseError::Count`]; [`PhraseError::Checksum`].
    pub fn parse(text: &str) -> Result<Self, PhraseError> {
        // Room for all of it at once, so that no grown copy is left behind in memory; no word is longer than 8.
        let mut phrase = Zeroizing::new(String::with_capacity(PHRASE_WORDS * 9));
        let mut found = 0;
        for token in tokens(text) {
            found += 1;
            let word = find_word(token).ok_or(PhraseError::Word { position: found })?;
            if found <= PHRASE_WORDS {
                phrase.push_str(word);
                phrase.push(' ');
            }
        }
        if found != PHRASE_WORDS {
            return Err(PhraseError::Count { found });
        }
        Mnemonic::parse_in_normalized(Language::English, &phrase)
            .map(Self)
            .or(Err(PhraseError::Checksum))
    }

    /// The words, in order.
    pub fn words(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.words()
    }

    /// The seed that they stand for.
    pub fn seed(&self) -> IdentitySeed {
        let (mut entropy, length) = self.0.to_entropy_array();
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&entropy[..length.min(32)]);
        entropy.zeroize();
        let seed = IdentitySeed::from_bytes(bytes);
        bytes.zeroize();
        seed
    }

    /// The accounts that wallet programs make from the same words: BIP-39 with an empty passphrase, then BIP-32.
    /// Takes 2048 rounds of HMAC-SHA512.
    ///
    /// # Panics
    /// Never in practice: one of 2^127 phrases has no account key, and none is known.
    pub fn accounts(&self) -> AccountKeys {
        AccountKeys::from_phrase(&self.0).expect("a phrase without keys cannot be found")
    }
}

/// What could be words in a text: without `7.`, `7)` and `7:`, before the word or alone.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';'))
        .map(|token| {
            token.trim_matches(|letter: char| {
                letter.is_ascii_digit() || letter.is_ascii_punctuation()
            })
        })
        .filter(|token| !token.is_empty())
}

/// The word of the list that is meant.
pub(super) fn find_word(token: &str) -> Option<&'static str> {
    let wanted = Zeroizing::new(token.to_ascii_lowercase());
    let list = Language::English.word_list();
    let meant = |word: &&&str| match wanted.len() {
        // Where a word of four letters begins longer ones, it is the first of them.
        DISTINCT_LETTERS => word.starts_with(wanted.as_str()),
        _ => **word == wanted.as_str(),
    };
    list.iter().find(meant).copied()
}

impl fmt::Debug for BackupPhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupPhrase(..)")
    }
}

/// The account keys of a phrase at `m/44'/60'/0'/0/index` (BIP-44, coin type 60 of SLIP-44), as wallet programs number
/// them. Cleared on drop, never printed.
pub struct AccountKeys(Node);

impl AccountKeys {
    fn from_phrase(phrase: &Mnemonic) -> Option<Self> {
        let seed = Zeroizing::new(phrase.to_seed_normalized(""));
        let mut node = Node::master(seed.as_slice())?;
        for number in [HARDENED + 44, HARDENED + 60, HARDENED, 0] {
            node = node.child(number)?;
        }
        Some(Self(node))
    }

    /// The key of the account with this number.
    ///
    /// # Errors
    /// [`PhraseError::Account`] above 2^31 − 1, and for the one number in 2^127 that BIP-32 skips.
    pub fn key(&self, index: u32) -> Result<SecretKey, PhraseError> {
        let child = (index < HARDENED).then(|| self.0.child(index)).flatten();
        let child = child.ok_or(PhraseError::Account { index })?;
        Ok(SecretKey(child.key))
    }
}

impl fmt::Debug for AccountKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountKeys(..)")
    }
}

/// An extended private key of BIP-32 without its place in the tree. The key clears itself.
pub(super) struct Node {
    key: k256::SecretKey,
    chain_code: Zeroizing<[u8; 32]>,
}

impl Node {
    /// `I = HMAC-SHA512("Bitcoin seed", seed)`; `None` if its left half is no key.
    pub(super) fn master(seed: &[u8]) -> Option<Self> {
        let (key, chain_code) = halves(b"Bitcoin seed", &[seed]);
        let key = k256::SecretKey::from_bytes(key.as_slice().into()).ok()?;
        Some(Self { key, chain_code })
    }

    pub(super) fn into_key(self) -> SecretKey {
        SecretKey(self.key)
    }

    /// `CKDpriv`: `I = HMAC-SHA512(chain code, data ‖ number)`, the child `left half + key mod n`, its chain code the
    /// right half; `data` is `00 ‖ key` for a hardened number and the compressed public key for another.
    pub(super) fn child(&self, number: u32) -> Option<Self> {
        use k256::elliptic_curve::sec1::ToEncodedPoint as _;
        let number_bytes = number.to_be_bytes();
        let (tweak, chain_code) = if number < HARDENED {
            let public = self.key.public_key().to_encoded_point(true);
            halves(
                self.chain_code.as_slice(),
                &[public.as_bytes(), &number_bytes],
            )
        } else {
            let mut secret = self.key.to_bytes();
            let halves = halves(
                self.chain_code.as_slice(),
                &[&[0], secret.as_slice(), &number_bytes],
            );
            secret.as_mut_slice().zeroize();
            halves
        };
        let tweak = k256::SecretKey::from_bytes(tweak.as_slice().into()).ok()?;
        let sum = *self.key.to_nonzero_scalar().as_ref() + tweak.to_nonzero_scalar().as_ref();
        let sum = Option::<k256::NonZeroScalar>::from(k256::NonZeroScalar::new(sum))?;
        Some(Self {
            key: k256::SecretKey::from(sum),
            chain_code,
        })
    }
}

/// HMAC-SHA512 over the parts, cut in two.
fn halves(key: &[u8], parts: &[&[u8]]) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    let mut whole = mac.finalize().into_bytes();
    let half = |bytes: &[u8]| {
        let mut half = Zeroizing::new([0; 32]);
        half.copy_from_slice(bytes);
        half
    };
    let (left, right) = (half(&whole[..32]), half(&whole[32..]));
    whole.as_mut_slice().zeroize();
    (left, right)
}

#[cfg(test)]
#[path = "phrase_tests.rs"]
mod tests;
