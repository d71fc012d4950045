//! Registries in every stage of their life.

use std::sync::OnceLock;

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolCall;

use super::{seeds::*, *};
use crate::{chain::slot, subject::prepare};

/// Not constructed.
pub(crate) const EMPTY: u8 = 0;
/// Constructed, and that is all.
pub(crate) const OPEN: u8 = 1;
/// With attesters, providers of every status, an implementation and a port.
pub(crate) const LIVED: u8 = 2;
/// Every counter is one step before its end.
pub(crate) const BRINK: u8 = 3;

/// All worlds, in the order of their numbers.
pub(super) fn all() -> &'static [State] {
    static WORLDS: OnceLock<Vec<State>> = OnceLock::new();
    WORLDS.get_or_init(|| vec![empty(), open(), lived(), brink()])
}

fn does(state: &mut State, from: Address, call: &impl SolCall) {
    prepare::<Registry>(state, from, call.abi_encode());
}

fn empty() -> State {
    let mut state = State {
        contract: REGISTRY,
        now: START,
        ..State::default()
    };
    for implementation in [IMPLEMENTATION, NEXT_IMPLEMENTATION] {
        state.code.insert(implementation, vec![0xef, 0xf0, 0, 0, 1]);
    }
    state
}

fn open() -> State {
    let mut state = empty();
    prepare::<Registry>(&mut state, STRANGER, construct(OWNER));
    state
}

fn lived() -> State {
    let mut state = open();
    for attester in [ATTESTER, RETIRED_ATTESTER] {
        does(&mut state, OWNER, &abi::addAttesterCall { attester });
    }
    for provider in [CLINIC, LAB, SUSPENDED, RETIRED] {
        let npi = if provider == CLINIC { NPI } else { 0 };
        does(&mut state, provider, &register(npi));
    }
    does(&mut state, ATTESTER, &attest(CLINIC, NPI));
    does(&mut state, RETIRED_ATTESTER, &attest(SUSPENDED, 0));
    let remove = abi::removeAttesterCall {
        attester: RETIRED_ATTESTER,
    };
    does(&mut state, OWNER, &remove);
    let suspend = abi::suspendCall {
        provider: SUSPENDED,
    };
    does(&mut state, ATTESTER, &suspend);
    does(&mut state, RETIRED, &abi::retireCall {});
    let implementation = IMPLEMENTATION;
    let set = abi::setPortImplementationCall { implementation };
    does(&mut state, OWNER, &set);
    does(&mut state, CLINIC, &abi::issueCall { patient: PATIENT });
    let transfer = abi::transferOwnershipCall { newOwner: HEIR };
    does(&mut state, OWNER, &transfer);
    let contact = abi::setContactProfileCall {
        contactProfile: Bytes::from_static(b"{}"),
    };
    does(&mut state, LAB, &contact);
    state
}

/// No registry gets there in a lifetime, so its words are written: positions as in
/// `contracts/README.md`.
fn brink() -> State {
    let mut state = lived();
    let mut write = |index: u8, range: std::ops::Range<usize>, bytes: &[u8]| {
        let at: U256 = slot(0, &[index]);
        let mut word = state.word(at);
        word[range].copy_from_slice(bytes);
        state.set_word(at, word);
    };
    write(0, 20..22, &(u16::MAX - 1).to_be_bytes());
    write(2, 20..24, &(u32::MAX - 1).to_be_bytes());
    write(3, 20..24, &(u32::MAX - 1).to_be_bytes());
    state
}
