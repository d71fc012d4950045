//! Issuing ports and recognising them. A port is a clone whose code carries its parties
//! (`patientport_kit::Parties`), created by CREATE2 (EIP-1014) with salt zero: its init code already
//! differs from every other's, by the port's number.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::IRegistry as abi;
use patientport_kit::{Args, Out, Parties, account, init_code_of, topic};
use stylus_sdk::{
    deploy::RawDeploy,
    stylus_core::{AccountAccess as _, CryptographyAccess as _},
};

use crate::{
    error::Error,
    layout::{implementation, single},
    registry::{Registry, Result},
};

impl Registry {
    /// `issue(address patient)` → the port.
    pub(crate) fn issue(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let patient = args.account()?;
        if !self.verified(&self.provider_word(&self.caller)) {
            return Err(Error::UnverifiedProvider(self.caller));
        }
        if patient.is_zero() {
            return Err(Error::InvalidPatient(patient));
        }
        let mut word = self.single(single::IMPLEMENTATION);
        let implementation = account(&word);
        if implementation.is_zero() {
            return Err(Error::ImplementationNotSet);
        }
        let number = implementation::PORTS
            .number(&word)
            .checked_add(1)
            .ok_or(Error::TooManyPorts)?;
        implementation::PORTS.set(&mut word, number.into());
        self.set_single(single::IMPLEMENTATION, word);

        let parties = Parties {
            registry: self.vm.contract_address(),
            issuer: self.caller,
            patient,
        };
        let port = self.create(&parties.init_code(&implementation, number))?;
        Out::log(const { topic(abi::PortIssued::SIGNATURE_HASH) })
            .account(&port)
            .account(&self.caller)
            .account(&patient)
            .account(&implementation)
            .emit(&self.vm, 4);
        let mut out = Out::new();
        out.account(&port);
        Ok(out.finish())
    }

    fn create(&self, init_code: &[u8]) -> Result<Address> {
        #[expect(
            unsafe_code,
            reason = "the SDK marks raw deployment unsafe because typed storage could alias"
        )]
        // SAFETY: no storage value is held across the deployment, and a clone's init code calls nothing.
        let created = unsafe {
            RawDeploy::new()
                .salt(B256::ZERO)
                .deploy(&self.vm, init_code, U256::ZERO)
        };
        created.map_err(|_| Error::IssueFailed(self.address_of(init_code)))
    }

    /// Whether an account is a port of this registry (I4): only this registry can have created an
    /// account at that address, only with that init code, and it creates nothing but ports.
    #[inline(never)]
    pub(crate) fn issued(&self, port: Address) -> bool {
        let code = self.vm.code(port);
        Parties::of_code(&code).is_some_and(|parties| {
            parties.registry == self.vm.contract_address()
                && self.address_of(&init_code_of(&code)) == port
        })
    }

    /// Where this registry creates the account of an init code:
    /// `keccak256(0xff ‖ registry ‖ salt ‖ keccak256(init code))`, its last 20 bytes.
    #[inline(never)]
    fn address_of(&self, init_code: &[u8]) -> Address {
        let mut preimage = Vec::with_capacity(85);
        preimage.push(0xff);
        preimage.extend_from_slice(self.vm.contract_address().as_slice());
        preimage.resize(53, 0);
        preimage.extend_from_slice(self.vm.native_keccak256(init_code).as_slice());
        Address::from_word(self.vm.native_keccak256(&preimage))
    }
}
