;; refused E_ADMIT_MEMORY_MIN: 257 pages at the start, the limit is 256
;; More at the start than a call may have.
(module
  (memory (export "memory") 257)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param i32 i32) (result i64) i64.const 1)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
