//! What admission goes by, as Python reads it: for its tests and documents.

use super::{all_checks, imports, Listed};
use pyo3::prelude::*;
use wasmparser::ValType;

/// Module, name, parameters, results, and the capabilities of which one must be held.
type ImportRow = (
    &'static str,
    &'static str,
    Vec<String>,
    Vec<String>,
    Vec<&'static str>,
);

#[pyfunction]
pub fn allowed_imports() -> Vec<ImportRow> {
    let names = |types: &[ValType]| types.iter().map(ToString::to_string).collect();
    imports::ALLOWED
        .iter()
        .map(|allowed| {
            (
                allowed.module,
                allowed.name,
                names(allowed.parameters),
                names(allowed.results),
                allowed.capabilities.to_vec(),
            )
        })
        .collect()
}

#[pyfunction]
pub fn admission_checks() -> Vec<Listed> {
    all_checks()
}
