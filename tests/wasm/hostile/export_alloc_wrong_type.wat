;; refused E_ADMIT_EXPORT_SIGNATURE: logos_alloc is (i64) -> (i32)
;; The host hands over 32-bit lengths.
(module
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i64) (result i32) i32.const 4096)
  (func (export "logos_call") (param i32 i32) (result i64) i64.const 1)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
