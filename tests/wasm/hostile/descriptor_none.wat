;; refused E_ADMIT_DESCRIPTOR: 0 sections
;; It does not say what it is.
(module
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param i32 i32) (result i64) i64.const 1))
