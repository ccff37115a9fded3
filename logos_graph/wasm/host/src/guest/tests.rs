use super::*;
use crate::admission::imports::ALLOWED;
use crate::call::Allowance;
use crate::module::CompiledNode;
use std::sync::Mutex;

const PLENTY: Allowance = Allowance {
    gas: 1_000_000_000,
    memory: 16 << 20,
};

/// Answers in turn, and keeps what was asked.
#[derive(Default)]
struct Recorded {
    answers: Mutex<Vec<Option<Vec<u8>>>>,
    asked: Mutex<Vec<(String, Vec<u8>)>>,
}

impl Outside for Recorded {
    fn answer(&self, operation: &str, request: &[u8]) -> Option<Vec<u8>> {
        let mut asked = self.asked.lock().unwrap();
        asked.push((operation.to_string(), request.to_vec()));
        self.answers.lock().unwrap().remove(0)
    }
}

fn asking(body: &str) -> CompiledNode {
    let text = format!(
        r#"(module
            (import "logos" "kv_get" (func $get (param i32 i32) (result i32)))
            (import "logos" "take_answer" (func $take (param i32 i32)))
            (import "logos" "log_write" (func $log (param i32 i32 i32)))
            (memory (export "memory") 1)
            (data (i32.const 100) "key")
            (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
            (func (export "logos_call") (param i32 i32) (result i64) {body})
            (@custom "logos.descriptor" "{{}}"))"#
    );
    CompiledNode::compile(&wat::parse_str(text).unwrap()).unwrap()
}

#[test]
fn an_answer_waits_until_it_is_taken_and_each_copy_costs() {
    let node = asking(
        "(call $log (i32.const 2) (i32.const 100) (i32.const 3))
         (call $take (i32.const 1) (call $get (i32.const 100) (i32.const 3))) (i64.const 4)",
    );
    let gas = |value: &[u8]| {
        let length = (value.len() as u32).to_le_bytes();
        let outside = Arc::new(Recorded::default());
        let answer = [&[1][..], &length, value].concat();
        outside.answers.lock().unwrap().push(Some(answer));
        let done = node.call(b"", PLENTY, Some(outside.clone())).unwrap();
        assert_eq!(done.output, value[..3]);
        assert_eq!(done.log, [(Level::Warn, "key".to_string())]);
        let asked = outside.asked.lock().unwrap();
        assert_eq!(*asked, [("kv.get".to_string(), b"\x03\0\0\0key".to_vec())]);
        done.gas
    };
    // Once from the outside, once into the node.
    assert_eq!(gas(&[7; 1_600]) - gas(&[7; 160]), 2 * 90);
}

#[test]
fn gas_that_ends_in_a_host_function_ends_the_call_before_anything_is_asked() {
    let node = asking("(drop (call $get (i32.const 100) (i32.const 3))) (i64.const 1)");
    let outside = Arc::new(Recorded::default());
    let allowance = Allowance {
        gas: prices::ASK_STORE,
        ..PLENTY
    };
    let stopped = node
        .call(b"", allowance, Some(outside.clone()))
        .unwrap_err();
    assert_eq!((stopped.stop, stopped.gas), (Stop::Gas, prices::ASK_STORE));
    assert!(outside.asked.lock().unwrap().is_empty());
}

#[test]
fn the_outside_can_end_the_call() {
    let node = asking("(drop (call $get (i32.const 100) (i32.const 3))) (i64.const 1)");
    let outside = Arc::new(Recorded::default());
    outside.answers.lock().unwrap().push(None);
    let stopped = node.call(b"", PLENTY, Some(outside)).unwrap_err();
    assert_eq!(stopped.stop, Stop::Outside);
}

struct Panics;

impl Outside for Panics {
    fn answer(&self, _operation: &str, _request: &[u8]) -> Option<Vec<u8>> {
        panic!("on purpose");
    }
}

#[test]
fn a_panic_on_the_outside_is_the_hosts_fault_and_the_next_call_is_sound() {
    let node = asking("(drop (call $get (i32.const 100) (i32.const 3))) (i64.const 1)");
    for _ in 0..3 {
        let stopped = node.call(b"", PLENTY, Some(Arc::new(Panics))).unwrap_err();
        assert!(matches!(stopped.stop, Stop::Host(_)), "{stopped:?}");
    }
    let outside = Arc::new(Recorded::default());
    outside.answers.lock().unwrap().push(Some(vec![0]));
    assert!(node.call(b"", PLENTY, Some(outside)).is_ok());
}

#[test]
fn every_import_on_the_list_has_an_answer() {
    for import in ALLOWED {
        let found = answering(import.module, import.name);
        assert!(found.is_some(), "{}.{}", import.module, import.name);
    }
}
