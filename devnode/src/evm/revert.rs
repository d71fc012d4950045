//! What revert data says, in geth's words.

use alloy_primitives::U256;
use alloy_sol_types::{Panic, Revert, SolError};

/// The reason if revert data is `Error(string)` or a Solidity panic.
pub(crate) fn error_reason(output: &[u8]) -> Option<String> {
    if let Ok(revert) = Revert::abi_decode(output) {
        return Some(revert.reason().to_owned());
    }
    let panic = Panic::abi_decode(output).ok()?;
    Some(panic_text(panic.code))
}

/// Geth's names (`accounts/abi/abi.go`) for the panic codes of Solidity.
fn panic_text(code: U256) -> String {
    let text = match u8::try_from(code).ok() {
        Some(0x00) => "generic panic",
        Some(0x01) => "assert(false)",
        Some(0x11) => "arithmetic underflow or overflow",
        Some(0x12) => "division or modulo by zero",
        Some(0x21) => "enum overflow",
        Some(0x22) => "invalid encoded storage byte array accessed",
        Some(0x31) => "out-of-bounds array access; popping on an empty array",
        Some(0x32) => "out-of-bounds access of an array or bytesN",
        Some(0x41) => "out of memory",
        Some(0x51) => "uninitialized function",
        _ => return format!("unknown panic code: {code:#x}"),
    };
    text.to_owned()
}
