//! The chain's state with its whole past: accounts, storage and code, each value with the version it
//! was written in.
//!
//! A version is a point in time. Reading at an old version costs a binary search, going back to one
//! costs the number of values written since; nothing is ever copied.

use super::params::GenesisAccount;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use revm::{bytecode::Bytecode, state::EvmState};
use std::{
    collections::{HashMap, hash_map::Entry},
    ops::RangeInclusive,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// What an account holds besides code and storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountRecord {
    /// Wei.
    pub(crate) balance: U256,
    /// Transaction count, or contracts created plus one.
    pub(crate) nonce: u64,
    /// keccak-256 of the code.
    pub(crate) code_hash: B256,
}

impl Default for AccountRecord {
    fn default() -> Self {
        Self {
            balance: U256::ZERO,
            nonce: 0,
            code_hash: KECCAK256_EMPTY,
        }
    }
}

impl AccountRecord {
    /// Whether EIP-161 counts the account as empty, which is the same as absent.
    fn is_empty(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && self.code_hash == KECCAK256_EMPTY
    }
}

/// Values of one cell, oldest first, each with the version that wrote it.
#[derive(Clone, Debug)]
struct History<T>(Vec<(u64, T)>);

impl<T> Default for History<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + PartialEq> History<T> {
    fn at(&self, version: u64) -> Option<T> {
        let later = self.0.partition_point(|(written, _)| *written <= version);
        later
            .checked_sub(1)
            .and_then(|i| self.0.get(i))
            .map(|(_, value)| *value)
    }

    /// Writes and says whether this version had not written the cell before.
    fn write(&mut self, version: u64, value: T) -> bool {
        match self.0.last_mut() {
            Some((written, last)) if *written == version => {
                *last = value;
                false
            }
            _ => {
                self.0.push((version, value));
                true
            }
        }
    }
}

/// Code as the interpreter wants it. What begins like an EIP-7702 delegation and is none is plain code.
pub(crate) fn bytecode(code: &Bytes) -> Bytecode {
    Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code.clone()))
}

/// A value that a version of the state wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StateWrite {
    Account(Address, AccountRecord),
    Slot(Address, U256, U256),
}

/// One cell of the state.
#[derive(Clone, Copy, Debug)]
enum Cell {
    Account(Address),
    Slot(Address, U256),
}

/// A state that is read while it grows. What is read at a version stays the same while later ones are
/// written, so readers take the lock for one value at a time.
#[derive(Debug, Default)]
pub(crate) struct SharedState(RwLock<State>);

impl SharedState {
    /// Shares a state.
    pub(crate) const fn new(state: State) -> Self {
        Self(RwLock::new(state))
    }

    /// The state, to look at.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        // A panic in a writer is the chain's to notice, which it belongs to.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, to change.
    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All accounts, storage slots and codes, at every version.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    accounts: HashMap<Address, History<AccountRecord>>,
    slots: HashMap<(Address, U256), History<U256>>,
    /// Never shrinks: code is named by its hash.
    codes: HashMap<B256, Bytecode>,
    /// The keys of `codes` in the order they came.
    code_order: Vec<B256>,
    /// Every first write of a version, in order: what going back has to undo.
    writes: Vec<(u64, Cell)>,
    version: u64,
}

impl State {
    /// The newest version.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// Starts a new version; later writes belong to it.
    pub(crate) const fn advance(&mut self) {
        self.version += 1;
    }

    /// Goes back to `version`, dropping everything written since.
    pub(crate) fn restore(&mut self, version: u64) {
        while let Some((written, cell)) = self.writes.last().copied() {
            if written <= version {
                break;
            }
            self.writes.pop();
            match cell {
                Cell::Account(address) => {
                    if let Some(history) = self.accounts.get_mut(&address) {
                        history.0.pop();
                    }
                }
                Cell::Slot(address, slot) => {
                    if let Some(history) = self.slots.get_mut(&(address, slot)) {
                        history.0.pop();
                    }
                }
            }
        }
        self.version = self.version.min(version);
    }

    /// The account at a version; `None` if it does not exist (EIP-161).
    pub(crate) fn account(&self, version: u64, address: Address) -> Option<AccountRecord> {
        self.accounts
            .get(&address)?
            .at(version)
            .filter(|account| !account.is_empty())
    }

    /// A storage slot at a version; zero if never written.
    pub(crate) fn slot(&self, version: u64, address: Address, slot: U256) -> U256 {
        self.slots
            .get(&(address, slot))
            .and_then(|history| history.at(version))
            .unwrap_or_default()
    }

    /// Code by its hash; `None` if no account ever held it.
    pub(crate) fn code(&self, hash: B256) -> Option<Bytecode> {
        if hash == KECCAK256_EMPTY || hash.is_zero() {
            return Some(Bytecode::default());
        }
        self.codes.get(&hash).cloned()
    }

    /// Replaces an account's record in the present version.
    pub(crate) fn set_account(&mut self, address: Address, account: AccountRecord) {
        if self
            .accounts
            .entry(address)
            .or_default()
            .write(self.version, account)
        {
            self.writes.push((self.version, Cell::Account(address)));
        }
    }

    /// Writes a storage slot in the present version.
    pub(crate) fn set_slot(&mut self, address: Address, slot: U256, value: U256) {
        if self
            .slots
            .entry((address, slot))
            .or_default()
            .write(self.version, value)
        {
            self.writes.push((self.version, Cell::Slot(address, slot)));
        }
    }

    /// Keeps code and returns its hash.
    pub(crate) fn add_code(&mut self, code: &Bytes) -> B256 {
        if code.is_empty() {
            return KECCAK256_EMPTY;
        }
        let hash = keccak256(code);
        self.keep_code(hash, || bytecode(code));
        hash
    }

    fn keep_code(&mut self, hash: B256, code: impl FnOnce() -> Bytecode) {
        if let Entry::Vacant(place) = self.codes.entry(hash) {
            place.insert(code());
            self.code_order.push(hash);
        }
    }

    /// How many codes are kept.
    pub(crate) const fn code_count(&self) -> usize {
        self.code_order.len()
    }

    /// The codes that came after the first `count`.
    pub(crate) fn codes_after(&self, count: usize) -> Vec<(B256, Bytes)> {
        self.code_order
            .iter()
            .skip(count)
            .filter_map(|hash| Some((*hash, self.codes.get(hash)?.original_bytes())))
            .collect()
    }

    /// What the versions in a range wrote, by version; those that wrote nothing are left out.
    pub(crate) fn writes_in(&self, versions: RangeInclusive<u64>) -> Vec<(u64, Vec<StateWrite>)> {
        let first = self
            .writes
            .partition_point(|(version, _)| version < versions.start());
        let cells = self.writes[first..]
            .iter()
            .take_while(|(version, _)| version <= versions.end());
        let mut found: Vec<(u64, Vec<StateWrite>)> = Vec::new();
        for (version, cell) in cells {
            let value = match cell {
                Cell::Account(address) => {
                    let history = self.accounts.get(address);
                    let account = history.and_then(|history| history.at(*version));
                    StateWrite::Account(*address, account.unwrap_or_default())
                }
                Cell::Slot(address, slot) => {
                    StateWrite::Slot(*address, *slot, self.slot(*version, *address, *slot))
                }
            };
            match found.last_mut() {
                Some((last, values)) if last == version => values.push(value),
                _ => found.push((*version, vec![value])),
            }
        }
        found
    }

    /// Makes `version` the present one and repeats what it wrote. Versions must rise.
    pub(crate) fn replay(&mut self, version: u64, writes: Vec<StateWrite>) {
        self.version = version;
        for write in writes {
            match write {
                StateWrite::Account(address, account) => self.set_account(address, account),
                StateWrite::Slot(address, slot, value) => self.set_slot(address, slot, value),
            }
        }
    }

    /// Installs an account as a whole.
    pub(crate) fn install(&mut self, address: Address, account: &GenesisAccount) {
        let code_hash = self.add_code(&account.code);
        self.set_account(
            address,
            AccountRecord {
                balance: account.balance,
                nonce: account.nonce,
                code_hash,
            },
        );
        for (slot, value) in &account.storage {
            self.set_slot(address, (*slot).into(), (*value).into());
        }
    }

    /// Writes what a transaction changed into the present version.
    pub(crate) fn commit(&mut self, changes: EvmState) {
        for (address, account) in changes {
            if !account.is_touched() {
                continue;
            }
            // EIP-6780: only an account made in the same transaction is destroyed, so nothing of
            // it stands in the state yet.
            if account.is_selfdestructed() {
                self.set_account(address, AccountRecord::default());
                continue;
            }
            if let Some(code) = &account.info.code
                && !code.is_empty()
            {
                self.keep_code(account.info.code_hash, || code.clone());
            }
            let record = AccountRecord {
                balance: account.info.balance,
                nonce: account.info.nonce,
                code_hash: account.info.code_hash,
            };
            if self.account(self.version, address).unwrap_or_default() != record {
                self.set_account(address, record);
            }
            for (slot, value) in account.storage {
                if value.is_changed() {
                    self.set_slot(address, slot, value.present_value());
                }
            }
        }
    }
}
