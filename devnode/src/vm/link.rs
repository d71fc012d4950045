//! Binds the names of host functions to their methods.

use super::{
    activate::{MODULE_METER, MORE_INK},
    api::CallKind,
    engine::{Slot, enter, more_ink},
    host::{CallArguments, CreateArguments, MODULE_CONSOLE, MODULE_DEBUG, MODULE_HOOKS},
};
use wasmi::{Caller, F32, F64, Func, Store};

/// Binds one method of the frame that takes the arguments as they come.
macro_rules! bind {
    ($store:expr, $method:ident ( $($argument:ident : $kind:ty),* )) => {
        Func::wrap($store, |caller: Caller<'_, Slot<'a>>, $($argument: $kind),*| {
            enter(caller, |frame| frame.$method($($argument),*))
        })
    };
}

/// Binds a function that prints a number.
macro_rules! log {
    ($store:expr, $kind:ty, $convert:expr) => {
        Func::wrap($store, |caller: Caller<'_, Slot<'a>>, value: $kind| {
            enter(caller, |frame| {
                frame.log_value($convert(value));
                Ok(())
            })
        })
    };
}

/// Binds a function that prints a number and gives it back.
macro_rules! tee {
    ($store:expr, $kind:ty, $convert:expr) => {
        Func::wrap($store, |caller: Caller<'_, Slot<'a>>, value: $kind| {
            enter(caller, |frame| {
                frame.tee_value($convert(value));
                Ok(value)
            })
        })
    };
}

/// The host function of this name, or `None` if there is none.
///
/// Activation has checked names and types against the same table as the tests of this file do.
pub(super) fn host_function(store: &mut Store<Slot<'_>>, module: &str, name: &str) -> Option<Func> {
    match module {
        MODULE_HOOKS => hook(store, name),
        MODULE_CONSOLE => console(store, name),
        MODULE_DEBUG => debug(store, name),
        MODULE_METER if name == MORE_INK => Some(Func::wrap(store, more_ink)),
        _ => None,
    }
}

fn hook<'a>(store: &mut Store<Slot<'a>>, name: &str) -> Option<Func> {
    Some(match name {
        "read_args" => bind!(store, read_args(dest: u32)),
        "write_result" => bind!(store, write_result(data: u32, bytes: u32)),
        "exit_early" => bind!(store, exit_early(status: u32)),
        "storage_load_bytes32" => bind!(store, storage_load_bytes32(key: u32, dest: u32)),
        "storage_cache_bytes32" => bind!(store, storage_cache_bytes32(key: u32, value: u32)),
        "storage_flush_cache" => bind!(store, storage_flush_cache(clear: u32)),
        "transient_load_bytes32" => bind!(store, transient_load_bytes32(key: u32, dest: u32)),
        "transient_store_bytes32" => bind!(store, transient_store_bytes32(key: u32, value: u32)),
        "call_contract" => call_contract(store),
        "delegate_call_contract" => call_without_value(store, CallKind::Delegate),
        "static_call_contract" => call_without_value(store, CallKind::Static),
        "create1" => create1(store),
        "create2" => create2(store),
        "read_return_data" => bind!(store, read_return_data(dest: u32, offset: u32, size: u32)),
        "return_data_size" => bind!(store, return_data_size()),
        "emit_log" => bind!(store, emit_log(data: u32, bytes: u32, topics: u32)),
        "account_balance" => bind!(store, account_balance(address: u32, dest: u32)),
        "account_code" => {
            bind!(store, account_code(address: u32, offset: u32, size: u32, dest: u32))
        }
        "account_code_size" => bind!(store, account_code_size(address: u32)),
        "account_codehash" => bind!(store, account_codehash(address: u32, dest: u32)),
        "block_basefee" => bind!(store, block_basefee(dest: u32)),
        "chainid" => bind!(store, chainid()),
        "block_coinbase" => bind!(store, block_coinbase(dest: u32)),
        "block_gas_limit" => bind!(store, block_gas_limit()),
        "block_number" => bind!(store, block_number()),
        "block_timestamp" => bind!(store, block_timestamp()),
        "contract_address" => bind!(store, contract_address(dest: u32)),
        "evm_gas_left" => bind!(store, evm_gas_left()),
        "evm_ink_left" => bind!(store, evm_ink_left()),
        "math_div" => bind!(store, math_div(value: u32, divisor: u32)),
        "math_mod" => bind!(store, math_mod(value: u32, modulus: u32)),
        "math_pow" => bind!(store, math_pow(value: u32, exponent: u32)),
        "math_add_mod" => bind!(store, math_add_mod(value: u32, addend: u32, modulus: u32)),
        "math_mul_mod" => bind!(store, math_mul_mod(value: u32, multiplier: u32, modulus: u32)),
        "msg_reentrant" => bind!(store, msg_reentrant()),
        "msg_sender" => bind!(store, msg_sender(dest: u32)),
        "msg_value" => bind!(store, msg_value(dest: u32)),
        "native_keccak256" => bind!(store, native_keccak256(input: u32, bytes: u32, dest: u32)),
        "tx_gas_price" => bind!(store, tx_gas_price(dest: u32)),
        "tx_ink_price" => bind!(store, tx_ink_price()),
        "tx_origin" => bind!(store, tx_origin(dest: u32)),
        "pay_for_memory_grow" => bind!(store, pay_for_memory_grow(pages: u32)),
        _ => return None,
    })
}

fn console<'a>(store: &mut Store<Slot<'a>>, name: &str) -> Option<Func> {
    Some(match name {
        "log_txt" => bind!(store, log_txt(text: u32, bytes: u32)),
        "log_i32" => log!(store, i32, i32::from),
        "log_i64" => log!(store, i64, i64::from),
        "log_f32" => log!(store, F32, f32::from),
        "log_f64" => log!(store, F64, f64::from),
        "tee_i32" => tee!(store, i32, i32::from),
        "tee_i64" => tee!(store, i64, i64::from),
        "tee_f32" => tee!(store, F32, f32::from),
        "tee_f64" => tee!(store, F64, f64::from),
        _ => return None,
    })
}

fn debug(store: &mut Store<Slot<'_>>, name: &str) -> Option<Func> {
    match name {
        // Markers for Nitro's own benchmarks; there is nothing for them to do.
        "null_host" | "start_benchmark" | "end_benchmark" => Some(Func::wrap(store, || {})),
        _ => None,
    }
}

fn call_contract<'a>(store: &mut Store<Slot<'a>>) -> Func {
    Func::wrap(
        store,
        |caller: Caller<'_, Slot<'a>>,
         address: u32,
         calldata: u32,
         calldata_bytes: u32,
         value: u32,
         gas: u64,
         return_length: u32| {
            let value = Some(value);
            let arguments = CallArguments {
                address,
                calldata,
                calldata_bytes,
                value,
                gas,
                return_length,
            };
            enter(caller, |frame| frame.call(CallKind::Call, &arguments))
        },
    )
}

fn call_without_value<'a>(store: &mut Store<Slot<'a>>, kind: CallKind) -> Func {
    Func::wrap(
        store,
        move |caller: Caller<'_, Slot<'a>>,
              address: u32,
              calldata: u32,
              calldata_bytes: u32,
              gas: u64,
              return_length: u32| {
            let value = None;
            let arguments = CallArguments {
                address,
                calldata,
                calldata_bytes,
                value,
                gas,
                return_length,
            };
            enter(caller, |frame| frame.call(kind, &arguments))
        },
    )
}

fn create1<'a>(store: &mut Store<Slot<'a>>) -> Func {
    Func::wrap(
        store,
        |caller: Caller<'_, Slot<'a>>,
         code: u32,
         code_bytes: u32,
         endowment: u32,
         address: u32,
         revert_length: u32| {
            let salt = None;
            let arguments = CreateArguments {
                code,
                code_bytes,
                endowment,
                salt,
                address,
                revert_length,
            };
            enter(caller, |frame| frame.create(&arguments))
        },
    )
}

fn create2<'a>(store: &mut Store<Slot<'a>>) -> Func {
    Func::wrap(
        store,
        |caller: Caller<'_, Slot<'a>>,
         code: u32,
         code_bytes: u32,
         endowment: u32,
         salt: u32,
         address: u32,
         revert_length: u32| {
            let salt = Some(salt);
            let arguments = CreateArguments {
                code,
                code_bytes,
                endowment,
                salt,
                address,
                revert_length,
            };
            enter(caller, |frame| frame.create(&arguments))
        },
    )
}
