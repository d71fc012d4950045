//! Ownership in two steps, attesters, the implementation of ports.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::IRegistry as abi;
use patientport_kit::{Args, Out, Slot, account, set_account, topic};
use stylus_sdk::stylus_core::AccountAccess as _;

use crate::{
    error::Error,
    layout::{attester, header, map, single},
    registry::{Registry, Result},
};

impl Registry {
    /// `constructor(address owner)`. Once: an owner is never zero again.
    pub(crate) fn construct(&self, args: &mut Args<'_>) -> Result<()> {
        let owner = args.account()?;
        let word = self.single(single::HEADER);
        if !word.is_zero() {
            return Err(Error::OwnableUnauthorizedAccount(self.caller));
        }
        self.change_owner(word, owner)
    }

    #[inline(never)]
    fn change_owner(&self, mut header: B256, owner: Address) -> Result<()> {
        if owner.is_zero() {
            return Err(Error::OwnableInvalidOwner(owner));
        }
        let previous = account(&header);
        set_account(&mut header, &owner);
        self.set_single(single::HEADER, header);
        Out::log(const { topic(abi::OwnershipTransferred::SIGNATURE_HASH) })
            .account(&previous)
            .account(&owner)
            .emit(&self.vm, 3);
        Ok(())
    }

    /// `transferOwnership(address newOwner)`.
    pub(crate) fn transfer_ownership(&self, args: &mut Args<'_>) -> Result<()> {
        let owner = args.account()?;
        self.only_owner()?;
        let mut word = self.single(single::PENDING_OWNER);
        if account(&word) == owner {
            return Ok(());
        }
        set_account(&mut word, &owner);
        self.set_single(single::PENDING_OWNER, word);
        Out::log(const { topic(abi::OwnershipTransferStarted::SIGNATURE_HASH) })
            .account(&self.caller)
            .account(&owner)
            .emit(&self.vm, 3);
        Ok(())
    }

    /// `acceptOwnership()`. Where nobody is pending, the zero address cannot accept either.
    pub(crate) fn accept_ownership(&self) -> Result<()> {
        if account(&self.single(single::PENDING_OWNER)) != self.caller {
            return Err(Error::OwnableUnauthorizedAccount(self.caller));
        }
        self.set_single(single::PENDING_OWNER, B256::ZERO);
        self.change_owner(self.single(single::HEADER), self.caller)
    }

    /// `addAttester(address attester)` and `removeAttester(address attester)`.
    pub(crate) fn set_attester(&self, args: &mut Args<'_>, is: bool) -> Result<()> {
        let account = args.account()?;
        let header = self.only_owner()?;
        let mut word = self.attester_word(&account);
        if attester::ACTIVE.get(&word) == u64::from(is) {
            return Ok(());
        }
        if word.is_zero() {
            attester::INDEX.set(&mut word, self.index_for(header, &account)?);
        }
        attester::ACTIVE.set(&mut word, is.into());
        self.store(Slot::account(map::ATTESTER, &account), word);
        let mut log = if is {
            Out::log(const { topic(abi::AttesterAdded::SIGNATURE_HASH) })
        } else {
            Out::log(const { topic(abi::AttesterRemoved::SIGNATURE_HASH) })
        };
        log.account(&account).emit(&self.vm, 2);
        Ok(())
    }

    /// A new index for an attester; it is never given to another.
    fn index_for(&self, mut header: B256, attester: &Address) -> Result<u64> {
        if attester.is_zero() {
            return Err(Error::InvalidAttester(*attester));
        }
        let index = header::ATTESTERS.get(&header).wrapping_add(1);
        if index > u16::MAX.into() {
            return Err(Error::TooManyAttesters);
        }
        header::ATTESTERS.set(&mut header, index);
        self.set_single(single::HEADER, header);
        let mut entry = B256::ZERO;
        set_account(&mut entry, attester);
        self.store(Slot::number(map::ATTESTER_AT, index), entry);
        Ok(index)
    }

    /// `setPortImplementation(address implementation)`. The count of ports goes on.
    pub(crate) fn set_implementation(&self, args: &mut Args<'_>) -> Result<()> {
        let implementation = args.account()?;
        self.only_owner()?;
        if self.vm.code_size(implementation) == 0 {
            return Err(Error::NotAContract(implementation));
        }
        let mut word = self.single(single::IMPLEMENTATION);
        if account(&word) == implementation {
            return Ok(());
        }
        set_account(&mut word, &implementation);
        self.set_single(single::IMPLEMENTATION, word);
        Out::log(const { topic(abi::PortImplementationSet::SIGNATURE_HASH) })
            .account(&implementation)
            .word(&self.vm.code_hash(implementation).0)
            .emit(&self.vm, 2);
        Ok(())
    }
}
