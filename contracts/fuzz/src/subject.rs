//! Runs scripts on a contract and checks every call.

use std::fmt;

use alloy_primitives::{Address, Bytes, LogData, U256};
use stylus_sdk::{ArbResult, host::VM};

use crate::{
    chain::{Answer, Chain, State},
    script::{Script, WAITS},
};

/// A contract under test, and what surrounds it.
pub(crate) trait Subject: Sized + 'static {
    /// What its interface's types decode calldata to.
    type Call: fmt::Debug;

    /// Who calls.
    const ACCOUNTS: &[Address];

    /// The prepared contracts.
    fn worlds() -> &'static [State];

    /// The contract's entry point.
    fn enter(input: Vec<u8>, vm: VM) -> ArbResult;

    /// What another account answers to a static call.
    fn ask(to: Address, question: &[u8]) -> Answer;

    /// Creates an account by CREATE2; `None` = that fails.
    fn create(
        _state: &mut State,
        _init_code: &[u8],
        _salt: alloy_primitives::B256,
    ) -> Option<Address> {
        unreachable!("this contract creates nothing")
    }

    /// Decodes calldata by the interface's types, with validation.
    fn decode(calldata: &[u8]) -> Option<Self::Call>;

    /// Encodes a call by the interface's types, which is the canonical encoding.
    fn encode(call: &Self::Call) -> Vec<u8>;

    /// Panics unless this can be the result of the call; returns whether the call is a view.
    fn check_result(call: &Self::Call, result: &[u8]) -> bool;

    /// Whether the contract may refuse this call, which its types decode, without saying why.
    fn may_be_silent(call: &Self::Call) -> bool;

    /// Panics unless this is an error of the interface, canonically encoded.
    fn check_error(error: &[u8]);

    /// Panics unless this is an event of the interface, canonically encoded.
    fn check_event(log: &LogData);

    /// Panics unless `after` can follow from `before` by one successful call that left `logs`.
    fn check_state(before: &State, after: &State, logs: &[LogData]);
}

/// What became of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// The first four bytes of the calldata; zeros where it has none.
    pub selector: [u8; 4],
    /// What the contract returned, or reverted with.
    pub answer: Result<Vec<u8>, Vec<u8>>,
}

/// Runs a script. Panics on a finding.
pub(crate) fn run<S: Subject>(data: &[u8]) -> Vec<Outcome> {
    let script = Script::read(data);
    let worlds = S::worlds();
    let mut state = worlds[usize::from(script.world) % worlds.len()].clone();
    let mut outcomes = Vec::new();
    for call in script.calls {
        state.now += WAITS[usize::from(call.wait)];
        state.sender = S::ACCOUNTS[usize::from(call.sender) % S::ACCOUNTS.len()];
        state.value = U256::from(u8::from(call.paid));
        let mut selector = [0; 4];
        selector
            .iter_mut()
            .zip(&call.input)
            .for_each(|(to, from)| *to = *from);
        let answer = step::<S>(&mut state, call.input);
        outcomes.push(Outcome { selector, answer });
    }
    outcomes
}

/// One call, its checks, and the same call in its canonical encoding.
fn step<S: Subject>(state: &mut State, input: Vec<u8>) -> Answer {
    let before = state.clone();
    let call = S::decode(&input);
    let answer = Chain::<S>::call(state, input.clone());
    let logs = &state.logs[before.logs.len()..];
    match (&answer, &call) {
        (Ok(_), _) if !before.value.is_zero() => panic!("ether is taken with {call:?}"),
        (Ok(_), None) => panic!(
            "the contract takes what its types do not decode: {}",
            Bytes::from(input)
        ),
        (Ok(result), Some(call)) => {
            let is_view = S::check_result(call, result);
            assert!(!is_view || logs.is_empty(), "a view leaves logs: {call:?}");
            assert!(
                !is_view || state.storage == before.storage,
                "a view changes storage: {call:?}"
            );
            logs.iter().for_each(S::check_event);
            S::check_state(&before, state, logs);
        }
        (Err(error), _) => {
            assert_eq!(state.storage, before.storage, "a refusal changes storage");
            assert_eq!(state.logs, before.logs, "a refusal leaves logs");
            if error.is_empty() {
                if let Some(call) = &call {
                    let excused = !before.value.is_zero() || S::may_be_silent(call);
                    assert!(
                        excused,
                        "a well-formed call is refused without a word: {call:?}"
                    );
                }
            } else {
                S::check_error(error);
            }
        }
    }
    if let Some(call) = call {
        let canonical = S::encode(&call);
        if canonical != input {
            let mut twin = before;
            let same = Chain::<S>::call(&mut twin, canonical);
            assert_eq!(
                (&answer, &state.logs, &state.storage, &state.code),
                (&same, &twin.logs, &twin.storage, &twin.code),
                "encoding matters: {call:?} from {}",
                Bytes::from(input)
            );
        }
    }
    answer
}

/// Sends a call that must succeed, to prepare a contract.
pub(crate) fn prepare<S: Subject>(state: &mut State, from: Address, input: Vec<u8>) {
    state.sender = from;
    state.value = U256::ZERO;
    let told = Bytes::from(input.clone());
    let answer = step::<S>(state, input);
    assert!(answer.is_ok(), "{from} is refused {told}: {answer:?}");
    state.logs.clear();
}

/// Matches a call of an interface with its result: panics unless the result is canonically encoded, and
/// evaluates to whether the call is a view.
macro_rules! check_result {
    ($abi:ident :: $calls:ident, $call:expr, $result:expr; views: $($view:ident)*; others: $($other:ident)*) => {
        match $call {
            $($abi::$calls::$view(call) => {
                $crate::subject::check_returned(call, $result);
                true
            })*
            $($abi::$calls::$other(call) => {
                $crate::subject::check_returned(call, $result);
                false
            })*
        }
    };
}
pub(crate) use check_result;

/// Panics unless `result` is what the call's type encodes.
pub(crate) fn check_returned<C: alloy_sol_types::SolCall>(_call: &C, result: &[u8]) {
    let decoded = match C::abi_decode_returns_validate(result) {
        Ok(decoded) => decoded,
        Err(error) => panic!(
            "{} answers {}: {error}",
            C::SIGNATURE,
            Bytes::copy_from_slice(result)
        ),
    };
    assert_eq!(
        Bytes::from(C::abi_encode_returns(&decoded)),
        Bytes::copy_from_slice(result),
        "{} answers in another encoding",
        C::SIGNATURE
    );
}
