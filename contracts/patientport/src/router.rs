//! From a selector to a function.

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use patientport_abi::IPatientPort as abi;
use patientport_kit::{Args, selector};

use crate::{
    error::Error,
    port::{Port, Result},
    views::supports_interface,
};

const fn id<C: SolCall>() -> u32 {
    selector(C::SELECTOR)
}

impl Port {
    /// Runs the call encoded in `input` and returns its encoded result. `signed`: on behalf of the owner,
    /// who signed it.
    pub(crate) fn route(&mut self, input: &[u8], signed: bool) -> Result<Vec<u8>> {
        const CLAIM: u32 = id::<abi::claimCall>();
        const ROTATE: u32 = id::<abi::rotateCall>();
        const RESEAL: u32 = id::<abi::resealCall>();
        const SET_ENCRYPTION_KEY: u32 = id::<abi::setEncryptionKeyCall>();
        const TRANSFER_OWNERSHIP: u32 = id::<abi::transferOwnershipCall>();
        const ACCEPT_OWNERSHIP: u32 = id::<abi::acceptOwnershipCall>();
        const SET_PRIMARY_CARE: u32 = id::<abi::setPrimaryCareCall>();
        const ADD: u32 = id::<abi::addCall>();
        const SUPERSEDE: u32 = id::<abi::supersedeCall>();
        const RETRACT: u32 = id::<abi::retractCall>();
        const PUBLISH: u32 = id::<abi::publishCall>();
        const SHARE: u32 = id::<abi::shareCall>();
        const REQUEST: u32 = id::<abi::requestCall>();
        const CANCEL: u32 = id::<abi::cancelCall>();
        const DENY: u32 = id::<abi::denyCall>();
        const SET_BLOCKED: u32 = id::<abi::setBlockedCall>();
        const APPROVE: u32 = id::<abi::approveCall>();
        const GRANT: u32 = id::<abi::grantCall>();
        const REVOKE: u32 = id::<abi::revokeCall>();
        const SET_DELEGATE: u32 = id::<abi::setDelegateCall>();
        const SET_CUSTODIAN: u32 = id::<abi::setCustodianCall>();
        const SET_RESPONDER: u32 = id::<abi::setResponderCall>();
        const SET_PACKAGE: u32 = id::<abi::setPackageCall>();
        const BREAK_GLASS: u32 = id::<abi::breakGlassCall>();
        const VETO: u32 = id::<abi::vetoCall>();
        const RELEASE: u32 = id::<abi::releaseCall>();
        const EXECUTE: u32 = id::<abi::executeCall>();
        const CANCEL_SIGNATURES: u32 = id::<abi::cancelSignaturesCall>();
        const INFO: u32 = id::<abi::infoCall>();
        const SECTION_KEYS: u32 = id::<abi::sectionKeysCall>();
        const RECORD: u32 = id::<abi::recordCall>();
        const RECORDS: u32 = id::<abi::recordsCall>();
        const GET_REQUEST: u32 = id::<abi::getRequestCall>();
        const REQUESTS: u32 = id::<abi::requestsCall>();
        const IS_BLOCKED: u32 = id::<abi::isBlockedCall>();
        const HOLDERS: u32 = id::<abi::holdersCall>();
        const HOLDER_OF: u32 = id::<abi::holderOfCall>();
        const ACCESS_OF: u32 = id::<abi::accessOfCall>();
        const HAS_ACCESS: u32 = id::<abi::hasAccessCall>();
        const CUSTODIANS: u32 = id::<abi::custodiansCall>();
        const HISTORY_HEAD: u32 = id::<abi::historyHeadCall>();
        const SUPPORTS_INTERFACE: u32 = id::<abi::supportsInterfaceCall>();

        let (selector, rest) = input.split_first_chunk().ok_or(Error::Malformed)?;
        let args = &mut Args::new(rest);
        match u32::from_be_bytes(*selector) {
            CLAIM => self.claim(args)?,
            ROTATE => self.rotate(args)?,
            RESEAL => self.reseal(args)?,
            SET_ENCRYPTION_KEY => self.set_encryption_key(args)?,
            TRANSFER_OWNERSHIP => self.transfer_ownership(args)?,
            ACCEPT_OWNERSHIP => self.accept_ownership()?,
            SET_PRIMARY_CARE => self.set_primary_care(args)?,
            ADD => return self.add(args),
            SUPERSEDE => return self.supersede(args),
            RETRACT => self.retract(args)?,
            PUBLISH => self.publish(args)?,
            SHARE => self.share(args)?,
            REQUEST => return self.request(args),
            CANCEL => self.cancel(args)?,
            DENY => self.deny(args)?,
            SET_BLOCKED => self.set_blocked(args)?,
            APPROVE => self.approve(args)?,
            GRANT => self.grant(args)?,
            REVOKE => self.revoke(args)?,
            SET_DELEGATE => self.set_delegate(args)?,
            SET_CUSTODIAN => self.set_custodian(args)?,
            SET_RESPONDER => self.set_responder(args)?,
            SET_PACKAGE => self.set_package(args)?,
            BREAK_GLASS => self.break_glass(args)?,
            VETO => self.veto(args)?,
            RELEASE => self.release(args)?,
            // A signed call makes no other: one signature, one call.
            EXECUTE if !signed => return self.execute(args),
            CANCEL_SIGNATURES => self.cancel_signatures()?,
            INFO => return self.info(),
            SECTION_KEYS => return self.section_keys(args),
            RECORD => return self.record(args),
            RECORDS => return self.records(args),
            GET_REQUEST => return self.get_request(args),
            REQUESTS => return self.requests(args),
            IS_BLOCKED => return self.is_blocked(args),
            HOLDERS => return self.holders(args),
            HOLDER_OF => return self.holder_of(args),
            ACCESS_OF => return self.access_of(args),
            HAS_ACCESS => return self.has_access(args),
            CUSTODIANS => return Ok(self.custodians()),
            HISTORY_HEAD => return Ok(self.history_head()),
            SUPPORTS_INTERFACE => return supports_interface(args),
            _ => return Err(Error::Malformed),
        }
        Ok(Vec::new())
    }
}
