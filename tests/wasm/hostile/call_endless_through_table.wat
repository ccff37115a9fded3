;; stopped E_NODE_GAS: the gas is used up
;; Keeps the host busy by way of a table, where the call itself is cheap.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $call (result i32)))
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param $at i32) (param $length i32) (result i64)
    (loop (drop (call_indirect (result i32) (i32.const 0))) (br 0)) unreachable)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}")
  (table 1 funcref) (elem (i32.const 0) $call))
