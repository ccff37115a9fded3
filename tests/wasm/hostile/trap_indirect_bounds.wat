;; stopped E_NODE_TRAP: out of bounds table access
;; Past the end of the table.
(module
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param $at i32) (param $length i32) (result i64)
    (call_indirect (result i64) (i32.const 7)))
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}")
  (table 1 funcref))
