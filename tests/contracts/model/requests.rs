//! Requests.

use std::rc::Rc;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use patientport_abi::{IPatientPort as abi, limits};

use super::{
    Done, Now, Port, count, must_be_reason, must_be_somebody, must_fit, refuse, unauthorized,
};

pub(crate) const PENDING: u8 = 1;
pub(super) const APPROVED: u8 = 2;
const DENIED: u8 = 3;
const CANCELLED: u8 = 4;
const LAPSED: u8 = 5;
/// Nobody asked: the patient named a holder.
pub(super) const ENTERED: u8 = 6;
/// Right of a delegate.
const APPROVE: u8 = 1;

/// A request, or an entry among them. Its state does not tell whether it has lapsed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) requester: Address,
    pub(crate) recipient: Address,
    pub(crate) made_at: u64,
    pub(crate) state: u8,
}

impl Request {
    pub(crate) fn state_at(&self, time: u64) -> u8 {
        if self.state == PENDING && time >= self.made_at + limits::REQUEST_LIFETIME_SECS {
            LAPSED
        } else {
            self.state
        }
    }
}

impl Port {
    pub(super) fn request_at(&self, id: u32) -> Done<Request> {
        match self.requests.get((id as usize).wrapping_sub(1)) {
            Some(request) => Ok(*request),
            None => refuse(abi::UnknownRequest { requestId: id }),
        }
    }

    /// Ends a pending request.
    pub(super) fn end(&mut self, now: Now<'_>, id: u32, state: u8) -> Done<()> {
        match self.request_at(id)?.state_at(now.time) {
            PENDING => {
                Rc::make_mut(&mut self.requests)[id as usize - 1].state = state;
                Ok(())
            }
            other => refuse(abi::RequestNotPending {
                requestId: id,
                state: other,
            }),
        }
    }

    pub(super) fn request(&mut self, now: Now<'_>, call: &abi::requestCall) -> Done<Vec<u8>> {
        self.must_be_claimed()?;
        let (requester, recipient) = (now.caller, call.recipient);
        if self.blocked.contains(&requester) {
            return refuse(abi::RequesterBlocked { requester });
        }
        Self::must_be_verified(now, requester)?;
        must_be_somebody(recipient)?;
        if recipient == self.owner {
            return refuse(abi::InvalidReader { reader: recipient });
        }
        if recipient != requester {
            Self::must_be_verified(now, recipient)?;
        }
        must_fit(&call.message, false, limits::MAX_MESSAGE_BYTES)?;
        let pending = |request: &&Request| {
            request.requester == requester && request.state_at(now.time) == PENDING
        };
        let max = limits::MAX_PENDING_REQUESTS;
        if self.requests.iter().filter(pending).count() >= usize::from(max) {
            return refuse(abi::TooManyPendingRequests { requester, max });
        }
        Rc::make_mut(&mut self.requests).push(Request {
            requester,
            recipient,
            made_at: now.time,
            state: PENDING,
        });
        let id = count(&self.requests);
        let made = abi::RequestMade {
            requestId: id,
            requester,
            recipient,
            message: call.message.clone(),
        };
        self.emit(now, &made);
        Ok(abi::requestCall::abi_encode_returns(&id))
    }

    pub(super) fn cancel(&mut self, now: Now<'_>, call: &abi::cancelCall) -> Done<()> {
        self.must_be_claimed()?;
        if self.request_at(call.requestId)?.requester != now.caller {
            return unauthorized(now);
        }
        self.end(now, call.requestId, CANCELLED)?;
        let cancelled = abi::RequestCancelled {
            requestId: call.requestId,
            requester: now.caller,
        };
        self.emit(now, &cancelled);
        Ok(())
    }

    pub(super) fn deny(&mut self, now: Now<'_>, call: &abi::denyCall) -> Done<()> {
        self.must_act(now, APPROVE)?;
        let request = self.request_at(call.requestId)?;
        must_be_reason(call.reason, 1..=5)?;
        must_fit(&call.message, true, limits::MAX_MESSAGE_BYTES)?;
        self.end(now, call.requestId, DENIED)?;
        let denied = abi::RequestDenied {
            requestId: call.requestId,
            requester: request.requester,
            by: now.caller,
            reason: call.reason,
            message: call.message.clone(),
        };
        self.emit(now, &denied);
        Ok(())
    }

    pub(super) fn set_blocked(&mut self, now: Now<'_>, call: &abi::setBlockedCall) -> Done<()> {
        self.must_be_patient(now)?;
        let changed = if call.blocked {
            self.blocked.insert(call.requester)
        } else {
            self.blocked.remove(&call.requester)
        };
        if changed {
            let set = abi::RequesterBlockSet {
                requester: call.requester,
                blocked: call.blocked,
            };
            self.emit(now, &set);
        }
        Ok(())
    }
}
