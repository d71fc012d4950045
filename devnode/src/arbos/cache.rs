//! Compiled programs, kept by code hash.

use crate::{
    evm::ARBOS_VERSION,
    vm::{self, Program, StylusParams},
};
use alloy_primitives::B256;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Programs kept; the one used longest ago makes room. More than any development chain runs at once.
const CAPACITY: usize = 128;

/// Programs compiled so far. Only a memory of work done: nothing on the chain depends on it.
#[derive(Debug, Default)]
pub(crate) struct ProgramCache(Mutex<Recent>);

/// Programs with the time of their last use, in uses of the cache.
#[derive(Debug, Default)]
struct Recent {
    programs: HashMap<B256, (Program, u64)>,
    uses: u64,
}

impl Recent {
    fn get(&mut self, code_hash: B256) -> Option<Program> {
        self.uses += 1;
        let (program, used) = self.programs.get_mut(&code_hash)?;
        *used = self.uses;
        Some(program.clone())
    }

    fn insert(&mut self, code_hash: B256, program: Program) {
        if self.programs.len() >= CAPACITY {
            let oldest = self.programs.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(oldest) = oldest.map(|(code_hash, _)| *code_hash) {
                self.programs.remove(&oldest);
            }
        }
        self.uses += 1;
        self.programs.insert(code_hash, (program, self.uses));
    }
}

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
        if let Some(program) = self.lock().get(code_hash) {
            return Ok(program);
        }
        let lost = |reason: String| LostProgram { code_hash, reason };
        let wasm = vm::decode_program(code, params.max_wasm_size)
            .map_err(|error| lost(error.to_string()))?;
        let activation = vm::activate(&wasm, params.page_limit, debug, ARBOS_VERSION)
            .map_err(|error| lost(error.to_string()))?;
        self.compile(code_hash, &activation.module)
            .map_err(|error| lost(error.to_string()))
    }

    /// The program of a code whose instrumented module is `module`, compiled now if it is not kept.
    ///
    /// The module follows from the code, so what is kept under its hash is the same.
    pub(crate) fn compile(&self, code_hash: B256, module: &[u8]) -> Result<Program, vm::VmError> {
        if let Some(program) = self.lock().get(code_hash) {
            return Ok(program);
        }
        // Compiling takes long; others may use the cache meanwhile.
        let program = Program::compile(module)?;
        self.lock().insert(code_hash, program.clone());
        Ok(program)
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        // A panic elsewhere leaves whole entries behind, at worst one short.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn module() -> Vec<u8> {
        let wasm = wat::parse_str(
            r#"(module (memory (export "memory") 1 1)
                (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
        );
        let activation = vm::activate(&wasm.unwrap(), 128, false, ARBOS_VERSION).unwrap();
        activation.module.to_vec()
    }

    #[test]
    fn what_is_kept_is_not_compiled_again() {
        let cache = ProgramCache::default();
        cache.compile(B256::ZERO, &module()).unwrap();
        // No engine takes this, so it was not asked.
        cache.compile(B256::ZERO, b"no module").unwrap();
        cache
            .compile(B256::with_last_byte(1), b"no module")
            .unwrap_err();
    }

    #[test]
    fn the_program_used_longest_ago_makes_room() {
        let cache = ProgramCache::default();
        let module = module();
        let hash = |number: usize| B256::from(alloy_primitives::U256::from(number));
        for number in 0..CAPACITY {
            cache.compile(hash(number), &module).unwrap();
        }
        cache.compile(hash(0), b"no module").unwrap();
        cache.compile(hash(CAPACITY), &module).unwrap();
        let kept = &cache.lock().programs;
        assert_eq!(kept.len(), CAPACITY);
        assert!(kept.contains_key(&hash(0)));
        assert!(!kept.contains_key(&hash(1)));
    }
}
