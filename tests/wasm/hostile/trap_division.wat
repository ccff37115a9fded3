;; stopped E_NODE_TRAP: integer divide by zero
;; A trap by signal.
(module
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param $at i32) (param $length i32) (result i64)
    (i64.div_s (i64.const 1) (i64.load (i32.const 0))))
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
