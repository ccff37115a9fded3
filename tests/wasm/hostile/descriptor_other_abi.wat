;; refused E_DESCRIPTOR_ABI: 
;; A calling convention that this host does not speak.
(module
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param i32 i32) (result i64) i64.const 1)
  (@custom "logos.descriptor" "{\"abi\":2,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
