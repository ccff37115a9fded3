use super::*;

const PLENTY: Allowance = Allowance {
    gas: 1_000_000_000,
    memory: 16 << 20,
};

/// A node whose `logos_call` has this body; its input lies at 4096, and at 0 stand a zero status
/// byte and seven more.
fn node(body: &str) -> CompiledNode {
    node_with("", body)
}

fn node_with(more: &str, body: &str) -> CompiledNode {
    CompiledNode::compile(&module_with(more, body)).unwrap()
}

fn module_with(more: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
            (func $call (export "logos_call") (param $at i32) (param $length i32) (result i64)
                {body})
            (@custom "logos.descriptor" "{{}}")
            {more})"#
    );
    wat::parse_str(text).unwrap()
}

fn stop(node: &CompiledNode, allowance: Allowance) -> Stop {
    node.call(b"", allowance, None).unwrap_err().stop
}

/// Output of one byte, the status.
const NOTHING: &str = "(i64.const 1)";
/// Puts a zero before the input and gives both.
const ECHO: &str = "(i32.store8 (i32.const 4095) (i32.const 0))
    (i64.or (i64.const 0x00000fff00000000) (i64.extend_i32_u (i32.add (local.get $length) (i32.const 1))))";

#[test]
fn a_node_gets_its_input_and_gives_its_output() {
    let done = node(ECHO).call(b"hello", PLENTY, None).unwrap();
    assert_eq!(done.output, b"hello");
}

#[test]
fn gas_is_the_same_in_every_run_and_exact() {
    let node = node(ECHO);
    let gas = node.call(b"hello", PLENTY, None).unwrap().gas;
    assert!(gas > 0);
    for _ in 0..3 {
        assert_eq!(node.call(b"hello", PLENTY, None).unwrap().gas, gas);
    }
    let exact = Allowance { gas, ..PLENTY };
    assert_eq!(node.call(b"hello", exact, None).unwrap().gas, gas);
    let short = Allowance {
        gas: gas - 1,
        ..PLENTY
    };
    assert_eq!(stop(&node, short), Stop::Gas);
}

#[test]
fn no_byte_of_one_call_is_seen_by_the_next() {
    // Fails with status 2 when the marker is already there.
    let body = "(i32.store8 (i32.const 0) (i32.shl (i32.load8_u (i32.const 9000)) (i32.const 1)))
                (i32.store8 (i32.const 9000) (i32.const 1)) (i64.const 1)";
    let node = node(body);
    for _ in 0..5 {
        node.call(b"", PLENTY, None).unwrap();
    }
}

#[test]
fn an_endless_loop_ends_with_its_gas() {
    let node = node("(loop (br 0)) unreachable");
    let few = Allowance {
        gas: 10_000,
        ..PLENTY
    };
    let stopped = node.call(b"", few, None).unwrap_err();
    assert_eq!((stopped.stop, stopped.gas), (Stop::Gas, 10_000));
}

#[test]
fn a_bulk_operator_costs_by_its_length() {
    let fill = |bytes: u32| {
        let body =
            format!("(memory.fill (i32.const 0) (i32.const 0) (i32.const {bytes})) {NOTHING}");
        node(&body).call(b"", PLENTY, None).unwrap().gas
    };
    assert_eq!(fill(32_016) - fill(16), 2_000);
}

/// A function that calls itself as often as its parameter says.
const DOWN: &str = "(func $down (param i32)
    (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))";

#[test]
fn recursion_stops_at_the_depth_that_the_module_alone_decides() {
    let wasm = module_with(DOWN, &format!("(call $down (local.get $length)) {NOTHING}"));
    let [_alloc, outer, down] = crate::admission::frame_sizes(&wasm).unwrap()[..] else {
        panic!("three functions");
    };
    let node = CompiledNode::compile(&wasm).unwrap();
    let deepest = ((limits::STACK_BUDGET - outer) / down) as usize;
    assert!(deepest > 10_000);
    assert!(node.call(&vec![0; deepest], PLENTY, None).is_ok());
    let stopped = node.call(&vec![0; deepest + 1], PLENTY, None).unwrap_err();
    assert_eq!(stopped.stop, Stop::Stack);
}

#[test]
fn frames_as_large_as_admission_allows_end_the_budget_before_the_native_stack() {
    // All locals of $wide are live across the inner call.
    let count = limits::LOCALS as usize;
    for (kind, combine) in [("i64", "i64.xor"), ("f64", "f64.sub")] {
        let sets: String = (1..=count)
            .map(|i| format!("(local.set {i} ({kind}.mul (local.get 0) ({kind}.const {i})))"))
            .collect();
        let uses: String = (1..=count)
            .map(|i| format!("({combine} (local.get {i}))"))
            .collect();
        let locals = format!("{kind} ").repeat(count);
        let wide = format!(
            "(func $wide (param {kind}) (result {kind}) (local {locals}) {sets}
                (call $wide ({kind}.add (local.get 0) ({kind}.const 1))) {uses})"
        );
        let node = node_with(
            &wide,
            &format!("(drop (call $wide ({kind}.const 1))) {NOTHING}"),
        );
        assert_eq!(stop(&node, PLENTY), Stop::Stack, "{kind}");
    }
}

#[test]
fn refused_memory_followed_by_a_trap_is_a_matter_of_memory() {
    let node = node("(if (i32.lt_s (memory.grow (i32.const 300)) (i32.const 0)) (then unreachable)) (i64.const 1)");
    assert!(matches!(stop(&node, PLENTY), Stop::Memory(_)));
    let more = Allowance {
        memory: 32 << 20,
        ..PLENTY
    };
    assert!(node.call(b"", more, None).is_ok());
}

#[test]
fn a_node_that_copes_with_refused_memory_goes_on() {
    let node = node("(drop (memory.grow (i32.const 300))) (i64.const 1)");
    assert!(node.call(b"", PLENTY, None).is_ok());
}

#[test]
fn a_memory_larger_than_the_limit_at_the_start_is_a_matter_of_memory() {
    let none = Allowance {
        memory: 65_535,
        ..PLENTY
    };
    assert!(matches!(stop(&node(NOTHING), none), Stop::Memory(_)));
}

#[test]
fn traps_carry_the_names_of_the_specification() {
    let trap = |body: &str| match stop(&node(body), PLENTY) {
        Stop::Trap(name) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(trap("unreachable"), "unreachable");
    assert_eq!(
        trap("(i64.load (i32.const -1))"),
        "out of bounds memory access"
    );
    assert_eq!(
        trap("(i64.div_s (i64.const 1) (i64.const 0))"),
        "integer divide by zero"
    );
    assert_eq!(
        trap("(i64.trunc_f64_s (f64.const nan))"),
        "invalid conversion to integer"
    );
}

#[test]
fn a_panic_is_told_in_the_nodes_own_words() {
    let more = r#"(global (export "LOGOS_PANIC") i32 (i32.const 64))
                  (data (i32.const 64) "\05\00\00\00ouch!and more")"#;
    let stop = stop(&node_with(more, "unreachable"), PLENTY);
    assert_eq!(stop, Stop::Panic("ouch!".to_string()));
}

#[test]
fn a_panic_address_out_of_bounds_falls_back_to_the_trap() {
    let more = r#"(global (export "LOGOS_PANIC") i32 (i32.const -2))"#;
    let stop = stop(&node_with(more, "unreachable"), PLENTY);
    assert_eq!(stop, Stop::Trap("unreachable".to_string()));
}

#[test]
fn an_output_out_of_bounds_empty_or_too_long_is_refused() {
    for range in [
        "-1",
        "0",
        "0x7fffffff",
        "0x0000ffff_00000002",
        "0x0000000000200000",
    ] {
        let node = node(&format!("(i64.const {range})"));
        assert!(matches!(stop(&node, PLENTY), Stop::Output(_)), "{range}");
    }
}

#[test]
fn a_failure_of_the_nodes_own_carries_its_text() {
    let more = r#"(data (i32.const 0) "\01no such account")"#;
    let stop = stop(&node_with(more, "(i64.const 16)"), PLENTY);
    assert_eq!(stop, Stop::Failed("no such account".to_string()));
}

#[test]
#[allow(unsafe_code)] // the promise of `restore` is kept here
fn a_restored_artefact_behaves_as_the_compiled_node() {
    let compiled = node(ECHO);
    let artefact = compiled.artefact().unwrap();
    // SAFETY: unchanged bytes of this very build.
    let restored = unsafe { CompiledNode::restore(&artefact) }.unwrap();
    assert_eq!(
        restored.call(b"hello", PLENTY, None),
        compiled.call(b"hello", PLENTY, None)
    );
    assert_eq!(node(ECHO).artefact().unwrap(), artefact);
}

#[test]
fn nans_are_canonical() {
    // 0/0 with a sign and payload that hardware would hand through.
    let body = "(i64.store (i32.const 1) (i64.reinterpret_f64
        (f64.add (f64.const -nan:0xdead) (f64.const 1)))) (i64.const 9)";
    let done = node(body).call(b"", PLENTY, None).unwrap();
    assert_eq!(done.output, 0x7ff8_0000_0000_0000_u64.to_le_bytes());
}

#[test]
fn wasi_output_is_dropped_and_an_exit_ends_the_call() {
    let import = |name: &str, kind: &str| {
        format!(r#"(import "wasi_snapshot_preview1" "{name}" (func ${name} {kind}))"#)
    };
    let module = |body: &str| {
        let text = format!(
            r#"(module {} {}
            (memory (export "memory") 1)
            (data (i32.const 100) "\00\02\00\00\06\00\00\00")
            (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
            (func (export "logos_call") (param i32 i32) (result i64) {body})
            (@custom "logos.descriptor" "{{}}"))"#,
            import("fd_write", "(param i32 i32 i32 i32) (result i32)"),
            import("proc_exit", "(param i32)"),
        );
        CompiledNode::compile(&wat::parse_str(text).unwrap()).unwrap()
    };
    let write = "(i32.store8 (i32.const 9) (call $fd_write (i32.const 2) (i32.const 100)
        (i32.const 1) (i32.const 1))) (i64.const 10)";
    let done = module(write).call(b"", PLENTY, None).unwrap();
    assert_eq!(done.output, [6, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(
        stop(
            &module("(call $proc_exit (i32.const 3)) unreachable"),
            PLENTY
        ),
        Stop::Trap("exit with status 3".to_string())
    );
}

#[test]
fn threads_call_one_node_at_once() {
    let node = node(ECHO);
    std::thread::scope(|scope| {
        for thread in 0..8u8 {
            let node = &node;
            scope.spawn(move || {
                for round in 0..200u8 {
                    let input = [thread, round];
                    assert_eq!(node.call(&input, PLENTY, None).unwrap().output, input);
                }
            });
        }
    });
}

#[test]
fn an_export_of_the_authors_is_called_under_the_same_rules() {
    let more = r#"(func (export "fine")) (func (export "endless") (loop (br 0)))
                  (func (export "takes") (param i32))"#;
    let node = node_with(more, NOTHING);
    assert!(node.call_export("fine", PLENTY).unwrap().output.is_empty());
    let stopped = node.call_export("endless", PLENTY).unwrap_err();
    assert_eq!((stopped.stop, stopped.gas), (Stop::Gas, PLENTY.gas));
    assert!(node.has_export("fine") && !node.has_export("takes") && !node.has_export("memory"));
}
