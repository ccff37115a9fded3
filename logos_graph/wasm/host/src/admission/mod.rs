//! Admission: what an untrusted module must be before it is compiled. Nothing is executed, the
//! time is linear in the module's bytes, and each refusal has its own code and names the culprit.

mod checks;
pub mod imports;
mod operators;
pub mod survey;

use crate::limits;
use survey::Survey;
use wasmparser::{Validator, WasmFeatures};

/// A check that failed: a stable code and the offending name or number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub detail: String,
}

/// One named check with what it found, or why it refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub outcome: Result<String, Refusal>,
}

/// Everything that admission says about a module.
pub struct Inspection {
    /// In a fixed order; a module that cannot be read has only those up to `well-formed`.
    pub checks: Vec<Check>,
    /// The bytes of the descriptor, when there is exactly one.
    pub descriptor: Option<Vec<u8>>,
    /// The imported functions, as (module, name), in the module's order.
    pub imports: Vec<(String, String)>,
}

impl Inspection {
    /// The first check that refuses.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.checks.iter().find_map(|c| c.outcome.as_ref().err())
    }
}

/// What the validator says of the module under the features a node may use.
enum Validity {
    Valid,
    /// Sound WebAssembly of a later proposal.
    ForeignFeature(String),
    Invalid(String),
}

/// Judges `wasm` for a node that holds the capabilities `granted`.
pub fn inspect(wasm: &[u8], granted: &[String]) -> Inspection {
    let mut inspection = Inspection {
        checks: vec![checks::size(wasm)],
        descriptor: None,
        imports: Vec::new(),
    };
    if inspection.refusal().is_some() {
        return inspection; // too large to be worth reading
    }
    let (survey, validity) = match Survey::of(wasm) {
        Ok(survey) => {
            let validity = validate(wasm, &survey);
            (survey, validity)
        }
        Err(error) => (Survey::default(), Validity::Invalid(error.to_string())),
    };
    inspection.checks.push(checks::well_formed(&validity));
    if inspection.refusal().is_some() {
        return inspection;
    }
    inspection
        .checks
        .extend(checks::all(&survey, &validity, granted));
    if let [descriptor] = survey.descriptors[..] {
        inspection.descriptor = Some(descriptor.to_vec());
    }
    inspection.imports = survey
        .imports
        .iter()
        .map(|import| (import.module.to_string(), import.name.to_string()))
        .collect();
    inspection
}

/// Native stack of each defined function, in order; see [`crate::meter::frame_bytes`].
/// The module must have passed [`inspect`].
pub fn frame_sizes(wasm: &[u8]) -> wasmparser::Result<Vec<u32>> {
    let survey = Survey::of(wasm)?;
    let frame = |b: &survey::Body| crate::meter::frame_bytes(b.bytes, b.parameters + b.locals);
    Ok(survey.bodies.iter().map(frame).collect())
}

/// WebAssembly 1.0 with mutable globals, sign extension and saturating conversion (all of them
/// deterministic), `memory.copy` and `memory.fill`, and the padded `call_indirect` encoding that
/// rustc writes since it turns reference types on.
fn node_features() -> WasmFeatures {
    WasmFeatures::WASM1
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::BULK_MEMORY_OPT
        | WasmFeatures::CALL_INDIRECT_OVERLONG
}

/// The proposals that a refused module is named after. Multi-value stays out, in both sets: with
/// it, validation is no longer linear.
fn known_features() -> WasmFeatures {
    node_features()
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::SIMD
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::THREADS
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::MEMORY64
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::EXCEPTIONS
}

fn validate(wasm: &[u8], survey: &Survey) -> Validity {
    let Err(error) = Validator::new_with_features(node_features()).validate_all(wasm) else {
        return Validity::Valid;
    };
    if survey.multi_value {
        return Validity::ForeignFeature("multi-value functions or blocks".to_string());
    }
    match Validator::new_with_features(known_features()).validate_all(wasm) {
        Ok(_) => Validity::ForeignFeature(error.to_string()),
        Err(error) => Validity::Invalid(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
