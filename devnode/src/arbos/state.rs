//! The chain's own state: slots of one account that no contract can reach.
//!
//! It lives in the journal like any storage, so a reverted frame reverts it and a snapshot holds it.
//! A slot is `keccak256(section ‖ key)`; the layout is this crate's own, not Nitro's.

use crate::evm::ARBOS_STATE;
use alloy_primitives::{Address, B256, U256, keccak256};
use revm::{Database, context::Journal, context_interface::journaled_state::JournalTr};
use std::convert::Infallible;

/// Parts of the chain's state.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Section {
    /// Code hash → program record.
    Programs = 1,
    /// Code hash → module hash.
    ModuleHashes = 2,
    /// Fields of the data pricer.
    DataPricer = 3,
    /// Set of addresses that own the chain.
    ChainOwners = 4,
    /// Set of addresses that may cache programs.
    CacheManagers = 5,
    /// Set of addresses that have numbers.
    AddressTable = 6,
    /// Programs that ran in the newest block, from `ArbOS` 60 on.
    RecentPrograms = 7,
}

/// The account that fees go to.
const FEE_ACCOUNT_SLOT: U256 = U256::from_limbs([5, 0, 0, 0]);

/// The account that fees go to. It starts as the zero address, as on a development chain.
pub(crate) fn network_fee_account<DB>(journal: &mut Journal<DB>) -> Address
where
    DB: Database<Error = Infallible>,
{
    fee_account(|slot| read_slot(journal, slot))
}

/// The account that fees go to, read outside of an execution.
pub(crate) fn fee_account(read: impl FnOnce(U256) -> U256) -> Address {
    Address::from_word(read(FEE_ACCOUNT_SLOT).into())
}

/// Sends fees to another account.
pub(crate) fn set_network_fee_account<DB>(journal: &mut Journal<DB>, account: Address)
where
    DB: Database<Error = Infallible>,
{
    write_slot(journal, FEE_ACCOUNT_SLOT, account.into_word().into());
}

/// The slot a value is kept in.
pub(crate) fn slot(section: Section, key: B256) -> U256 {
    let mut preimage = [0_u8; 33];
    preimage[0] = section as u8;
    preimage[1..].copy_from_slice(key.as_slice());
    keccak256(preimage).into()
}

/// Reads a value of the chain's state.
pub(crate) fn read<DB>(journal: &mut Journal<DB>, section: Section, key: B256) -> U256
where
    DB: Database<Error = Infallible>,
{
    read_slot(journal, slot(section, key))
}

/// Reads a slot of the chain's state.
pub(crate) fn read_slot<DB>(journal: &mut Journal<DB>, slot: U256) -> U256
where
    DB: Database<Error = Infallible>,
{
    let Ok(_) = journal.load_account(ARBOS_STATE);
    let Ok(load) = journal.sload(ARBOS_STATE, slot);
    load.data
}

/// Writes a slot of the chain's state.
pub(crate) fn write_slot<DB>(journal: &mut Journal<DB>, slot: U256, value: U256)
where
    DB: Database<Error = Infallible>,
{
    let Ok(_) = journal.load_account(ARBOS_STATE);
    let Ok(_) = journal.sstore(ARBOS_STATE, slot, value);
}

/// Writes a value of the chain's state.
pub(crate) fn write<DB>(journal: &mut Journal<DB>, section: Section, key: B256, value: U256)
where
    DB: Database<Error = Infallible>,
{
    write_slot(journal, slot(section, key), value);
}

/// A small set of addresses, in the order they were added.
///
/// Key 0 holds the length, keys 1… the members, and the key of a member (its word with the top bit
/// set) its place, where zero means absent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressSet(pub(crate) Section);

impl AddressSet {
    fn place_key(member: Address) -> B256 {
        let mut key = member.into_word();
        key[0] = 0x80;
        key
    }

    fn index_key(index: u64) -> B256 {
        U256::from(index).into()
    }

    pub(crate) fn len<DB: Database<Error = Infallible>>(self, journal: &mut Journal<DB>) -> u64 {
        read(journal, self.0, B256::ZERO).saturating_to()
    }

    pub(crate) fn contains<DB: Database<Error = Infallible>>(
        self,
        journal: &mut Journal<DB>,
        member: Address,
    ) -> bool {
        !read(journal, self.0, Self::place_key(member)).is_zero()
    }

    pub(crate) fn members<DB: Database<Error = Infallible>>(
        self,
        journal: &mut Journal<DB>,
    ) -> Vec<Address> {
        (1..=self.len(journal))
            .map(|index| {
                let word = read(journal, self.0, Self::index_key(index));
                Address::from_word(word.into())
            })
            .collect()
    }

    /// Place of a member, from 0.
    pub(crate) fn place<DB: Database<Error = Infallible>>(
        self,
        journal: &mut Journal<DB>,
        member: Address,
    ) -> Option<u64> {
        let place: u64 = read(journal, self.0, Self::place_key(member)).saturating_to();
        place.checked_sub(1)
    }

    /// The member at a place, from 0.
    pub(crate) fn member<DB: Database<Error = Infallible>>(
        self,
        journal: &mut Journal<DB>,
        place: u64,
    ) -> Address {
        let word = read(journal, self.0, Self::index_key(place + 1));
        Address::from_word(word.into())
    }

    /// Adds a member; nothing happens if it is there.
    pub(crate) fn add<DB: Database<Error = Infallible>>(
        self,
        journal: &mut Journal<DB>,
        member: Address,
    ) {
        if self.contains(journal, member) {
            return;
        }
        let place = self.len(journal) + 1;
        write(
            journal,
            self.0,
            Self::index_key(place),
            member.into_word().into(),
        );
        write(journal, self.0, Self::place_key(member), U256::from(place));
        write(journal, self.0, B256::ZERO, U256::from(place));
    }

    /// Removes a member, whose place the last one takes; `false` if it was not there.
    pub(crate) fn remove<DB: Database<Error = Infallible>>(
        self,
        journal: &mut Journal<DB>,
        member: Address,
    ) -> bool {
        let place: u64 = read(journal, self.0, Self::place_key(member)).saturating_to();
        if place == 0 {
            return false;
        }
        let last = self.len(journal);
        let moved = read(journal, self.0, Self::index_key(last));
        write(journal, self.0, Self::index_key(place), moved);
        write(
            journal,
            self.0,
            Self::place_key(Address::from_word(moved.into())),
            U256::from(place),
        );
        write(journal, self.0, Self::index_key(last), U256::ZERO);
        write(journal, self.0, Self::place_key(member), U256::ZERO);
        write(journal, self.0, B256::ZERO, U256::from(last - 1));
        true
    }

    /// Slots of a set with these members, for a genesis state.
    pub(crate) fn genesis(self, members: &[Address]) -> Vec<(B256, B256)> {
        let mut slots = Vec::with_capacity(2 * members.len() + 1);
        let mut put = |key: B256, value: U256| {
            slots.push((slot(self.0, key).into(), value.into()));
        };
        for (place, member) in (1_u64..).zip(members) {
            put(Self::index_key(place), member.into_word().into());
            put(Self::place_key(*member), U256::from(place));
        }
        put(B256::ZERO, U256::from(members.len()));
        slots
    }
}
