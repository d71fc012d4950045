//! From a selector to a function.

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use patientport_abi::IRegistry as abi;
use patientport_kit::{Args, selector};

use crate::{
    error::Error,
    registry::{Registry, Result},
    views::supports_interface,
};

/// `stylus_constructor()`, which the deployer calls with the constructor's arguments behind it.
const CONSTRUCTOR: u32 = 0x5585_258d;

const fn id<C: SolCall>() -> u32 {
    selector(C::SELECTOR)
}

impl Registry {
    /// Runs the call encoded in `input` and returns its encoded result.
    pub(crate) fn route(&self, input: &[u8]) -> Result<Vec<u8>> {
        const SUPPORTS: u32 = id::<abi::supportsInterfaceCall>();
        const OWNER: u32 = id::<abi::ownerCall>();
        const PENDING_OWNER: u32 = id::<abi::pendingOwnerCall>();
        const TRANSFER_OWNERSHIP: u32 = id::<abi::transferOwnershipCall>();
        const ACCEPT_OWNERSHIP: u32 = id::<abi::acceptOwnershipCall>();
        const ADD_ATTESTER: u32 = id::<abi::addAttesterCall>();
        const REMOVE_ATTESTER: u32 = id::<abi::removeAttesterCall>();
        const IS_ATTESTER: u32 = id::<abi::isAttesterCall>();
        const ATTESTERS: u32 = id::<abi::attestersCall>();
        const SET_IMPLEMENTATION: u32 = id::<abi::setPortImplementationCall>();
        const IMPLEMENTATION: u32 = id::<abi::portImplementationCall>();
        const REGISTER: u32 = id::<abi::registerProviderCall>();
        const SET_IDENTITY: u32 = id::<abi::setIdentityProfileCall>();
        const SET_CONTACT: u32 = id::<abi::setContactProfileCall>();
        const SET_KEY: u32 = id::<abi::setEncryptionKeyCall>();
        const ATTEST: u32 = id::<abi::attestCall>();
        const SUSPEND: u32 = id::<abi::suspendCall>();
        const REINSTATE: u32 = id::<abi::reinstateCall>();
        const RETIRE: u32 = id::<abi::retireCall>();
        const PROVIDER: u32 = id::<abi::providerCall>();
        const IS_VERIFIED: u32 = id::<abi::isVerifiedCall>();
        const BY_NPI: u32 = id::<abi::providerByNpiCall>();
        const COUNT: u32 = id::<abi::providerCountCall>();
        const PROVIDERS: u32 = id::<abi::providersCall>();
        const ISSUE: u32 = id::<abi::issueCall>();
        const IS_PORT: u32 = id::<abi::isPortCall>();

        let (selector, rest) = input.split_first_chunk().ok_or(Error::Malformed)?;
        let args = &mut Args::new(rest);
        match u32::from_be_bytes(*selector) {
            CONSTRUCTOR => self.construct(args)?,
            TRANSFER_OWNERSHIP => self.transfer_ownership(args)?,
            ACCEPT_OWNERSHIP => self.accept_ownership()?,
            ADD_ATTESTER => self.set_attester(args, true)?,
            REMOVE_ATTESTER => self.set_attester(args, false)?,
            SET_IMPLEMENTATION => self.set_implementation(args)?,
            REGISTER => self.register(args)?,
            SET_IDENTITY => self.set_identity(args)?,
            SET_CONTACT => self.set_contact(args)?,
            SET_KEY => self.set_key(args)?,
            ATTEST => self.attest(args)?,
            SUSPEND => self.suspend(args)?,
            REINSTATE => self.reinstate(args)?,
            RETIRE => self.retire()?,
            ISSUE => return self.issue(args),
            SUPPORTS => return supports_interface(args),
            OWNER => return Ok(self.owner()),
            PENDING_OWNER => return Ok(self.pending_owner()),
            IS_ATTESTER => return self.is_attester(args),
            ATTESTERS => return self.attesters(args),
            IMPLEMENTATION => return Ok(self.port_implementation()),
            PROVIDER => return self.provider(args),
            IS_VERIFIED => return self.is_verified(args),
            BY_NPI => return self.provider_by_npi(args),
            COUNT => return Ok(self.provider_count()),
            PROVIDERS => return self.providers(args),
            IS_PORT => return self.is_port(args),
            _ => return Err(Error::Malformed),
        }
        Ok(Vec::new())
    }
}
