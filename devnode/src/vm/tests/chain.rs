//! A chain in memory with the EVM's rules for cold and warm slots and accounts.

use super::super::{
    ApiError, EvmApi, HostCall, PageCounter, Priced, ProgramCall, ProgramCallResult, ProgramCreate,
    ProgramCreateResult, StylusParams,
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use std::collections::{HashMap, HashSet, VecDeque};

/// A slot within one transaction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StoredSlot {
    original: U256,
    current: U256,
}

/// The chain, for one transaction.
#[derive(Debug, Default)]
pub(super) struct TestChain {
    pub(super) slots: HashMap<U256, StoredSlot>,
    pub(super) warm_slots: HashSet<U256>,
    pub(super) transient: HashMap<U256, U256>,
    pub(super) warm_accounts: HashSet<Address>,
    pub(super) codes: HashMap<Address, Bytes>,
    pub(super) balances: HashMap<Address, U256>,
    pub(super) pages: PageCounter,
    pub(super) logs: Vec<(Vec<B256>, Bytes)>,
    pub(super) console: Vec<String>,
    /// The host functions called, if somebody traces.
    pub(super) trace: Option<Vec<HostCall>>,
    /// Whether nobody listens to the console.
    pub(super) deaf: bool,
    /// How often the execution may still go on; always if `None`.
    pub(super) pulses: Option<u64>,
    /// Calls made, in order.
    pub(super) calls: Vec<ProgramCall>,
    /// What the next calls answer.
    pub(super) call_results: VecDeque<ProgramCallResult>,
    /// Creations made, in order.
    pub(super) creates: Vec<ProgramCreate>,
    /// What the next creations answer; none left is a refusal.
    pub(super) create_results: VecDeque<ProgramCreateResult>,
    /// Every access fails as the chain's own fault.
    pub(super) broken: bool,
}

impl TestChain {
    /// Puts a value that was there before the transaction.
    pub(super) fn set_slot(&mut self, key: U256, value: U256) {
        self.slots.insert(
            key,
            StoredSlot {
                original: value,
                current: value,
            },
        );
    }

    pub(super) fn slot(&self, key: U256) -> U256 {
        self.slots.get(&key).copied().unwrap_or_default().current
    }

    fn account_gas(&mut self, address: Address) -> u64 {
        if self.warm_accounts.insert(address) {
            2_600
        } else {
            100
        }
    }

    fn check(&self) -> Result<(), ApiError> {
        if self.broken {
            return Err(ApiError::Chain("the disk is gone".into()));
        }
        Ok(())
    }
}

impl EvmApi for TestChain {
    fn storage_load(&mut self, key: U256) -> Result<Priced<U256>, ApiError> {
        self.check()?;
        let gas = if self.warm_slots.insert(key) {
            2_100
        } else {
            100
        };
        Ok(Priced {
            value: self.slot(key),
            gas,
        })
    }

    fn storage_flush(&mut self, slots: &[(U256, U256)], gas_budget: u64) -> Result<u64, ApiError> {
        let mut total = 0;
        for (key, value) in slots {
            let cold = if self.warm_slots.insert(*key) {
                2_100
            } else {
                0
            };
            let slot = self.slots.entry(*key).or_default();
            // EIP-2200 with the figures of EIP-2929 and EIP-3529.
            let gas = if slot.current == *value || slot.current != slot.original {
                100
            } else if slot.original.is_zero() {
                20_000
            } else {
                2_900
            };
            slot.current = *value;
            total += cold + gas;
            if total > gas_budget {
                return Err(ApiError::OutOfGas);
            }
        }
        Ok(total)
    }

    fn transient_load(&mut self, key: U256) -> Result<U256, ApiError> {
        Ok(self.transient.get(&key).copied().unwrap_or_default())
    }

    fn transient_store(&mut self, key: U256, value: U256) -> Result<(), ApiError> {
        self.transient.insert(key, value);
        Ok(())
    }

    fn call(&mut self, call: ProgramCall) -> Result<ProgramCallResult, ApiError> {
        self.calls.push(call);
        Ok(self
            .call_results
            .pop_front()
            .expect("the test says what its calls answer"))
    }

    fn create(&mut self, create: ProgramCreate) -> Result<ProgramCreateResult, ApiError> {
        self.creates.push(create);
        self.create_results
            .pop_front()
            .ok_or(ApiError::Refused("cannot pay the base cost"))
    }

    fn emit_log(&mut self, topics: Vec<B256>, data: Bytes) -> Result<(), ApiError> {
        self.logs.push((topics, data));
        Ok(())
    }

    fn account_balance(&mut self, address: Address) -> Result<Priced<U256>, ApiError> {
        let value = self.balances.get(&address).copied().unwrap_or_default();
        Ok(Priced {
            value,
            gas: self.account_gas(address),
        })
    }

    fn account_code(&mut self, address: Address) -> Result<Priced<Bytes>, ApiError> {
        let value = self.codes.get(&address).cloned().unwrap_or_default();
        Ok(Priced {
            value,
            gas: 700 + self.account_gas(address),
        })
    }

    fn account_codehash(&mut self, address: Address) -> Result<Priced<B256>, ApiError> {
        let value = self.codes.get(&address).map(keccak256).unwrap_or_default();
        Ok(Priced {
            value,
            gas: self.account_gas(address),
        })
    }

    fn add_pages(&mut self, pages: u16) -> Result<u64, ApiError> {
        Ok(self
            .pages
            .add(pages, &StylusParams::for_arbos(super::ARBOS), super::ARBOS))
    }

    fn check_time(&mut self) -> Result<(), ApiError> {
        match self.pulses.as_mut().map(|left| left.checked_sub(1)) {
            Some(None) => Err(ApiError::Chain("time is up".into())),
            Some(left) => {
                self.pulses = left;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn listens(&self) -> bool {
        !self.deaf
    }

    fn console(&mut self, line: &str) {
        self.console.push(line.to_owned());
    }

    fn traces(&self) -> bool {
        self.trace.is_some()
    }

    fn host_call(&mut self, call: HostCall) {
        self.trace
            .as_mut()
            .expect("only who traces is told")
            .push(call);
    }
}
