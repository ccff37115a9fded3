;; stopped E_NODE_CALL: take_answer: no answer waits
;; Takes an answer that nobody gave.
(module
  (import "logos" "take_answer" (func $call (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "key\ff")
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param $at i32) (param $length i32) (result i64)
    (call $call (i32.const 0) (i32.const 0)) unreachable)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
