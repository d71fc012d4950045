//! The registry's state at one call, and its guards.

use alloy_primitives::{Address, B256};
use patientport_kit::{Field, Slot, account, load, store};
use stylus_sdk::{
    host::VM,
    stylus_core::{BlockAccess as _, MessageAccess as _},
};

use crate::{
    error::Error,
    layout::{map, provider, single},
};

/// What a function answers.
pub(crate) type Result<T> = core::result::Result<T, Error>;

/// One call's view of the registry.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) vm: VM,
    /// Who called.
    pub(crate) caller: Address,
    /// Block time in Unix seconds.
    pub(crate) now: u64,
}

impl Registry {
    /// Acts for the account that called.
    pub(crate) fn new(vm: VM) -> Self {
        let caller = vm.msg_sender();
        let now = vm.block_timestamp();
        Self { vm, caller, now }
    }

    // --- storage --------------------------------------------------------------------------------

    pub(crate) fn load(&self, slot: Slot) -> B256 {
        load(&self.vm, slot)
    }

    pub(crate) fn store(&self, slot: Slot, word: B256) {
        store(&self.vm, slot, word);
    }

    #[inline(never)]
    pub(crate) fn header(&self) -> B256 {
        self.load(Slot::single(single::HEADER))
    }

    pub(crate) fn set_header(&self, word: B256) {
        self.store(Slot::single(single::HEADER), word);
    }

    /// A provider's word; zero if unknown.
    #[inline(never)]
    pub(crate) fn provider_word(&self, provider: &Address) -> B256 {
        self.load(Slot::account(map::PROVIDER, provider))
    }

    #[inline(never)]
    pub(crate) fn set_provider_word(&self, provider: &Address, word: B256) {
        self.store(Slot::account(map::PROVIDER, provider), word);
    }

    /// A map from accounts to 0 or 1.
    pub(crate) fn flag(&self, tag: u8, of: &Address) -> bool {
        !self.load(Slot::account(tag, of)).is_zero()
    }

    pub(crate) fn set_flag(&self, tag: u8, of: &Address, value: bool) {
        let mut word = B256::ZERO;
        Field::new(31, 1).set(&mut word, value.into());
        self.store(Slot::account(tag, of), word);
    }

    // --- guards ---------------------------------------------------------------------------------

    /// The caller must own the registry; returns the header.
    #[inline(never)]
    pub(crate) fn only_owner(&self) -> Result<B256> {
        let word = self.header();
        if account(&word) != self.caller {
            return Err(Error::OwnableUnauthorizedAccount(self.caller));
        }
        Ok(word)
    }

    #[inline(never)]
    pub(crate) fn only_attester(&self) -> Result<()> {
        if self.flag(map::ATTESTER, &self.caller) {
            return Ok(());
        }
        Err(Error::UnauthorizedAttester(self.caller))
    }

    /// The word of a registered provider that is neither suspended nor retired.
    #[inline(never)]
    pub(crate) fn only_active(&self, account: Address) -> Result<B256> {
        let word = self.only_registered(account)?;
        let status = provider::STATUS.byte(&word);
        if status > provider::ATTESTED {
            return Err(Error::ProviderNotActive {
                provider: account,
                status,
            });
        }
        Ok(word)
    }

    /// The word of a registered provider.
    #[inline(never)]
    pub(crate) fn only_registered(&self, account: Address) -> Result<B256> {
        let word = self.provider_word(&account);
        if provider::STATUS.byte(&word) == provider::UNKNOWN {
            return Err(Error::UnknownProvider(account));
        }
        Ok(word)
    }

    /// Attested, and the attestation has not ended.
    #[inline(never)]
    pub(crate) fn verified(&self, word: &B256) -> bool {
        provider::STATUS.byte(word) == provider::ATTESTED && self.now < provider::UNTIL.get(word)
    }
}
