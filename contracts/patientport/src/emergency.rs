//! Emergency access: responders that break the glass, custodians that release what is behind it.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::{IPatientPort as abi, limits};
use patientport_kit::{Args, Out, Slot, account, set_account, topic};

use crate::{
    error::Error,
    layout::{custodian, delegate, grant, map, responder, single},
    port::{Port, Result},
};

impl Port {
    #[inline(never)]
    pub(crate) fn responder_word(&self, who: &Address) -> B256 {
        self.load(Slot::account(map::RESPONDER, who))
    }

    fn set_responder_word(&self, who: &Address, word: B256) {
        self.store(Slot::account(map::RESPONDER, who), word);
    }

    /// First second of the access of a broken glass, and first second after it.
    #[inline(never)]
    pub(crate) fn window(word: &B256) -> (u64, u64) {
        let opens = responder::BROKEN_AT
            .get(word)
            .wrapping_add(responder::DELAY.get(word));
        (opens, opens.wrapping_add(responder::WINDOW.get(word)))
    }

    /// A responder's state now.
    #[inline(never)]
    pub(crate) fn emergency_state(&self, word: &B256) -> u8 {
        let state = responder::STATE.byte(word);
        if state != responder::BROKEN {
            return state;
        }
        let (opens, closes) = Self::window(word);
        if self.now < opens {
            responder::PENDING
        } else if self.now < closes {
            responder::OPEN
        } else {
            responder::OVER
        }
    }

    /// The sections that an open window gives an account, whose grant word is `holder`.
    #[inline(never)]
    pub(crate) fn emergency_sections(&self, who: &Address, holder: &B256) -> u64 {
        if grant::FACETS.byte(holder) & grant::RESPONDER == 0 {
            return 0;
        }
        let word = self.responder_word(who);
        if self.emergency_state(&word) == responder::OPEN {
            responder::SECTIONS.get(&word)
        } else {
            0
        }
    }

    /// The word of a responder in a given state.
    #[inline(never)]
    fn only_in_state(&self, who: Address, state: u8) -> Result<B256> {
        let word = self.responder_word(&who);
        let current = self.emergency_state(&word);
        if current == state {
            Ok(word)
        } else {
            Err(Error::InvalidEmergencyState {
                responder: who,
                state: current,
            })
        }
    }

    /// `setCustodian(uint8 index, address account, bytes32 keyX, uint8 keyParity)`.
    pub(crate) fn set_custodian(&self, args: &mut Args<'_>) -> Result<()> {
        let index = args.u8()?;
        let who = args.account()?;
        let x = args.hash()?;
        let parity = args.u8()?;
        self.only_patient()?;
        if index >= custodian::COUNT {
            return Err(Error::InvalidCustodian(index));
        }
        if !who.is_zero() {
            Self::check_key(x, parity)?;
        } else if parity != 0 || !x.is_zero() {
            return Err(Error::InvalidKey { x, parity });
        }
        let mut word = B256::ZERO;
        set_account(&mut word, &who);
        custodian::PARITY.set(&mut word, parity.into());
        self.store(Slot::single(single::CUSTODIAN.wrapping_add(index)), word);
        self.store(Slot::single(single::CUSTODIAN_KEY.wrapping_add(index)), x);
        let mut log = Out::log(const { topic(abi::CustodianSet::SIGNATURE_HASH) });
        log.number(index.into())
            .account(&who)
            .word(&x.0)
            .number(parity.into());
        self.emit(&log, 3);
        Ok(())
    }

    /// `setResponder(address responder, uint64 sections, uint32 delay, uint32 window, bytes32 package)`.
    pub(crate) fn set_responder(&self, args: &mut Args<'_>) -> Result<()> {
        let who = args.account()?;
        let sections = args.u64()?;
        let delay = args.u32()?;
        let window = args.u32()?;
        let package = args.hash()?;
        let mut header = self.only_patient()?;
        Self::check_account(who)?;
        let mut word = self.responder_word(&who);
        let state = if sections == 0 {
            if responder::STATE.byte(&word) == responder::NONE {
                return Err(Error::NoLiveGrant(who));
            }
            if delay != 0 || window != 0 || !package.is_zero() {
                return Err(Error::InvalidSections(sections));
            }
            responder::NONE
        } else {
            if who == account(&header) {
                return Err(Error::InvalidAddress(who));
            }
            check_duration(delay, 0, limits::MAX_EMERGENCY_DELAY_SECS)?;
            check_duration(window, 1, limits::MAX_EMERGENCY_WINDOW_SECS)?;
            self.only_verified(who)?;
            let mut holder = self.grant_word(&who);
            let facets = grant::FACETS.byte(&holder) | grant::RESPONDER;
            self.list(&who, &mut holder, 0, &mut header)?;
            grant::FACETS.set(&mut holder, facets.into());
            self.set_grant_word(&who, holder);
            responder::ARMED
        };
        // What an earlier window opened is remembered: its keys may be in the responder's hands.
        let (_, closes) = Self::window(&word);
        let opened = match self.emergency_state(&word) {
            responder::OPEN => self.now.wrapping_add(1),
            responder::OVER => closes,
            _ => 0,
        };
        if opened != 0 {
            let held = responder::HELD.get(&word) | responder::SECTIONS.get(&word);
            let until = responder::HELD_UNTIL.get(&word).max(opened);
            responder::HELD.set(&mut word, held);
            responder::HELD_UNTIL.set(&mut word, until);
        }
        responder::SECTIONS.set(&mut word, sections);
        responder::DELAY.set(&mut word, delay.into());
        responder::WINDOW.set(&mut word, window.into());
        responder::BROKEN_AT.set(&mut word, 0);
        responder::STATE.set(&mut word, state.into());
        self.set_responder_word(&who, word);
        self.store(Slot::account(map::PACKAGE, &who), package);
        let mut log = Out::log(const { topic(abi::ResponderSet::SIGNATURE_HASH) });
        log.account(&who)
            .number(sections)
            .number(delay.into())
            .number(window.into())
            .word(&package.0);
        self.emit(&log, 2);
        Ok(())
    }

    /// `setPackage(address responder, bytes32 package)`.
    pub(crate) fn set_package(&self, args: &mut Args<'_>) -> Result<()> {
        let who = args.account()?;
        let package = args.hash()?;
        self.only_acting(delegate::ROTATE)?;
        if responder::STATE.byte(&self.responder_word(&who)) == responder::NONE {
            return Err(Error::InvalidEmergencyState {
                responder: who,
                state: responder::NONE,
            });
        }
        self.store(Slot::account(map::PACKAGE, &who), package);
        let mut log = Out::log(const { topic(abi::EmergencyPackageSet::SIGNATURE_HASH) });
        log.account(&who).account(&self.caller).word(&package.0);
        self.emit(&log, 3);
        Ok(())
    }

    /// `breakGlass(bytes message)`.
    pub(crate) fn break_glass(&self, args: &mut Args<'_>) -> Result<()> {
        let message = args.bytes()?;
        self.claimed()?;
        let mut word = self.only_in_state(self.caller, responder::ARMED)?;
        Self::check_message(message, false)?;
        self.only_verified(self.caller)?;
        responder::STATE.set(&mut word, responder::BROKEN.into());
        responder::BROKEN_AT.set(&mut word, self.now);
        self.set_responder_word(&self.caller, word);
        let (opens, closes) = Self::window(&word);
        let mut log = Out::log(const { topic(abi::GlassBroken::SIGNATURE_HASH) });
        log.account(&self.caller)
            .number(opens)
            .number(closes)
            .number(3 * 32)
            .bytes(message);
        self.emit(&log, 2);
        Ok(())
    }

    /// `veto(address responder)`.
    pub(crate) fn veto(&self, args: &mut Args<'_>) -> Result<()> {
        let who = args.account()?;
        self.only_acting(delegate::APPROVE | delegate::REVOKE)?;
        let mut word = self.only_in_state(who, responder::PENDING)?;
        responder::STATE.set(&mut word, responder::VETOED.into());
        self.set_responder_word(&who, word);
        let mut log = Out::log(const { topic(abi::EmergencyVetoed::SIGNATURE_HASH) });
        log.account(&who).account(&self.caller);
        self.emit(&log, 3);
        Ok(())
    }

    /// `release(address responder, bytes message)`.
    pub(crate) fn release(&self, args: &mut Args<'_>) -> Result<()> {
        let who = args.account()?;
        let message = args.bytes()?;
        self.claimed()?;
        let is_custodian = (0..custodian::COUNT)
            .any(|index| self.single_account(single::CUSTODIAN.wrapping_add(index)) == self.caller);
        if !is_custodian {
            return Err(self.unauthorized());
        }
        self.only_in_state(who, responder::OPEN)?;
        Self::check_message(message, false)?;
        let mut log = Out::log(const { topic(abi::EmergencyReleased::SIGNATURE_HASH) });
        log.account(&who)
            .account(&self.caller)
            .number(32)
            .bytes(message);
        self.emit(&log, 3);
        Ok(())
    }
}

fn check_duration(given: u32, least: u32, max: u32) -> Result<()> {
    if given < least || given > max {
        return Err(Error::InvalidDuration {
            given: given.into(),
            max: max.into(),
        });
    }
    Ok(())
}
