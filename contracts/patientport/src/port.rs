//! The port's state at one call, its guards, and its beginning: construction, initialisation, claim.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolCall as _, SolEvent as _};
use patientport_abi::{IPatientPort as abi, IRegistry, limits};
use patientport_kit::{
    Args, Out, Slot, account, load, plausible_key, selector, set_account, store, topic,
};
use stylus_sdk::{
    call::RawCall,
    host::VM,
    stylus_core::{BlockAccess as _, MessageAccess as _},
};

use crate::{
    error::Error,
    layout::{header, single},
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

    pub(crate) fn unauthorized(&self) -> Error {
        Error::Unauthorized(self.caller)
    }

    /// The registry must list `provider` as verified; its silence is no answer.
    #[inline(never)]
    pub(crate) fn only_verified(&self, provider: Address) -> Result<()> {
        let registry = account(&self.load(Slot::single(single::REGISTRY)));
        let mut call = Out::with_selector(const { selector(IRegistry::isVerifiedCall::SELECTOR) });
        call.account(&provider);
        let query = RawCall::new_static(&self.vm).limit_return_data(0, 32);
        #[expect(
            unsafe_code,
            reason = "the SDK marks raw calls unsafe because typed storage could alias"
        )]
        // SAFETY: no storage value is held across the call, and a static call changes nothing.
        let answer = unsafe { query.call(registry, call.as_bytes()) };
        let answer = answer.ok().and_then(|data| Args::new(&data).bool().ok());
        match answer {
            Some(true) => Ok(()),
            Some(false) => Err(Error::UnverifiedProvider(provider)),
            None => Err(Error::RegistryUnavailable(registry)),
        }
    }

    // --- checks ---------------------------------------------------------------------------------

    /// A message of at most [`limits::MAX_MESSAGE_BYTES`].
    #[inline(never)]
    pub(crate) fn check_message(message: &[u8], may_be_empty: bool) -> Result<()> {
        let given = u32::try_from(message.len()).unwrap_or(u32::MAX);
        if given > limits::MAX_MESSAGE_BYTES || (given == 0 && !may_be_empty) {
            return Err(Error::InvalidMessageLength {
                given,
                max: limits::MAX_MESSAGE_BYTES,
            });
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

    // --- beginning ------------------------------------------------------------------------------

    /// Locks the implementation: it is never anybody's port.
    pub(crate) fn construct(&self) -> Result<()> {
        self.begin(B256::ZERO)
    }

    /// Marks the port initialised, once.
    fn begin(&self, mut word: B256) -> Result<()> {
        if header::FLAGS.byte(&self.header()) & header::INITIALIZED != 0 {
            return Err(Error::AlreadyInitialized);
        }
        header::FLAGS.set(&mut word, header::INITIALIZED.into());
        self.set_header(word);
        Ok(())
    }

    /// `initialize(address issuer, address patient)`: the caller becomes the port's registry.
    pub(crate) fn initialize(&self, args: &mut Args<'_>) -> Result<()> {
        let issuer = args.account()?;
        let patient = args.account()?;
        Self::check_account(issuer)?;
        Self::check_account(patient)?;
        let mut word = B256::ZERO;
        set_account(&mut word, &patient);
        self.begin(word)?;
        for (slot, party) in [
            (single::REGISTRY, &self.caller),
            (single::PRIMARY_CARE, &issuer),
        ] {
            let mut word = B256::ZERO;
            set_account(&mut word, party);
            self.store(Slot::single(slot), word);
        }
        Out::log(const { topic(abi::Initialized::SIGNATURE_HASH) })
            .account(&self.caller)
            .account(&issuer)
            .account(&patient)
            .emit(&self.vm, 4);
        Ok(())
    }

    /// `claim(bytes32 keyX, uint8 keyParity, Rotation rotation)`.
    pub(crate) fn claim(&self, args: &mut Args<'_>) -> Result<()> {
        let mut word = self.header();
        if account(&word) != self.caller {
            return Err(self.unauthorized());
        }
        let flags = header::FLAGS.byte(&word);
        if flags & header::CLAIMED != 0 {
            return Err(Error::AlreadyClaimed);
        }
        let x = args.hash()?;
        let parity = args.u8()?;
        Self::check_key(x, parity)?;
        let parity_flag = if parity == 0 { 0 } else { header::KEY_PARITY };
        header::FLAGS.set(&mut word, (flags | header::CLAIMED | parity_flag).into());
        self.set_header(word);
        self.store(Slot::single(single::PATIENT_KEY), x);
        Out::log(const { topic(abi::Claimed::SIGNATURE_HASH) })
            .account(&self.caller)
            .word(&x.0)
            .number(parity.into())
            .emit(&self.vm, 2);
        self.apply_rotation(&word, &mut args.tuple()?)?;
        Ok(())
    }
}

/// A function's single number as its result.
pub(crate) fn number(value: u64) -> Vec<u8> {
    let mut out = Out::new();
    out.number(value);
    out.finish()
}
