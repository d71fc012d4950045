//! What providers say about themselves.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::{IRegistry as abi, limits};
use patientport_kit::{Args, Out, Slot, plausible_key, set_account, topic};
use stylus_sdk::stylus_core::CryptographyAccess as _;

use crate::{
    error::Error,
    layout::{header, map, provider},
    npi,
    registry::{Registry, Result},
};

impl Registry {
    /// `registerProvider(uint8 kind, uint64 npi, bytes32 keyX, uint8 keyParity, bytes identityProfile,
    /// bytes contactProfile)`.
    pub(crate) fn register(&self, args: &mut Args<'_>) -> Result<()> {
        let kind = args.u8()?;
        let npi = args.u64()?;
        let x = args.hash()?;
        let parity = args.u8()?;
        let identity = args.bytes()?;
        let contact = args.bytes()?;
        if !self.provider_word(&self.caller).is_zero() {
            return Err(Error::ProviderAlreadyRegistered(self.caller));
        }
        let mut header = self.header();
        let index = header::PROVIDERS.get(&header);
        // Refused rather than wrapped, some four thousand million registrations away.
        let count = u32::try_from(index.wrapping_add(1)).map_err(|_| Error::Malformed)?;
        header::PROVIDERS.set(&mut header, count.into());
        self.set_header(header);
        let mut entry = B256::ZERO;
        set_account(&mut entry, &self.caller);
        self.store(Slot::number(map::LIST, index), entry);
        Out::log(const { topic(abi::ProviderRegistered::SIGNATURE_HASH) })
            .account(&self.caller)
            .number(kind.into())
            .number(npi)
            .emit(&self.vm, 2);
        let mut word = B256::ZERO;
        self.put_identity(&mut word, kind, npi, identity)?;
        self.publish_contact(contact)?;
        self.put_key(&mut word, x, parity)?;
        self.set_provider_word(&self.caller, word);
        Ok(())
    }

    /// `setIdentityProfile(uint8 kind, uint64 npi, bytes identityProfile)`.
    pub(crate) fn set_identity(&self, args: &mut Args<'_>) -> Result<()> {
        let kind = args.u8()?;
        let npi = args.u64()?;
        let profile = args.bytes()?;
        let mut word = self.only_active(self.caller)?;
        self.put_identity(&mut word, kind, npi, profile)?;
        self.set_provider_word(&self.caller, word);
        Ok(())
    }

    /// Checks and publishes an identity; who changes it is self-asserted (I2).
    #[inline(never)]
    fn put_identity(&self, word: &mut B256, kind: u8, npi: u64, profile: &[u8]) -> Result<()> {
        if kind == 0 || kind > 7 {
            return Err(Error::InvalidKind(kind));
        }
        if npi != 0 && !npi::is_valid(npi) {
            return Err(Error::InvalidNpi(npi));
        }
        check_profile(profile)?;
        let parity = provider::KIND_PARITY.byte(word) & provider::PARITY_BIT;
        set_account(word, &Address::ZERO);
        provider::STATUS.set(word, provider::SELF_ASSERTED.into());
        provider::KIND_PARITY.set(word, (kind | parity).into());
        provider::NPI.set(word, npi);
        provider::UNTIL.set(word, 0);
        self.store(
            Slot::account(map::IDENTITY, &self.caller),
            self.vm.native_keccak256(profile),
        );
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
        self.publish_contact(profile)
    }

    #[inline(never)]
    fn publish_contact(&self, profile: &[u8]) -> Result<()> {
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
        self.put_key(&mut word, x, parity)?;
        self.set_provider_word(&self.caller, word);
        Ok(())
    }

    #[inline(never)]
    fn put_key(&self, word: &mut B256, x: B256, parity: u8) -> Result<()> {
        if !plausible_key(&x, parity) {
            return Err(Error::InvalidKey { x, parity });
        }
        let kind = provider::KIND_PARITY.byte(word) & !provider::PARITY_BIT;
        let bit = if parity == 0 { 0 } else { provider::PARITY_BIT };
        provider::KIND_PARITY.set(word, (kind | bit).into());
        self.store(Slot::account(map::KEY, &self.caller), x);
        Out::log(const { topic(abi::EncryptionKeySet::SIGNATURE_HASH) })
            .account(&self.caller)
            .word(&x.0)
            .number(parity.into())
            .emit(&self.vm, 2);
        Ok(())
    }

    /// `retire()`. A suspended provider may leave too.
    pub(crate) fn retire(&self) -> Result<()> {
        let mut word = self.only_registered(self.caller)?;
        let status = provider::STATUS.byte(&word);
        if status == provider::RETIRED {
            return Err(Error::ProviderNotActive {
                provider: self.caller,
                status,
            });
        }
        provider::STATUS.set(&mut word, provider::RETIRED.into());
        self.set_provider_word(&self.caller, word);
        Out::log(const { topic(abi::ProviderRetired::SIGNATURE_HASH) })
            .account(&self.caller)
            .emit(&self.vm, 2);
        Ok(())
    }
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
