//! Current section secrets for those who may read and were not given them: what a change of keys began and did not
//! finish, or could not give when it was made.

use std::collections::BTreeSet;

use alloy::primitives::Address;
use patientport_core::abi::IPatientPort::IPatientPortEvents as Event;
use patientport_core::rand_core::CryptoRngCore;
use patientport_core::section::{SectionId, SectionSet, peek_secrets};

use crate::actor::Actor;
use crate::error::Result;
use crate::history::{PortEvent, history};
use crate::port::SectionKey;
use crate::rotation::{Claim, NamedSection, NewKeys, Plan, Reseal, claim};
use crate::units::Timestamp;

/// Who was sent the secret of which section's current key. What else a message holds, the chain does not tell.
fn given(current: &[SectionKey], events: &[PortEvent]) -> BTreeSet<(Address, SectionId)> {
    let mut given = BTreeSet::new();
    for PortEvent { event, .. } in events {
        let (recipient, message) = match event {
            Event::SecretsSealed(event) => (event.recipient, &event.message),
            Event::AccessGranted(event) => (event.reader, &event.message),
            _ => continue,
        };
        for (section, epoch) in peek_secrets(message).unwrap_or_default() {
            if current
                .iter()
                .any(|it| (it.section, it.epoch) == (section, epoch))
            {
                given.insert((recipient, section));
            }
        }
    }
    given
}

impl Actor {
    /// Plans to give the current secrets of all open sections to everyone who may read and was not sent them. Changes
    /// no key: who should not have a secret any more is a matter of rotating.
    ///
    /// `clock` is the caller's idea of the time: see [`Chain::now`](crate::Chain::now).
    ///
    /// # Errors
    /// As [`Self::plan`]; those of [`history`].
    pub async fn plan_reseal(&self, clock: Timestamp) -> Result<Plan> {
        let open = self.port().open_sections().await?;
        let given = given(&open, history(self.port()).await?.events());
        let held: SectionSet = open
            .iter()
            .filter(|key| self.keyring().check(key).is_ok())
            .map(|key| key.section)
            .collect();
        let sections: Vec<_> = held.iter().map(NamedSection::from).collect();
        let mut plan = self.plan(&sections, &[], clock).await?;
        plan.narrow(|recipient| {
            let missing = |section: &SectionId| !given.contains(&(recipient.account, *section));
            recipient
                .sections
                .intersection(held)
                .iter()
                .filter(missing)
                .collect()
        });
        Ok(plan)
    }

    /// The current secrets, sealed as planned, in as many batches as transactions carry.
    ///
    /// # Errors
    /// [`Error::NoMatchingKey`](crate::Error::NoMatchingKey) if a section's current secret is not held.
    pub fn reseal(
        &self,
        plan: &Plan,
        rng: &mut (impl CryptoRngCore + ?Sized),
    ) -> Result<Vec<Reseal>> {
        let mut secrets = Vec::new();
        for key in plan.current() {
            secrets.push(self.keyring().entry(key.section, key.epoch)?);
        }
        plan.seal(self, &secrets, rng)
    }

    /// Adds to those left out of a change of keys, once it is on chain, everyone who was given access after it was
    /// planned: the port cannot know for whom keys were planned, and takes them.
    ///
    /// `clock` is the caller's idea of the time: see [`Chain::now`](crate::Chain::now).
    ///
    /// # Errors
    /// Those of reading the port's views.
    pub async fn find_overlooked(
        &self,
        plan: &mut Plan,
        keys: &NewKeys,
        clock: Timestamp,
    ) -> Result<()> {
        let now = self.port().chain().now(clock).await?;
        for holder in self.port().holders(now).await? {
            let account = holder.account();
            let claimed = match claim(&holder, keys.sections(), now) {
                Claim::Delegate(_) => keys.sections(),
                Claim::Provider(sections) => sections,
                Claim::None | Claim::Ending => continue,
            };
            let given = keys.recipients.iter().filter(|it| it.account == account);
            let given = given.fold(SectionSet::EMPTY, |all, it| all.union(it.sections));
            if !claimed.difference(given).is_empty() {
                plan.add_overlooked(account);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use alloy::primitives::{B256, Bytes};
    use patientport_core::abi::IPatientPort::SecretsSealed;
    use patientport_core::keys::SecretKey;
    use patientport_core::seal::{Purpose, SealContext};
    use patientport_core::section::{SecretEntry, seal_secrets};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;
    use crate::chain::Emitted;

    #[test]
    fn only_the_current_key_counts_as_given() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let section = |number| SectionId::try_from(number).unwrap();
        let reader = Address::repeat_byte(1);
        let key = SecretKey::random(&mut rng);
        let mut sent = |section, epoch| {
            let entry = SecretEntry {
                section,
                epoch,
                secret: SecretKey::random(&mut rng),
                name: None,
            };
            let context = SealContext {
                purpose: Purpose::Secrets,
                chain_id: 1,
                port: Address::ZERO,
                sender: Address::ZERO,
                recipient: reader,
                request_id: 0,
            };
            let message = seal_secrets(&context, &key.public(), &[entry], &mut rng).unwrap();
            PortEvent {
                emitted: Emitted {
                    block: 1,
                    index: 0,
                    tx: B256::ZERO,
                },
                at: Timestamp(1),
                event: Event::SecretsSealed(SecretsSealed {
                    recipient: reader,
                    sender: Address::ZERO,
                    message: Bytes::from(message),
                }),
            }
        };
        let current = [(0, 2), (1, 1)].map(|(number, epoch)| SectionKey {
            section: section(number),
            epoch,
            key: None,
            rotated_at: Timestamp(1),
        });
        let events = [sent(section(0), 1), sent(section(1), 1)];
        let given = given(&current, &events);
        assert_eq!(given, BTreeSet::from([(reader, section(1))]));
    }
}
