;; refused E_ADMIT_COMPACT_IMPORTS: import 0 begins a group
;; Imports in groups: one more way to say the same.
(module
  (import "wasi_snapshot_preview1" (item "proc_exit" (func (param i32))) (item "proc_exit" (func (param i32))))
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param i32 i32) (result i64) i64.const 1)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
