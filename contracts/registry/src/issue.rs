//! Issuing ports: minimal clones (EIP-1167) by CREATE2 (EIP-1014), initialised at once.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall as _, SolEvent as _};
use patientport_abi::{IPatientPort, IRegistry as abi};
use patientport_kit::{Args, Field, Out, Slot, selector, topic};
use stylus_sdk::{call::RawCall, deploy::RawDeploy, stylus_core::CryptographyAccess as _};

use crate::{
    error::Error,
    layout::{map, single},
    registry::{Registry, Result},
};

/// The init code of a clone before the implementation's address: returns the 45 bytes behind it.
const CLONE_HEAD: [u8; 20] = [
    0x3d, 0x60, 0x2d, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x81, 0xf3, 0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d,
    0x3d, 0x36, 0x3d, 0x73,
];
/// The clone's code after the implementation's address.
const CLONE_TAIL: [u8; 15] = [
    0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3,
];

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
        let implementation = self.account_word(single::IMPLEMENTATION);
        if implementation.is_zero() {
            return Err(Error::ImplementationNotSet);
        }

        let slot = Slot::account(map::ISSUED, &self.caller);
        let mut issued = self.load(slot);
        let counter = issued;
        let count = Field::new(24, 8);
        count.set(&mut issued, count.get(&counter).wrapping_add(1));
        self.store(slot, issued);

        let port = self.clone_of(&implementation, self.salt(&patient, &counter));
        let mut call =
            Out::with_selector(const { selector(IPatientPort::initializeCall::SELECTOR) });
        call.account(&self.caller).account(&patient);
        #[expect(
            unsafe_code,
            reason = "the SDK marks raw calls unsafe because typed storage could alias"
        )]
        // SAFETY: no storage value is held across the call; the code called is the one the owner set.
        let answer = unsafe {
            RawCall::new(&self.vm)
                .skip_return_data()
                .call(port, call.as_bytes())
        };
        if port.is_zero() || answer.is_err() {
            return Err(Error::IssueFailed(port));
        }
        self.set_flag(map::PORT, &port, true);
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

    /// `keccak256(issuer ‖ patient ‖ counter)`: 20, 20 and 32 bytes.
    fn salt(&self, patient: &Address, counter: &B256) -> B256 {
        let mut preimage = Vec::with_capacity(72);
        preimage.extend_from_slice(self.caller.as_slice());
        preimage.extend_from_slice(patient.as_slice());
        preimage.extend_from_slice(counter.as_slice());
        self.vm.native_keccak256(&preimage)
    }

    /// Creates a clone; zero if that fails.
    fn clone_of(&self, implementation: &Address, salt: B256) -> Address {
        let mut code = Vec::with_capacity(55);
        code.extend_from_slice(&CLONE_HEAD);
        code.extend_from_slice(implementation.as_slice());
        code.extend_from_slice(&CLONE_TAIL);
        #[expect(
            unsafe_code,
            reason = "the SDK marks raw deployment unsafe because typed storage could alias"
        )]
        // SAFETY: no storage value is held across the deployment, and a clone's init code calls nothing.
        let created = unsafe {
            RawDeploy::new()
                .salt(salt)
                .deploy(&self.vm, &code, U256::ZERO)
        };
        created.unwrap_or_default()
    }
}
