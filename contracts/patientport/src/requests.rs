//! Requests: made by verified providers, ended by the patient, the requester or time.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::{IPatientPort as abi, limits};
use patientport_kit::{Args, Field, Out, Slot, account, set_account, topic};

use crate::{
    error::Error,
    layout::{delegate, header, map, pending, request},
    port::{Port, Result, number},
};

/// Whether the patient takes no requests of a requester of this word.
pub(crate) fn is_blocked(places: &B256) -> bool {
    pending::FLAGS.byte(places) & pending::BLOCKED != 0
}

impl Port {
    /// `request(address recipient, bytes message)` → request id.
    pub(crate) fn request(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let recipient = args.account()?;
        let message = args.bytes()?;
        let mut header = self.claimed()?;
        let slot = Slot::account(map::PENDING, &self.caller);
        let places = self.load(slot);
        if is_blocked(&places) {
            return Err(Error::RequesterBlocked(self.caller));
        }
        self.only_verified(self.caller)?;
        Self::check_account(recipient)?;
        if recipient == account(&header) {
            return Err(Error::InvalidReader(recipient));
        }
        let referral = recipient != self.caller;
        if referral {
            self.only_verified(recipient)?;
        }
        Self::check_message(message, false)?;
        let id = self.enter_request(&mut header, &recipient, request::PENDING, referral)?;
        self.store(slot, self.hold_place(places, id)?);
        if referral {
            let mut word = B256::ZERO;
            set_account(&mut word, &self.caller);
            self.store(Slot::number(map::REQUESTER, id), word);
        }
        let mut log = Out::log(const { topic(abi::RequestMade::SIGNATURE_HASH) });
        log.number(id)
            .account(&self.caller)
            .account(&recipient)
            .number(32)
            .bytes(message);
        self.emit(&log, 4);
        Ok(number(id))
    }

    /// Stores a new request, or an entry that stands for one.
    #[inline(never)]
    pub(crate) fn enter_request(
        &self,
        header: &mut B256,
        recipient: &Address,
        state: u8,
        referral: bool,
    ) -> Result<u64> {
        let id = self.next_id(header, header::REQUESTS)?;
        let mut word = B256::ZERO;
        set_account(&mut word, recipient);
        request::MADE_AT.set(&mut word, self.now);
        request::STATE.set(&mut word, state.into());
        request::REFERRAL.set(&mut word, referral.into());
        self.store(Slot::number(map::REQUEST, id), word);
        Ok(id)
    }

    /// Puts a new request into one of its requester's eight places: a free one, or that of a request
    /// that has ended. Ends are noticed here and not when they happen, which saves every approve,
    /// deny and cancel a write.
    fn hold_place(&self, mut places: B256, id: u64) -> Result<B256> {
        for place in 0..usize::from(limits::MAX_PENDING_REQUESTS) {
            let place = Field::new(place.wrapping_mul(4), 4);
            let held = place.number(&places);
            if held == 0 || self.request_state(&self.request_word(held)?) != request::PENDING {
                place.set(&mut places, id);
                return Ok(places);
            }
        }
        Err(Error::TooManyPendingRequests {
            requester: self.caller,
            max: limits::MAX_PENDING_REQUESTS,
        })
    }

    /// `setBlocked(address requester, bool blocked)`.
    pub(crate) fn set_blocked(&self, args: &mut Args<'_>) -> Result<()> {
        let requester = args.account()?;
        let blocked = args.bool()?;
        self.only_patient()?;
        let slot = Slot::account(map::PENDING, &requester);
        let mut places = self.load(slot);
        if is_blocked(&places) == blocked {
            return Ok(());
        }
        let flags = pending::FLAGS.byte(&places) ^ pending::BLOCKED;
        pending::FLAGS.set(&mut places, flags.into());
        self.store(slot, places);
        let mut log = Out::log(const { topic(abi::RequesterBlockSet::SIGNATURE_HASH) });
        log.account(&requester).number(blocked.into());
        self.emit(&log, 2);
        Ok(())
    }

    /// `cancel(uint32 requestId)`.
    pub(crate) fn cancel(&self, args: &mut Args<'_>) -> Result<()> {
        let id = args.u32()?;
        self.claimed()?;
        let word = self.request_word(id)?;
        if self.requester(id, &word) != self.caller {
            return Err(self.unauthorized());
        }
        self.end_request(id, word, request::CANCELLED)?;
        let mut log = Out::log(const { topic(abi::RequestCancelled::SIGNATURE_HASH) });
        log.number(id.into()).account(&self.caller);
        self.emit(&log, 3);
        Ok(())
    }

    /// `deny(uint32 requestId, uint8 reason, bytes message)`.
    pub(crate) fn deny(&self, args: &mut Args<'_>) -> Result<()> {
        let id = args.u32()?;
        let reason = args.u8()?;
        let message = args.bytes()?;
        self.only_acting(delegate::APPROVE)?;
        let word = self.request_word(id)?;
        Self::check_reason(reason, 1, 5)?;
        Self::check_message(message, true)?;
        self.end_request(id, word, request::DENIED)?;
        let mut log = Out::log(const { topic(abi::RequestDenied::SIGNATURE_HASH) });
        log.number(id.into())
            .account(&self.requester(id, &word))
            .account(&self.caller)
            .number(reason.into())
            .number(64)
            .bytes(message);
        self.emit(&log, 4);
        Ok(())
    }

    /// The word of a request that exists.
    #[inline(never)]
    pub(crate) fn request_word(&self, id: u32) -> Result<B256> {
        let word = self.load(Slot::number(map::REQUEST, id.into()));
        if word.is_zero() {
            return Err(Error::UnknownRequest(id));
        }
        Ok(word)
    }

    /// A request's state now: one that was pending for [`limits::REQUEST_LIFETIME_SECS`] has lapsed.
    #[inline(never)]
    pub(crate) fn request_state(&self, word: &B256) -> u8 {
        let state = request::STATE.byte(word);
        let end = request::MADE_AT
            .get(word)
            .wrapping_add(limits::REQUEST_LIFETIME_SECS);
        if state == request::PENDING && self.now >= end {
            request::LAPSED
        } else {
            state
        }
    }

    /// Who made a request.
    #[inline(never)]
    pub(crate) fn requester(&self, id: u32, word: &B256) -> Address {
        if request::REFERRAL.get(word) == 0 {
            return account(word);
        }
        account(&self.load(Slot::number(map::REQUESTER, id.into())))
    }

    /// Moves a pending request to its last state.
    #[inline(never)]
    pub(crate) fn end_request(&self, id: u32, mut word: B256, end: u8) -> Result<()> {
        let state = self.request_state(&word);
        if state != request::PENDING {
            return Err(Error::RequestNotPending { request: id, state });
        }
        request::STATE.set(&mut word, end.into());
        self.store(Slot::number(map::REQUEST, id.into()), word);
        Ok(())
    }
}
