//! The programs that are measured, written for this.

/// A counter: calldata of one byte or more increments it, none reads it.
pub const COUNTER: &str = r#"(module
    (import "vm_hooks" "pay_for_memory_grow" (func $grow (param i32)))
    (import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
    (import "vm_hooks" "read_args" (func $args (param i32)))
    (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
    (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
    (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
    (import "vm_hooks" "write_result" (func $result (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "user_entrypoint") (param $len i32) (result i32)
        (if (call $reentrant) (then (return (i32.const 1))))
        (call $grow (i32.const 0))
        (call $args (i32.const 64))
        (call $load (i32.const 0) (i32.const 32))
        (if (local.get $len) (then
            (i64.store (i32.const 56) (i64.add (i64.load (i32.const 56)) (i64.const 1)))
            (call $store (i32.const 0) (i32.const 32))
            (call $flush (i32.const 0))))
        (call $result (i32.const 32) (i32.const 32))
        i32.const 0))"#;

/// Turns of [`LOOP`]: about 10^8 instructions once instrumented, 17 each.
pub const TURNS: u32 = 5_900_000;

/// A loop over arithmetic. Instrumented, a turn is the 12 instructions of the block header and 5.
pub fn long_loop() -> String {
    format!(
        r#"(module (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32) (local i32)
            (local.set 1 (i32.const {TURNS}))
            (loop (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
            i32.const 0))"#
    )
}
