;; refused E_TYPE_OPTION: two ways to say nothing
;; Two encodings of one value.
(module
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param i32 i32) (result i64) i64.const 1)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"option<option<u8>>\"}],\"name\":\"hostile\",\"outputs\":[]}"))
