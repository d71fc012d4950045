//! Delegates.

use alloy_primitives::Address;
use patientport_abi::IPatientPort as abi;

use super::{Done, Now, Port, grants::must_end, must_be_key, must_be_somebody, refuse};

impl Port {
    /// The rights that somebody has as a delegate.
    pub(crate) fn delegation(&self, account: Address, time: u64) -> u8 {
        match self.delegates.get(&account) {
            Some(delegate) if time < delegate.until => delegate.rights,
            _ => 0,
        }
    }

    pub(super) fn set_delegate(&mut self, now: Now<'_>, call: &abi::setDelegateCall) -> Done<()> {
        self.must_be_patient(now)?;
        let who = call.delegate;
        must_be_somebody(who)?;
        let rights = call.rights;
        if rights == 0 {
            if self
                .delegates
                .get(&who)
                .is_none_or(|before| before.rights == 0)
            {
                return refuse(abi::NoLiveGrant { reader: who });
            }
            if call.until != 0 || call.keyParity != 0 || !call.keyX.is_zero() {
                return refuse(abi::InvalidRights { rights });
            }
        } else {
            if who == self.owner {
                return refuse(abi::InvalidAddress { account: who });
            }
            if rights > 15 {
                return refuse(abi::InvalidRights { rights });
            }
            must_be_key(call.keyX, call.keyParity)?;
            must_end(now, call.until, u64::MAX)?;
            self.enlist(now, who, 0)?;
        }
        let delegate = abi::Delegate {
            rights,
            until: call.until,
            heldUntil: self.entitled_until(who, now.time),
            keyX: call.keyX,
            keyParity: call.keyParity,
        };
        self.delegates.insert(who, delegate);
        let set = abi::DelegateSet {
            delegate: who,
            rights,
            until: call.until,
            keyX: call.keyX,
            keyParity: call.keyParity,
        };
        self.emit(now, &set);
        self.apply(now, &call.rotation)
    }
}
