;; The counter of counter.hex as a Stylus program: the same functions, slot, event and error. Besides, it
;; has a constructor(uint256 number), which Stylus calls by the selector of stylus_constructor(); as this is
;; a counter that everybody may set, nothing keeps it from being called again.
(module
    (import "vm_hooks" "read_args" (func $read_args (param i32)))
    (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
    (import "vm_hooks" "msg_sender" (func $msg_sender (param i32)))
    (import "vm_hooks" "emit_log" (func $emit_log (param i32 i32 i32)))
    (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
    (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
    (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
    (memory (export "memory") 1 1)
    ;; 0 slot number (zero), 128 the log: topic of Changed, 160 caller as a word, 192 number; 1024 calldata
    (data (i32.const 128)
        "\b5\2d\da\02\2b\6c\1a\1f\40\90\5a\85\f2\57\f6\89\aa\5d\69\d8\50\e4\9c\f9\39\d6\88\fb\e5\af\59\46")

    ;; Adds one to the 32 bytes at 192, the most significant first.
    (func $increment
        (local $at i32) (local $byte i32)
        (local.set $at (i32.const 223))
        (block $done
            (loop $carry
                (local.set $byte (i32.add (i32.load8_u (local.get $at)) (i32.const 1)))
                (i32.store8 (local.get $at) (local.get $byte))
                (br_if $done (i32.ne (local.get $byte) (i32.const 256)))
                (local.set $at (i32.sub (local.get $at) (i32.const 1)))
                (br_if $carry (i32.ge_u (local.get $at) (i32.const 192))))))

    ;; Stores the number at 192 and logs who changed it.
    (func $change
        (call $cache (i32.const 0) (i32.const 192))
        (call $flush (i32.const 0))
        (call $msg_sender (i32.const 172))
        (call $emit_log (i32.const 128) (i32.const 96) (i32.const 2)))

    (func (export "user_entrypoint") (param $length i32) (result i32)
        (local $selector i32)
        (if (i32.or (i32.lt_u (local.get $length) (i32.const 4))
                    (i32.gt_u (local.get $length) (i32.const 4096)))
            (then (return (i32.const 1))))
        (call $read_args (i32.const 1024))
        (local.set $selector (i32.load (i32.const 1024)))
        ;; number(): 8381f58a, read with the first byte last
        (if (i32.eq (local.get $selector) (i32.const 0x8af58183))
            (then
                (call $load (i32.const 0) (i32.const 192))
                (call $write_result (i32.const 192) (i32.const 32))
                (return (i32.const 0))))
        ;; setNumber(uint256): 3fb5c1cb; bytes beyond calldata are zero
        ;; and the constructor: 5585258d
        (if (i32.or (i32.eq (local.get $selector) (i32.const 0xcbc1b53f))
                    (i32.eq (local.get $selector) (i32.const 0x8d258555)))
            (then
                (memory.copy (i32.const 192) (i32.const 1028) (i32.const 32))
                (call $change)
                (return (i32.const 0))))
        ;; increment(): d09de08a
        (if (i32.eq (local.get $selector) (i32.const 0x8ae09dd0))
            (then
                (call $load (i32.const 0) (i32.const 192))
                (call $increment)
                (call $change)
                (return (i32.const 0))))
        ;; refuse(): 62c69b80; Refused(uint256): 590a5151
        (if (i32.eq (local.get $selector) (i32.const 0x809bc662))
            (then
                (call $load (i32.const 0) (i32.const 192))
                (i32.store (i32.const 188) (i32.const 0x51510a59))
                (call $write_result (i32.const 188) (i32.const 36))))
        (i32.const 1)))
