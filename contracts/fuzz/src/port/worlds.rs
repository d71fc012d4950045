//! Ports in every stage of their life.

use std::sync::OnceLock;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use patientport_abi::{IPatientPort as abi, limits};
use patientport_kit::Parties;

use super::{calls::*, *};
use crate::{chain::slot, subject::prepare};

const IMPLEMENTATION_ADDRESS: Address = Address::repeat_byte(0xcc);

/// The implementation itself, called directly.
pub(crate) const IMPLEMENTATION: u8 = 0;
/// Nobody has claimed it.
pub(crate) const ISSUED: u8 = 1;
/// Claimed, with sections 0, 1 and 5.
pub(crate) const CLAIMED: u8 = 2;
/// With a reader, a delegate, responders, a custodian, records and requests.
pub(crate) const LIVED: u8 = 3;
/// Handed over to a contract wallet.
pub(crate) const INHERITED: u8 = 4;
/// Every place in the list of holders is taken, and so is every place of a requester.
pub(crate) const CROWDED: u8 = 5;
/// Every counter is one step before its end.
pub(crate) const BRINK: u8 = 6;

/// The highest id of a record or a request.
pub(crate) const LAST_ID: u32 = 0x7fff_ffff;

/// All worlds, in the order of their numbers.
pub(super) fn all() -> &'static [State] {
    static WORLDS: OnceLock<Vec<State>> = OnceLock::new();
    WORLDS.get_or_init(|| {
        vec![
            implementation(),
            issued(),
            claimed(),
            lived(),
            inherited(),
            crowded(),
            brink(),
        ]
    })
}

fn does(state: &mut State, from: Address, call: &impl SolCall) {
    prepare::<Port>(state, from, call.abi_encode());
}

fn implementation() -> State {
    let mut state = State {
        contract: IMPLEMENTATION_ADDRESS,
        now: START,
        ..State::default()
    };
    state
        .code
        .insert(IMPLEMENTATION_ADDRESS, vec![0xef, 0xf0, 0, 0, 1]);
    state
}

fn issued() -> State {
    let parties = Parties {
        registry: REGISTRY,
        issuer: PRIMARY,
        patient: PATIENT,
    };
    let init_code = parties.init_code(&IMPLEMENTATION_ADDRESS, 1);
    let mut state = implementation();
    state.contract = PORT;
    state.code.insert(PORT, init_code[10..].to_vec());
    state
}

fn claimed() -> State {
    let mut state = issued();
    does(&mut state, PATIENT, &claim());
    state
}

fn lived() -> State {
    let mut state = claimed();
    let state_ref = &mut state;
    does(state_ref, PATIENT, &grant(SPECIALIST));
    does(state_ref, PATIENT, &set_delegate(DELEGATE, 15));
    does(state_ref, PATIENT, &set_custodian(0, CUSTODIAN));
    does(state_ref, PATIENT, &arm(RESPONDER));
    does(state_ref, PATIENT, &arm(OTHER));
    does(state_ref, OTHER, &break_glass());
    does(state_ref, PRIMARY, &add(0));
    does(state_ref, PATIENT, &add(1));
    does(state_ref, SPECIALIST, &add(0));
    does(state_ref, PRIMARY, &supersede(1));
    does(state_ref, SPECIALIST, &request(SPECIALIST));
    does(state_ref, OTHER, &request(OTHER));
    does(state_ref, PRIMARY, &request(OTHER));
    let block = abi::setBlockedCall {
        requester: RESPONDER,
        blocked: true,
    };
    does(state_ref, PATIENT, &block);
    let transfer = abi::transferOwnershipCall { newOwner: HEIR };
    does(state_ref, PATIENT, &transfer);
    state
}

fn inherited() -> State {
    let mut state = lived();
    does(&mut state, HEIR, &abi::acceptOwnershipCall {});
    state
}

fn crowded() -> State {
    let mut state = claimed();
    for index in 0..limits::MAX_HOLDERS {
        let grant = abi::grantCall {
            // Half of them lose access after a day.
            expiry: START + if index % 2 == 0 { DAY } else { YEAR },
            allowUnverified: true,
            ..grant(Address::with_last_byte(index + 2))
        };
        does(&mut state, PATIENT, &grant);
    }
    for _ in 0..limits::MAX_PENDING_REQUESTS {
        does(&mut state, SPECIALIST, &request(SPECIALIST));
    }
    state
}

/// No port gets there in a lifetime, so its words are written: positions as in `contracts/README.md`.
fn brink() -> State {
    let mut state = lived();
    let mut write = |at: U256, range: std::ops::Range<usize>, bytes: &[u8]| {
        let mut word = state.word(at);
        word[range].copy_from_slice(bytes);
        state.set_word(at, word);
    };
    for counter in [21..25, 25..29] {
        write(U256::ZERO, counter, &(LAST_ID - 1).to_be_bytes());
    }
    write(LIST, 0..4, &(u32::MAX - 1).to_be_bytes());
    write(slot(1, &[]), 0..3, &[0xff, 0xff, 0xfe]);
    state
}
