//! A compiled node: made from an admitted module, or restored from what an earlier compilation
//! left. Each has its own engine, because the meter belongs to one module.

use crate::admission::{self, imports};
use crate::guest::{self, Answering};
use crate::meter::Meter;
use crate::pool::Pooled;
use crate::{fingerprint, handlers, limits};
use std::fmt;
use std::num::NonZero;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;
use wasmer::sys::{
    CompilerConfig, Cranelift, CraneliftOptLevel, EngineBuilder, Features, NativeEngineExt,
};
use wasmer::{Engine, Module};

/// Why a node could not be made ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub code: &'static str,
    pub message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

fn refused(code: &'static str, message: impl fmt::Display) -> Refused {
    Refused {
        code,
        message: message.to_string(),
    }
}

/// The process that compiled first. The compiler's threads do not survive a fork: compiling in a
/// child of such a process would wait for them for ever.
static COMPILED_IN: AtomicU32 = AtomicU32::new(0);

/// A node that is ready to be called, by any number of threads at once.
pub struct CompiledNode {
    pub(crate) engine: Engine,
    pub(crate) module: Module,
    /// The imported functions, each with the host's own.
    pub(crate) imports: Vec<(&'static imports::Allowed, Answering)>,
}

impl CompiledNode {
    /// Compiles a module. It is admitted first, whatever the caller has done before: isolation
    /// rests on it. Which grants it needs is the caller's matter.
    pub fn compile(wasm: &[u8]) -> Result<CompiledNode, Refused> {
        let inspection = admission::inspect(wasm, &imports::capabilities());
        if let Some(refusal) = inspection.refusal() {
            return Err(refused(refusal.code, &refusal.detail));
        }
        let frames = admission::frame_sizes(wasm).map_err(|e| refused("E_ADMIT_INVALID", e))?;
        let here = std::process::id();
        let first = COMPILED_IN.compare_exchange(0, here, Ordering::Relaxed, Ordering::Relaxed);
        if first.is_err_and(|process| process != here) {
            return Err(refused(
                "E_HOST_FORKED",
                "this process was forked from one that has compiled nodes",
            ));
        }
        handlers::ensure();
        let engine = compiling_engine(Meter::new(frames));
        let module = Module::new(&engine, wasm).map_err(|e| refused("E_HOST_COMPILE", e))?;
        CompiledNode::ready(engine, module)
    }

    /// Restores what [`CompiledNode::artefact`] gave.
    ///
    /// # Safety
    /// The bytes are machine code that will run unchecked: they must come from `artefact` of the
    /// same [`fingerprint::id`], unchanged. The caller authenticates them.
    #[allow(unsafe_code)] // machine code is trusted as it comes
    pub unsafe fn restore(artefact: &[u8]) -> Result<CompiledNode, Refused> {
        handlers::ensure();
        let mut engine: Engine = EngineBuilder::headless().engine().into();
        engine.set_tunables(Pooled::new(limits::NATIVE_STACK_BYTES));
        // SAFETY: the caller's promise.
        let module = unsafe { Module::deserialize(&engine, artefact) };
        CompiledNode::ready(engine, module.map_err(|e| refused("E_HOST_ARTEFACT", e))?)
    }

    /// The compiled code, for a process with the same [`fingerprint::id`] to restore.
    pub fn artefact(&self) -> Result<Vec<u8>, Refused> {
        let bytes = self.module.serialize();
        Ok(bytes.map_err(|e| refused("E_HOST_ARTEFACT", e))?.to_vec())
    }

    /// Whether the module exports a function of this name that takes and gives nothing.
    pub fn has_export(&self, name: &str) -> bool {
        let mut functions = self.module.exports().functions();
        functions.any(|export| {
            let kind = export.ty();
            export.name() == name && kind.params().is_empty() && kind.results().is_empty()
        })
    }

    fn ready(engine: Engine, module: Module) -> Result<CompiledNode, Refused> {
        let imports = module.imports().functions().map(|import| {
            let (module, name) = (import.module(), import.name());
            let found = imports::find(module, name).zip(guest::answering(module, name));
            found.ok_or_else(|| {
                let message = format!("this host has no answer for {module}.{name}");
                refused("E_HOST_IMPORT", message)
            })
        });
        let imports = imports.collect::<Result<_, _>>()?;
        Ok(CompiledNode {
            engine,
            module,
            imports,
        })
    }
}

fn compiling_engine(meter: Meter) -> Engine {
    let mut compiler = Cranelift::new();
    compiler.canonicalize_nans(true);
    compiler.num_threads(NonZero::<usize>::MIN);
    compiler.opt_level(CraneliftOptLevel::Speed);
    compiler.push_middleware(Arc::new(meter));
    let mut features = Features::none();
    // Admission lets through of these: copy, fill, and the padded `call_indirect`.
    features.bulk_memory = true;
    features.reference_types = true;
    let mut engine: Engine = EngineBuilder::new(compiler)
        .set_target(Some(fingerprint::target()))
        .set_features(Some(features))
        .engine()
        .into();
    engine.set_tunables(Pooled::new(limits::NATIVE_STACK_BYTES));
    engine
}
