//! The chain that a port is tested on.
//!
//! Not the SDK's test VM: after a call that one returns whatever was mocked last, whichever contract
//! was asked, so no test with two questions can rely on it. And here, what a port has no business
//! doing (creating, delegating, calling with effect, looking at balances or at the origin) stops the test.

use alloc::{boxed::Box, collections::BTreeMap, rc::Rc, vec::Vec};
use core::{cell::RefCell, slice};

use alloy_primitives::{Address, B256, LogData, U256, keccak256};
use stylus_sdk::{
    host::VM,
    stylus_core::{
        AccountAccess, BlockAccess, CalldataAccess, ChainAccess, CryptographyAccess, Host,
        MemoryAccess, MessageAccess, MeteringAccess, RawLogAccess, StorageAccess, UnsafeCallAccess,
        UnsafeDeploymentAccess,
    },
};

/// What a contract answers to one question; `Err` = it reverts.
type Answer = Result<Vec<u8>, Vec<u8>>;

/// Slot → word.
pub(crate) type Storage = BTreeMap<U256, B256>;

/// Everything there is.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Without zero words. Copied when it is written to, and not for every call that might fail.
    pub(crate) storage: Rc<Storage>,
    pub(crate) logs: Vec<LogData>,
    pub(crate) code: BTreeMap<Address, Vec<u8>>,
    pub(crate) contract: Address,
    pub(crate) chain_id: u64,
    pub(crate) now: u64,
    pub(crate) sender: Address,
    pub(crate) value: U256,
    /// Questions that were asked, in order.
    pub(crate) asked: Vec<(Address, Vec<u8>)>,
    answers: BTreeMap<(Address, Vec<u8>), Answer>,
    returned: Vec<u8>,
}

impl State {
    pub(crate) fn store(&mut self, slot: U256, word: B256) {
        let storage = Rc::make_mut(&mut self.storage);
        if word.is_zero() {
            storage.remove(&slot);
        } else {
            storage.insert(slot, word);
        }
    }

    /// Whatever else is asked is answered as by an account without code: nothing, successfully.
    pub(crate) fn answers(&mut self, contract: Address, question: Vec<u8>, answer: Answer) {
        self.answers.insert((contract, question), answer);
    }
}

/// A handle to the state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain(Rc<RefCell<State>>);

impl Chain {
    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.0.borrow())
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.borrow_mut())
    }

    /// Another chain with this state.
    pub(crate) fn fork(&self) -> Self {
        Self(Rc::new(RefCell::new(self.read(Clone::clone))))
    }

    pub(crate) fn vm(&self) -> VM {
        VM {
            host: Box::new(self.clone()),
        }
    }
}

impl Host for Chain {}

impl CryptographyAccess for Chain {
    fn native_keccak256(&self, input: &[u8]) -> B256 {
        keccak256(input)
    }
}

impl StorageAccess for Chain {
    fn storage_load_bytes32(&self, key: U256) -> B256 {
        self.read(|state| state.storage.get(&key).copied().unwrap_or_default())
    }

    #[allow(
        unsafe_code,
        reason = "the host's word interface is marked unsafe because typed storage could alias it"
    )]
    unsafe fn storage_cache_bytes32(&self, key: U256, value: B256) {
        self.change(|state| state.store(key, value));
    }

    fn flush_cache(&self, _clear: bool) {}
}

#[allow(unsafe_code, reason = "the host hands over pointers")]
unsafe impl UnsafeCallAccess for Chain {
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
                slice::from_raw_parts(data, data_len).to_vec(),
            )
        };
        self.change(|state| {
            let question = (to, data);
            let answer = state.answers.get(&question).cloned();
            state.asked.push(question);
            let (status, returned) = match answer {
                None => (0, Vec::new()),
                Some(Ok(returned)) => (0, returned),
                Some(Err(returned)) => (1, returned),
            };
            *outs_len = returned.len();
            state.returned = returned;
            status
        })
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
        unreachable!("a port changes nothing elsewhere")
    }

    unsafe fn delegate_call_contract(
        &self,
        _to: *const u8,
        _data: *const u8,
        _data_len: usize,
        _gas: u64,
        _outs_len: &mut usize,
    ) -> u8 {
        unreachable!("a port runs no foreign code")
    }
}

#[allow(unsafe_code, reason = "the trait is unsafe")]
unsafe impl UnsafeDeploymentAccess for Chain {
    unsafe fn create1(&self, _: *const u8, _: usize, _: *const u8, _: *mut u8, _: *mut usize) {
        unreachable!("a port creates nothing")
    }

    unsafe fn create2(
        &self,
        _: *const u8,
        _: usize,
        _: *const u8,
        _: *const u8,
        _: *mut u8,
        _: *mut usize,
    ) {
        unreachable!("a port creates nothing")
    }
}

impl CalldataAccess for Chain {
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

impl BlockAccess for Chain {
    fn block_timestamp(&self) -> u64 {
        self.read(|state| state.now)
    }

    fn block_basefee(&self) -> U256 {
        unreachable!("no fee matters to a port")
    }

    fn block_coinbase(&self) -> Address {
        unreachable!("no sequencer matters to a port")
    }

    fn block_gas_limit(&self) -> u64 {
        unreachable!("no limit matters to a port")
    }

    fn block_number(&self) -> u64 {
        unreachable!("on these chains it is another chain's number")
    }
}

impl ChainAccess for Chain {
    fn chain_id(&self) -> u64 {
        self.read(|state| state.chain_id)
    }
}

impl AccountAccess for Chain {
    fn contract_address(&self) -> Address {
        self.read(|state| state.contract)
    }

    fn code(&self, account: Address) -> Vec<u8> {
        self.read(|state| state.code.get(&account).cloned().unwrap_or_default())
    }

    fn code_size(&self, account: Address) -> usize {
        self.code(account).len()
    }

    fn code_hash(&self, account: Address) -> B256 {
        keccak256(self.code(account))
    }

    fn balance(&self, _account: Address) -> U256 {
        unreachable!("no balance matters to a port")
    }
}

impl MemoryAccess for Chain {
    fn pay_for_memory_grow(&self, _pages: u16) {}
}

impl MessageAccess for Chain {
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

impl MeteringAccess for Chain {
    fn evm_gas_left(&self) -> u64 {
        u64::MAX
    }

    fn evm_ink_left(&self) -> u64 {
        u64::MAX
    }

    fn tx_gas_price(&self) -> U256 {
        unreachable!("no fee matters to a port")
    }

    fn tx_ink_price(&self) -> u32 {
        unreachable!("no fee matters to a port")
    }
}

impl RawLogAccess for Chain {
    fn emit_log(&self, input: &[u8], num_topics: usize) {
        let (topics, data) = input.split_at(num_topics * 32);
        let topics: Vec<_> = topics.chunks(32).map(B256::from_slice).collect();
        self.raw_log(&topics, data)
            .expect("a log has four topics at most");
    }

    fn raw_log(&self, topics: &[B256], data: &[u8]) -> Result<(), &'static str> {
        let log = LogData::new(topics.to_vec(), data.to_vec().into()).ok_or("too many topics")?;
        self.change(|state| state.logs.push(log));
        Ok(())
    }
}
