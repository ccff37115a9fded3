//! Any bytes at all, judged as a node.
#![no_main]

libfuzzer_sys::fuzz_target!(|wasm: &[u8]| logos_fuzz::judge(wasm));
