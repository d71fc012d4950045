//! What revm reads: one version of the state, with a simulated call's replacements on top.

use super::{
    StateOverride, StateOverrides,
    state::{SharedState, bytecode},
};
use crate::arbos::SystemWrite;
use alloy_primitives::{Address, B256, U256, keccak256};
use revm::{Database, bytecode::Bytecode, state::AccountInfo};
use std::{collections::BTreeMap, convert::Infallible};

/// A version of the state seen through overrides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Db<'a> {
    state: &'a SharedState,
    version: u64,
    overrides: &'a StateOverrides,
    block_hashes: &'a BTreeMap<u64, B256>,
    /// What the chain writes when the block begins, if that has not happened.
    begun: &'a [SystemWrite],
}

impl<'a> Db<'a> {
    pub(crate) const fn new(
        state: &'a SharedState,
        version: u64,
        overrides: &'a StateOverrides,
        block_hashes: &'a BTreeMap<u64, B256>,
        begun: &'a [SystemWrite],
    ) -> Self {
        Self {
            state,
            version,
            overrides,
            block_hashes,
            begun,
        }
    }

    /// Code by its hash. The state keeps every code it ever named, so a miss means no code.
    pub(crate) fn code(&self, hash: B256) -> Bytecode {
        self.state.read().code(hash).unwrap_or_default()
    }

    /// A storage slot without overrides.
    fn slot(&self, address: Address, slot: U256) -> U256 {
        self.begun
            .iter()
            .find(|write| write.slot == slot && write.address == address)
            .map_or_else(
                || self.state.read().slot(self.version, address, slot),
                |write| write.value,
            )
    }

    /// The account, overrides applied; `None` if it does not exist.
    pub(crate) fn account(&self, address: Address) -> Option<AccountInfo> {
        let stored = self.state.read().account(self.version, address);
        let replaced = self.overrides.get(&address);
        if stored.is_none() && replaced.is_none() {
            return None;
        }
        let account = stored.unwrap_or_default();
        let mut info = AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code_hash,
            code: None,
            ..AccountInfo::default()
        };
        if let Some(StateOverride {
            balance,
            nonce,
            code,
            ..
        }) = replaced
        {
            info.balance = balance.unwrap_or(info.balance);
            info.nonce = nonce.unwrap_or(info.nonce);
            if let Some(code) = code {
                info.code_hash = keccak256(code);
                info.code = Some(bytecode(code));
            }
        }
        Some(info)
    }
}

impl Database for Db<'_> {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.account(address))
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.code(code_hash))
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256, Infallible> {
        if let Some(replaced) = self.overrides.get(&address) {
            let slot = B256::from(index);
            if let Some(value) = replaced.state_diff.get(&slot) {
                return Ok((*value).into());
            }
            if let Some(all) = &replaced.state {
                return Ok(all.get(&slot).copied().unwrap_or_default().into());
            }
        }
        Ok(self.slot(address, index))
    }

    /// `BLOCKHASH` is keyed by the parent chain's numbers, and there is no parent chain: only
    /// hashes by override are known.
    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(self.block_hashes.get(&number).copied().unwrap_or_default())
    }
}
