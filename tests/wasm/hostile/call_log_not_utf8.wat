;; stopped E_NODE_CALL: log_write: the text is not UTF-8
;; Logs what is no text.
(module
  (import "logos" "log_write" (func $call (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "key\ff")
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param $at i32) (param $length i32) (result i64)
    (call $call (i32.const 1) (i32.const 16) (i32.const 4)) unreachable)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
