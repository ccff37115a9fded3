;; refused E_ADMIT_EXPORT_RESERVED: export logos$gas
;; The meter's own name: the host would refill the node's counter instead of the meter's.
(module
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param i32 i32) (result i64) i64.const 1)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}")
  (global (export "logos$gas") (mut i64) (i64.const 0)))
