//! The port is called as a chain calls it: encoded calls in, encoded results, errors and logs out,
//! all made and read by the ABI crate's own types. A call that fails leaves no trace, which the
//! SDK's test VM does not do by itself.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod grants;
mod layout;
mod life;
mod places;
mod recipients;
mod records;
mod requests;
mod sections;
mod surface;

use alloc::{boxed::Box, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, LogData};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue};
use patientport_abi::{IPatientPort as abi, IRegistry};
use stylus_sdk::{host::VM, testing::TestVM};

use crate::entry;

pub(crate) const REGISTRY: Address = Address::repeat_byte(0xee);
pub(crate) const PRIMARY: Address = Address::repeat_byte(0x11);
pub(crate) const PATIENT: Address = Address::repeat_byte(0x22);
pub(crate) const SPECIALIST: Address = Address::repeat_byte(0x33);
pub(crate) const OTHER: Address = Address::repeat_byte(0x44);
pub(crate) const STRANGER: Address = Address::repeat_byte(0x55);
pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const DAY: u64 = 24 * 60 * 60;

/// One port on its own chain.
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
        world
    }

    /// A port of `PATIENT`, issued by `PRIMARY`, not claimed.
    pub(crate) fn issued() -> Self {
        let mut world = Self::empty();
        world
            .call(
                REGISTRY,
                &abi::initializeCall {
                    issuer: PRIMARY,
                    patient: PATIENT,
                },
            )
            .unwrap();
        world.logs();
        world
    }

    /// A claimed port with sections 0, 1 and 5 at epoch 1; every provider is verified.
    pub(crate) fn claimed() -> Self {
        let mut world = Self::issued();
        let claim = abi::claimCall {
            keyX: key(9),
            keyParity: 1,
            rotation: rotation(0b10_0011, &[0, 0, 0]),
        };
        world.call(PATIENT, &claim).unwrap();
        world.logs();
        for provider in [PRIMARY, SPECIALIST, OTHER] {
            world.registry_answers(provider, Ok(true));
        }
        world
    }

    /// As [`World::claimed`], with a live grant of read and write on sections 0 and 1 to `SPECIALIST`.
    pub(crate) fn granted() -> Self {
        let mut world = Self::claimed();
        world
            .call(PATIENT, &grant(SPECIALIST, 0b11, &[1, 1], START + DAY, 3))
            .unwrap();
        world.logs();
        world
    }

    /// What the registry says of a provider from now on; `Err` = it reverts.
    pub(crate) fn registry_answers(&self, provider: Address, answer: Result<bool, ()>) {
        let question = IRegistry::isVerifiedCall { account: provider }.abi_encode();
        let answer = answer
            .map(|verified| verified.abi_encode())
            .map_err(|()| Vec::new());
        self.vm.mock_static_call(REGISTRY, question, answer);
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
            .expect("the port answers in its interface's types"))
    }

    /// The call must be refused with exactly this error, and leave no log.
    #[track_caller]
    pub(crate) fn refuses<C: SolCall>(&mut self, from: Address, call: &C, error: &impl SolError) {
        let refusal = self
            .send(from, call.abi_encode())
            .expect_err("the port takes a call it must refuse");
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
}

/// A log as the event's own type encodes it.
pub(crate) fn log(event: &impl SolEvent) -> LogData {
    event.encode_log_data()
}

/// A plausible key.
pub(crate) fn key(seed: u8) -> B256 {
    B256::repeat_byte(seed)
}

/// A rotation of `sections` with one message to the patient.
pub(crate) fn rotation(sections: u64, epochs: &[u32]) -> abi::Rotation {
    abi::Rotation {
        sections,
        epochs: epochs.to_vec(),
        keys: (0..epochs.len())
            .map(|index| key(0x70 + index as u8))
            .collect(),
        parities: sections & 0b10_0001,
        links: Bytes::from_static(b"links"),
        sealed_: [sealed(PATIENT, b"for the patient")].into(),
    }
}

/// The rotation of nothing.
pub(crate) fn no_rotation() -> abi::Rotation {
    abi::Rotation {
        sections: 0,
        epochs: Vec::new(),
        keys: Vec::new(),
        parities: 0,
        links: Bytes::new(),
        sealed_: Vec::new(),
    }
}

pub(crate) fn sealed(recipient: Address, message: &'static [u8]) -> abi::Sealed {
    abi::Sealed {
        recipient,
        message: Bytes::from_static(message),
    }
}

pub(crate) fn grant(
    reader: Address,
    sections: u64,
    epochs: &[u32],
    expiry: u64,
    rights: u8,
) -> abi::grantCall {
    abi::grantCall {
        reader,
        sections,
        epochs: epochs.to_vec(),
        expiry,
        rights,
        allowUnverified: false,
        message: Bytes::from_static(b"secrets"),
    }
}

/// Approves a request for the specialist.
pub(crate) fn approve(
    id: u32,
    sections: u64,
    epochs: &[u32],
    expiry: u64,
    rights: u8,
) -> abi::approveCall {
    abi::approveCall {
        requestId: id,
        reader: SPECIALIST,
        sections,
        epochs: epochs.to_vec(),
        expiry,
        rights,
        allowUnverified: false,
        message: Bytes::from_static(b"secrets"),
    }
}

pub(crate) fn request(recipient: Address) -> abi::requestCall {
    abi::requestCall {
        recipient,
        message: Bytes::from_static(b"please"),
    }
}

pub(crate) fn unauthorized(caller: Address) -> abi::Unauthorized {
    abi::Unauthorized { caller }
}
