//! The registry is called as a chain calls it: encoded calls in, encoded results, errors and logs
//! out, all made and read by the ABI crate's own types. A call that fails leaves no trace, which the
//! SDK's test VM does not do by itself.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod access;
mod attestation;
mod issue;
mod layout;
mod ownership;
mod provider;
mod surface;

use alloc::{boxed::Box, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, LogData, U256, hex, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue};
use patientport_abi::IRegistry as abi;
use stylus_sdk::{host::VM, testing::TestVM};

use crate::entry;

pub(crate) const REGISTRY: Address = Address::repeat_byte(0xee);
pub(crate) const OWNER: Address = Address::repeat_byte(0x01);
pub(crate) const ATTESTER: Address = Address::repeat_byte(0x02);
pub(crate) const CLINIC: Address = Address::repeat_byte(0x11);
pub(crate) const LAB: Address = Address::repeat_byte(0x33);
pub(crate) const STRANGER: Address = Address::repeat_byte(0x55);
pub(crate) const PATIENT: Address = Address::repeat_byte(0x22);
pub(crate) const IMPLEMENTATION: Address = Address::repeat_byte(0xcc);
pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const DAY: u64 = 24 * 60 * 60;
pub(crate) const NPI: u64 = 1_234_567_893;
pub(crate) const OTHER_NPI: u64 = 1_993_999_998;
pub(crate) const IDENTITY: &[u8] = br#"{"name":"Clinic"}"#;

/// One registry on its own chain.
pub(crate) struct World {
    pub(crate) vm: TestVM,
    /// Logs already looked at.
    seen: usize,
    now: u64,
}

impl World {
    /// Nothing has happened yet.
    pub(crate) fn empty() -> Self {
        let world = Self {
            vm: TestVM::new(),
            seen: 0,
            now: START,
        };
        world.vm.set_block_timestamp(START);
        world.vm.set_contract_address(REGISTRY);
        world
    }

    /// Constructed for `OWNER`, with one attester.
    pub(crate) fn open() -> Self {
        let mut world = Self::empty();
        world.construct(OWNER).unwrap();
        world
            .call(OWNER, &abi::addAttesterCall { attester: ATTESTER })
            .unwrap();
        world.logs();
        world
    }

    /// `CLINIC` and `LAB` are registered, the clinic with an NPI.
    pub(crate) fn registered() -> Self {
        let mut world = Self::open();
        world.call(CLINIC, &register(NPI)).unwrap();
        world.call(LAB, &register(0)).unwrap();
        world.logs();
        world
    }

    /// `CLINIC` is attested for a year.
    pub(crate) fn attested() -> Self {
        let mut world = Self::registered();
        world.call(ATTESTER, &attest(CLINIC, NPI)).unwrap();
        world.logs();
        world
    }

    /// An implementation of ports is set as well.
    pub(crate) fn ready() -> Self {
        let mut world = Self::attested();
        world.set_implementation(IMPLEMENTATION);
        world.logs();
        world
    }

    /// The owner sets an implementation that has code.
    pub(crate) fn set_implementation(&mut self, implementation: Address) {
        self.vm
            .set_code(implementation, [0xef, 0xf0, 0, 0, 1].into());
        self.call(OWNER, &abi::setPortImplementationCall { implementation })
            .unwrap();
    }

    /// `CLINIC` issues the `number`th port, which then has its code.
    pub(crate) fn issue(&mut self, implementation: Address, number: u32) -> Address {
        let code = port_code(REGISTRY, implementation, number);
        let port = address_of(&code);
        self.vm
            .mock_deploy(init_code(&code), Some(B256::ZERO), Ok(port));
        let answer = self.call(CLINIC, &abi::issueCall { patient: PATIENT });
        assert_eq!(answer, Ok(port));
        self.vm.set_code(port, code);
        port
    }

    /// Raw storage: the word of the map `tag` under `key`, which ends at byte 32.
    pub(crate) fn word(&self, tag: u8, key: &[u8]) -> B256 {
        self.vm.get_storage(slot(tag, key))
    }

    /// Calls the constructor as the deployer does.
    pub(crate) fn construct(&mut self, owner: Address) -> Result<Vec<u8>, Vec<u8>> {
        let mut input = Vec::from([0x55, 0x85, 0x25, 0x8d]);
        input.extend(owner.abi_encode());
        self.send(STRANGER, input)
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, secs: u64) {
        self.now += secs;
        self.vm.set_block_timestamp(self.now);
    }

    /// Sends raw calldata.
    pub(crate) fn send(&mut self, from: Address, input: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
        let before = self.vm.snapshot();
        self.vm.set_sender(from);
        let answer = entry::answer(
            input,
            VM {
                host: Box::new(self.vm.clone()),
            },
        );
        if answer.is_err() {
            self.vm = TestVM::from(before);
        }
        answer
    }

    /// Sends a call and decodes its result; a refusal stays encoded.
    pub(crate) fn call<C: SolCall>(
        &mut self,
        from: Address,
        call: &C,
    ) -> Result<C::Return, Vec<u8>> {
        let output = self.send(from, call.abi_encode())?;
        Ok(C::abi_decode_returns_validate(&output)
            .expect("the registry answers in its interface's types"))
    }

    /// The call must be refused with exactly this error, and leave no log.
    #[track_caller]
    pub(crate) fn refuses<C: SolCall>(&mut self, from: Address, call: &C, error: &impl SolError) {
        let refusal = self
            .send(from, call.abi_encode())
            .expect_err("the registry takes a call it must refuse");
        assert_eq!(Bytes::from(refusal), Bytes::from(error.abi_encode()));
        assert!(self.logs().is_empty());
    }

    /// Logs since the last look.
    pub(crate) fn logs(&mut self) -> Vec<LogData> {
        let all = self.vm.get_emitted_logs();
        let new = all[self.seen..].iter().map(|(topics, data)| {
            LogData::new(topics.clone(), data.clone().into())
                .expect("a log has at most four topics")
        });
        let new = new.collect();
        self.seen = all.len();
        new
    }

    pub(crate) fn status(&mut self, account: Address) -> u8 {
        self.call(STRANGER, &abi::providerCall { account })
            .unwrap()
            .status
    }

    pub(crate) fn is_verified(&mut self, account: Address) -> bool {
        self.call(STRANGER, &abi::isVerifiedCall { account })
            .unwrap()
    }
}

/// The slot of the map `tag` under `key`, which ends at byte 32.
pub(crate) fn slot(tag: u8, key: &[u8]) -> U256 {
    let mut slot = [0; 32];
    slot[32 - key.len()..].copy_from_slice(key);
    slot[0] = tag;
    U256::from_be_bytes(slot)
}

/// The code of a port of `CLINIC` for `PATIENT`, as the interface describes it.
pub(crate) fn port_code(registry: Address, implementation: Address, number: u32) -> Vec<u8> {
    [
        &hex!("363d3d373d3d3d363d73")[..],
        implementation.as_slice(),
        &hex!("5af43d82803e903d91602b57fd5bf3"),
        registry.as_slice(),
        CLINIC.as_slice(),
        PATIENT.as_slice(),
        &number.to_be_bytes(),
    ]
    .concat()
}

/// Init code that returns the 109 bytes behind it.
pub(crate) fn init_code(code: &[u8]) -> Vec<u8> {
    [&hex!("3d606d80600a3d3981f3")[..], code].concat()
}

/// Where the registry creates an account of this code.
pub(crate) fn address_of(code: &[u8]) -> Address {
    REGISTRY.create2_from_code(B256::ZERO, init_code(code))
}

/// A log as the event's own type encodes it.
pub(crate) fn log(event: &impl SolEvent) -> LogData {
    event.encode_log_data()
}

/// A plausible key.
pub(crate) fn key(seed: u8) -> B256 {
    B256::repeat_byte(seed)
}

pub(crate) fn register(npi: u64) -> abi::registerProviderCall {
    abi::registerProviderCall {
        kind: 2,
        npi,
        keyX: key(7),
        keyParity: 1,
        identityProfile: Bytes::from_static(IDENTITY),
        contactProfile: Bytes::from_static(b"{}"),
    }
}

pub(crate) fn attest(provider: Address, npi: u64) -> abi::attestCall {
    abi::attestCall {
        provider,
        npi,
        kind: 2,
        identityProfileHash: keccak256(IDENTITY),
        until: START + 365 * DAY,
    }
}
