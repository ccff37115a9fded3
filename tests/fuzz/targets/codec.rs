//! Any bytes at all, read as a value.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| logos_fuzz::values::read(data));
