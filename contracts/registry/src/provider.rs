//! What providers say about themselves.

use alloy_primitives::B256;
use alloy_sol_types::SolEvent as _;
use patientport_abi::{IRegistry as abi, limits};
use patientport_kit::{Args, Out, Slot, account, plausible_key, set_account, topic};
use stylus_sdk::stylus_core::CryptographyAccess as _;

use crate::{
    error::Error,
    layout::{map, provider, single, tail},
    npi,
    registry::{Registry, Result},
};

impl Registry {
    /// `registerProvider(uint8 kind, uint64 npi, bytes32 keyX, uint8 keyParity, bytes identityProfile,
    /// bytes contactProfile)`.
    pub(crate) fn register(&self, args: &mut Args<'_>) -> Result<()> {
        /// Where the first byte string begins: behind a head of six words.
        const HEAD_BYTES: u64 = 192;

        let kind = args.u8()?;
        let npi = args.u64()?;
        let x = args.hash()?;
        let parity = args.u8()?;
        let identity = args.bytes()?;
        let contact = args.bytes()?;
        if !self.provider_word(&self.caller).is_zero() {
            return Err(Error::ProviderAlreadyRegistered(self.caller));
        }
        check_identity(kind, npi, identity)?;
        check_profile(contact)?;
        check_key(x, parity)?;
        let mut tail = self.single(single::TAIL);
        let count = tail::PROVIDERS
            .number(&tail)
            .checked_add(1)
            .ok_or(Error::TooManyProviders)?;

        let mut word = B256::ZERO;
        set_account(&mut word, &account(&tail));
        provider::set_state(&mut word, provider::SELF_ASSERTED, kind, parity);
        provider::NPI.set(&mut word, npi);
        self.set_provider_word(&self.caller, word);
        self.store(Slot::account(map::KEY, &self.caller), x);
        self.store(
            Slot::account(map::IDENTITY, &self.caller),
            self.vm.native_keccak256(identity),
        );
        set_account(&mut tail, &self.caller);
        tail::PROVIDERS.set(&mut tail, count.into());
        self.set_single(single::TAIL, tail);

        let padded = (identity.len() as u64).next_multiple_of(32);
        Out::log(const { topic(abi::ProviderRegistered::SIGNATURE_HASH) })
            .account(&self.caller)
            .number(kind.into())
            .number(npi)
            .word(&x.0)
            .number(parity.into())
            .number(HEAD_BYTES)
            .number(padded.wrapping_add(HEAD_BYTES + 32))
            .bytes(identity)
            .bytes(contact)
            .emit(&self.vm, 2);
        Ok(())
    }

    /// `setIdentityProfile(uint8 kind, uint64 npi, bytes identityProfile)`. Who changes its identity is
    /// self-asserted (I2).
    pub(crate) fn set_identity(&self, args: &mut Args<'_>) -> Result<()> {
        let kind = args.u8()?;
        let npi = args.u64()?;
        let profile = args.bytes()?;
        let mut word = self.only_active(self.caller)?;
        check_identity(kind, npi, profile)?;
        let slot = Slot::account(map::IDENTITY, &self.caller);
        let hash = self.vm.native_keccak256(profile);
        if kind == provider::kind(&word)
            && npi == provider::NPI.get(&word)
            && hash == self.load(slot)
        {
            return Ok(());
        }
        self.store(slot, hash);
        let parity = provider::parity(&word);
        provider::self_assert(&mut word);
        provider::set_state(&mut word, provider::SELF_ASSERTED, kind, parity);
        provider::NPI.set(&mut word, npi);
        self.set_provider_word(&self.caller, word);
        Out::log(const { topic(abi::IdentityProfileSet::SIGNATURE_HASH) })
            .account(&self.caller)
            .number(kind.into())
            .number(npi)
            .number(96)
            .bytes(profile)
            .emit(&self.vm, 2);
        Ok(())
    }

    /// `setContactProfile(bytes contactProfile)`.
    pub(crate) fn set_contact(&self, args: &mut Args<'_>) -> Result<()> {
        let profile = args.bytes()?;
        self.only_active(self.caller)?;
        check_profile(profile)?;
        Out::log(const { topic(abi::ContactProfileSet::SIGNATURE_HASH) })
            .account(&self.caller)
            .number(32)
            .bytes(profile)
            .emit(&self.vm, 2);
        Ok(())
    }

    /// `setEncryptionKey(bytes32 keyX, uint8 keyParity)`.
    pub(crate) fn set_key(&self, args: &mut Args<'_>) -> Result<()> {
        let x = args.hash()?;
        let parity = args.u8()?;
        let mut word = self.only_active(self.caller)?;
        check_key(x, parity)?;
        let slot = Slot::account(map::KEY, &self.caller);
        if parity == provider::parity(&word) && x == self.load(slot) {
            return Ok(());
        }
        self.store(slot, x);
        let (status, kind) = (provider::status(&word), provider::kind(&word));
        provider::set_state(&mut word, status, kind, parity);
        self.set_provider_word(&self.caller, word);
        Out::log(const { topic(abi::EncryptionKeySet::SIGNATURE_HASH) })
            .account(&self.caller)
            .word(&x.0)
            .number(parity.into())
            .emit(&self.vm, 2);
        Ok(())
    }

    /// `retire()`. A suspended provider may leave too.
    pub(crate) fn retire(&self) -> Result<()> {
        let mut word = self.only_present(self.caller)?;
        provider::set_status(&mut word, provider::RETIRED);
        self.set_provider_word(&self.caller, word);
        Out::log(const { topic(abi::ProviderRetired::SIGNATURE_HASH) })
            .account(&self.caller)
            .emit(&self.vm, 2);
        Ok(())
    }
}

#[inline(never)]
fn check_identity(kind: u8, npi: u64, profile: &[u8]) -> Result<()> {
    if kind == 0 || kind > 7 {
        return Err(Error::InvalidKind(kind));
    }
    if npi != 0 && !npi::is_valid(npi) {
        return Err(Error::InvalidNpi(npi));
    }
    check_profile(profile)
}

#[inline(never)]
fn check_profile(profile: &[u8]) -> Result<()> {
    let given = u32::try_from(profile.len()).unwrap_or(u32::MAX);
    if given == 0 || given > limits::MAX_PROFILE_BYTES {
        return Err(Error::InvalidProfileLength {
            given,
            max: limits::MAX_PROFILE_BYTES,
        });
    }
    Ok(())
}

#[inline(never)]
fn check_key(x: B256, parity: u8) -> Result<()> {
    if plausible_key(&x, parity) {
        return Ok(());
    }
    Err(Error::InvalidKey { x, parity })
}
