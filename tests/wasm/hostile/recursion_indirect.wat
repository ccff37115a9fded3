;; stopped E_NODE_STACK: calls are nested too deeply
;; Calls itself through the table.
(module
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func $call (export "logos_call") (param i32 i32) (result i64)
    (call_indirect (type $f) (local.get 0) (local.get 1) (i32.const 0)))
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}")
  (table funcref (elem $call))
  (type $f (func (param i32 i32) (result i64))))
