;; refused E_ADMIT_EXPORT_SIGNATURE: logos_alloc is (i32) -> ()
;; An import handed on as an export.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (export "logos_alloc" (func $exit))
  (memory (export "memory") 1)
  (func (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param i32 i32) (result i64) i64.const 1)
  (@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"hostile\",\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}"))
