//! The registry as a subject.

pub(crate) mod seeds;
mod worlds;

use alloy_primitives::{Address, B256, IntoLogData, LogData};
use alloy_sol_types::{SolEventInterface, SolInterface, SolValue};
use patientport_abi::IRegistry::{self as abi, IRegistryCalls, IRegistryErrors, IRegistryEvents};
use stylus_sdk::{ArbResult, host::VM};

use crate::{
    chain::{Answer, Chain, State},
    subject::{Subject, check_result},
};

pub(crate) const REGISTRY: Address = Address::repeat_byte(0xee);
pub(crate) const OWNER: Address = Address::repeat_byte(0x01);
pub(crate) const ATTESTER: Address = Address::repeat_byte(0x02);
/// No attester any more.
pub(crate) const RETIRED_ATTESTER: Address = Address::repeat_byte(0x03);
pub(crate) const CLINIC: Address = Address::repeat_byte(0x11);
pub(crate) const PATIENT: Address = Address::repeat_byte(0x22);
pub(crate) const LAB: Address = Address::repeat_byte(0x33);
pub(crate) const STRANGER: Address = Address::repeat_byte(0x55);
pub(crate) const HEIR: Address = Address::repeat_byte(0x66);
pub(crate) const SUSPENDED: Address = Address::repeat_byte(0x88);
pub(crate) const RETIRED: Address = Address::repeat_byte(0x99);
/// A patient whose port cannot be created.
pub(crate) const UNLUCKY: Address = Address::repeat_byte(0xbb);
/// Two accounts that hold code.
pub(crate) const IMPLEMENTATION: Address = Address::repeat_byte(0xcc);
pub(crate) const NEXT_IMPLEMENTATION: Address = Address::repeat_byte(0xcd);

/// `stylus_constructor()`, which the deployer calls with the constructor's arguments behind it.
pub(crate) const CONSTRUCTOR: [u8; 4] = [0x55, 0x85, 0x25, 0x8d];

#[derive(Debug)]
pub(crate) struct Registry;

/// The interface's calls, and the deployer's.
#[derive(Debug)]
pub(crate) enum Call {
    Constructor(Address),
    Interface(IRegistryCalls),
}

impl Subject for Registry {
    type Call = Call;

    const ACCOUNTS: &[Address] = &[
        OWNER,
        ATTESTER,
        CLINIC,
        LAB,
        STRANGER,
        HEIR,
        SUSPENDED,
        RETIRED,
        RETIRED_ATTESTER,
        PATIENT,
    ];

    fn worlds() -> &'static [State] {
        worlds::all()
    }

    fn enter(input: Vec<u8>, vm: VM) -> ArbResult {
        patientport_registry::answer(input, vm)
    }

    fn ask(to: Address, _question: &[u8]) -> Answer {
        panic!("the registry asks {to}, and has nobody to ask")
    }

    /// Creates an account whose code is the init code's without its first ten bytes, which say just that.
    fn create(state: &mut State, init_code: &[u8], salt: B256) -> Option<Address> {
        let account = state.contract.create2_from_code(salt, init_code);
        let (prelude, code) = init_code.split_at(10);
        assert_eq!(
            prelude,
            [0x3d, 0x60, 0x6d, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x81, 0xf3]
        );
        assert_eq!(code.len(), 0x6d);
        if code[85..105] == *UNLUCKY || state.code.contains_key(&account) {
            return None;
        }
        state.code.insert(account, code.to_vec());
        Some(account)
    }

    fn decode(calldata: &[u8]) -> Option<Call> {
        match calldata.strip_prefix(&CONSTRUCTOR) {
            Some(rest) => <(Address,)>::abi_decode_params_validate(rest)
                .ok()
                .map(|(owner,)| Call::Constructor(owner)),
            None => IRegistryCalls::abi_decode_validate(calldata)
                .ok()
                .map(Call::Interface),
        }
    }

    fn encode(call: &Call) -> Vec<u8> {
        match call {
            Call::Constructor(owner) => construct(*owner),
            Call::Interface(call) => call.abi_encode(),
        }
    }

    fn check_result(call: &Call, result: &[u8]) -> bool {
        let Call::Interface(call) = call else {
            assert!(result.is_empty(), "a constructor returns nothing");
            return false;
        };
        check_result!(abi::IRegistryCalls, call, result;
            views: supportsInterface owner pendingOwner isAttester attesters portImplementation provider
                isVerified providerByNpi providerCount providers isPort;
            others: transferOwnership acceptOwnership addAttester removeAttester setPortImplementation
                registerProvider setIdentityProfile setContactProfile setEncryptionKey attest suspend
                reinstate retire issue)
    }

    fn may_be_silent(_call: &Call) -> bool {
        false
    }

    fn check_error(error: &[u8]) {
        let decoded = IRegistryErrors::abi_decode_validate(error)
            .expect("the registry refuses with an error of its interface");
        assert_eq!(decoded.abi_encode(), error);
    }

    fn check_event(log: &LogData) {
        let decoded = IRegistryEvents::decode_raw_log(log.topics(), &log.data)
            .expect("the registry leaves events of its interface");
        assert_eq!(decoded.to_log_data(), *log);
    }

    /// Nothing changes without an event, and every new account is a port by the registry's own account.
    fn check_state(before: &State, after: &State, logs: &[LogData]) {
        if logs.is_empty() {
            assert_eq!(
                before.storage, after.storage,
                "storage changes without an event"
            );
        }
        for account in after.code.keys() {
            if !before.code.contains_key(account) {
                let question = abi::isPortCall { account: *account };
                let question = IRegistryCalls::isPort(question).abi_encode();
                let mut now = State {
                    value: alloy_primitives::U256::ZERO,
                    ..after.clone()
                };
                let answer = Chain::<Self>::call(&mut now, question);
                assert_eq!(answer, Ok(true.abi_encode()));
            }
        }
    }
}

/// Calldata of the constructor.
pub(crate) fn construct(owner: Address) -> Vec<u8> {
    let mut calldata = CONSTRUCTOR.to_vec();
    calldata.extend(owner.abi_encode());
    calldata
}
