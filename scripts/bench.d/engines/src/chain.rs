//! The chain's own VM: instruments the programs, and is measured itself over a chain of one slot.

use crate::{mean, programs};
use alloy_primitives::{Address, B256, Bytes, U256};
use std::{fs, path::Path};
use stylus_devnode::vm::{
    ApiError, EvmApi, FrameGas, Priced, Program, ProgramCall, ProgramCallResult, ProgramCreate,
    ProgramCreateResult, ProgramEnv, Status, activate, run,
};

const ARBOS: u64 = 51;
const GAS: u64 = 1_000_000_000;

#[derive(Default)]
struct OneSlot(U256);

impl EvmApi for OneSlot {
    fn storage_load(&mut self, _: U256) -> Result<Priced<U256>, ApiError> {
        Ok(Priced {
            value: self.0,
            gas: 2_100,
        })
    }
    fn storage_flush(&mut self, slots: &[(U256, U256)], _: u64) -> Result<u64, ApiError> {
        self.0 = slots[0].1;
        Ok(5_000)
    }
    fn transient_load(&mut self, _: U256) -> Result<U256, ApiError> {
        Err(ApiError::Refused("not measured"))
    }
    fn transient_store(&mut self, _: U256, _: U256) -> Result<(), ApiError> {
        Err(ApiError::Refused("not measured"))
    }
    fn call(&mut self, _: ProgramCall) -> Result<ProgramCallResult, ApiError> {
        Err(ApiError::Refused("not measured"))
    }
    fn create(&mut self, _: ProgramCreate) -> Result<ProgramCreateResult, ApiError> {
        Err(ApiError::Refused("not measured"))
    }
    fn emit_log(&mut self, _: Vec<B256>, _: Bytes) -> Result<(), ApiError> {
        Err(ApiError::Refused("not measured"))
    }
    fn account_balance(&mut self, _: Address) -> Result<Priced<U256>, ApiError> {
        Err(ApiError::Refused("not measured"))
    }
    fn account_code(&mut self, _: Address) -> Result<Priced<Bytes>, ApiError> {
        Err(ApiError::Refused("not measured"))
    }
    fn account_codehash(&mut self, _: Address) -> Result<Priced<B256>, ApiError> {
        Err(ApiError::Refused("not measured"))
    }
    fn add_pages(&mut self, _: u16) -> Result<u64, ApiError> {
        Ok(0)
    }
}

fn env() -> ProgramEnv {
    ProgramEnv {
        block_number: 0,
        block_timestamp: 1_700_000_000,
        block_basefee: U256::from(100_000_000),
        block_coinbase: Address::ZERO,
        block_gas_limit: 1 << 50,
        chain_id: 412_346,
        contract_address: Address::repeat_byte(1),
        msg_sender: Address::repeat_byte(2),
        msg_value: U256::ZERO,
        tx_origin: Address::repeat_byte(2),
        tx_gas_price: U256::from(100_000_000),
        ink_price: 10_000,
        reentrant: false,
        is_static: false,
        max_stack_depth: 22_000,
        arbos_version: ARBOS,
        debug: false,
    }
}

/// Writes each program instrumented to `kept`, named like its file.
pub fn instrument(kept: &Path, name: &str, wasm: &[u8]) {
    let time = mean(20, || {
        activate(wasm, 128, false, ARBOS).expect("it activates");
    });
    let activation = activate(wasm, 128, false, ARBOS).expect("it activates");
    println!("| instrument | {name} | {time} |");
    fs::write(kept.join(format!("{name}.wasm")), &activation.module).expect("it can be written");
}

/// Compiles and runs what [`instrument`] wrote.
pub fn measure(name: &str, module: &[u8]) {
    let engine = "stylus-devnode";
    let time = mean(20, || {
        Program::compile(module).expect("it compiles");
    });
    println!("| {engine} | compile {name} | {time} |");
    let Some(runs) = crate::runs(name) else {
        return;
    };
    let program = Program::compile(module).expect("it compiles");
    let (env, mut chain) = (env(), OneSlot::default());
    let gas = FrameGas {
        given: GAS,
        left: GAS,
    };
    for (what, calldata) in [("read", &[][..]), ("write", &[1][..])] {
        let time = mean(runs, || {
            let outcome = run(&program, calldata, gas, &env, &mut chain).expect("it runs");
            assert_eq!(outcome.status, Status::Success, "{:?}", outcome.trap);
        });
        println!("| {engine} | run {name}, {what} | {time} |");
    }
}

/// The programs that come with this crate.
pub fn own() -> [(&'static str, Vec<u8>); 2] {
    let wasm = |wat: &str| wat::parse_str(wat).expect("it parses");
    [
        ("counter", wasm(programs::COUNTER)),
        ("loop", wasm(&programs::long_loop())),
    ]
}
