;; stopped E_NODE_GAS: the gas is used up
;; Keeps the host busy with writes of many buffers.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param $at i32) (param $length i32) (result i64)
    (loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const -1) (i32.const 0))) (br 0)) unreachable)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
