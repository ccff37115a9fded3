//! The Python module. The interpreter's lock is given up while a module is judged, compiled,
//! restored or called. The types are described in `logos_wasm_host.pyi`.

use crate::admission;
use crate::admission::imports::{Allowed, ALLOWED};
use crate::call::Allowance;
use crate::guest::{Log, Outside};
use crate::module::{CompiledNode, Refused};
use crate::stop::{Stop, Stopped};
use crate::{fingerprint, handlers, limits, prices};
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::sync::{Arc, Mutex, PoisonError};

create_exception!(logos_wasm_host, NodeStopped, PyException);
create_exception!(logos_wasm_host, HostRefused, PyException);

fn host_refused(refused: Refused) -> PyErr {
    HostRefused::new_err((refused.code, refused.message))
}

/// A line of the log, as (level, text).
type LogRow = (&'static str, String);

fn log_rows(log: Log) -> Vec<LogRow> {
    log.into_iter().map(|(l, text)| (l.name(), text)).collect()
}

fn node_stopped(stopped: Stopped) -> PyErr {
    let code = stopped.stop.code();
    let reason = stopped.stop.reason().to_string();
    match stopped.stop {
        Stop::Host(_) => HostRefused::new_err((code, reason)),
        _ => NodeStopped::new_err((code, reason, stopped.gas, log_rows(stopped.log))),
    }
}

/// A Python function that answers for the outside, and the exception by which it ended the call.
struct Asked {
    function: Py<PyAny>,
    raised: Mutex<Option<PyErr>>,
}

impl Outside for Asked {
    /// Takes the interpreter's lock for as long as Python works on the answer.
    fn answer(&self, operation: &str, request: &[u8]) -> Option<Vec<u8>> {
        Python::attach(|py| {
            let asked = self.ask(py, operation, request);
            asked.map_err(|error| *self.slot() = Some(error)).ok()
        })
    }
}

impl Asked {
    fn ask(&self, py: Python<'_>, operation: &str, request: &[u8]) -> PyResult<Vec<u8>> {
        let answer = self.function.bind(py);
        let answer = answer.call1((operation, PyBytes::new(py, request)))?;
        Ok(answer.cast::<PyBytes>()?.as_bytes().to_vec())
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<PyErr>> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The exception, as it was raised; a `NodeStopped` of code and reason alone gets what the
    /// call had used and logged.
    fn exception(&self, py: Python<'_>, stopped: Stopped) -> PyErr {
        let raised = self.slot().take();
        let Some(error) = raised.filter(|_| stopped.stop == Stop::Outside) else {
            return node_stopped(stopped);
        };
        if error.is_instance_of::<NodeStopped>(py) {
            let arguments = error.value(py).getattr("args");
            let arguments = arguments.and_then(|a| Ok(a.cast_into::<PyTuple>()?));
            if let Ok((code, reason)) = arguments.and_then(|a| a.extract::<(String, String)>()) {
                let log = log_rows(stopped.log);
                let completed = NodeStopped::new_err((code, reason, stopped.gas, log));
                completed.set_cause(py, error.cause(py));
                return completed;
            }
        }
        error
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
    #[allow(unsafe_code)] // the promise of `restore` is the Python caller's
    fn restore(py: Python<'_>, artefact: &[u8]) -> PyResult<PyNode> {
        // SAFETY: the caller authenticates the bytes; the stub says so.
        let node = py.detach(|| unsafe { CompiledNode::restore(artefact) });
        node.map(PyNode).map_err(host_refused)
    }

    fn artefact<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.0.artefact()).map_err(host_refused)?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[pyo3(signature = (data, gas, memory, answer=None))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        data: &[u8],
        gas: u64,
        memory: u64,
        answer: Option<Py<PyAny>>,
    ) -> PyResult<(Bound<'py, PyBytes>, u64, Vec<LogRow>)> {
        let allowance = Allowance { gas, memory };
        let asked = answer.map(|function| {
            let raised = Mutex::new(None);
            Arc::new(Asked { function, raised })
        });
        let outside = asked.clone().map(|asked| asked as Arc<dyn Outside>);
        let done = py.detach(|| self.0.call(data, allowance, outside));
        let done = done.map_err(|stopped| match asked {
            Some(asked) => asked.exception(py, stopped),
            None => node_stopped(stopped),
        })?;
        let output = PyBytes::new(py, &done.output);
        Ok((output, done.gas, log_rows(done.log)))
    }

    fn call_export(
        &self,
        py: Python<'_>,
        name: &str,
        gas: u64,
        memory: u64,
    ) -> PyResult<(u64, Vec<LogRow>)> {
        if !self.0.has_export(name) {
            let message = format!("no function {name} is exported that takes and gives nothing");
            return Err(HostRefused::new_err(("E_HOST_EXPORT", message)));
        }
        let allowance = Allowance { gas, memory };
        let done = py.detach(|| self.0.call_export(name, allowance));
        let done = done.map_err(node_stopped)?;
        Ok((done.gas, log_rows(done.log)))
    }
}

#[pyfunction]
fn assemble<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = wat::parse_str(text).map_err(|e| PyValueError::new_err(e.to_string()))?;
    Ok(PyBytes::new(py, &bytes))
}

/// An import on the allow-list, as (module, name, parameters, results, capabilities).
type ImportRow = (
    &'static str,
    &'static str,
    String,
    String,
    Vec<&'static str>,
);

fn import_rows() -> Vec<ImportRow> {
    let kinds = |types: &[wasmparser::ValType]| {
        let names: Vec<_> = types.iter().map(ToString::to_string).collect();
        names.join(" ")
    };
    let row = |import: &Allowed| {
        let (parameters, results) = (kinds(import.parameters), kinds(import.results));
        let capabilities = import.capabilities.to_vec();
        (
            import.module,
            import.name,
            parameters,
            results,
            capabilities,
        )
    };
    ALLOWED.iter().map(row).collect()
}

#[pymodule]
fn logos_wasm_host(module: &Bound<'_, PyModule>) -> PyResult<()> {
    handlers::ensure(); // before any other library can install its own over nothing
    module.add_class::<Inspection>()?;
    module.add_class::<PyNode>()?;
    module.add("NodeStopped", module.py().get_type::<NodeStopped>())?;
    module.add("HostRefused", module.py().get_type::<HostRefused>())?;
    module.add("BUILD_ID", fingerprint::id())?;
    module.add("COST_VERSION", prices::COST_VERSION)?;
    module.add("IMPORTS", import_rows())?;
    module.add("MAX_MODULE_BYTES", limits::MODULE_BYTES)?;
    module.add("MAX_INPUT_BYTES", limits::INPUT_BYTES)?;
    module.add("MAX_OUTPUT_BYTES", limits::OUTPUT_BYTES)?;
    module.add_function(wrap_pyfunction!(inspect, module)?)?;
    crate::screen::python::register(module)?;
    module.add_function(wrap_pyfunction!(
        admission::listing::admission_checks,
        module
    )?)?;
    module.add_function(wrap_pyfunction!(assemble, module)?)?;
    Ok(())
}
