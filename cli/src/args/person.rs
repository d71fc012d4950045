//! How people and their rights are typed.

use std::str::FromStr;

use alloy::primitives::Address;
use clap::ValueEnum;
use patientport_client::port::DelegateRights;
use patientport_core::keys::Fingerprint;

use super::values::{ValueError, address};
use crate::keycard::KeyCard;

/// Somebody by account, or by a key card that also has the key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PersonRef {
    /// An account, whose key the registry shows.
    Account(Address),
    /// An account with its key.
    Card(KeyCard),
}

impl PersonRef {
    /// The account.
    pub const fn account(&self) -> Address {
        match self {
            Self::Account(account) => *account,
            Self::Card(card) => card.account,
        }
    }
}

impl FromStr for PersonRef {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim_start().starts_with("patientport") {
            return Ok(Self::Card(text.parse().map_err(ValueError::KeyCard)?));
        }
        address(text).map(Self::Account)
    }
}

/// An account, or nobody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AddressOrNone(pub Option<Address>);

/// Parses an account's address, or `none`.
///
/// # Errors
/// [`ValueError::Address`].
pub fn address_or_none(text: &str) -> Result<AddressOrNone, ValueError> {
    match text {
        "none" => Ok(AddressOrNone(None)),
        _ => address(text).map(|account| AddressOrNone(Some(account))),
    }
}

/// A key's fingerprint, as people type it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FingerprintArg(pub Fingerprint);

impl FromStr for FingerprintArg {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse()
            .map(Self)
            .map_err(|_| ValueError::Fingerprint(text.chars().take(64).collect()))
    }
}

/// A right of a delegate.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum DelegateRight {
    /// Approve, grant, deny, veto; includes the secrets of every section
    Approve,
    /// Revoke, veto
    Revoke,
    /// Add records to every section; supersede and retract its own
    Write,
    /// Change keys, give them to readers, renew emergency packages; includes the secrets of every section
    Rotate,
}

impl From<DelegateRight> for DelegateRights {
    fn from(right: DelegateRight) -> Self {
        match right {
            DelegateRight::Approve => Self::APPROVE,
            DelegateRight::Revoke => Self::REVOKE,
            DelegateRight::Write => Self::WRITE,
            DelegateRight::Rotate => Self::ROTATE,
        }
    }
}

/// Several rights as one set.
pub fn delegate_rights(rights: &[DelegateRight]) -> DelegateRights {
    rights.iter().fold(DelegateRights::NONE, |set, right| {
        set.union((*right).into())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use patientport_core::keys::SecretKey;

    use super::*;

    #[test]
    fn a_person_is_meant_by_account_or_by_card() {
        let account = Address::repeat_byte(0xab);
        let key = SecretKey::from_bytes(&[7; 32]).unwrap().public();
        let card = KeyCard { account, key };
        for person in [PersonRef::Account(account), PersonRef::Card(card)] {
            let text = match person {
                PersonRef::Account(account) => account.to_string(),
                PersonRef::Card(card) => card.to_string(),
            };
            assert_eq!(text.parse::<PersonRef>().unwrap(), person);
            assert_eq!(person.account(), account);
        }
        // A damaged card is told as such, and not as a bad address.
        let damaged = card.to_string().replace('#', "");
        let error = damaged.parse::<PersonRef>().unwrap_err();
        assert!(matches!(error, ValueError::KeyCard(_)), "{error}");
        assert!("tom".parse::<PersonRef>().is_err());
    }

    #[test]
    fn nobody_is_meant_by_none_alone() {
        assert_eq!(address_or_none("none"), Ok(AddressOrNone(None)));
        let account = Address::repeat_byte(1);
        let named = address_or_none(&account.to_string());
        assert_eq!(named, Ok(AddressOrNone(Some(account))));
        assert!(address_or_none("nobody").is_err());
    }

    #[test]
    fn rights_add_up() {
        let rights = delegate_rights(&[DelegateRight::Write, DelegateRight::Approve]);
        assert_eq!(rights, DelegateRights::APPROVE.union(DelegateRights::WRITE));
        assert_eq!(delegate_rights(&[]), DelegateRights::NONE);
    }
}
