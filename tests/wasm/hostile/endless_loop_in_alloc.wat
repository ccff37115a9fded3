;; stopped E_NODE_GAS: the gas is used up
;; The same, before the input is there.
(module
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) (loop (br 0)) unreachable)
  (func (export "logos_call") (param i32 i32) (result i64) i64.const 1)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
