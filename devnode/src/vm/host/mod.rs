//! Host functions: what a program can import, with their types, prices and meaning.
//!
//! Each is a method of [`Frame`], which is what such a function sees: the program's memory, its ink,
//! and the state the host keeps for the frame. None of them knows which engine runs the program.
//!
//! Prices and order of payment follow Nitro's `crates/wasm-libraries/user-host-trait`. Whatever is
//! charged before a function fails stays charged.

mod account;
mod cache;
mod calls;
mod debug;
mod environment;
mod math;
mod pricing;
mod signature;
mod storage;
mod trace;
mod transfer;

pub(super) use calls::{CallArguments, CreateArguments};
#[cfg(test)]
pub(super) use signature::{CONSOLE, DEBUG, HOOKS, Signature};
pub(super) use signature::{MODULE_CONSOLE, MODULE_DEBUG, MODULE_HOOKS, signature};

use super::api::{ApiError, EvmApi, ProgramEnv};
use alloy_primitives::{Address, B256, Bytes, U256};
use cache::StorageCache;
use std::error::Error;

/// Why a host function stops its program.
#[derive(Debug)]
pub(super) enum Fault {
    /// Not enough ink.
    OutOfInk,
    /// The program ended itself with this status.
    Exit(i32),
    /// The program did what it may not: it ends in a revert without data.
    Failure(String),
    /// The chain failed under it.
    Chain(Box<dyn Error + Send + Sync>),
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::OutOfGas => Self::OutOfInk,
            ApiError::Refused(_) => Self::Failure(error.to_string()),
            ApiError::Chain(source) => Self::Chain(source),
        }
    }
}

/// What the host keeps for one frame of a program.
pub(super) struct Host<'a> {
    api: &'a mut dyn EvmApi,
    env: &'a ProgramEnv,
    calldata: &'a [u8],
    /// What the program last wrote as its result.
    pub(super) output: Bytes,
    return_data: Bytes,
    storage: StorageCache,
    last_code: Option<(Address, Bytes)>,
    /// Whether a tracer wants to know of every host function.
    traces: bool,
}

impl<'a> Host<'a> {
    /// State of a fresh frame.
    pub(super) fn new(api: &'a mut dyn EvmApi, env: &'a ProgramEnv, calldata: &'a [u8]) -> Self {
        Self {
            traces: api.traces(),
            api,
            env,
            calldata,
            output: Bytes::new(),
            return_data: Bytes::new(),
            storage: StorageCache::default(),
            last_code: None,
        }
    }

    /// Whether the execution may go on.
    pub(super) fn check_time(&mut self) -> Result<(), Fault> {
        Ok(self.api.check_time()?)
    }

    fn refuse_static(&self, what: &str) -> Result<(), Fault> {
        if self.env.is_static {
            return Err(Fault::Failure(format!("{what} in a static context")));
        }
        Ok(())
    }
}

/// A program as a host function sees it.
pub(super) struct Frame<'f, 'a> {
    /// The host's state of the frame.
    pub(super) host: &'f mut Host<'a>,
    /// The program's memory.
    pub(super) memory: &'f mut [u8],
    /// Ink left; the engine carries it back into the program.
    pub(super) ink: u64,
    /// Ink when the host function began.
    start_ink: u64,
}

impl<'f, 'a> Frame<'f, 'a> {
    /// A program that enters a host function with this much ink.
    pub(super) const fn new(host: &'f mut Host<'a>, memory: &'f mut [u8], ink: u64) -> Self {
        Self {
            host,
            memory,
            ink,
            start_ink: ink,
        }
    }
}

impl Frame<'_, '_> {
    fn pay_ink(&mut self, ink: u64) -> Result<(), Fault> {
        let left = self.ink.checked_sub(ink);
        // Running out leaves nothing, so that no later payment can succeed.
        self.ink = left.unwrap_or(0);
        left.map(drop).ok_or(Fault::OutOfInk)
    }

    fn pay_gas(&mut self, gas: u64) -> Result<(), Fault> {
        self.pay_ink(self.ink_of(gas))
    }

    /// Fails unless this much gas is held; takes none of it.
    fn require_gas(&self, gas: u64) -> Result<(), Fault> {
        if self.ink < self.ink_of(gas) {
            return Err(Fault::OutOfInk);
        }
        Ok(())
    }

    fn ink_of(&self, gas: u64) -> u64 {
        gas.saturating_mul(u64::from(self.host.env.ink_price))
    }

    /// Gas held, rounded down.
    fn gas_left(&self) -> u64 {
        self.ink / u64::from(self.host.env.ink_price.max(1))
    }

    fn pay_for_read(&mut self, bytes: u32) -> Result<(), Fault> {
        self.pay_ink(pricing::read(bytes))
    }

    fn pay_for_write(&mut self, bytes: u32) -> Result<(), Fault> {
        self.pay_ink(pricing::write(bytes))
    }

    fn slice(&self, pointer: u32, bytes: u32) -> Result<&[u8], Fault> {
        let start = pointer as usize;
        let end = start.checked_add(bytes as usize);
        end.and_then(|end| self.memory.get(start..end))
            .ok_or_else(|| out_of_bounds(pointer, bytes))
    }

    fn read_bytes(&self, pointer: u32, bytes: u32) -> Result<Bytes, Fault> {
        self.slice(pointer, bytes).map(Bytes::copy_from_slice)
    }

    fn read_word(&self, pointer: u32) -> Result<B256, Fault> {
        self.slice(pointer, 32).map(B256::from_slice)
    }

    fn read_number(&self, pointer: u32) -> Result<U256, Fault> {
        self.slice(pointer, 32).map(U256::from_be_slice)
    }

    fn read_address(&self, pointer: u32) -> Result<Address, Fault> {
        self.slice(pointer, 20).map(Address::from_slice)
    }

    fn write_bytes(&mut self, pointer: u32, bytes: &[u8]) -> Result<(), Fault> {
        let start = pointer as usize;
        let target = start
            .checked_add(bytes.len())
            .and_then(|end| self.memory.get_mut(start..end));
        let Some(target) = target else {
            return Err(out_of_bounds(pointer, length(bytes)));
        };
        target.copy_from_slice(bytes);
        Ok(())
    }

    fn write_number(&mut self, pointer: u32, number: U256) -> Result<(), Fault> {
        self.write_bytes(pointer, &number.to_be_bytes::<32>())
    }

    fn write_u32(&mut self, pointer: u32, number: u32) -> Result<(), Fault> {
        self.write_bytes(pointer, &number.to_le_bytes())
    }
}

fn out_of_bounds(pointer: u32, bytes: u32) -> Fault {
    Fault::Failure(format!(
        "access of `{bytes}` bytes at `{pointer}` is outside the memory"
    ))
}

/// The length of a buffer in the program's numbers. Longer ones are out of reach of any gas limit.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
