//! One port on its own chain, called as a chain calls it: encoded calls in, encoded results, errors and
//! logs out, all made and read by the ABI crate's own types. A call that fails leaves no trace.
//!
//! After every call, whatever the test is about: the history head is the fold of all logs (I7), and
//! nothing but the nonce changed without a log.

use alloc::{rc::Rc, vec, vec::Vec};
use core::mem;

use alloy_primitives::{Address, B256, Bytes, LogData, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue};
use patientport_abi::{IPatientPort as abi, IRegistry};
use patientport_kit::Parties;

use super::{
    calls::*,
    chain::{Chain, Storage},
};
use crate::entry;

pub(crate) const IMPLEMENTATION: Address = Address::repeat_byte(0xcc);
pub(crate) const PORT: Address = Address::repeat_byte(0xdd);
pub(crate) const REGISTRY: Address = Address::repeat_byte(0xee);
pub(crate) const PRIMARY: Address = Address::repeat_byte(0x11);
pub(crate) const PATIENT: Address = Address::repeat_byte(0x22);
pub(crate) const SPECIALIST: Address = Address::repeat_byte(0x33);
pub(crate) const OTHER: Address = Address::repeat_byte(0x44);
pub(crate) const STRANGER: Address = Address::repeat_byte(0x55);
pub(crate) const DELEGATE: Address = Address::repeat_byte(0x66);
pub(crate) const RESPONDER: Address = Address::repeat_byte(0x77);
pub(crate) const CUSTODIAN: Address = Address::repeat_byte(0x88);
pub(crate) const HEIR: Address = Address::repeat_byte(0xaa);
/// Whoever pays for a signed call.
pub(crate) const RELAYER: Address = Address::repeat_byte(0xbb);
pub(crate) const CHAIN_ID: u64 = 412_346;
pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const DAY: u64 = 24 * 60 * 60;
pub(crate) const YEAR: u64 = 365 * DAY;

/// One port on its own chain.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) chain: Chain,
    /// Logs already looked at.
    seen: usize,
    /// The fold of all logs.
    head: B256,
}

impl World {
    /// The implementation, called directly: its code is a program and no clone.
    pub(crate) fn implementation() -> Self {
        let chain = Chain::default();
        chain.change(|state| {
            state.contract = IMPLEMENTATION;
            state.code.insert(IMPLEMENTATION, vec![0xef; 11_000]);
            state.chain_id = CHAIN_ID;
            state.now = START;
        });
        Self {
            chain,
            seen: 0,
            head: B256::ZERO,
        }
    }

    /// A port of `PATIENT`, issued by `PRIMARY`, not claimed. Four providers are verified, nobody else.
    pub(crate) fn issued() -> Self {
        let world = Self::implementation();
        let parties = Parties {
            registry: REGISTRY,
            issuer: PRIMARY,
            patient: PATIENT,
        };
        let code = parties.init_code(&IMPLEMENTATION, 1)[10..].to_vec();
        world.chain.change(|state| {
            state.contract = PORT;
            state.code.insert(PORT, code);
        });
        for provider in [PRIMARY, SPECIALIST, OTHER, RESPONDER] {
            world.registry_answers(provider, Ok(true));
        }
        for account in [STRANGER, PATIENT, DELEGATE, CUSTODIAN, HEIR, REGISTRY] {
            world.registry_answers(account, Ok(false));
        }
        world
    }

    /// A claimed port with sections 0, 1 and 5 at epoch 1.
    pub(crate) fn claimed() -> Self {
        let mut world = Self::issued();
        world.done(PATIENT, &claim(rotation(0b10_0011, &[0, 0, 0])));
        world
    }

    /// As [`World::claimed`], with a live grant of read and write on sections 0 and 1 to `SPECIALIST`.
    pub(crate) fn granted() -> Self {
        let mut world = Self::claimed();
        world.done(PATIENT, &grant(SPECIALIST, 0b11, &[1, 1], START + DAY, 3));
        world
    }

    /// As [`World::granted`], with a `DELEGATE` that has these rights until `START + 10 * DAY`.
    pub(crate) fn delegated(rights: u8) -> Self {
        let mut world = Self::granted();
        world.done(PATIENT, &set_delegate(DELEGATE, rights, START + 10 * DAY));
        world
    }

    /// As [`World::granted`], with a `RESPONDER` armed for section 0 (delay one hour, window one day) and
    /// a `CUSTODIAN`.
    pub(crate) fn armed() -> Self {
        let mut world = Self::granted();
        world.done(PATIENT, &set_custodian(0, CUSTODIAN));
        world.done(PATIENT, &arm(RESPONDER, 1, 3600, DAY as u32));
        world
    }

    /// Another world that starts as this one.
    pub(crate) fn fork(&self) -> Self {
        Self {
            chain: self.chain.fork(),
            seen: self.seen,
            head: self.head,
        }
    }

    /// What the registry says of a provider from now on; `Err` = it reverts.
    pub(crate) fn registry_answers(&self, provider: Address, answer: Result<bool, ()>) {
        let question = IRegistry::isVerifiedCall { account: provider }.abi_encode();
        let answer = answer
            .map(|verified| verified.abi_encode())
            .map_err(|()| Vec::new());
        self.answers(REGISTRY, question, answer);
    }

    /// From now on, nobody's standing can be learned.
    pub(crate) fn registry_is_gone(&self) {
        for account in [
            PRIMARY, PATIENT, SPECIALIST, OTHER, STRANGER, DELEGATE, RESPONDER, HEIR,
        ] {
            self.registry_answers(account, Err(()));
        }
    }

    pub(crate) fn answers(
        &self,
        contract: Address,
        question: Vec<u8>,
        answer: Result<Vec<u8>, Vec<u8>>,
    ) {
        self.chain
            .change(|state| state.answers(contract, question, answer));
    }

    /// Whom the port has asked what since the last look.
    pub(crate) fn asked(&self) -> Vec<(Address, Vec<u8>)> {
        self.chain.change(|state| mem::take(&mut state.asked))
    }

    /// Block time in Unix seconds.
    pub(crate) fn now(&self) -> u64 {
        self.chain.read(|state| state.now)
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, secs: u64) {
        self.chain.change(|state| state.now += secs);
    }

    /// Lets time pass until a second.
    pub(crate) fn wait_until(&self, second: u64) {
        self.chain.change(|state| {
            assert!(state.now <= second, "time does not run backwards");
            state.now = second;
        });
    }

    /// The word at a raw slot.
    pub(crate) fn slot(&self, slot: U256) -> B256 {
        self.chain
            .read(|state| state.storage.get(&slot).copied().unwrap_or_default())
    }

    /// Puts a word into a raw slot.
    pub(crate) fn set_slot(&self, slot: U256, word: B256) {
        self.chain.change(|state| state.store(slot, word));
    }

    /// Sends raw calldata.
    #[track_caller]
    pub(crate) fn send(&mut self, from: Address, input: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
        let (storage, logs) = self
            .chain
            .read(|state| (state.storage.clone(), state.logs.len()));
        self.chain.change(|state| state.sender = from);
        let answer = entry::answer(input, self.chain.vm());
        if answer.is_err() {
            self.chain.change(|state| {
                state.storage = storage;
                state.logs.truncate(logs);
            });
        } else {
            let (new, after) = self
                .chain
                .read(|state| (state.logs[logs..].to_vec(), state.storage.clone()));
            for log in &new {
                self.head = fold(self.head, log, self.now());
            }
            if new.is_empty() && storage != after {
                assert_eq!(
                    without_nonce(storage),
                    without_nonce(after),
                    "a change without a log"
                );
            }
        }
        self.check_head();
        answer
    }

    #[track_caller]
    fn check_head(&self) {
        let told = entry::answer(abi::historyHeadCall {}.abi_encode(), self.chain.vm());
        if self.chain.read(|state| state.value.is_zero()) {
            assert_eq!(told, Ok(self.head.to_vec()), "the head of the history");
        }
    }

    /// Sends a call and decodes its result; a refusal stays encoded.
    #[track_caller]
    pub(crate) fn call<C: SolCall>(
        &mut self,
        from: Address,
        call: &C,
    ) -> Result<C::Return, Vec<u8>> {
        let output = self.send(from, call.abi_encode())?;
        Ok(C::abi_decode_returns_validate(&output)
            .expect("the port answers in its interface's types"))
    }

    /// The call must succeed; returns its result.
    #[track_caller]
    pub(crate) fn does<C: SolCall>(&mut self, from: Address, call: &C) -> C::Return {
        match self.call(from, call) {
            Ok(result) => result,
            Err(refusal) => panic!("the port refuses {}: {:?}", C::SIGNATURE, decoded(&refusal)),
        }
    }

    /// As [`World::does`]; nobody looks at the logs.
    #[track_caller]
    pub(crate) fn done<C: SolCall>(&mut self, from: Address, call: &C) -> C::Return {
        let result = self.does(from, call);
        self.logs();
        result
    }

    /// The call must succeed and leave exactly these logs.
    #[track_caller]
    pub(crate) fn emits<C: SolCall>(
        &mut self,
        from: Address,
        call: &C,
        logs: &[LogData],
    ) -> C::Return {
        assert!(self.logs().is_empty(), "somebody must look at earlier logs");
        let result = self.does(from, call);
        assert_eq!(self.logs(), logs);
        result
    }

    /// A view's answer, which leaves no log.
    #[track_caller]
    pub(crate) fn view<C: SolCall>(&mut self, call: &C) -> C::Return {
        let logs = self.chain.read(|state| state.logs.len());
        let result = self.does(STRANGER, call);
        assert_eq!(self.chain.read(|state| state.logs.len()), logs);
        result
    }

    /// The call must be refused with exactly this error.
    #[track_caller]
    pub(crate) fn refuses<C: SolCall>(&mut self, from: Address, call: &C, error: &impl SolError) {
        let expected = Bytes::from(error.abi_encode());
        match self.send(from, call.abi_encode()) {
            Ok(_) => panic!("the port takes {}, which it must refuse", C::SIGNATURE),
            Err(refusal) => assert_eq!(
                Bytes::from(refusal.clone()),
                expected,
                "{:?}",
                decoded(&refusal)
            ),
        }
    }

    /// Logs since the last look.
    pub(crate) fn logs(&mut self) -> Vec<LogData> {
        let new = self.chain.read(|state| state.logs[self.seen..].to_vec());
        self.seen += new.len();
        new
    }
}

/// What a refusal says.
pub(crate) fn decoded(refusal: &[u8]) -> Option<abi::IPatientPortErrors> {
    use alloy_sol_types::SolInterface;
    abi::IPatientPortErrors::abi_decode(refusal).ok()
}

/// A log as the event's own type encodes it.
pub(crate) fn log(event: &impl SolEvent) -> LogData {
    event.encode_log_data()
}

/// The history head after an event, as the interface defines it.
pub(crate) fn fold(head: B256, log: &LogData, time: u64) -> B256 {
    let word = |number: usize| U256::from(number).to_be_bytes::<32>();
    let mut text = head.to_vec();
    text.extend(word(log.topics().len()));
    for topic in log.topics() {
        text.extend(topic);
    }
    text.extend(word(log.data.len()));
    text.extend(&log.data);
    text.extend(U256::from(time).to_be_bytes::<32>());
    let mut next = keccak256(text);
    let count = U256::from_be_slice(&head[..5]) + U256::from(1);
    next[..5].copy_from_slice(&count.to_be_bytes::<32>()[27..]);
    next
}

/// Storage without the nonce of signed calls, which a call that changes nothing else uses up, too.
fn without_nonce(storage: Rc<Storage>) -> Storage {
    let first_of_list = U256::from(9) << 248;
    let mut storage = Rc::unwrap_or_clone(storage);
    if let Some(word) = storage.get_mut(&first_of_list) {
        word[..4].fill(0);
        if word.is_zero() {
            storage.remove(&first_of_list);
        }
    }
    storage
}
