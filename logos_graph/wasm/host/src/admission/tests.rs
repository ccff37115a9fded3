use super::*;

/// A node that passes, with more fields inside the module.
fn node(more: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (func (export "logos_alloc") (param i32) (result i32) i32.const 16)
            (func (export "logos_call") (param i32 i32) (result i64) i64.const 0)
            (@custom "logos.descriptor" "{{}}")
            {more})"#
    );
    wat::parse_str(text).unwrap()
}

fn refusal(wasm: &[u8]) -> Option<&'static str> {
    inspect(wasm, &[]).refusal().map(|refusal| refusal.code)
}

#[test]
fn a_small_sound_module_passes_every_check() {
    let inspection = inspect(&node(""), &[]);
    assert_eq!(inspection.refusal(), None);
    assert_eq!(inspection.checks.len(), 24);
    assert_eq!(inspection.descriptor.as_deref(), Some(&b"{}"[..]));
}

#[test]
fn a_cut_module_is_invalid_at_every_length() {
    let wasm = node("(data (i32.const 0) \"abc\")");
    for length in 0..wasm.len() {
        // Cut between sections a module may be sound, but it then lacks something.
        assert!(refusal(&wasm[..length]).is_some(), "cut at {length}");
    }
}

#[test]
fn no_flipped_byte_panics_the_inspection() {
    let wasm = node("(table 1 funcref) (global i32 (i32.const 7))");
    for at in 0..wasm.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut other = wasm.clone();
            other[at] ^= flip;
            inspect(&other, &[]);
        }
    }
}

#[test]
fn each_later_proposal_is_named_as_such() {
    for more in [
        "(func (result i32 i32) i32.const 1 i32.const 2)",
        "(memory 1 1 shared)",
        "(global externref (ref.null extern))",
        "(tag)",
    ] {
        assert_eq!(refusal(&node(more)), Some("E_ADMIT_FEATURE"), "{more}");
    }
}

#[test]
fn copy_and_fill_are_admitted_and_init_is_not() {
    let copy = "(func (memory.copy (i32.const 0) (i32.const 0) (i32.const 0))
                      (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))";
    assert_eq!(refusal(&node(copy)), None);
    let init = r#"(data $d "x") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)))"#;
    assert_eq!(refusal(&node(init)), Some("E_ADMIT_OPERATOR"));
}

#[test]
fn a_granted_capability_opens_its_import_only() {
    let clock = r#"(module (import "wasi_snapshot_preview1" "clock_time_get"
        (func (param i32 i64 i32) (result i32))))"#;
    let wasm = wat::parse_str(clock).unwrap();
    let grant = |granted: &[&str]| {
        let granted: Vec<_> = granted.iter().map(ToString::to_string).collect();
        inspect(&wasm, &granted).refusal().unwrap().clone()
    };
    assert_eq!(grant(&[]).code, "E_ADMIT_GRANT");
    assert_eq!(grant(&["random"]).code, "E_ADMIT_GRANT");
    assert_eq!(grant(&["clock"]).code, "E_ADMIT_MEMORY");
    assert!(grant(&[])
        .detail
        .contains("wasi_snapshot_preview1.clock_time_get"));
}
