//! Emergency access.

use alloy_primitives::Address;
use patientport_abi::{IPatientPort as abi, limits};

use super::{Done, Now, Port, must_be_somebody, must_fit, refuse, unauthorized};

const NONE: u8 = 0;
const ARMED: u8 = 1;
/// As stored, broken; as derived, the delay runs.
const PENDING: u8 = 2;
const OPEN: u8 = 3;
const OVER: u8 = 4;
const VETOED: u8 = 5;
/// Rights of a delegate.
const APPROVE_OR_REVOKE: u8 = 1 | 2;
const ROTATE: u8 = 8;

/// First second of a broken glass's access, and first second after it.
pub(crate) fn window(responder: &abi::Responder) -> (u64, u64) {
    let opens = responder.brokenAt + u64::from(responder.delay);
    (opens, opens + u64::from(responder.window))
}

impl Port {
    pub(crate) fn emergency_state(&self, account: Address, time: u64) -> u8 {
        let Some(responder) = self.responders.get(&account) else {
            return NONE;
        };
        let (opens, closes) = window(responder);
        match responder.state {
            PENDING if time >= closes => OVER,
            PENDING if time >= opens => OPEN,
            state => state,
        }
    }

    /// The sections that an open window shows somebody.
    pub(super) fn in_emergency(&self, account: Address, time: u64) -> u64 {
        match self.emergency_state(account, time) {
            OPEN => self.responders[&account].sections,
            _ => 0,
        }
    }

    fn must_be_in(&self, responder: Address, time: u64, state: u8) -> Done<()> {
        match self.emergency_state(responder, time) {
            found if found == state => Ok(()),
            found => refuse(abi::InvalidEmergencyState {
                responder,
                state: found,
            }),
        }
    }

    pub(super) fn set_responder(&mut self, now: Now<'_>, call: &abi::setResponderCall) -> Done<()> {
        self.must_be_patient(now)?;
        let who = call.responder;
        must_be_somebody(who)?;
        let before = self.responders.get(&who).cloned().unwrap_or_default();
        let state = if call.sections == 0 {
            if before.state == NONE {
                return refuse(abi::NoLiveGrant { reader: who });
            }
            if call.delay != 0 || call.window != 0 || !call.package.is_zero() {
                return refuse(abi::InvalidSections { sections: 0 });
            }
            NONE
        } else {
            if who == self.owner {
                return refuse(abi::InvalidAddress { account: who });
            }
            let (delay, window) = (u64::from(call.delay), u64::from(call.window));
            must_last(delay, 0, limits::MAX_EMERGENCY_DELAY_SECS)?;
            must_last(window, 1, limits::MAX_EMERGENCY_WINDOW_SECS)?;
            Self::must_be_verified(now, who)?;
            self.enlist(now, who, 0)?;
            ARMED
        };
        let opened_until = match self.emergency_state(who, now.time) {
            OPEN => Some(now.time + 1),
            OVER => Some(window(&before).1),
            _ => None,
        };
        let responder = abi::Responder {
            sections: call.sections,
            delay: call.delay,
            window: call.window,
            brokenAt: 0,
            state,
            package: call.package,
            held: before.held | opened_until.map_or(0, |_| before.sections),
            heldUntil: before.heldUntil.max(opened_until.unwrap_or(0)),
        };
        self.responders.insert(who, responder);
        let set = abi::ResponderSet {
            responder: who,
            sections: call.sections,
            delay: call.delay,
            window: call.window,
            package: call.package,
        };
        self.emit(now, &set);
        Ok(())
    }

    pub(super) fn set_package(&mut self, now: Now<'_>, call: &abi::setPackageCall) -> Done<()> {
        self.must_act(now, ROTATE)?;
        let who = call.responder;
        match self.responders.get_mut(&who) {
            Some(responder) if responder.state != NONE => responder.package = call.package,
            _ => {
                return refuse(abi::InvalidEmergencyState {
                    responder: who,
                    state: NONE,
                });
            }
        }
        let set = abi::EmergencyPackageSet {
            responder: who,
            by: now.caller,
            package: call.package,
        };
        self.emit(now, &set);
        Ok(())
    }

    pub(super) fn break_glass(&mut self, now: Now<'_>, call: &abi::breakGlassCall) -> Done<()> {
        self.must_be_claimed()?;
        self.must_be_in(now.caller, now.time, ARMED)?;
        must_fit(&call.message, false, limits::MAX_MESSAGE_BYTES)?;
        Self::must_be_verified(now, now.caller)?;
        let responder = self.responders.entry(now.caller).or_default();
        responder.state = PENDING;
        responder.brokenAt = now.time;
        let (opens, closes) = window(responder);
        let broken = abi::GlassBroken {
            responder: now.caller,
            opensAt: opens,
            closesAt: closes,
            message: call.message.clone(),
        };
        self.emit(now, &broken);
        Ok(())
    }

    pub(super) fn veto(&mut self, now: Now<'_>, call: &abi::vetoCall) -> Done<()> {
        self.must_act(now, APPROVE_OR_REVOKE)?;
        self.must_be_in(call.responder, now.time, PENDING)?;
        self.responders.entry(call.responder).or_default().state = VETOED;
        let vetoed = abi::EmergencyVetoed {
            responder: call.responder,
            by: now.caller,
        };
        self.emit(now, &vetoed);
        Ok(())
    }

    pub(super) fn release(&mut self, now: Now<'_>, call: &abi::releaseCall) -> Done<()> {
        self.must_be_claimed()?;
        let custodian = |custodian: &abi::Custodian| custodian.account == now.caller;
        if !self.custodians.iter().any(custodian) {
            return unauthorized(now);
        }
        self.must_be_in(call.responder, now.time, OPEN)?;
        must_fit(&call.message, false, limits::MAX_MESSAGE_BYTES)?;
        let released = abi::EmergencyReleased {
            responder: call.responder,
            custodian: now.caller,
            message: call.message.clone(),
        };
        self.emit(now, &released);
        Ok(())
    }
}

fn must_last(given: u64, least: u64, max: u32) -> Done<()> {
    let max = u64::from(max);
    if (least..=max).contains(&given) {
        Ok(())
    } else {
        refuse(abi::InvalidDuration { given, max })
    }
}
