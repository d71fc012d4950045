//! The registry, as far as histories need it: providers and what attesters say of them.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, LogData, keccak256};
use alloy_sol_types::{SolError, SolEvent};
use patientport_abi::{
    IRegistry::{self as abi, IRegistryCalls as Call},
    limits,
};

use super::Done;

const SELF_ASSERTED: u8 = 1;
const ATTESTED: u8 = 2;
const SUSPENDED: u8 = 3;
const RETIRED: u8 = 4;

/// A provider.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) status: u8,
    pub(crate) kind: u8,
    pub(crate) profile: B256,
    pub(crate) until: u64,
}

/// A registry of one attester, which its owner never changes. Numbers (NPI) are all 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    pub(crate) owner: Address,
    pub(crate) attester: Address,
    pub(crate) providers: BTreeMap<Address, Provider>,
}

#[expect(clippy::needless_pass_by_value, reason = "made where it is returned")]
fn refuse<T>(error: impl SolError) -> Done<T> {
    Err(error.abi_encode())
}

#[expect(clippy::needless_pass_by_value, reason = "made where it is returned")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the last word of functions that can refuse"
)]
fn event(event: impl SolEvent) -> Done<Vec<LogData>> {
    Ok(vec![event.encode_log_data()])
}

impl Registry {
    pub(crate) fn is_verified(&self, account: Address, time: u64) -> bool {
        let verified = |provider: &Provider| provider.status == ATTESTED && time < provider.until;
        self.providers.get(&account).is_some_and(verified)
    }

    fn must_be(&self, provider: Address, highest: u8) -> Done<Provider> {
        match self.providers.get(&provider) {
            None => refuse(abi::UnknownProvider { provider }),
            Some(found) if found.status > highest => refuse(abi::ProviderNotActive {
                provider,
                status: found.status,
            }),
            Some(found) => Ok(found.clone()),
        }
    }

    fn must_supervise(&self, caller: Address) -> Done<()> {
        if [self.owner, self.attester].contains(&caller) {
            Ok(())
        } else {
            refuse(abi::UnauthorizedAttester { account: caller })
        }
    }

    /// Makes a call: the events it leaves, or what it reverts with.
    pub(crate) fn call(&mut self, caller: Address, time: u64, call: &Call) -> Done<Vec<LogData>> {
        match call {
            Call::attest(call) => self.attest(caller, time, call),
            Call::suspend(call) => self.suspend(caller, call.provider),
            Call::reinstate(call) => self.reinstate(caller, call.provider),
            Call::setIdentityProfile(call) => self.set_identity(caller, call),
            Call::retire(_) => self.retire(caller),
            other => panic!("histories have no {other:?}"),
        }
    }

    fn attest(&mut self, caller: Address, time: u64, call: &abi::attestCall) -> Done<Vec<LogData>> {
        if caller != self.attester {
            return refuse(abi::UnauthorizedAttester { account: caller });
        }
        let provider = call.provider;
        let found = self.must_be(provider, ATTESTED)?;
        if call.npi != 0 || call.kind != found.kind || call.identityProfileHash != found.profile {
            return refuse(abi::AttestationMismatch { provider });
        }
        let (given, earliest, latest) = (call.until, time + 1, time + limits::MAX_ATTESTATION_SECS);
        if !(earliest..=latest).contains(&given) {
            return refuse(abi::InvalidAttestationEnd {
                given,
                earliest,
                latest,
            });
        }
        if found.status == ATTESTED && found.until == given {
            return Ok(Vec::new());
        }
        let attested = Provider {
            status: ATTESTED,
            until: given,
            ..found
        };
        self.providers.insert(provider, attested);
        event(abi::ProviderAttested {
            provider,
            attester: caller,
            npi: 0,
            kind: call.kind,
            identityProfileHash: call.identityProfileHash,
            until: given,
        })
    }

    fn suspend(&mut self, caller: Address, provider: Address) -> Done<Vec<LogData>> {
        self.must_supervise(caller)?;
        let found = self.must_be(provider, SUSPENDED)?;
        if found.status == SUSPENDED {
            return Ok(Vec::new());
        }
        let suspended = Provider {
            status: SUSPENDED,
            ..found
        };
        self.providers.insert(provider, suspended);
        event(abi::ProviderSuspended {
            provider,
            by: caller,
        })
    }

    fn reinstate(&mut self, caller: Address, provider: Address) -> Done<Vec<LogData>> {
        self.must_supervise(caller)?;
        let found = self.must_be(provider, SUSPENDED)?;
        if found.status != SUSPENDED {
            return Ok(Vec::new());
        }
        let reinstated = Provider {
            status: SELF_ASSERTED,
            until: 0,
            ..found
        };
        self.providers.insert(provider, reinstated);
        event(abi::ProviderReinstated {
            provider,
            by: caller,
        })
    }

    fn set_identity(
        &mut self,
        caller: Address,
        call: &abi::setIdentityProfileCall,
    ) -> Done<Vec<LogData>> {
        let found = self.must_be(caller, ATTESTED)?;
        let profile = keccak256(&call.identityProfile);
        if call.kind == found.kind && profile == found.profile {
            return Ok(Vec::new());
        }
        let changed = Provider {
            status: SELF_ASSERTED,
            kind: call.kind,
            profile,
            until: 0,
        };
        self.providers.insert(caller, changed);
        event(abi::IdentityProfileSet {
            provider: caller,
            kind: call.kind,
            npi: 0,
            profile: call.identityProfile.clone(),
        })
    }

    fn retire(&mut self, caller: Address) -> Done<Vec<LogData>> {
        let found = self.must_be(caller, SUSPENDED)?;
        let retired = Provider {
            status: RETIRED,
            ..found
        };
        self.providers.insert(caller, retired);
        event(abi::ProviderRetired { provider: caller })
    }
}
