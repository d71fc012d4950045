//! Compiled programs, kept by code hash and Stylus version.

use crate::vm::{self, Program, ProgramCode, StylusParams};
use alloy_primitives::{Address, B256, Bytes};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Programs kept; the one used longest ago makes room. More than any development chain runs at once.
const CAPACITY: usize = 128;

/// Programs compiled so far. Only a memory of work done: nothing on the chain depends on it.
#[derive(Debug, Default)]
pub(crate) struct ProgramCache(Mutex<Recent>);

/// Code hash and Stylus version: another version instruments the same module in another way.
type Key = (B256, u16);

/// Programs with the time of their last use, in uses of the cache.
#[derive(Debug, Default)]
struct Recent {
    programs: HashMap<Key, (Program, u64)>,
    uses: u64,
}

impl Recent {
    fn get(&mut self, key: Key) -> Option<Program> {
        self.uses += 1;
        let (program, used) = self.programs.get_mut(&key)?;
        *used = self.uses;
        Some(program.clone())
    }

    fn insert(&mut self, key: Key, program: Program) {
        if self.programs.len() >= CAPACITY {
            let oldest = self.programs.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.programs.remove(&oldest);
            }
        }
        self.uses += 1;
        self.programs.insert(key, (program, self.uses));
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
    ///
    /// `code_of` answers the code of the contracts that hold its parts. Size and pages were checked when
    /// it was activated, and the limits may have fallen since, so they are not checked again.
    pub(crate) fn get(
        &self,
        code_hash: B256,
        code: &[u8],
        arbos_version: u64,
        debug: bool,
        code_of: impl Fn(Address) -> Bytes,
    ) -> Result<Program, LostProgram> {
        if let Some(program) = self.lock().get(key(code_hash, arbos_version)) {
            return Ok(program);
        }
        let lost = |reason: String| LostProgram { code_hash, reason };
        let parts = ProgramCode::try_read(code, arbos_version, u8::MAX, u32::MAX)
            .map_err(|error| lost(error.to_string()))?;
        let codes: Vec<_> = parts.fragments().iter().copied().map(code_of).collect();
        let wasm = parts
            .decode(&codes, u32::MAX)
            .map_err(|error| lost(error.to_string()))?;
        let activation = vm::activate(&wasm, u16::MAX, debug, arbos_version)
            .map_err(|error| lost(error.to_string()))?;
        self.compile(code_hash, &activation.module, arbos_version)
            .map_err(|error| lost(error.to_string()))
    }

    /// The program of a code whose instrumented module is `module`, compiled now if it is not kept.
    ///
    /// The module follows from code and version, so what is kept under them is the same.
    pub(crate) fn compile(
        &self,
        code_hash: B256,
        module: &[u8],
        arbos_version: u64,
    ) -> Result<Program, vm::VmError> {
        let key = key(code_hash, arbos_version);
        if let Some(program) = self.lock().get(key) {
            return Ok(program);
        }
        // Compiling takes long; others may use the cache meanwhile.
        let program = Program::compile(module)?;
        self.lock().insert(key, program.clone());
        Ok(program)
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        // A panic elsewhere leaves whole entries behind, at worst one short.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn key(code_hash: B256, arbos_version: u64) -> Key {
    (code_hash, StylusParams::for_arbos(arbos_version).version)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    const ARBOS: u64 = 51;

    fn module() -> Vec<u8> {
        let wasm = wat::parse_str(
            r#"(module (memory (export "memory") 1 1)
                (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
        );
        let activation = vm::activate(&wasm.unwrap(), 128, false, ARBOS).unwrap();
        activation.module.to_vec()
    }

    #[test]
    fn what_is_kept_is_not_compiled_again() {
        let cache = ProgramCache::default();
        cache.compile(B256::ZERO, &module(), ARBOS).unwrap();
        // No engine takes this, so it was not asked.
        cache.compile(B256::ZERO, b"no module", 50).unwrap();
        for (code_hash, arbos_version) in [(B256::with_last_byte(1), ARBOS), (B256::ZERO, 59)] {
            cache
                .compile(code_hash, b"no module", arbos_version)
                .unwrap_err();
        }
    }

    #[test]
    fn the_program_used_longest_ago_makes_room() {
        let cache = ProgramCache::default();
        let module = module();
        let hash = |number: usize| B256::from(alloy_primitives::U256::from(number));
        for number in 0..CAPACITY {
            cache.compile(hash(number), &module, ARBOS).unwrap();
        }
        cache.compile(hash(0), b"no module", ARBOS).unwrap();
        cache.compile(hash(CAPACITY), &module, ARBOS).unwrap();
        let kept = &cache.lock().programs;
        assert_eq!(kept.len(), CAPACITY);
        assert!(kept.contains_key(&key(hash(0), ARBOS)));
        assert!(!kept.contains_key(&key(hash(1), ARBOS)));
    }
}
