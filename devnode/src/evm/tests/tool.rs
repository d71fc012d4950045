//! The program the tests drive, and its calldata.

use super::slot;
use alloy_primitives::{Address, U256};

/// A program that does what its calldata says.
pub(super) const TOOL: &str = include_str!("tool.wat");

/// Calldata of the tool's operations.
pub(super) struct Op;

/// How the tool calls.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Call = 0,
    Delegate = 1,
    Static = 2,
}

impl Op {
    fn pair(op: u8, key: u64, value: u64) -> Vec<u8> {
        [&[op], slot(key).as_slice(), slot(value).as_slice()].concat()
    }

    pub(super) fn read(key: u64) -> Vec<u8> {
        [&[0], slot(key).as_slice()].concat()
    }

    pub(super) fn write(key: u64, value: u64) -> Vec<u8> {
        Self::pair(1, key, value)
    }

    pub(super) fn write_log_revert(key: u64, value: u64) -> Vec<u8> {
        Self::pair(2, key, value)
    }

    pub(super) fn log(data: &[u8]) -> Vec<u8> {
        [&[3], data].concat()
    }

    pub(super) fn call(kind: Kind, to: Address, value: U256, data: &[u8]) -> Vec<u8> {
        [
            &[4, kind as u8],
            to.as_slice(),
            &value.to_be_bytes::<32>(),
            data,
        ]
        .concat()
    }

    pub(super) fn reentrant() -> Vec<u8> {
        vec![5]
    }

    pub(super) fn create(endowment: u64, init_code: &[u8]) -> Vec<u8> {
        [&[6], slot(endowment).as_slice(), init_code].concat()
    }

    pub(super) fn spin() -> Vec<u8> {
        vec![7]
    }

    pub(super) fn whoami() -> Vec<u8> {
        vec![8]
    }

    pub(super) fn trap() -> Vec<u8> {
        vec![9]
    }

    pub(super) fn recurse() -> Vec<u8> {
        vec![10]
    }

    pub(super) fn write_unflushed(key: u64, value: u64) -> Vec<u8> {
        Self::pair(11, key, value)
    }

    pub(super) fn transient_write(key: u64, value: u64) -> Vec<u8> {
        Self::pair(12, key, value)
    }

    pub(super) fn transient_read(key: u64) -> Vec<u8> {
        [&[13], slot(key).as_slice()].concat()
    }

    pub(super) fn account(address: Address) -> Vec<u8> {
        [&[14], address.as_slice()].concat()
    }

    pub(super) fn block() -> Vec<u8> {
        vec![15]
    }
}
