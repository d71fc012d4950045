//! The accounts at a point in time, to look at.

use super::{
    ARBOS_STATE,
    state::{AccountRecord, SharedState},
};
use crate::arbos::ArbosParams;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};

/// The accounts at one point in time.
#[derive(Clone, Copy, Debug)]
pub struct StateView<'a> {
    pub(super) state: &'a SharedState,
    pub(super) version: u64,
}

impl StateView<'_> {
    /// Balance in wei; zero for an account that does not exist.
    pub fn balance(&self, address: Address) -> U256 {
        self.account(address).balance
    }

    /// Transaction count; zero for an account that does not exist.
    pub fn nonce(&self, address: Address) -> u64 {
        self.account(address).nonce
    }

    /// Code; empty for an account without any.
    pub fn code(&self, address: Address) -> Bytes {
        let hash = self.account(address).code_hash;
        if hash == KECCAK256_EMPTY {
            return Bytes::new();
        }
        self.state
            .read()
            .code(hash)
            .map(|code| code.original_bytes())
            .unwrap_or_default()
    }

    /// A storage slot; zero if never written.
    pub fn storage(&self, address: Address, slot: B256) -> B256 {
        let slot = slot.into();
        self.state.read().slot(self.version, address, slot).into()
    }

    /// `ArbOS` version.
    pub fn arbos_version(&self) -> u64 {
        let state = self.state.read();
        ArbosParams::read(|slot| state.slot(self.version, ARBOS_STATE, slot)).arbos_version
    }

    fn account(&self, address: Address) -> AccountRecord {
        self.state
            .read()
            .account(self.version, address)
            .unwrap_or_default()
    }
}
