//! Words of other wallet programs: 12 to 24 of them, and the account at any path.

use std::str::FromStr;

use bip39::{Language, Mnemonic};
use zeroize::Zeroizing;

use super::phrase::{HARDENED, Node, find_word, tokens};
use super::{PhraseError, SecretKey};

/// Deepest path that is taken; BIP-44's has five steps.
const MAX_DEPTH: usize = 16;

/// A path of BIP-32, such as `m/44'/60'/0'/0/0`: hardened steps carry `'` or `h`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivationPath(Vec<u32>);

impl DerivationPath {
    /// `m/44'/60'/0'/0/index` (BIP-44, coin type 60 of SLIP-44), as wallet programs number accounts.
    ///
    /// # Errors
    /// [`PhraseError::Account`] above 2^31 − 1.
    pub fn account(index: u32) -> Result<Self, PhraseError> {
        if index >= HARDENED {
            return Err(PhraseError::Account { index });
        }
        let path = vec![HARDENED + 44, HARDENED + 60, HARDENED, 0, index];
        Ok(Self(path))
    }
}

impl FromStr for DerivationPath {
    type Err = PhraseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let step = |text: &str| {
            let hardened = text.strip_suffix(['\'', 'h', 'H']);
            let digits = hardened.unwrap_or(text);
            let is_number = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
            let number = is_number.then(|| digits.parse::<u32>().ok()).flatten()?;
            let offset = if hardened.is_some() { HARDENED } else { 0 };
            (number < HARDENED).then_some(number | offset)
        };
        let mut parts = text.split('/');
        if parts.next() != Some("m") {
            return Err(PhraseError::Path);
        }
        let steps: Option<Vec<_>> = parts.map(step).collect();
        match steps {
            Some(steps) if (1..=MAX_DEPTH).contains(&steps.len()) => Ok(Self(steps)),
            _ => Err(PhraseError::Path),
        }
    }
}

/// The key at `path` of 12, 15, 18, 21 or 24 English words (BIP-39, then BIP-32), read as people write them down.
/// `passphrase` is empty for almost everybody.
///
/// # Errors
/// [`PhraseError`]; none of the words is repeated in it.
pub fn account_of_words(
    text: &str,
    passphrase: &str,
    path: &DerivationPath,
) -> Result<SecretKey, PhraseError> {
    // Room for all of it at once, so that no grown copy is left behind in memory; no word is longer than 8.
    let mut phrase = Zeroizing::new(String::with_capacity(24 * 9));
    let mut found = 0;
    for token in tokens(text) {
        found += 1;
        let word = find_word(token).ok_or(PhraseError::Word { position: found })?;
        if found <= 24 {
            phrase.push_str(word);
            phrase.push(' ');
        }
    }
    if !matches!(found, 12 | 15 | 18 | 21 | 24) {
        return Err(PhraseError::Length { found });
    }
    let words = Mnemonic::parse_in_normalized(Language::English, phrase.trim_end());
    let words = words.or(Err(PhraseError::Checksum))?;
    let seed = Zeroizing::new(words.to_seed_normalized(passphrase));
    let unusable = PhraseError::Path;
    let mut node = Node::master(seed.as_slice()).ok_or(unusable)?;
    for number in &path.0 {
        node = node.child(*number).ok_or(unusable)?;
    }
    Ok(node.into_key())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    const TEST: &str = "test test test test test test test test test test test junk";

    fn key(path: &str) -> String {
        let key = account_of_words(TEST, "", &path.parse().unwrap()).unwrap();
        alloy_primitives::hex::encode(key.to_bytes())
    }

    /// The words of the development accounts of Foundry and Hardhat, whose keys are public.
    #[test]
    fn the_accounts_are_those_that_other_programs_make() {
        let first = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
        let second = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
        assert_eq!(key("m/44'/60'/0'/0/0"), first);
        assert_eq!(key("m/44h/60h/0h/0/1"), second);
        let path = DerivationPath::account(1).unwrap();
        assert_eq!(path, "m/44'/60'/0'/0/1".parse().unwrap());
    }

    #[test]
    fn a_passphrase_makes_other_accounts() {
        let path = DerivationPath::account(0).unwrap();
        let plain = account_of_words(TEST, "", &path).unwrap();
        let other = account_of_words(TEST, "TREZOR", &path).unwrap();
        assert_ne!(plain.to_bytes(), other.to_bytes());
    }

    #[test]
    fn what_is_no_path_or_no_phrase_is_refused() {
        for path in [
            "",
            "m",
            "m/",
            "44'/60'",
            "m/-1",
            "m/2147483648",
            "m/+1",
            "m/1''",
            "m/x",
            "m//1",
        ] {
            assert_eq!(
                path.parse::<DerivationPath>(),
                Err(PhraseError::Path),
                "`{path}`"
            );
        }
        let deep = format!("m{}", "/0".repeat(17));
        assert_eq!(deep.parse::<DerivationPath>(), Err(PhraseError::Path));
        let path = DerivationPath::account(0).unwrap();
        let refused = |text: &str| account_of_words(text, "", &path).unwrap_err();
        assert_eq!(refused("test test"), PhraseError::Length { found: 2 });
        assert_eq!(
            refused(&TEST.replace("junk", "tset")),
            PhraseError::Word { position: 12 }
        );
        assert_eq!(
            refused(&TEST.replace("junk", "test")),
            PhraseError::Checksum
        );
        assert_eq!(
            DerivationPath::account(HARDENED),
            Err(PhraseError::Account { index: HARDENED })
        );
    }
}
