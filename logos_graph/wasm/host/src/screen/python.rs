//! The screen as functions of the Python module.

use super::author_tests::{self, AuthorTest, Prepared};
use super::Finding;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What the screen found, as (code, message, line, column).
type FindingRow = (&'static str, String, usize, usize);

fn finding_rows(findings: Vec<Finding>) -> Vec<FindingRow> {
    let row = |found: Finding| (found.code, found.message, found.line, found.column);
    findings.into_iter().map(row).collect()
}

fn utf8(source: &[u8]) -> PyResult<&str> {
    std::str::from_utf8(source).map_err(|error| PyValueError::new_err(error.to_string()))
}

#[pyfunction(name = "screen")]
fn screen_source(py: Python<'_>, source: &[u8]) -> PyResult<Vec<FindingRow>> {
    let source = utf8(source)?;
    Ok(finding_rows(py.detach(|| super::screen(source))?))
}

/// A test as (name, export, line, part of the panic's message or None, why it is ignored or None).
type TestRow = (String, String, usize, Option<String>, Option<String>);

#[pyclass(frozen, get_all, module = "logos_wasm_host")]
struct AuthorTests {
    findings: Vec<FindingRow>,
    source: String,
    tests: Vec<TestRow>,
    docs: Vec<usize>,
}

#[pyfunction(name = "author_tests")]
fn prepare_tests(py: Python<'_>, source: &[u8]) -> PyResult<AuthorTests> {
    let source = utf8(source)?;
    let (prepared, findings) = match py.detach(|| author_tests::prepare(source))? {
        Ok(prepared) => (prepared, Vec::new()),
        Err(findings) => (Prepared::default(), finding_rows(findings)),
    };
    let row = |t: AuthorTest| (t.name, t.export, t.line, t.panics, t.ignored);
    Ok(AuthorTests {
        findings,
        source: prepared.source,
        tests: prepared.tests.into_iter().map(row).collect(),
        docs: prepared.docs,
    })
}

/// Adds `screen`, `author_tests` and its class.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<AuthorTests>()?;
    module.add_function(wrap_pyfunction!(screen_source, module)?)?;
    module.add_function(wrap_pyfunction!(prepare_tests, module)?)
}
