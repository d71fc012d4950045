//! Ownership in two steps, attesters, the implementation of ports.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::IRegistry as abi;
use patientport_kit::{Args, Out, Slot, account, set_account, topic};
use stylus_sdk::stylus_core::AccountAccess as _;

use crate::{
    error::Error,
    layout::{map, single},
    registry::{Registry, Result},
};

impl Registry {
    /// `constructor(address owner)`. Once: an owner is never zero again.
    pub(crate) fn construct(&self, args: &mut Args<'_>) -> Result<()> {
        let owner = args.account()?;
        let word = self.header();
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
        self.set_header(header);
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
        if owner.is_zero() {
            return Err(Error::OwnableInvalidOwner(owner));
        }
        self.set_account_word(single::PENDING_OWNER, &owner);
        Out::log(const { topic(abi::OwnershipTransferStarted::SIGNATURE_HASH) })
            .account(&self.caller)
            .account(&owner)
            .emit(&self.vm, 3);
        Ok(())
    }

    /// `acceptOwnership()`.
    pub(crate) fn accept_ownership(&self) -> Result<()> {
        if self.account_word(single::PENDING_OWNER) != self.caller {
            return Err(Error::OwnableUnauthorizedAccount(self.caller));
        }
        self.store(Slot::single(single::PENDING_OWNER), B256::ZERO);
        self.change_owner(self.header(), self.caller)
    }

    /// `addAttester(address attester)` and `removeAttester(address attester)`.
    pub(crate) fn set_attester(&self, args: &mut Args<'_>, is: bool) -> Result<()> {
        let attester = args.account()?;
        self.only_owner()?;
        if self.flag(map::ATTESTER, &attester) == is {
            return Ok(());
        }
        self.set_flag(map::ATTESTER, &attester, is);
        let event = if is {
            const { topic(abi::AttesterAdded::SIGNATURE_HASH) }
        } else {
            const { topic(abi::AttesterRemoved::SIGNATURE_HASH) }
        };
        Out::log(event).account(&attester).emit(&self.vm, 2);
        Ok(())
    }

    /// `setPortImplementation(address implementation)`.
    pub(crate) fn set_implementation(&self, args: &mut Args<'_>) -> Result<()> {
        let implementation = args.account()?;
        self.only_owner()?;
        if self.vm.code_size(implementation) == 0 {
            return Err(Error::NotAContract(implementation));
        }
        self.set_account_word(single::IMPLEMENTATION, &implementation);
        Out::log(const { topic(abi::PortImplementationSet::SIGNATURE_HASH) })
            .account(&implementation)
            .word(&self.vm.code_hash(implementation).0)
            .emit(&self.vm, 2);
        Ok(())
    }

    /// The account in a word that exists once.
    #[inline(never)]
    pub(crate) fn account_word(&self, index: u8) -> Address {
        account(&self.load(Slot::single(index)))
    }

    fn set_account_word(&self, index: u8, account: &Address) {
        let mut word = B256::ZERO;
        set_account(&mut word, account);
        self.store(Slot::single(index), word);
    }
}
