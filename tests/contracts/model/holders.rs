//! Who may hold something.

use std::rc::Rc;

use alloy_primitives::Address;
use patientport_abi::{IPatientPort as abi, limits};

use super::{Done, Now, Port, Request, refuse, requests::ENTERED};

/// Rights of a delegate that is sent secrets.
const SECRETS: u8 = 1 | 8;

impl Port {
    /// Puts somebody into the list: at its end, or in the first place that can be given away. Without a
    /// request it gets an entry among them.
    pub(super) fn enlist(&mut self, now: Now<'_>, account: Address, request: u32) -> Done<()> {
        if self.list.contains(&account) {
            return Ok(());
        }
        let max = limits::MAX_HOLDERS;
        if self.list.len() < usize::from(max) {
            self.list.push(account);
        } else {
            let leaves = |holder: &Address| self.may_leave(*holder, now.time);
            let Some(place) = self.list.iter().position(leaves) else {
                return refuse(abi::TooManyHolders { max });
            };
            let left = std::mem::replace(&mut self.list[place], account);
            self.grants.remove(&left);
        }
        if request == 0 {
            Rc::make_mut(&mut self.requests).push(Request {
                requester: account,
                recipient: account,
                made_at: now.time,
                state: ENTERED,
            });
        }
        Ok(())
    }

    /// Whether a holder has no rights and no current key.
    pub(crate) fn may_leave(&self, holder: Address, time: u64) -> bool {
        if let Some(grant) = self.grants.get(&holder) {
            let safe = match grant.state_at(time) {
                1 => return false,
                2 => grant.expiry,
                _ => grant.changed_at + 1,
            };
            if !self.rotated_since(grant.held, safe) {
                return false;
            }
        }
        if self.delegation(holder, time) != 0 {
            return false;
        }
        let entitled_until = self.entitled_until(holder, time);
        if entitled_until != 0 && !self.rotated_since(u64::MAX, entitled_until) {
            return false;
        }
        if let Some(responder) = self.responders.get(&holder) {
            match self.emergency_state(holder, time) {
                0 | 5 => {}
                4 => {
                    let (_, closes) = super::emergency::window(responder);
                    if !self.rotated_since(responder.sections, closes) {
                        return false;
                    }
                }
                _ => return false,
            }
            return self.rotated_since(responder.held, responder.heldUntil);
        }
        true
    }

    /// First second whose keys a delegate is, as of now, no longer entitled to; 0 = it never was to any.
    pub(super) fn entitled_until(&self, account: Address, time: u64) -> u64 {
        let Some(delegate) = self.delegates.get(&account) else {
            return 0;
        };
        if delegate.rights & SECRETS == 0 {
            return delegate.heldUntil;
        }
        delegate.heldUntil.max(delegate.until.min(time + 1))
    }
}
