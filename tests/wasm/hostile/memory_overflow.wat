;; stopped E_NODE_MEMORY: 4295032832 bytes of memory asked for
;; Asks for 4 GiB more, so that a sum of 32 bits would wrap around.
(module
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param $at i32) (param $length i32) (result i64)
    (drop (memory.grow (i32.const 65536)))
    unreachable)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
