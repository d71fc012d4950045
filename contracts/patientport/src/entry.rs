//! Where the VM enters.

use alloc::vec::Vec;

use stylus_sdk::{ArbResult, host::VM, prelude::*};

use crate::port::Port;

/// Answers one call. No function takes ether.
#[entrypoint]
pub fn answer(input: Vec<u8>, vm: VM) -> ArbResult {
    if !vm.msg_value().is_zero() {
        return Err(Vec::new());
    }
    Port::new(vm).route(&input, false).map_err(Into::into)
}
