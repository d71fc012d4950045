//! `prestateTracer`: the accounts and slots an execution touched, as they were before it, or what it
//! changed of them.

use super::{Finished, FrameBegin, PrestateOptions, Trace, TraceTooLarge, Tracer};
use crate::{
    arbos,
    evm::{ARBOS_STATE, database::Db},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{Database, state::Account};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

/// Accounts by their addresses.
pub type StateBefore = BTreeMap<Address, AccountBefore>;

/// What changed: every account that did, before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PrestateDiff {
    /// After: only what differs. Accounts that are gone and slots that became zero are absent.
    pub post: StateBefore,
    /// Before: the accounts as a whole, and of their slots those that changed.
    pub pre: StateBefore,
}

/// What is known of an account. In the state after, only what differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccountBefore {
    /// Wei.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<U256>,
    /// Code, if there is any.
    #[serde(skip_serializing_if = "<[u8]>::is_empty")]
    pub code: Bytes,
    /// Transaction count; absent if zero.
    #[serde(skip_serializing_if = "is_zero")]
    pub nonce: u64,
    /// Storage slots that were read or written.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<B256, B256>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl AccountBefore {
    fn exists(&self) -> bool {
        self.nonce > 0
            || !self.code.is_empty()
            || self.balance.is_some_and(|balance| !balance.is_zero())
    }
}

#[derive(Debug)]
pub(in crate::evm) struct PrestateTracer {
    options: PrestateOptions,
    /// Accounts that frames name.
    named: BTreeSet<Address>,
}

impl Tracer for PrestateTracer {
    fn frame_begins(&mut self, frame: FrameBegin) -> Result<(), TraceTooLarge> {
        self.named.extend([frame.from, frame.to]);
        Ok(())
    }
}

impl PrestateTracer {
    pub(super) const fn new(options: PrestateOptions) -> Self {
        Self {
            options,
            named: BTreeSet::new(),
        }
    }

    pub(super) fn finish(mut self, finished: &Finished<'_>) -> Trace {
        let given = [finished.sender, finished.target, finished.coinbase];
        self.named.extend(given);
        let mut database = *finished.before;
        let fee_account = arbos::fee_account(|slot| value(&mut database, ARBOS_STATE, slot));
        let touched: BTreeSet<Address> = finished
            .after
            .keys()
            .chain(&self.named)
            .copied()
            .filter(|address| self.shows(*address, fee_account))
            .collect();
        if self.options.diff_mode {
            let mut diff = PrestateDiff::default();
            for address in touched {
                let account = finished.after.get(&address);
                let before = self.before(&mut database, address, account);
                if let Some(account) = account {
                    self.compare(address, before, account, &mut diff);
                }
            }
            return Trace::Diff(diff);
        }
        let mut state = StateBefore::new();
        for address in touched {
            let before = self.before(&mut database, address, finished.after.get(&address));
            if self.options.include_empty || before.exists() {
                state.insert(address, before);
            }
        }
        Trace::Prestate(state)
    }

    /// The chain's own state is no contract's, and nobody calls the account the fee goes to by paying.
    fn shows(&self, address: Address, fee_account: Address) -> bool {
        address != ARBOS_STATE && (address != fee_account || self.named.contains(&address))
    }

    fn before(
        &self,
        database: &mut Db<'_>,
        address: Address,
        account: Option<&Account>,
    ) -> AccountBefore {
        let info = database.account(address).unwrap_or_default();
        let code = if self.options.disable_code {
            Bytes::new()
        } else {
            let code = info.code.unwrap_or_else(|| database.code(info.code_hash));
            code.original_bytes()
        };
        let slots = account
            .filter(|_| !self.options.disable_storage)
            .map(|account| account.storage.keys().copied().collect::<Vec<_>>())
            .unwrap_or_default();
        let mut storage = BTreeMap::new();
        for slot in slots {
            storage.insert(slot.into(), value(database, address, slot).into());
        }
        AccountBefore {
            balance: Some(info.balance),
            code,
            nonce: info.nonce,
            storage,
        }
    }

    fn compare(
        &self,
        address: Address,
        mut before: AccountBefore,
        account: &Account,
        diff: &mut PrestateDiff,
    ) {
        let existed = before.exists();
        if account.is_selfdestructed() {
            // EIP-6780: it was made in the same transaction; it may have held wei before.
            before.storage.clear();
            if existed {
                diff.pre.insert(address, before);
            }
            return;
        }
        let mut after = AccountBefore::default();
        let mut changed = false;
        let info = &account.info;
        if before.balance != Some(info.balance) {
            after.balance = Some(info.balance);
            changed = true;
        }
        if before.nonce != info.nonce {
            after.nonce = info.nonce;
            changed = true;
        }
        if let Some(code) = info.code.as_ref().filter(|_| !self.options.disable_code)
            && code.original_bytes() != before.code
        {
            after.code = code.original_bytes();
            changed = true;
        }
        before.storage.retain(|slot, value| {
            let new = account
                .storage
                .get(&(*slot).into())
                .map_or(B256::ZERO, |slot| slot.present_value().into());
            if new == *value {
                return false;
            }
            changed = true;
            if !new.is_zero() {
                after.storage.insert(*slot, new);
            }
            !value.is_zero()
        });
        if !changed {
            return;
        }
        if existed || self.options.include_empty {
            diff.pre.insert(address, before);
        }
        diff.post.insert(address, after);
    }
}

fn value(database: &mut Db<'_>, address: Address, slot: U256) -> U256 {
    let value: Result<U256, Infallible> = database.storage(address, slot);
    let Ok(value) = value;
    value
}
