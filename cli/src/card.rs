//! Port cards: `patientport:CHAIN:ACCOUNT#FINGERPRINT`, to be given by hand, on paper or as a QR code.
//!
//! A card says by another way than the chain's which address is meant and what its key is. Who has it finds out a node,
//! or a mail, that shows another port or another key.

use std::fmt;
use std::str::FromStr;

use alloy::primitives::Address;
use patientport_core::keys::Fingerprint;

use crate::error::Error;
use crate::text::shown;

/// What every card begins with.
const SCHEME: &str = "patientport:";
/// Longer than any card.
const MAX_BYTES: usize = 128;

/// An account, or a port, of a chain, with the fingerprint of its key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Card {
    /// The chain.
    pub chain_id: u64,
    /// The account or the port.
    pub account: Address,
    /// Of its encryption key.
    pub fingerprint: Fingerprint,
}

impl Card {
    /// Whether a text is meant to be a card.
    pub fn is_meant(text: &str) -> bool {
        let start = text.trim_start().as_bytes().get(..SCHEME.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(SCHEME.as_bytes()))
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            chain_id,
            account,
            fingerprint,
        } = self;
        write!(f, "{SCHEME}{chain_id}:{account}#{fingerprint}")
    }
}

impl FromStr for Card {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = |reason| Error::Card {
            text: shown(&text.chars().take(MAX_BYTES).collect::<String>()),
            reason,
        };
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return Err(bad("it is too long"));
        }
        if !Self::is_meant(text) {
            return Err(bad("it does not begin with `patientport:`"));
        }
        let rest = &text[SCHEME.len()..];
        let Some((place, fingerprint)) = rest.split_once('#') else {
            return Err(bad("the fingerprint after `#` is missing"));
        };
        let Some((chain, account)) = place.split_once(':') else {
            return Err(bad("it names no chain and port"));
        };
        let digits = !chain.is_empty() && chain.bytes().all(|byte| byte.is_ascii_digit());
        let chain_id = chain.parse().ok().filter(|_| digits);
        let hex = account.strip_prefix("0x").or(account.strip_prefix("0X"));
        let account = hex
            .filter(|hex| hex.len() == 40)
            .and_then(|hex| hex.parse().ok());
        Ok(Self {
            chain_id: chain_id.ok_or_else(|| bad("its chain is no number"))?,
            account: account.ok_or_else(|| bad("its port is no address"))?,
            fingerprint: fingerprint
                .parse()
                .map_err(|_| bad("its fingerprint is none"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    const TEXT: &str =
        "patientport:42161:0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0#abcd-efgh-2345-mnop";

    #[test]
    fn a_card_is_read_as_it_is_written_and_as_people_and_codes_change_it() {
        let card: Card = TEXT.parse().unwrap();
        assert_eq!(card.chain_id, 42_161);
        assert_eq!(card.to_string(), TEXT);
        for text in [
            format!(" {TEXT}\n"),
            TEXT.to_ascii_uppercase(),
            TEXT.to_ascii_lowercase(),
        ] {
            assert_eq!(text.parse::<Card>().unwrap(), card, "{text}");
        }
        assert!(!Card::is_meant("mine") && !Card::is_meant("0x9fE4"));
    }

    #[test]
    fn what_is_no_card_is_refused_with_what_is_wrong() {
        let long = format!("{TEXT}{}", "x".repeat(99));
        for (text, reason) in [
            ("mine", "does not begin"),
            ("patientport:1", "fingerprint after"),
            ("patientport:1#abcd-efgh-2345-mnop", "no chain and port"),
            (&TEXT.replace("42161", "+1"), "no number"),
            (&TEXT.replace("42161", "99999999999999999999"), "no number"),
            (&TEXT.replace("a6e0", "a6"), "no address"),
            (&TEXT.replace("-mnop", ""), "its fingerprint"),
            (&TEXT.replace("mnop", "mno1"), "its fingerprint"),
            (&long, "too long"),
        ] {
            let error = text.parse::<Card>().unwrap_err();
            assert_eq!(error.code(), "card.invalid");
            assert!(error.to_string().contains(reason), "{text}: {error}");
        }
    }
}
