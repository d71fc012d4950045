//! The names and types of everything a program may import.

use wasmparser::ValType::{self, F32, F64, I32, I64};

/// Module of the host functions.
pub(in crate::vm) const MODULE_HOOKS: &str = "vm_hooks";
/// Module that prints, in debug mode only.
pub(in crate::vm) const MODULE_CONSOLE: &str = "console";
/// Module for measuring, in debug mode only.
pub(in crate::vm) const MODULE_DEBUG: &str = "debug";

/// Parameters and results of a function.
pub(in crate::vm) type Signature = (&'static [ValType], &'static [ValType]);

/// The host functions of every program.
pub(in crate::vm) const HOOKS: [(&str, Signature); 42] = [
    ("read_args", (&[I32], &[])),
    ("write_result", (&[I32, I32], &[])),
    ("exit_early", (&[I32], &[])),
    ("storage_load_bytes32", (&[I32, I32], &[])),
    ("storage_cache_bytes32", (&[I32, I32], &[])),
    ("storage_flush_cache", (&[I32], &[])),
    ("transient_load_bytes32", (&[I32, I32], &[])),
    ("transient_store_bytes32", (&[I32, I32], &[])),
    ("call_contract", (&[I32, I32, I32, I32, I64, I32], &[I32])),
    (
        "delegate_call_contract",
        (&[I32, I32, I32, I64, I32], &[I32]),
    ),
    ("static_call_contract", (&[I32, I32, I32, I64, I32], &[I32])),
    ("create1", (&[I32, I32, I32, I32, I32], &[])),
    ("create2", (&[I32, I32, I32, I32, I32, I32], &[])),
    ("read_return_data", (&[I32, I32, I32], &[I32])),
    ("return_data_size", (&[], &[I32])),
    ("emit_log", (&[I32, I32, I32], &[])),
    ("account_balance", (&[I32, I32], &[])),
    ("account_code", (&[I32, I32, I32, I32], &[I32])),
    ("account_code_size", (&[I32], &[I32])),
    ("account_codehash", (&[I32, I32], &[])),
    ("block_basefee", (&[I32], &[])),
    ("chainid", (&[], &[I64])),
    ("block_coinbase", (&[I32], &[])),
    ("block_gas_limit", (&[], &[I64])),
    ("block_number", (&[], &[I64])),
    ("block_timestamp", (&[], &[I64])),
    ("contract_address", (&[I32], &[])),
    ("evm_gas_left", (&[], &[I64])),
    ("evm_ink_left", (&[], &[I64])),
    ("math_div", (&[I32, I32], &[])),
    ("math_mod", (&[I32, I32], &[])),
    ("math_pow", (&[I32, I32], &[])),
    ("math_add_mod", (&[I32, I32, I32], &[])),
    ("math_mul_mod", (&[I32, I32, I32], &[])),
    ("msg_reentrant", (&[], &[I32])),
    ("msg_sender", (&[I32], &[])),
    ("msg_value", (&[I32], &[])),
    ("native_keccak256", (&[I32, I32, I32], &[])),
    ("tx_gas_price", (&[I32], &[])),
    ("tx_ink_price", (&[], &[I32])),
    ("tx_origin", (&[I32], &[])),
    ("pay_for_memory_grow", (&[I32], &[])),
];

/// Printing functions of the module `console`.
pub(in crate::vm) const CONSOLE: [(&str, Signature); 9] = [
    ("log_txt", (&[I32, I32], &[])),
    ("log_i32", (&[I32], &[])),
    ("log_i64", (&[I64], &[])),
    ("log_f32", (&[F32], &[])),
    ("log_f64", (&[F64], &[])),
    ("tee_i32", (&[I32], &[I32])),
    ("tee_i64", (&[I64], &[I64])),
    ("tee_f32", (&[F32], &[F32])),
    ("tee_f64", (&[F64], &[F64])),
];

/// Functions of the module `debug`.
pub(in crate::vm) const DEBUG: [(&str, Signature); 3] = [
    ("null_host", (&[], &[])),
    ("start_benchmark", (&[], &[])),
    ("end_benchmark", (&[], &[])),
];

/// The type that `module.name` must be imported with, or `None` if there is no such function.
pub(in crate::vm) fn signature(module: &str, name: &str, debug: bool) -> Option<Signature> {
    let table: &[(&str, Signature)] = match module {
        MODULE_HOOKS => &HOOKS,
        MODULE_CONSOLE if debug => &CONSOLE,
        MODULE_DEBUG if debug => &DEBUG,
        _ => return None,
    };
    table
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, signature)| *signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique() {
        let names: HashSet<_> = HOOKS.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), HOOKS.len());
    }

    #[test]
    fn debug_modules_exist_only_in_debug_mode() {
        assert!(signature("console", "log_txt", true).is_some());
        assert!(signature("console", "log_txt", false).is_none());
        assert!(signature("debug", "null_host", false).is_none());
        assert!(signature("vm_hooks", "read_args", false).is_some());
        assert!(signature("env", "read_args", true).is_none());
    }
}
