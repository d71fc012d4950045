//! Whose port it is.

use alloy_primitives::Address;
use patientport_abi::IPatientPort as abi;

use super::{Done, Now, Port, must_be_key, refuse, unauthorized};

impl Port {
    pub(super) fn claim(&mut self, now: Now<'_>, call: &abi::claimCall) -> Done<()> {
        if self.claimed {
            return refuse(abi::AlreadyClaimed {});
        }
        if self.owner != now.caller {
            return unauthorized(now);
        }
        must_be_key(call.keyX, call.keyParity)?;
        self.claimed = true;
        self.key = (call.keyX, call.keyParity);
        let claimed = abi::Claimed {
            patient: self.owner,
            keyX: call.keyX,
            keyParity: call.keyParity,
        };
        self.emit(now, &claimed);
        self.apply(now, &call.rotation)
    }

    pub(super) fn set_encryption_key(
        &mut self,
        now: Now<'_>,
        call: &abi::setEncryptionKeyCall,
    ) -> Done<()> {
        self.must_be_patient(now)?;
        must_be_key(call.keyX, call.keyParity)?;
        self.key = (call.keyX, call.keyParity);
        let set = abi::EncryptionKeySet {
            keyX: call.keyX,
            keyParity: call.keyParity,
        };
        self.emit(now, &set);
        self.apply(now, &call.rotation)
    }

    pub(super) fn transfer_ownership(
        &mut self,
        now: Now<'_>,
        call: &abi::transferOwnershipCall,
    ) -> Done<()> {
        self.must_be_patient(now)?;
        let next = call.newOwner;
        if next == self.owner {
            return refuse(abi::InvalidAddress { account: next });
        }
        if next != self.pending_owner {
            self.pending_owner = next;
            let started = abi::OwnershipTransferStarted {
                previousOwner: self.owner,
                newOwner: next,
            };
            self.emit(now, &started);
        }
        Ok(())
    }

    pub(super) fn accept_ownership(&mut self, now: Now<'_>) -> Done<()> {
        self.must_be_claimed()?;
        if self.pending_owner != now.caller {
            return unauthorized(now);
        }
        let transferred = abi::OwnershipTransferred {
            previousOwner: self.owner,
            newOwner: now.caller,
        };
        self.owner = now.caller;
        self.pending_owner = Address::ZERO;
        self.emit(now, &transferred);
        Ok(())
    }

    pub(super) fn set_primary_care(
        &mut self,
        now: Now<'_>,
        call: &abi::setPrimaryCareCall,
    ) -> Done<()> {
        self.must_be_patient(now)?;
        let provider = call.provider;
        if provider == self.primary_care {
            return Ok(());
        }
        if provider != Address::ZERO {
            Self::must_be_verified(now, provider)?;
        }
        self.primary_care = provider;
        self.emit(now, &abi::PrimaryCareSet { provider });
        Ok(())
    }

    pub(super) fn set_custodian(&mut self, now: Now<'_>, call: &abi::setCustodianCall) -> Done<()> {
        self.must_be_patient(now)?;
        let index = call.index;
        let Some(place) = self.custodians.get_mut(usize::from(index)) else {
            return refuse(abi::InvalidCustodian { index });
        };
        if call.account != Address::ZERO {
            must_be_key(call.keyX, call.keyParity)?;
        } else if !call.keyX.is_zero() || call.keyParity != 0 {
            return refuse(abi::InvalidKey {
                x: call.keyX,
                parity: call.keyParity,
            });
        }
        *place = abi::Custodian {
            account: call.account,
            keyX: call.keyX,
            keyParity: call.keyParity,
        };
        let set = abi::CustodianSet {
            index,
            account: call.account,
            keyX: call.keyX,
            keyParity: call.keyParity,
        };
        self.emit(now, &set);
        Ok(())
    }
}
