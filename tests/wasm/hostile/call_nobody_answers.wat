;; stopped E_NODE_CALL: clock_now: nothing answers in this call
;; Asks where nobody answers.
(module
  (import "logos" "clock_now" (func $call (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 16) "key\ff")
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param $at i32) (param $length i32) (result i64)
    (drop (call $call)) unreachable)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
