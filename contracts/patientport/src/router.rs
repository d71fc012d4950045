//! From a selector to a function.

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use patientport_abi::IPatientPort as abi;
use patientport_kit::{Args, selector};

use crate::{
    error::Error,
    port::{Port, Result},
};

/// `stylus_constructor()`, which the deployer calls.
const CONSTRUCTOR: u32 = 0x5585_258d;

const fn id<C: SolCall>() -> u32 {
    selector(C::SELECTOR)
}

impl Port {
    /// Runs the call encoded in `input` and returns its encoded result.
    pub(crate) fn route(&self, input: &[u8]) -> Result<Vec<u8>> {
        const INITIALIZE: u32 = id::<abi::initializeCall>();
        const CLAIM: u32 = id::<abi::claimCall>();
        const ROTATE: u32 = id::<abi::rotateCall>();
        const RESEAL: u32 = id::<abi::resealCall>();
        const ADD: u32 = id::<abi::addCall>();
        const RETRACT: u32 = id::<abi::retractCall>();
        const REQUEST: u32 = id::<abi::requestCall>();
        const CANCEL: u32 = id::<abi::cancelCall>();
        const DENY: u32 = id::<abi::denyCall>();
        const APPROVE: u32 = id::<abi::approveCall>();
        const GRANT: u32 = id::<abi::grantCall>();
        const REVOKE: u32 = id::<abi::revokeCall>();
        const INFO: u32 = id::<abi::infoCall>();
        const SECTION_KEYS: u32 = id::<abi::sectionKeysCall>();
        const RECORD: u32 = id::<abi::recordCall>();
        const RECORDS: u32 = id::<abi::recordsCall>();
        const GET_REQUEST: u32 = id::<abi::getRequestCall>();
        const REQUESTS: u32 = id::<abi::requestsCall>();
        const READERS: u32 = id::<abi::readersCall>();
        const ACCESS_OF: u32 = id::<abi::accessOfCall>();
        const HAS_ACCESS: u32 = id::<abi::hasAccessCall>();

        let (selector, rest) = input.split_first_chunk().ok_or(Error::Malformed)?;
        let args = &mut Args::new(rest);
        match u32::from_be_bytes(*selector) {
            CONSTRUCTOR => self.construct()?,
            INITIALIZE => self.initialize(args)?,
            CLAIM => self.claim(args)?,
            ROTATE => self.rotate(args)?,
            RESEAL => self.reseal(args)?,
            ADD => return self.add(args),
            RETRACT => self.retract(args)?,
            REQUEST => return self.request(args),
            CANCEL => self.cancel(args)?,
            DENY => self.deny(args)?,
            APPROVE => self.approve(args)?,
            GRANT => self.grant(args)?,
            REVOKE => self.revoke(args)?,
            INFO => return Ok(self.info()),
            SECTION_KEYS => return self.section_keys(args),
            RECORD => return self.record(args),
            RECORDS => return self.records(args),
            GET_REQUEST => return self.get_request(args),
            REQUESTS => return self.requests(args),
            READERS => return self.readers(args),
            ACCESS_OF => return self.access_of(args),
            HAS_ACCESS => return self.has_access(args),
            _ => return Err(Error::Malformed),
        }
        Ok(Vec::new())
    }
}
