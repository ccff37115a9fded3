;; stopped E_NODE_PANIC: called `unwrap()` on nothing
;; A panic as the SDK leaves it.
(module
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param $at i32) (param $length i32) (result i64)
    unreachable)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}")
  (global (export "LOGOS_PANIC") i32 (i32.const 64))
  (data (i32.const 64) "\1c\00\00\00called `unwrap()` on nothing"))
