//! The Python module. The interpreter's lock is given up while a module is judged, compiled,
//! restored or called. The types are described in `logos_wasm_host.pyi`.

use crate::admission;
use crate::call::{Allowance, Stop, Stopped};
use crate::module::{CompiledNode, Refused};
use crate::{fingerprint, handlers, limits, meter};
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

create_exception!(logos_wasm_host, NodeStopped, PyException);
create_exception!(logos_wasm_host, HostRefused, PyException);

fn host_refused(refused: Refused) -> PyErr {
    HostRefused::new_err((refused.code, refused.message))
}

fn node_stopped(stopped: Stopped) -> PyErr {
    let code = stopped.stop.code();
    let reason = stopped.stop.reason().to_string();
    match stopped.stop {
        Stop::Host(_) => HostRefused::new_err((code, reason)),
        _ => NodeStopped::new_err((code, reason, stopped.gas)),
    }
}

/// One named check, as (name, code or "", detail).
type CheckRow = (&'static str, &'static str, String);

#[pyclass(frozen, get_all, module = "logos_wasm_host")]
struct Inspection {
    checks: Vec<CheckRow>,
    descriptor: Option<Py<PyBytes>>,
    imports: Vec<(String, String)>,
}

#[pyfunction]
fn inspect(py: Python<'_>, module: &[u8], granted: Vec<String>) -> Inspection {
    let found = py.detach(|| admission::inspect(module, &granted));
    let row = |check: admission::Check| match check.outcome {
        Ok(detail) => (check.name, "", detail),
        Err(refusal) => (check.name, refusal.code, refusal.detail),
    };
    Inspection {
        checks: found.checks.into_iter().map(row).collect(),
        descriptor: found.descriptor.map(|d| PyBytes::new(py, &d).unbind()),
        imports: found.imports,
    }
}

#[pyclass(frozen, name = "CompiledNode", module = "logos_wasm_host")]
struct PyNode(CompiledNode);

#[pymethods]
impl PyNode {
    #[staticmethod]
    fn compile(py: Python<'_>, module: &[u8]) -> PyResult<PyNode> {
        let node = py.detach(|| CompiledNode::compile(module));
        node.map(PyNode).map_err(host_refused)
    }

    #[staticmethod]
    fn restore(py: Python<'_>, artefact: &[u8]) -> PyResult<PyNode> {
        // SAFETY: the caller authenticates the bytes; the stub says so.
        let node = py.detach(|| unsafe { CompiledNode::restore(artefact) });
        node.map(PyNode).map_err(host_refused)
    }

    fn artefact<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.0.artefact()).map_err(host_refused)?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn call<'py>(
        &self,
        py: Python<'py>,
        data: &[u8],
        gas: u64,
        memory: u64,
    ) -> PyResult<(Bound<'py, PyBytes>, u64)> {
        let done = py.detach(|| self.0.call(data, Allowance { gas, memory }));
        let done = done.map_err(node_stopped)?;
        Ok((PyBytes::new(py, &done.output), done.gas))
    }
}

#[pyfunction]
fn assemble<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = wat::parse_str(text).map_err(|e| PyValueError::new_err(e.to_string()))?;
    Ok(PyBytes::new(py, &bytes))
}

#[pymodule]
fn logos_wasm_host(module: &Bound<'_, PyModule>) -> PyResult<()> {
    handlers::ensure(); // before any other library can install its own over nothing
    module.add_class::<Inspection>()?;
    module.add_class::<PyNode>()?;
    module.add("NodeStopped", module.py().get_type::<NodeStopped>())?;
    module.add("HostRefused", module.py().get_type::<HostRefused>())?;
    module.add("BUILD_ID", fingerprint::id())?;
    module.add("COST_VERSION", meter::COST_VERSION)?;
    module.add("MAX_MODULE_BYTES", limits::MODULE_BYTES)?;
    module.add("MAX_INPUT_BYTES", limits::INPUT_BYTES)?;
    module.add("MAX_OUTPUT_BYTES", limits::OUTPUT_BYTES)?;
    module.add_function(wrap_pyfunction!(inspect, module)?)?;
    module.add_function(wrap_pyfunction!(
        admission::listing::allowed_imports,
        module
    )?)?;
    module.add_function(wrap_pyfunction!(
        admission::listing::admission_checks,
        module
    )?)?;
    module.add_function(wrap_pyfunction!(assemble, module)?)?;
    Ok(())
}
