;; refused E_ADMIT_MEMORY_MAX: 65536 pages at most, the limit is 4096
;; A declared maximum of 4 GiB.
(module
  (memory (export "memory") 1 65536)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param i32 i32) (result i64) i64.const 1)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
