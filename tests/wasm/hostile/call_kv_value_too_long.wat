;; stopped E_NODE_CALL: kv_put: 65537 bytes of value, the limit is 65536
;; Stores more than a value may have.
(module
  (import "logos" "kv_put" (func $call (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "key\ff")
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param $at i32) (param $length i32) (result i64)
    (call $call (i32.const 16) (i32.const 3) (i32.const 0) (i32.const 65537)) unreachable)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
