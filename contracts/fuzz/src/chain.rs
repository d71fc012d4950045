//! The chain that a contract runs on.
//!
//! Not the SDK's test VM: after a call that one returns whatever was mocked last, whichever account was
//! asked. And here, what a contract has no business doing is a finding.

use std::{cell::RefCell, collections::BTreeMap, fmt, marker::PhantomData, rc::Rc, slice};

use alloy_primitives::{Address, B256, LogData, U256, keccak256};
use stylus_sdk::{
    host::VM,
    stylus_core::{
        AccountAccess, BlockAccess, CalldataAccess, ChainAccess, CryptographyAccess, Host,
        MemoryAccess, MessageAccess, MeteringAccess, RawLogAccess, StorageAccess, UnsafeCallAccess,
        UnsafeDeploymentAccess,
    },
};

use crate::subject::Subject;

/// What another account answers; `Err` = it reverts.
pub(crate) type Answer = Result<Vec<u8>, Vec<u8>>;

/// Everything there is.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Without zero words.
    pub(crate) storage: BTreeMap<U256, B256>,
    pub(crate) logs: Vec<LogData>,
    pub(crate) code: BTreeMap<Address, Vec<u8>>,
    pub(crate) contract: Address,
    /// Block time in Unix seconds.
    pub(crate) now: u64,
    pub(crate) sender: Address,
    pub(crate) value: U256,
    /// What the last account that was asked returned.
    pub(crate) returned: Vec<u8>,
}

impl State {
    /// The word at a slot.
    pub(crate) fn word(&self, slot: U256) -> B256 {
        self.storage.get(&slot).copied().unwrap_or_default()
    }

    /// Puts a word into a slot.
    pub(crate) fn set_word(&mut self, slot: U256, word: B256) {
        if word.is_zero() {
            self.storage.remove(&slot);
        } else {
            self.storage.insert(slot, word);
        }
    }
}

/// The slot of the map `tag` under a key that ends at byte 32 (`contracts/README.md`, "Storage").
pub(crate) fn slot(tag: u8, key: &[u8]) -> U256 {
    let mut slot = [0; 32];
    slot[32 - key.len()..].copy_from_slice(key);
    slot[0] = tag;
    U256::from_be_bytes(slot)
}

/// A handle to the state, for the contract `S`.
pub(crate) struct Chain<S> {
    state: Rc<RefCell<State>>,
    subject: PhantomData<S>,
}

impl<S> Clone for Chain<S> {
    fn clone(&self) -> Self {
        Self {
            state: Rc::clone(&self.state),
            subject: PhantomData,
        }
    }
}

impl<S> fmt::Debug for Chain<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(formatter)
    }
}

impl<S: Subject> Chain<S> {
    /// Runs one call on a chain with this state. A call that fails leaves no trace.
    pub(crate) fn call(state: &mut State, input: Vec<u8>) -> Answer {
        let chain = Self {
            state: Rc::new(RefCell::new(state.clone())),
            subject: PhantomData,
        };
        let vm = VM {
            host: Box::new(chain.clone()),
        };
        let answer = S::enter(input, vm);
        if answer.is_ok() {
            *state = chain.state.take();
        }
        answer
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.borrow())
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.borrow_mut())
    }
}

impl<S: Subject> Host for Chain<S> {}

impl<S: Subject> CryptographyAccess for Chain<S> {
    fn native_keccak256(&self, input: &[u8]) -> B256 {
        keccak256(input)
    }
}

impl<S: Subject> StorageAccess for Chain<S> {
    fn storage_load_bytes32(&self, key: U256) -> B256 {
        self.read(|state| state.word(key))
    }

    #[allow(
        unsafe_code,
        reason = "the host's word interface is marked unsafe because typed storage could alias it"
    )]
    unsafe fn storage_cache_bytes32(&self, key: U256, value: B256) {
        self.change(|state| state.set_word(key, value));
    }

    fn flush_cache(&self, _clear: bool) {}
}

#[allow(unsafe_code, reason = "the host hands over pointers")]
unsafe impl<S: Subject> UnsafeCallAccess for Chain<S> {
    unsafe fn static_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        // SAFETY: the SDK passes an address and a slice that outlive the call.
        let (to, data) = unsafe {
            (
                Address::from_slice(slice::from_raw_parts(to, 20)),
                slice::from_raw_parts(data, data_len),
            )
        };
        let answer = S::ask(to, data);
        let status = answer.is_err().into();
        let returned = answer.unwrap_or_else(|revert| revert);
        *outs_len = returned.len();
        self.change(|state| state.returned = returned);
        status
    }

    unsafe fn call_contract(
        &self,
        _to: *const u8,
        _data: *const u8,
        _data_len: usize,
        _value: *const u8,
        _gas: u64,
        _outs_len: &mut usize,
    ) -> u8 {
        unreachable!("our contracts change nothing elsewhere")
    }

    unsafe fn delegate_call_contract(
        &self,
        _to: *const u8,
        _data: *const u8,
        _data_len: usize,
        _gas: u64,
        _outs_len: &mut usize,
    ) -> u8 {
        unreachable!("our contracts run no foreign code")
    }
}

#[allow(unsafe_code, reason = "the host hands over pointers")]
unsafe impl<S: Subject> UnsafeDeploymentAccess for Chain<S> {
    unsafe fn create1(&self, _: *const u8, _: usize, _: *const u8, _: *mut u8, _: *mut usize) {
        unreachable!("our contracts create by CREATE2 alone")
    }

    unsafe fn create2(
        &self,
        code: *const u8,
        code_len: usize,
        endowment: *const u8,
        salt: *const u8,
        contract: *mut u8,
        revert_data_len: *mut usize,
    ) {
        // SAFETY: the SDK passes a slice, two words, and room for an address and for a length, all of
        // which outlive the call.
        let (code, endowment, salt, contract, revert_data_len) = unsafe {
            (
                slice::from_raw_parts(code, code_len),
                B256::from_slice(slice::from_raw_parts(endowment, 32)),
                B256::from_slice(slice::from_raw_parts(salt, 32)),
                slice::from_raw_parts_mut(contract, 20),
                &mut *revert_data_len,
            )
        };
        assert!(endowment.is_zero(), "our contracts hold no ether");
        self.change(|state| {
            let created = S::create(state, code, salt);
            contract.copy_from_slice(created.unwrap_or_default().as_slice());
            state.returned.clear();
            *revert_data_len = 0;
        });
    }
}

impl<S: Subject> CalldataAccess for Chain<S> {
    fn read_args(&self, _len: usize) -> Vec<u8> {
        unreachable!("the entry point has read them")
    }

    fn read_return_data(&self, offset: usize, size: Option<usize>) -> Vec<u8> {
        self.read(|state| {
            let rest = state.returned.get(offset..).unwrap_or_default();
            rest[..size.unwrap_or(rest.len()).min(rest.len())].to_vec()
        })
    }

    fn return_data_size(&self) -> usize {
        self.read(|state| state.returned.len())
    }

    fn write_result(&self, _data: &[u8]) {
        unreachable!("the entry point does that")
    }
}

impl<S: Subject> BlockAccess for Chain<S> {
    fn block_timestamp(&self) -> u64 {
        self.read(|state| state.now)
    }

    fn block_basefee(&self) -> U256 {
        unreachable!("no fee matters to our contracts")
    }

    fn block_coinbase(&self) -> Address {
        unreachable!("no sequencer matters to our contracts")
    }

    fn block_gas_limit(&self) -> u64 {
        unreachable!("no limit matters to our contracts")
    }

    fn block_number(&self) -> u64 {
        unreachable!("on these chains it is another chain's number")
    }
}

impl<S: Subject> ChainAccess for Chain<S> {
    fn chain_id(&self) -> u64 {
        412_346
    }
}

impl<S: Subject> AccountAccess for Chain<S> {
    fn contract_address(&self) -> Address {
        self.read(|state| state.contract)
    }

    fn code(&self, account: Address) -> Vec<u8> {
        self.read(|state| state.code.get(&account).cloned().unwrap_or_default())
    }

    fn code_size(&self, account: Address) -> usize {
        self.read(|state| state.code.get(&account).map_or(0, Vec::len))
    }

    fn code_hash(&self, account: Address) -> B256 {
        keccak256(self.code(account))
    }

    fn balance(&self, _account: Address) -> U256 {
        unreachable!("no balance matters to our contracts")
    }
}

impl<S: Subject> MemoryAccess for Chain<S> {
    fn pay_for_memory_grow(&self, _pages: u16) {}
}

impl<S: Subject> MessageAccess for Chain<S> {
    fn msg_sender(&self) -> Address {
        self.read(|state| state.sender)
    }

    fn msg_value(&self) -> U256 {
        self.read(|state| state.value)
    }

    fn msg_reentrant(&self) -> bool {
        false
    }

    fn tx_origin(&self) -> Address {
        unreachable!("who pays says nothing about who acts")
    }
}

impl<S: Subject> MeteringAccess for Chain<S> {
    fn evm_gas_left(&self) -> u64 {
        u64::MAX
    }

    fn evm_ink_left(&self) -> u64 {
        u64::MAX
    }

    fn tx_gas_price(&self) -> U256 {
        unreachable!("no fee matters to our contracts")
    }

    fn tx_ink_price(&self) -> u32 {
        unreachable!("no fee matters to our contracts")
    }
}

impl<S: Subject> RawLogAccess for Chain<S> {
    fn emit_log(&self, input: &[u8], num_topics: usize) {
        let (topics, data) = input.split_at(num_topics * 32);
        let topics: Vec<_> = topics.chunks(32).map(B256::from_slice).collect();
        self.raw_log(&topics, data)
            .expect("a log has at most four topics");
    }

    fn raw_log(&self, topics: &[B256], data: &[u8]) -> Result<(), &'static str> {
        let log = LogData::new(topics.to_vec(), data.to_vec().into()).ok_or("too many topics")?;
        self.change(|state| state.logs.push(log));
        Ok(())
    }
}
