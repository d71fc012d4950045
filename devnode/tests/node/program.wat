;; With a word of calldata: keeps it in slot 0, logs it under a topic of repeated SALT and returns what
;; slot 0 held before. Without: reverts with what slot 0 holds.
(module
    (import "vm_hooks" "read_args" (func $read_args (param i32)))
    (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
    (import "vm_hooks" "emit_log" (func $emit_log (param i32 i32 i32)))
    (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
    (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
    (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
    (memory (export "memory") 1 1)
    ;; 0..32 slot number (zero), 32..64 old value, 64..96 topic, 96..128 calldata
    (data (i32.const 64) "SALTSALTSALTSALTSALTSALTSALTSALT")
    (func (export "user_entrypoint") (param $length i32) (result i32)
        (call $load (i32.const 0) (i32.const 32))
        (call $write_result (i32.const 32) (i32.const 32))
        (if (i32.ne (local.get $length) (i32.const 32))
            (then (return (i32.const 1))))
        (call $read_args (i32.const 96))
        (call $store (i32.const 0) (i32.const 96))
        (call $flush (i32.const 0))
        (call $emit_log (i32.const 64) (i32.const 64) (i32.const 1))
        (i32.const 0)))
