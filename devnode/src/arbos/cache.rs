//! Compiled programs, kept by code hash.

use crate::{
    evm::ARBOS_VERSION,
    vm::{self, Program, StylusParams},
};
use alloy_primitives::B256;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Programs kept before the cache is emptied; more than any development chain runs at once.
const CAPACITY: usize = 512;

/// Programs compiled so far. Only a memory of work done: nothing on the chain depends on it.
#[derive(Debug, Default)]
pub(crate) struct ProgramCache(Mutex<HashMap<B256, Program>>);

/// An activated program could not be prepared again, which its activation rules out.
#[derive(Debug, thiserror::Error)]
#[error("the activated program `{code_hash}` cannot be prepared: {reason}")]
pub(crate) struct LostProgram {
    code_hash: B256,
    reason: String,
}

impl ProgramCache {
    /// The program of an activated code, compiled now if it is not kept.
    pub(crate) fn get(
        &self,
        code_hash: B256,
        code: &[u8],
        params: &StylusParams,
        debug: bool,
    ) -> Result<Program, LostProgram> {
        if let Some(program) = self.lock().get(&code_hash) {
            return Ok(program.clone());
        }
        let lost = |reason: String| LostProgram { code_hash, reason };
        let wasm = vm::decode_program(code, params.max_wasm_size)
            .map_err(|error| lost(error.to_string()))?;
        let activation = vm::activate(&wasm, params.page_limit, debug, ARBOS_VERSION)
            .map_err(|error| lost(error.to_string()))?;
        self.compile(code_hash, &activation.module)
            .map_err(|error| lost(error.to_string()))
    }

    /// Compiles an instrumented module and keeps it.
    pub(crate) fn compile(&self, code_hash: B256, module: &[u8]) -> Result<Program, vm::VmError> {
        let program = Program::compile(module)?;
        let mut programs = self.lock();
        if programs.len() >= CAPACITY {
            programs.clear();
        }
        programs.insert(code_hash, program.clone());
        Ok(program)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<B256, Program>> {
        // A panic elsewhere leaves whole entries behind at worst one short.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
