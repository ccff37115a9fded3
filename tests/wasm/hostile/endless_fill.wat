;; stopped E_NODE_GAS: the gas is used up
;; A megabyte with each turn: priced by length it ends in time.
(module
  (memory (export "memory") 16)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param $at i32) (param $length i32) (result i64)
    (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 1048576)) (br 0)) unreachable)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
