//! EVM code for tests, by opcodes.

use alloy_primitives::Address;
use revm::bytecode::opcode::{
    ADD, CALL, CALLDATACOPY, CALLDATALOAD, CALLDATASIZE, CALLER, CALLVALUE, CODECOPY, DELEGATECALL,
    DUP1, DUP3, GAS, JUMP, JUMPDEST, JUMPI, LOG0, LOG1, MSTORE, POP, PUSH0, PUSH1, PUSH2, PUSH20,
    RETURN, RETURNDATACOPY, RETURNDATASIZE, REVERT, SHR, SLOAD, SSTORE, STATICCALL, SUB,
};

/// Init code that returns `code` as it is: `PUSH2 len, DUP1, PUSH1 offset, PUSH0, CODECOPY, PUSH0, RETURN`.
pub(super) fn init_code(code: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(code.len()).unwrap().to_be_bytes();
    let mut init = vec![
        PUSH2, high, low, DUP1, PUSH1, 10, PUSH0, CODECOPY, PUSH0, RETURN,
    ];
    init.extend_from_slice(code);
    init
}

/// A counter: adds the first word of calldata to slot 0 and returns the sum; logs it too.
pub(super) fn counter() -> Vec<u8> {
    vec![
        PUSH0,
        SLOAD,
        PUSH0,
        CALLDATALOAD,
        ADD,
        DUP1,
        PUSH0,
        SSTORE,
        PUSH0,
        MSTORE, //
        PUSH1,
        0xAB,
        PUSH1,
        32,
        PUSH0,
        LOG1, //
        PUSH1,
        32,
        PUSH0,
        RETURN,
    ]
}

/// Writes slot 0, logs, and reverts with the first word of calldata.
pub(super) fn reverter() -> Vec<u8> {
    vec![
        PUSH1,
        1,
        PUSH0,
        SSTORE,
        PUSH0,
        PUSH0,
        LOG0, //
        PUSH0,
        CALLDATALOAD,
        PUSH0,
        MSTORE,
        PUSH1,
        32,
        PUSH0,
        REVERT,
    ]
}

/// Loops for ever.
pub(super) fn spinner() -> Vec<u8> {
    vec![JUMPDEST, PUSH0, JUMP]
}

/// Returns what one opcode without arguments pushes.
pub(super) fn returner(opcode: u8) -> Vec<u8> {
    vec![opcode, PUSH0, MSTORE, PUSH1, 32, PUSH0, RETURN]
}

/// How a forwarder calls.
#[derive(Clone, Copy)]
pub(super) enum Forward {
    Call,
    Static,
    Delegate,
}

/// Calls the address in the first 20 bytes of calldata with the rest, and returns or reverts with
/// what comes back.
pub(super) fn forwarder(kind: Forward) -> Vec<u8> {
    forwarder_after(&[], kind)
}

/// A [`forwarder`] that runs other code first.
pub(super) fn forwarder_after(first: &[u8], kind: Forward) -> Vec<u8> {
    let mut code = first.to_vec();
    code.extend([
        PUSH1,
        20,
        CALLDATASIZE,
        SUB, // len
        DUP1,
        PUSH1,
        20,
        PUSH0,
        CALLDATACOPY, // len
        PUSH0,
        PUSH0,
        DUP3,
        PUSH0, // len, return length, return offset, length, offset
    ]);
    if matches!(kind, Forward::Call) {
        code.push(CALLVALUE);
    }
    code.extend([PUSH0, CALLDATALOAD, PUSH1, 96, SHR, GAS]);
    code.push(match kind {
        Forward::Call => CALL,
        Forward::Static => STATICCALL,
        Forward::Delegate => DELEGATECALL,
    });
    code.extend([RETURNDATASIZE, PUSH0, PUSH0, RETURNDATACOPY]);
    let target = u8::try_from(code.len() + 6).unwrap();
    code.extend([
        PUSH1,
        target,
        JUMPI,
        RETURNDATASIZE,
        PUSH0,
        REVERT,
        JUMPDEST,
    ]);
    code.extend([RETURNDATASIZE, PUSH0, RETURN]);
    code
}

/// Calls `to` without calldata and with `gas`, whatever comes of it.
pub(super) fn try_call(to: Address, gas: u16) -> Vec<u8> {
    let [high, low] = gas.to_be_bytes();
    let mut code = vec![PUSH0, PUSH0, PUSH0, PUSH0, PUSH0, PUSH20];
    code.extend_from_slice(to.as_slice());
    code.extend([PUSH2, high, low, CALL, POP]);
    code
}

/// Calldata for a [`forwarder`].
pub(super) fn forward(to: Address, data: &[u8]) -> Vec<u8> {
    [to.as_slice(), data].concat()
}

/// The runtime code of a minimal clone (EIP-1167).
pub(super) fn clone_of(implementation: Address) -> Vec<u8> {
    let mut code = alloy_primitives::hex!("363d3d373d3d3d363d73").to_vec();
    code.extend_from_slice(implementation.as_slice());
    code.extend_from_slice(&alloy_primitives::hex!("5af43d82803e903d91602b57fd5bf3"));
    code
}

/// Returns its caller.
pub(super) fn caller() -> Vec<u8> {
    returner(CALLER)
}
