//! Requests: made by verified providers, ended by the patient, the requester or time.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::{IPatientPort as abi, limits};
use patientport_kit::{Args, Field, Out, Slot, account, set_account, topic};

use crate::{
    error::Error,
    layout::{header, map, request},
    port::{Port, Result, number},
};

impl Port {
    /// `request(address recipient, bytes message)` → request id.
    pub(crate) fn request(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let recipient = args.account()?;
        let message = args.bytes()?;
        let mut header = self.claimed()?;
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
        let id = self.next_id(&mut header, header::REQUESTS)?;
        self.hold_place(id)?;
        let mut word = B256::ZERO;
        set_account(&mut word, &self.caller);
        request::MADE_AT.set(&mut word, self.now);
        request::STATE.set(&mut word, request::PENDING.into());
        request::REFERRAL.set(&mut word, referral.into());
        self.store(Slot::number(map::REQUEST, id), word);
        if referral {
            let mut word = B256::ZERO;
            set_account(&mut word, &recipient);
            self.store(Slot::number(map::RECIPIENT, id), word);
        }
        Out::log(const { topic(abi::RequestMade::SIGNATURE_HASH) })
            .number(id)
            .account(&self.caller)
            .account(&recipient)
            .number(32)
            .bytes(message)
            .emit(&self.vm, 4);
        Ok(number(id))
    }

    /// Puts a new request into one of the caller's eight places: a free one, or that of a request
    /// that has ended. Ends are noticed here and not when they happen, which saves every approve,
    /// deny and cancel a write.
    fn hold_place(&self, id: u64) -> Result<()> {
        let slot = Slot::account(map::PENDING, &self.caller);
        let mut places = self.load(slot);
        for place in 0..usize::from(limits::MAX_PENDING_REQUESTS) {
            let place = Field::new(place.wrapping_mul(4), 4);
            let held = place.number(&places);
            if held == 0 || self.request_state(&self.request_word(held)?) != request::PENDING {
                place.set(&mut places, id);
                self.store(slot, places);
                return Ok(());
            }
        }
        Err(Error::TooManyPendingRequests {
            requester: self.caller,
            max: limits::MAX_PENDING_REQUESTS,
        })
    }

    /// `cancel(uint32 requestId)`.
    pub(crate) fn cancel(&self, args: &mut Args<'_>) -> Result<()> {
        let id = args.u32()?;
        self.claimed()?;
        let word = self.request_word(id)?;
        if account(&word) != self.caller {
            return Err(self.unauthorized());
        }
        self.end_request(id, word, request::CANCELLED)?;
        Out::log(const { topic(abi::RequestCancelled::SIGNATURE_HASH) })
            .number(id.into())
            .account(&self.caller)
            .emit(&self.vm, 3);
        Ok(())
    }

    /// `deny(uint32 requestId, uint8 reason, bytes message)`.
    pub(crate) fn deny(&self, args: &mut Args<'_>) -> Result<()> {
        let id = args.u32()?;
        let reason = args.u8()?;
        let message = args.bytes()?;
        self.only_patient()?;
        let word = self.request_word(id)?;
        Self::check_reason(reason, 1, 5)?;
        Self::check_message(message, true)?;
        self.end_request(id, word, request::DENIED)?;
        Out::log(const { topic(abi::RequestDenied::SIGNATURE_HASH) })
            .number(id.into())
            .account(&account(&word))
            .number(reason.into())
            .number(64)
            .bytes(message)
            .emit(&self.vm, 3);
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

    /// For whom a request asks.
    #[inline(never)]
    pub(crate) fn recipient(&self, id: u32, word: &B256) -> Address {
        if request::REFERRAL.get(word) == 0 {
            return account(word);
        }
        account(&self.load(Slot::number(map::RECIPIENT, id.into())))
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
