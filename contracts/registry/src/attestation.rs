//! What attesters say about providers.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::{IRegistry as abi, limits};
use patientport_kit::{Args, Out, Slot, account, set_account, topic};

use crate::{
    error::Error,
    layout::{map, provider},
    registry::{Registry, Result},
};

impl Registry {
    /// `attest(address provider, uint64 npi, uint8 kind, bytes32 identityProfileHash, uint64 until)`.
    pub(crate) fn attest(&self, args: &mut Args<'_>) -> Result<()> {
        let subject = args.account()?;
        let npi = args.u64()?;
        let kind = args.u8()?;
        let identity = args.hash()?;
        let until = args.u64()?;
        self.only_attester()?;
        let mut word = self.only_active(subject)?;
        if npi != provider::NPI.get(&word)
            || kind != provider::KIND_PARITY.byte(&word) & !provider::PARITY_BIT
            || identity != self.load(Slot::account(map::IDENTITY, &subject))
        {
            return Err(Error::AttestationMismatch(subject));
        }
        let earliest = self.now.wrapping_add(1);
        let latest = self.now.wrapping_add(limits::MAX_ATTESTATION_SECS);
        if until < earliest || until > latest {
            return Err(Error::InvalidAttestationEnd {
                given: until,
                earliest,
                latest,
            });
        }
        if npi != 0 {
            let holder = self.npi_holder(npi);
            if holder != subject {
                if !holder.is_zero() {
                    return Err(Error::NpiTaken { npi, holder });
                }
                let mut entry = B256::ZERO;
                set_account(&mut entry, &subject);
                self.store(Slot::number(map::NPI, npi), entry);
            }
        }
        set_account(&mut word, &self.caller);
        provider::STATUS.set(&mut word, provider::ATTESTED.into());
        provider::UNTIL.set(&mut word, until);
        self.set_provider_word(&subject, word);
        Out::log(const { topic(abi::ProviderAttested::SIGNATURE_HASH) })
            .account(&subject)
            .account(&self.caller)
            .number(npi)
            .number(kind.into())
            .word(&identity.0)
            .number(until)
            .emit(&self.vm, 3);
        Ok(())
    }

    /// The verified provider attested with a number; zero if none (I3). A number lapses with the
    /// attestation, so nothing has to be cleared when a provider changes, leaves or is suspended.
    #[inline(never)]
    pub(crate) fn npi_holder(&self, npi: u64) -> Address {
        let holder = account(&self.load(Slot::number(map::NPI, npi)));
        let word = self.provider_word(&holder);
        if self.verified(&word) && provider::NPI.get(&word) == npi {
            holder
        } else {
            Address::ZERO
        }
    }

    /// Attester or owner.
    fn only_supervisor(&self) -> Result<()> {
        self.only_attester()
            .or_else(|refusal| self.only_owner().map(drop).map_err(|_| refusal))
    }

    /// `suspend(address provider)`; suspending twice changes nothing.
    pub(crate) fn suspend(&self, args: &mut Args<'_>) -> Result<()> {
        let subject = args.account()?;
        self.only_supervisor()?;
        let word = self.only_registered(subject)?;
        if provider::STATUS.byte(&word) == provider::SUSPENDED {
            return Ok(());
        }
        self.move_to(
            subject,
            word,
            provider::SUSPENDED,
            const { topic(abi::ProviderSuspended::SIGNATURE_HASH) },
        )
    }

    /// `reinstate(address provider)`; changes nothing unless the provider is suspended.
    pub(crate) fn reinstate(&self, args: &mut Args<'_>) -> Result<()> {
        let subject = args.account()?;
        self.only_supervisor()?;
        let mut word = self.only_registered(subject)?;
        if provider::STATUS.byte(&word) <= provider::ATTESTED {
            return Ok(());
        }
        set_account(&mut word, &Address::ZERO);
        provider::UNTIL.set(&mut word, 0);
        self.move_to(
            subject,
            word,
            provider::SELF_ASSERTED,
            const { topic(abi::ProviderReinstated::SIGNATURE_HASH) },
        )
    }

    /// Changes the status of a provider that has not retired.
    #[inline(never)]
    fn move_to(&self, subject: Address, mut word: B256, to: u8, event: [u64; 4]) -> Result<()> {
        let status = provider::STATUS.byte(&word);
        if status == provider::RETIRED {
            return Err(Error::ProviderNotActive {
                provider: subject,
                status,
            });
        }
        provider::STATUS.set(&mut word, to.into());
        self.set_provider_word(&subject, word);
        Out::log(event)
            .account(&subject)
            .account(&self.caller)
            .emit(&self.vm, 3);
        Ok(())
    }
}
