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
        let attester = self.only_attester()?;
        let before = self.only_active(subject)?;
        if npi != provider::NPI.get(&before)
            || kind != provider::kind(&before)
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
            self.claim_npi(npi, &subject)?;
        }
        let mut word = before;
        provider::ATTESTER.set(&mut word, attester);
        provider::set_status(&mut word, provider::ATTESTED);
        provider::UNTIL.set(&mut word, until);
        if word == before {
            return Ok(());
        }
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

    /// Makes a number `subject`'s, unless another verified provider holds it (I3). A number lapses with
    /// the attestation, so nothing has to be cleared when a provider changes, leaves or is suspended.
    fn claim_npi(&self, npi: u64, subject: &Address) -> Result<()> {
        let slot = Slot::number(map::NPI, npi);
        let mut entry = self.load(slot);
        let holder = account(&entry);
        if holder == *subject {
            return Ok(());
        }
        if self.holds(&holder, npi) {
            return Err(Error::NpiTaken { npi, holder });
        }
        set_account(&mut entry, subject);
        self.store(slot, entry);
        Ok(())
    }

    /// Whether `holder`, the account last attested with a number, is verified with it now.
    #[inline(never)]
    fn holds(&self, holder: &Address, npi: u64) -> bool {
        // Nobody is no provider either; asking storage would cost a cold read at every new number.
        if holder.is_zero() {
            return false;
        }
        let word = self.provider_word(holder);
        self.verified(&word) && provider::NPI.get(&word) == npi
    }

    /// The verified provider attested with a number; zero if none.
    pub(crate) fn npi_holder(&self, npi: u64) -> Address {
        let holder = account(&self.load(Slot::number(map::NPI, npi)));
        if self.holds(&holder, npi) {
            holder
        } else {
            Address::ZERO
        }
    }

    /// Attester or owner.
    fn only_supervisor(&self) -> Result<()> {
        self.only_attester()
            .map(drop)
            .or_else(|refusal| self.only_owner().map(drop).map_err(|_| refusal))
    }

    /// `suspend(address provider)`; suspending twice changes nothing.
    pub(crate) fn suspend(&self, args: &mut Args<'_>) -> Result<()> {
        let subject = args.account()?;
        self.only_supervisor()?;
        let mut word = self.only_present(subject)?;
        if provider::status(&word) == provider::SUSPENDED {
            return Ok(());
        }
        provider::set_status(&mut word, provider::SUSPENDED);
        let log = Out::log(const { topic(abi::ProviderSuspended::SIGNATURE_HASH) });
        self.supervised(&subject, word, log);
        Ok(())
    }

    /// `reinstate(address provider)`; changes nothing unless the provider is suspended.
    pub(crate) fn reinstate(&self, args: &mut Args<'_>) -> Result<()> {
        let subject = args.account()?;
        self.only_supervisor()?;
        let mut word = self.only_present(subject)?;
        if provider::status(&word) != provider::SUSPENDED {
            return Ok(());
        }
        provider::self_assert(&mut word);
        let log = Out::log(const { topic(abi::ProviderReinstated::SIGNATURE_HASH) });
        self.supervised(&subject, word, log);
        Ok(())
    }

    /// Stores and announces what a supervisor did.
    #[inline(never)]
    fn supervised(&self, subject: &Address, word: B256, mut log: Out) {
        self.set_provider_word(subject, word);
        log.account(subject).account(&self.caller).emit(&self.vm, 3);
    }
}
