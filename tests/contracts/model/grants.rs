//! Grants.

use alloy_primitives::{Address, Bytes};
use patientport_abi::{IPatientPort as abi, limits};

use super::{Done, Now, Port, must_be_reason, must_be_somebody, must_fit, refuse, requests};

/// Rights of a delegate.
const APPROVE: u8 = 1;
const REVOKE: u8 = 2;
const READ: u8 = 1;

/// What a reader was granted last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grant {
    pub(crate) sections: u64,
    pub(crate) held: u64,
    pub(crate) expiry: u64,
    pub(crate) changed_at: u64,
    pub(crate) rights: u8,
    pub(crate) revoked: bool,
}

impl Grant {
    /// 1 live, 2 expired, 3 revoked.
    pub(crate) fn state_at(&self, time: u64) -> u8 {
        match self.revoked {
            true => 3,
            false if time < self.expiry => 1,
            false => 2,
        }
    }
}

/// The arguments that `approve` and `grant` share.
struct Given<'a> {
    request: u32,
    reader: Address,
    sections: u64,
    epochs: &'a [u32],
    expiry: u64,
    rights: u8,
    allow_unverified: bool,
    message: &'a Bytes,
}

impl Port {
    /// The sections on which somebody has a right by a live grant.
    pub(crate) fn granted(&self, reader: Address, time: u64, right: u8) -> u64 {
        match self.grants.get(&reader) {
            Some(grant) if grant.state_at(time) == 1 && grant.rights & right != 0 => grant.sections,
            _ => 0,
        }
    }

    pub(super) fn approve(&mut self, now: Now<'_>, call: &abi::approveCall) -> Done<()> {
        self.must_act(now, APPROVE)?;
        let request = self.request_at(call.requestId)?;
        if request.recipient != call.reader {
            return refuse(abi::InvalidReader {
                reader: call.reader,
            });
        }
        self.end(now, call.requestId, requests::APPROVED)?;
        let given = Given {
            request: call.requestId,
            reader: call.reader,
            sections: call.sections,
            epochs: &call.epochs,
            expiry: call.expiry,
            rights: call.rights,
            allow_unverified: call.allowUnverified,
            message: &call.message,
        };
        self.give(now, &given)
    }

    pub(super) fn grant(&mut self, now: Now<'_>, call: &abi::grantCall) -> Done<()> {
        self.must_act(now, APPROVE)?;
        must_be_somebody(call.reader)?;
        let given = Given {
            request: 0,
            reader: call.reader,
            sections: call.sections,
            epochs: &call.epochs,
            expiry: call.expiry,
            rights: call.rights,
            allow_unverified: call.allowUnverified,
            message: &call.message,
        };
        self.give(now, &given)
    }

    fn give(&mut self, now: Now<'_>, given: &Given<'_>) -> Done<()> {
        let reader = given.reader;
        let by_patient = now.caller == self.owner;
        let delegate = self.delegation(reader, now.time) != 0;
        if reader == self.owner || (delegate && !by_patient) {
            return refuse(abi::InvalidReader { reader });
        }
        self.must_all_be_current(given.sections, given.epochs)?;
        let latest = if by_patient {
            u64::MAX
        } else {
            self.delegates[&now.caller].until
        };
        must_end(now, given.expiry, latest)?;
        if !(1..=3).contains(&given.rights) {
            return refuse(abi::InvalidRights {
                rights: given.rights,
            });
        }
        let must_read = given.rights & READ != 0;
        must_fit(given.message, !must_read, limits::MAX_MESSAGE_BYTES)?;
        if !given.allow_unverified {
            Self::must_be_verified(now, reader)?;
        }
        self.enlist(now, reader, given.request)?;
        let before = self.grants.get(&reader).map_or(0, |grant| grant.held);
        let sent = if given.message.is_empty() {
            0
        } else {
            given.sections
        };
        let grant = Grant {
            sections: given.sections,
            held: before | sent,
            expiry: given.expiry,
            changed_at: now.time,
            rights: given.rights,
            revoked: false,
        };
        self.grants.insert(reader, grant);
        let granted = abi::AccessGranted {
            reader,
            requestId: given.request,
            by: now.caller,
            sections: given.sections,
            epochs: given.epochs.to_vec(),
            expiry: given.expiry,
            rights: given.rights,
            message: given.message.clone(),
        };
        self.emit(now, &granted);
        Ok(())
    }

    pub(super) fn revoke(&mut self, now: Now<'_>, call: &abi::revokeCall) -> Done<()> {
        self.must_act(now, REVOKE)?;
        must_be_reason(call.reason, 0..=4)?;
        let reader = call.reader;
        let Some(mut grant) = self.grants.get(&reader).copied() else {
            return refuse(abi::NoLiveGrant { reader });
        };
        if grant.state_at(now.time) != 1 {
            return refuse(abi::NoLiveGrant { reader });
        }
        self.may_rotate(now, &call.rotation)?;
        grant.held &= !call.rotation.sections;
        grant.revoked = true;
        grant.changed_at = now.time;
        self.grants.insert(reader, grant);
        let revoked = abi::AccessRevoked {
            reader,
            by: now.caller,
            reason: call.reason,
        };
        self.emit(now, &revoked);
        self.apply(now, &call.rotation)
    }
}

/// An end after now, at most five years on and no later than `latest`.
pub(super) fn must_end(now: Now<'_>, given: u64, latest: u64) -> Done<()> {
    let earliest = now.time + 1;
    let latest = latest.min(now.time + limits::MAX_GRANT_SECS);
    if (earliest..=latest).contains(&given) {
        Ok(())
    } else {
        refuse(abi::InvalidExpiry {
            given,
            earliest,
            latest,
        })
    }
}
