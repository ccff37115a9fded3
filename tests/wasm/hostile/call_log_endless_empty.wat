;; stopped E_NODE_CALL: log_write: a call logs at most
;; Fills the log with lines that have no bytes.
(module
  (import "logos" "log_write" (func $call (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "key\ff")
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param $at i32) (param $length i32) (result i64)
    (loop (call $call (i32.const 0) (i32.const 0) (i32.const 0)) (br 0)) unreachable)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
