//! The registry's state at one call, and its guards.

use alloy_primitives::{Address, B256};
use patientport_kit::{Slot, account, load, store};
use stylus_sdk::{
    host::VM,
    stylus_core::{BlockAccess as _, MessageAccess as _},
};

use crate::{
    error::Error,
    layout::{attester, map, provider, single},
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

    /// A word that exists once.
    #[inline(never)]
    pub(crate) fn single(&self, index: u8) -> B256 {
        self.load(Slot::single(index))
    }

    #[inline(never)]
    pub(crate) fn set_single(&self, index: u8, word: B256) {
        self.store(Slot::single(index), word);
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

    /// The word of whoever is or was an attester, else zero.
    #[inline(never)]
    pub(crate) fn attester_word(&self, account: &Address) -> B256 {
        self.load(Slot::account(map::ATTESTER, account))
    }

    /// Whoever was given an index as an attester; zero if nobody.
    #[inline(never)]
    pub(crate) fn attester_at(&self, index: u64) -> Address {
        account(&self.load(Slot::number(map::ATTESTER_AT, index)))
    }

    // --- guards ---------------------------------------------------------------------------------

    /// The caller must own the registry; returns the header.
    #[inline(never)]
    pub(crate) fn only_owner(&self) -> Result<B256> {
        let word = self.single(single::HEADER);
        if account(&word) != self.caller {
            return Err(Error::OwnableUnauthorizedAccount(self.caller));
        }
        Ok(word)
    }

    /// The caller must be an attester; returns its index.
    #[inline(never)]
    pub(crate) fn only_attester(&self) -> Result<u64> {
        let word = self.attester_word(&self.caller);
        if attester::ACTIVE.get(&word) == 0 {
            return Err(Error::UnauthorizedAttester(self.caller));
        }
        Ok(attester::INDEX.get(&word))
    }

    /// The word of a registered provider whose status is at most `highest`.
    #[inline(never)]
    fn only_up_to(&self, account: Address, highest: u8) -> Result<B256> {
        let word = self.provider_word(&account);
        match provider::status(&word) {
            provider::UNKNOWN => Err(Error::UnknownProvider(account)),
            status if status > highest => Err(Error::ProviderNotActive {
                provider: account,
                status,
            }),
            _ => Ok(word),
        }
    }

    /// The word of a registered provider that is neither suspended nor retired.
    pub(crate) fn only_active(&self, account: Address) -> Result<B256> {
        self.only_up_to(account, provider::ATTESTED)
    }

    /// The word of a registered provider that has not retired.
    pub(crate) fn only_present(&self, account: Address) -> Result<B256> {
        self.only_up_to(account, provider::SUSPENDED)
    }

    /// The word of a registered provider.
    pub(crate) fn only_registered(&self, account: Address) -> Result<B256> {
        self.only_up_to(account, provider::RETIRED)
    }

    /// Attested, and the attestation has not ended.
    #[inline(never)]
    pub(crate) fn verified(&self, word: &B256) -> bool {
        provider::status(word) == provider::ATTESTED && self.now < provider::UNTIL.get(word)
    }
}
