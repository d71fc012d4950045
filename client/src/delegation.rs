//! Naming delegates, changing and ending what they may do.
//!
//! What a delegate is entitled to changes with the transaction that says so, and the port carries a rotation in the
//! same one: whoever is given the right to approve or to rotate gets the new section secrets with it, whoever loses the
//! last such right is given none of them.

use alloy::primitives::Address;
use patientport_core::abi::IPatientPort::Rotation;
use patientport_core::keys::PublicKey;
use patientport_core::rand_core::CryptoRngCore;
use patientport_core::section::SectionSet;

use crate::actor::Actor;
use crate::chain::Transaction;
use crate::error::Result;
use crate::port::{DelegateRights, Delegation};
use crate::rotation::{NamedSection, NewKeys, Plan, no_rotation};
use crate::units::Timestamp;

/// What a delegate is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// The account.
    pub account: Address,
    /// Its encryption key, as the caller compared it with what it knows.
    pub key: PublicKey,
    /// What it may do: not nothing.
    pub rights: DelegateRights,
    /// First second without these rights: after now, at most five years away.
    pub until: Timestamp,
}

impl Mandate {
    /// Whether the sections' keys have to change for it: it gets secrets that it did not have under this key, or loses
    /// the right to those that it has.
    pub fn needs_new_keys(&self, before: &Delegation) -> bool {
        let has = before.includes_secrets() && before.key == Some(self.key);
        let had = before.includes_secrets();
        if self.rights.include_secrets() {
            !has
        } else {
            had
        }
    }
}

/// A change of a delegation, ready to be sent.
#[derive(Clone, Debug)]
pub struct ComposedDelegation {
    /// The transaction.
    pub transaction: Transaction,
    /// The new keys; `None` if no section gets one.
    pub keys: Option<NewKeys>,
}

impl Actor {
    /// Plans new keys for every open section of the port, as the same transaction changes what `delegate` is entitled
    /// to: it is left out, for [`Plan::put_first`] to put it in. `None` if no section is open.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub async fn plan_delegation(
        &self,
        delegate: Address,
        clock: Timestamp,
    ) -> Result<Option<Plan>> {
        let open = self.port().open_sections().await?;
        let sections: Vec<_> = open
            .iter()
            .map(|key| NamedSection::from(key.section))
            .collect();
        self.plan_without(delegate, &sections, clock).await
    }

    /// As [`Self::plan_delegation`], for some sections.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub async fn plan_without(
        &self,
        delegate: Address,
        sections: &[NamedSection],
        clock: Timestamp,
    ) -> Result<Option<Plan>> {
        if sections.is_empty() {
            return Ok(None);
        }
        let mut plan = self.plan(sections, &[], clock).await?;
        plan.drop_account(delegate);
        Ok(Some(plan))
    }

    /// Composes what names a delegate, or changes its mandate, with the new keys as planned.
    ///
    /// # Errors
    /// As [`Self::new_keys`].
    pub fn set_delegate(
        &self,
        mandate: &Mandate,
        plan: Option<&Plan>,
        abandon: SectionSet,
        rng: &mut (impl CryptoRngCore + ?Sized),
    ) -> Result<ComposedDelegation> {
        let change = |rotation| self.port().set_delegate(mandate, rotation);
        self.with_new_keys(plan, abandon, rng, change)
    }

    /// Composes what ends a delegation, with the new keys as planned.
    ///
    /// # Errors
    /// As [`Self::new_keys`].
    pub fn end_delegation(
        &self,
        delegate: Address,
        plan: Option<&Plan>,
        abandon: SectionSet,
        rng: &mut (impl CryptoRngCore + ?Sized),
    ) -> Result<ComposedDelegation> {
        let change = |rotation| self.port().end_delegation(delegate, rotation);
        self.with_new_keys(plan, abandon, rng, change)
    }

    /// A change of a delegation that carries the new keys as planned.
    fn with_new_keys(
        &self,
        plan: Option<&Plan>,
        abandon: SectionSet,
        rng: &mut (impl CryptoRngCore + ?Sized),
        change: impl FnOnce(Rotation) -> Transaction,
    ) -> Result<ComposedDelegation> {
        let keys = plan
            .map(|plan| self.new_keys(plan, abandon, rng))
            .transpose()?;
        let rotation = keys
            .as_ref()
            .map_or_else(no_rotation, |it| it.rotation.clone());
        Ok(ComposedDelegation {
            transaction: change(rotation),
            keys,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use patientport_core::keys::SecretKey;

    use super::*;

    #[test]
    fn keys_change_exactly_when_what_the_delegate_may_open_does() {
        let key = |byte| SecretKey::from_bytes(&[byte; 32]).unwrap().public();
        let before = |rights, is_live| Delegation {
            rights,
            until: Timestamp(10),
            is_live,
            held_until: Timestamp(0),
            key: Some(key(1)),
        };
        let mandate = |rights, byte| Mandate {
            account: Address::repeat_byte(1),
            key: key(byte),
            rights,
            until: Timestamp(20),
        };
        let approve = DelegateRights::APPROVE;
        let write = DelegateRights::WRITE;
        for (had, is_live, gets, byte, expected) in [
            (DelegateRights::NONE, false, approve, 1, true),
            (DelegateRights::NONE, false, write, 1, false),
            (approve, true, DelegateRights::ROTATE, 1, false),
            (approve, true, approve, 2, true),
            (approve, true, write, 1, true),
            (write, true, write, 2, false),
            (write, true, approve, 1, true),
            // Its time was over: it lacks what was sealed since.
            (approve, false, approve, 1, true),
            // What it held is stale, and a matter of rotating those sections.
            (approve, false, write, 1, false),
        ] {
            let found = mandate(gets, byte).needs_new_keys(&before(had, is_live));
            assert_eq!(found, expected, "{had} {is_live} -> {gets}, key {byte}");
        }
    }
}
