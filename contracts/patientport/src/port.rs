//! The port's state at one call: storage, history, guards, checks.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall as _;
use patientport_abi::{IRegistry, limits};
use patientport_kit::{
    Args, Field, Out, Parties, Slot, account, load, plausible_key, selector, store,
};
use stylus_sdk::{
    call::RawCall,
    host::VM,
    stylus_core::{
        AccountAccess as _, BlockAccess as _, CryptographyAccess as _, MessageAccess as _,
    },
};

use crate::{
    error::Error,
    layout::{head, header, single},
};

/// What a function answers.
pub(crate) type Result<T> = core::result::Result<T, Error>;

/// One call's view of the port.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) vm: VM,
    /// On whose behalf the call acts.
    pub(crate) caller: Address,
    /// Block time in Unix seconds.
    pub(crate) now: u64,
}

/// Who acts for the patient.
#[derive(Debug)]
pub(crate) struct Actor {
    pub(crate) header: B256,
    /// Rights of a delegate; the patient has every one, and others that no delegate can have.
    pub(crate) rights: u8,
    /// First second without them; never for the patient.
    pub(crate) until: u64,
}

impl Actor {
    /// [`Actor::rights`] of the patient.
    pub(crate) const PATIENT: u8 = 0xff;

    pub(crate) fn is_patient(&self) -> bool {
        self.rights == Self::PATIENT
    }

    /// The port's owner.
    pub(crate) fn owner(&self) -> Address {
        account(&self.header)
    }
}

impl Port {
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

    /// The parties in the port's own code. Not from storage: one read of code costs less than a cold
    /// slot, and nobody can write it.
    #[inline(never)]
    pub(crate) fn parties(&self) -> Result<Parties> {
        let code = self.vm.code(self.vm.contract_address());
        Parties::of_code(&code).ok_or(Error::NotAPort)
    }

    /// Counts one more in a field of the header and stores the header (I1).
    #[inline(never)]
    pub(crate) fn next_id(&self, header: &mut B256, field: Field) -> Result<u64> {
        let id = field.number(header);
        if id == header::MAX_ID {
            return Err(Error::Exhausted);
        }
        let id = u64::from(id).wrapping_add(1);
        field.set(header, id);
        self.set_header(*header);
        Ok(id)
    }

    // --- history --------------------------------------------------------------------------------

    /// Emits a log whose first `topics` words are topics, and folds it into the history head (I7).
    #[inline(never)]
    pub(crate) fn emit(&self, log: &Out, topics: usize) {
        let words = log.as_bytes();
        let (topic_words, data) = words
            .split_at_checked(topics.wrapping_mul(32))
            .unwrap_or((words, &[]));
        let slot = Slot::single(single::HEAD);
        let head = self.load(slot);
        let mut folded = Out::with_capacity(words.len().wrapping_add(4 * 32));
        folded
            .word(&head.0)
            .number(topics as u64)
            .raw(topic_words)
            .number(data.len() as u64)
            .raw(data)
            .number(self.now);
        let mut next = self.vm.native_keccak256(folded.as_bytes());
        head::LENGTH.set(&mut next, head::LENGTH.get(&head).wrapping_add(1));
        self.store(slot, next);
        log.emit(&self.vm, topics);
    }

    // --- guards ---------------------------------------------------------------------------------

    /// The header of a claimed port.
    #[inline(never)]
    pub(crate) fn claimed(&self) -> Result<B256> {
        let word = self.header();
        if header::FLAGS.byte(&word) & header::CLAIMED == 0 {
            return Err(Error::NotClaimed);
        }
        Ok(word)
    }

    /// The caller must be the patient of a claimed port; returns the header.
    #[inline(never)]
    pub(crate) fn only_patient(&self) -> Result<B256> {
        let word = self.claimed()?;
        if account(&word) != self.caller {
            return Err(self.unauthorized());
        }
        Ok(word)
    }

    /// The caller must be the patient, or a delegate with one of `rights`.
    #[inline(never)]
    pub(crate) fn only_acting(&self, rights: u8) -> Result<Actor> {
        let header = self.claimed()?;
        if account(&header) == self.caller {
            return Ok(Actor {
                header,
                rights: Actor::PATIENT,
                until: u64::MAX,
            });
        }
        let (held, until) = self.delegation(&self.caller);
        if held & rights == 0 {
            return Err(self.unauthorized());
        }
        Ok(Actor {
            header,
            rights: held,
            until,
        })
    }

    pub(crate) fn unauthorized(&self) -> Error {
        Error::Unauthorized(self.caller)
    }

    /// The registry must list `provider` as verified; its silence is no answer.
    #[inline(never)]
    pub(crate) fn only_verified(&self, provider: Address) -> Result<()> {
        let registry = self.parties()?.registry;
        let mut call = Out::with_selector(const { selector(IRegistry::isVerifiedCall::SELECTOR) });
        call.account(&provider);
        match self
            .ask(registry, &call)
            .and_then(|answer| Args::new(&answer).bool().ok())
        {
            Some(true) => Ok(()),
            Some(false) => Err(Error::UnverifiedProvider(provider)),
            None => Err(Error::RegistryUnavailable(registry)),
        }
    }

    /// The first 32 bytes that another contract answers; none if it reverts or there is none.
    #[inline(never)]
    pub(crate) fn ask(&self, contract: Address, call: &Out) -> Option<Vec<u8>> {
        let query = RawCall::new_static(&self.vm).limit_return_data(0, 32);
        #[expect(
            unsafe_code,
            reason = "the SDK marks raw calls unsafe because typed storage could alias"
        )]
        // SAFETY: no storage value is held across the call, and a static call changes nothing.
        let answer = unsafe { query.call(contract, call.as_bytes()) };
        answer.ok()
    }

    // --- checks ---------------------------------------------------------------------------------

    /// A message of at most [`limits::MAX_MESSAGE_BYTES`].
    pub(crate) fn check_message(message: &[u8], may_be_empty: bool) -> Result<()> {
        Self::check_bytes(message, may_be_empty, limits::MAX_MESSAGE_BYTES)
    }

    #[inline(never)]
    pub(crate) fn check_bytes(bytes: &[u8], may_be_empty: bool, max: u32) -> Result<()> {
        let given = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        if given > max || (given == 0 && !may_be_empty) {
            return Err(Error::InvalidMessageLength { given, max });
        }
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn check_key(x: B256, parity: u8) -> Result<()> {
        if plausible_key(&x, parity) {
            Ok(())
        } else {
            Err(Error::InvalidKey { x, parity })
        }
    }

    pub(crate) fn check_reason(reason: u8, least: u8, most: u8) -> Result<()> {
        if reason < least || reason > most {
            return Err(Error::InvalidReason(reason));
        }
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn check_account(account: Address) -> Result<()> {
        if account.is_zero() {
            Err(Error::InvalidAddress(account))
        } else {
            Ok(())
        }
    }

    /// The end of a grant or delegation: after now, no more than five years on, and no later than
    /// `latest`.
    #[inline(never)]
    pub(crate) fn check_expiry(&self, given: u64, latest: u64) -> Result<()> {
        let earliest = self.now.wrapping_add(1);
        let latest = self.now.wrapping_add(limits::MAX_GRANT_SECS).min(latest);
        if given < earliest || given > latest {
            return Err(Error::InvalidExpiry {
                given,
                earliest,
                latest,
            });
        }
        Ok(())
    }
}

/// A function's single number as its result.
pub(crate) fn number(value: u64) -> Vec<u8> {
    let mut out = Out::new();
    out.number(value);
    out.finish()
}

/// A function's single word as its result.
pub(crate) fn word(value: &B256) -> Vec<u8> {
    let mut out = Out::new();
    out.word(&value.0);
    out.finish()
}
