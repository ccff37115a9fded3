//! What admission goes by, as Python reads it: for its tests and documents.

use super::{all_checks, Listed};
use pyo3::prelude::*;

#[pyfunction]
pub fn admission_checks() -> Vec<Listed> {
    all_checks()
}
