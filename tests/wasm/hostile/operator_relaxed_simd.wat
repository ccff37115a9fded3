;; refused E_ADMIT_RELAXED_SIMD: i8x16_relaxed_swizzle
;; What it gives depends on the machine.
(module
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param i32 i32) (result i64) i64.const 1)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}")
  (func (param v128 v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))))
