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
    let names: Vec<_> = inspection.checks.iter().map(|check| check.name).collect();
    let listed: Vec<_> = all_checks().iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, listed);
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
fn each_later_proposal_is_refused_by_its_own_code() {
    for (more, code) in [
        (
            "(func (result i32 i32) i32.const 1 i32.const 2)",
            "MULTI_VALUE",
        ),
        (
            "(func (block (param) (result) nop) (block (type 0) drop i32.const 1 drop))",
            "MULTI_VALUE",
        ),
        ("(memory 1 1 shared)", "THREADS"),
        ("(global externref (ref.null extern))", "REFERENCE_TYPES"),
        ("(tag)", "EXCEPTIONS"),
        ("(func (drop (block (result v128) unreachable)))", "SIMD"),
        ("(func (local (ref null any)))", "GC"),
    ] {
        let found = refusal(&node(more)).unwrap();
        assert_eq!(found, format!("E_ADMIT_{code}"), "{more}");
    }
}

#[test]
fn copy_and_fill_are_admitted_and_init_is_not() {
    let copy = "(func (memory.copy (i32.const 0) (i32.const 0) (i32.const 0))
                      (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))";
    assert_eq!(refusal(&node(copy)), None);
    let init = r#"(data $d "x") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)))"#;
    assert_eq!(refusal(&node(init)), Some("E_ADMIT_BULK_MEMORY"));
}

/// What `valid` says of a module.
fn validity(wasm: &[u8]) -> String {
    let checks = inspect(wasm, &[]).checks;
    let valid = checks.into_iter().find(|check| check.name == VALID.0);
    match valid.unwrap().outcome {
        Ok(found) => found,
        Err(refusal) => refusal.detail,
    }
}

#[test]
fn the_validator_sees_only_what_is_within_the_bounds() {
    let ill_typed = "(func (result i32) i64.const 1)";
    assert!(validity(&node(ill_typed)).contains("type mismatch"));
    let many = format!("{ill_typed} (func (param {}))", "i32 ".repeat(65));
    assert_eq!(validity(&node(&many)), "not judged: refused before");
    let simd = format!("{ill_typed} (func (param v128))");
    assert_eq!(validity(&node(&simd)), "not judged: refused before");
}

#[test]
fn no_byte_is_read_as_more_than_one_operator() {
    let constants = "(global i32 (i32.const 0))".repeat(200);
    let blocks = format!("(func {} {})", "block ".repeat(1000), "end ".repeat(1000));
    let table = format!("(func (br_table {} (i32.const 0)))", "0 ".repeat(1000));
    for more in [
        "",
        &constants,
        &blocks,
        &table,
        "(func unreachable nop nop)",
    ] {
        let wasm = node(more);
        let survey = Survey::of(&wasm).unwrap();
        assert!(
            survey.operators <= wasm.len() as u64,
            "{} operators",
            survey.operators
        );
    }
}

#[test]
fn calls_that_are_never_reached_are_counted_with_their_operands() {
    let wide = format!("(func $wide (param {}))", "i32 ".repeat(64));
    let calls = |count| {
        node(&format!(
            "{wide} (func unreachable {})",
            "call $wide ".repeat(count)
        ))
    };
    let within = calls(limits::OPERANDS / 64);
    assert_eq!(refusal(&within), None);
    assert_eq!(
        refusal(&calls(limits::OPERANDS / 64 + 1)),
        Some("E_ADMIT_OPERANDS")
    );
}

#[test]
fn code_in_which_only_the_meter_branches_is_bounded_as_well() {
    let calls = |count| node(&format!("(func $f) (func {})", "call $f ".repeat(count)));
    let within = limits::COMPLEXITY as usize / 8;
    assert_eq!(refusal(&calls(within)), None);
    assert_eq!(refusal(&calls(within + 1)), Some("E_ADMIT_COMPLEXITY"));
}

#[test]
fn names_out_of_a_module_are_shown_short_and_without_control_characters() {
    let long = "x".repeat(50_000);
    for (name, shown) in [
        ("\u{1b}[31m\u{202e}é", r"env.\u{1b}[31m\u{202e}é"),
        (&long, "env.xxx"),
    ] {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        wasm.extend(import_section(name));
        let checks = inspect(&wasm, &[]).checks;
        let check = checks.iter().find(|check| check.name == "imports").unwrap();
        let detail = &check.outcome.as_ref().unwrap_err().detail;
        assert!(detail.starts_with(shown), "{detail}");
        assert!(detail.chars().count() <= DETAIL + 1);
    }
}

/// A section with one import of type 0, `env` and this name.
fn import_section(name: &str) -> Vec<u8> {
    let leb = |mut number: usize| {
        let mut bytes = Vec::new();
        while number > 127 {
            bytes.push(number as u8 | 128);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    };
    let mut content = b"\x01\x03env".to_vec();
    content.extend(leb(name.len()));
    content.extend(name.as_bytes());
    content.extend([0, 0]);
    let mut section = vec![2];
    section.extend(leb(content.len()));
    section.extend(content);
    section
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
