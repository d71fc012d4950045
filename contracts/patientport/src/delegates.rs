//! Delegates: who acts for the patient, with named rights, until a date.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::IPatientPort as abi;
use patientport_kit::{Args, Out, Slot, account, topic};

use crate::{
    error::Error,
    layout::{delegate, grant, map},
    port::{Port, Result},
};

impl Port {
    /// Rights that a delegation gives now, and the first second without them.
    #[inline(never)]
    pub(crate) fn delegation_in(&self, word: &B256) -> (u8, u64) {
        let until = delegate::UNTIL.get(word);
        if self.now < until {
            (delegate::RIGHTS.byte(word), until)
        } else {
            (0, 0)
        }
    }

    /// The live delegation of an account, whose grant word is `word`.
    #[inline(never)]
    pub(crate) fn delegation_of(&self, who: &Address, word: &B256) -> (u8, u64) {
        if grant::FACETS.byte(word) & grant::DELEGATE == 0 {
            return (0, 0);
        }
        self.delegation_in(&self.load(Slot::account(map::DELEGATE, who)))
    }

    /// The live delegation of an account.
    #[inline(never)]
    pub(crate) fn delegation(&self, who: &Address) -> (u8, u64) {
        self.delegation_of(who, &self.grant_word(who))
    }

    /// `setDelegate(address delegate, bytes32 keyX, uint8 keyParity, uint8 rights, uint64 until,
    /// Rotation rotation)`.
    pub(crate) fn set_delegate(&self, args: &mut Args<'_>) -> Result<()> {
        let who = args.account()?;
        let x = args.hash()?;
        let parity = args.u8()?;
        let rights = args.u8()?;
        let until = args.u64()?;
        let mut header = self.only_patient()?;
        Self::check_account(who)?;
        let slot = Slot::account(map::DELEGATE, &who);
        let mut word = self.load(slot);
        if rights == 0 {
            if delegate::RIGHTS.byte(&word) == 0 {
                return Err(Error::NoLiveGrant(who));
            }
            if until != 0 || parity != 0 || !x.is_zero() {
                return Err(Error::InvalidRights(rights));
            }
        } else {
            if who == self.caller {
                return Err(Error::InvalidAddress(who));
            }
            if rights > delegate::ALL {
                return Err(Error::InvalidRights(rights));
            }
            Self::check_key(x, parity)?;
            self.check_expiry(until, u64::MAX)?;
            let mut holder = self.grant_word(&who);
            let facets = grant::FACETS.byte(&holder) | grant::DELEGATE;
            self.list(&who, &mut holder, 0, &mut header)?;
            grant::FACETS.set(&mut holder, facets.into());
            self.set_grant_word(&who, holder);
        }
        let held_until = self.secrets_end(&word);
        delegate::RIGHTS.set(&mut word, rights.into());
        delegate::PARITY.set(&mut word, parity.into());
        delegate::UNTIL.set(&mut word, until);
        delegate::HELD_UNTIL.set(&mut word, held_until);
        self.store(slot, word);
        self.store(Slot::account(map::DELEGATE_KEY, &who), x);
        let mut log = Out::log(const { topic(abi::DelegateSet::SIGNATURE_HASH) });
        log.account(&who)
            .number(rights.into())
            .number(until)
            .word(&x.0)
            .number(parity.into());
        self.emit(&log, 2);
        self.apply_rotation(&account(&header), &mut args.tuple()?)?;
        Ok(())
    }
}
