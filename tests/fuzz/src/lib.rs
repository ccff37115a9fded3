//! What the fuzz targets try, and the promises they hold it to.
//!
//! Admission is compiled from the host's own files, without the engine behind it; the codec is the
//! SDK's. A broken promise is a panic, which the fuzzer reports with the input that led to it.

#[path = "../../../logos_graph/wasm/host/src/admission/mod.rs"]
#[allow(dead_code)]
pub mod admission;
#[path = "../../../logos_graph/wasm/host/src/limits.rs"]
#[allow(dead_code)]
pub mod limits;
pub mod values;

/// Whatever the bytes are: a verdict, the same one each time, with every check in its order; and
/// what is admitted can be read again by the meter.
pub fn judge(wasm: &[u8]) {
    let granted = admission::imports::capabilities();
    let inspection = admission::inspect(wasm, &granted);
    assert_eq!(inspection, admission::inspect(wasm, &granted));
    let listed = admission::all_checks();
    assert!(inspection.checks.len() <= listed.len());
    for (check, (name, code, _)) in inspection.checks.iter().zip(listed) {
        assert_eq!(check.name, name);
        if let Err(refusal) = &check.outcome {
            assert_eq!(refusal.code, code);
        }
    }
    if inspection.refusal().is_none() {
        let frames = admission::frame_sizes(wasm).expect("what was admitted can be read");
        assert!(frames.iter().all(|frame| *frame <= limits::STACK_BUDGET));
        // Grants are only ever taken away by fewer of them.
        let without = admission::inspect(wasm, &[]);
        let code = without.refusal().map(|refusal| refusal.code);
        assert!(matches!(code, None | Some("E_ADMIT_GRANT")));
    }
}
