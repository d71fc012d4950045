;; A program that does what its calldata says. Byte 0 is the operation:
;;   0 key            returns the slot
;;   1 key value      writes the slot
;;   2 key value      writes the slot, logs the value, then reverts with the key
;;   3 data           logs the data without topics
;;   4 kind addr value data   calls (0), delegates (1) or calls statically (2); returns or reverts
;;                            with what comes back
;;   5                returns whether the frame is reentrant, one byte
;;   6 endowment init creates a contract and returns its address and what came back
;;   7                loops for ever
;;   8                returns contract address, sender and value
;;   9                traps
;;  10                recurses for ever
;;  11 key value      writes a slot without flushing
;;  12 key value      writes a transient slot
;;  13 key            returns a transient slot
;;  14 addr           returns balance, code hash and code size of an account
;;  15                returns block number, timestamp, base fee and gas price
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "transient_load_bytes32" (func $tload (param i32 i32)))
  (import "vm_hooks" "transient_store_bytes32" (func $tstore (param i32 i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "delegate_call_contract" (func $delegate (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "create1" (func $create (param i32 i32 i32 i32 i32)))
  (import "vm_hooks" "read_return_data" (func $read_return_data (param i32 i32 i32) (result i32)))
  (import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
  (import "vm_hooks" "contract_address" (func $contract (param i32)))
  (import "vm_hooks" "msg_sender" (func $sender (param i32)))
  (import "vm_hooks" "msg_value" (func $value (param i32)))
  (import "vm_hooks" "account_balance" (func $balance (param i32 i32)))
  (import "vm_hooks" "account_codehash" (func $codehash (param i32 i32)))
  (import "vm_hooks" "account_code_size" (func $codesize (param i32) (result i32)))
  (import "vm_hooks" "block_number" (func $number (result i64)))
  (import "vm_hooks" "block_timestamp" (func $timestamp (result i64)))
  (import "vm_hooks" "block_basefee" (func $basefee (param i32)))
  (import "vm_hooks" "tx_gas_price" (func $gasprice (param i32)))
  (memory (export "memory") 1 1)
  ;; 0x0000 calldata, 0x7ff0 length of return data, 0x8000 results
  (func $recurse (param i32) (result i32)
    (i32.add (call $recurse (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func $forward (param $len i32) (result i32)
    (local $status i32) (local $size i32) (local $data i32)
    (local.set $data (i32.const 54))
    (local.set $len (i32.sub (local.get $len) (i32.const 54)))
    (if (i32.eqz (i32.load8_u (i32.const 1)))
      (then (local.set $status (call $call (i32.const 2) (local.get $data) (local.get $len)
        (i32.const 22) (i64.const -1) (i32.const 0x7ff0)))))
    (if (i32.eq (i32.load8_u (i32.const 1)) (i32.const 1))
      (then (local.set $status (call $delegate (i32.const 2) (local.get $data) (local.get $len)
        (i64.const -1) (i32.const 0x7ff0)))))
    (if (i32.eq (i32.load8_u (i32.const 1)) (i32.const 2))
      (then (local.set $status (call $static (i32.const 2) (local.get $data) (local.get $len)
        (i64.const -1) (i32.const 0x7ff0)))))
    (local.set $size (call $read_return_data
      (i32.const 0x8000) (i32.const 0) (i32.load (i32.const 0x7ff0))))
    (call $write_result (i32.const 0x8000) (local.get $size))
    (local.get $status))
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (local $op i32) (local $size i32)
    (call $read_args (i32.const 0))
    (local.set $op (i32.load8_u (i32.const 0)))
    (if (i32.eq (local.get $op) (i32.const 0)) (then
      (call $load (i32.const 1) (i32.const 0x8000))
      (call $write_result (i32.const 0x8000) (i32.const 32))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 1)) (then
      (call $cache (i32.const 1) (i32.const 33))
      (call $flush (i32.const 0))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 2)) (then
      (call $cache (i32.const 1) (i32.const 33))
      (call $flush (i32.const 0))
      (call $log (i32.const 33) (i32.const 32) (i32.const 0))
      (call $write_result (i32.const 1) (i32.const 32))
      (return (i32.const 1))))
    (if (i32.eq (local.get $op) (i32.const 3)) (then
      (call $log (i32.const 1) (i32.sub (local.get $len) (i32.const 1)) (i32.const 0))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 4)) (then
      (return (call $forward (local.get $len)))))
    (if (i32.eq (local.get $op) (i32.const 5)) (then
      (i32.store8 (i32.const 0x8000) (call $reentrant))
      (call $write_result (i32.const 0x8000) (i32.const 1))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 6)) (then
      (call $create (i32.const 33) (i32.sub (local.get $len) (i32.const 33)) (i32.const 1)
        (i32.const 0x8000) (i32.const 0x7ff0))
      (local.set $size (call $read_return_data
        (i32.const 0x8014) (i32.const 0) (i32.load (i32.const 0x7ff0))))
      (call $write_result (i32.const 0x8000) (i32.add (local.get $size) (i32.const 20)))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 7)) (then (loop $for_ever (br $for_ever))))
    (if (i32.eq (local.get $op) (i32.const 8)) (then
      (call $contract (i32.const 0x8000))
      (call $sender (i32.const 0x8014))
      (call $value (i32.const 0x8028))
      (call $write_result (i32.const 0x8000) (i32.const 72))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 9)) (then (unreachable)))
    (if (i32.eq (local.get $op) (i32.const 10)) (then
      (return (call $recurse (i32.const 0)))))
    (if (i32.eq (local.get $op) (i32.const 11)) (then
      (call $cache (i32.const 1) (i32.const 33))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 12)) (then
      (call $tstore (i32.const 1) (i32.const 33))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 13)) (then
      (call $tload (i32.const 1) (i32.const 0x8000))
      (call $write_result (i32.const 0x8000) (i32.const 32))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 14)) (then
      (call $balance (i32.const 1) (i32.const 0x8000))
      (call $codehash (i32.const 1) (i32.const 0x8020))
      (i32.store (i32.const 0x8040) (call $codesize (i32.const 1)))
      (call $write_result (i32.const 0x8000) (i32.const 68))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 15)) (then
      (i64.store (i32.const 0x8000) (call $number))
      (i64.store (i32.const 0x8008) (call $timestamp))
      (call $basefee (i32.const 0x8010))
      (call $gasprice (i32.const 0x8030))
      (call $write_result (i32.const 0x8000) (i32.const 80))
      (return (i32.const 0))))
    (unreachable)))
