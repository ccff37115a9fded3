//! One call of a node, in an instance of its own that is thrown away afterwards.
//!
//! 1. instantiate, with the call's memory limit
//! 2. give it its gas
//! 3. `logos_alloc(length)` -> where to put the input; put it there
//! 4. `logos_call(pointer, length)` -> pointer and length of the output, in one i64
//! 5. read the output, in bounds: a status byte, then values or the node's own reason to fail

use crate::module::CompiledNode;
use crate::wasi::{self, Exit, Guest};
use crate::{handlers, limits, meter, pool};
use std::panic::{catch_unwind, AssertUnwindSafe};
use wasmer::{FunctionEnv, Global, Imports, Instance, Memory, RuntimeError, Store, Value};
use wasmer_types::TrapCode;

/// Status byte of an output that holds values.
const DONE: u8 = 0;
/// Status byte of an output that holds the node's own reason to fail.
const FAILED: u8 = 1;

/// What a call may use.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Gas; see [`meter`].
    pub gas: u64,
    /// Bytes of linear memory, rounded down to pages.
    pub memory: u64,
}

/// A call that came to its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Done {
    /// The values, without the status byte.
    pub output: Vec<u8>,
    /// Gas used.
    pub gas: u64,
}

/// Why a call did not come to its end; the text is the reason as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    Gas,
    Stack,
    Memory(String),
    Panic(String),
    Trap(String),
    Input(String),
    Output(String),
    Failed(String),
    /// Not the node's doing: this host is at fault.
    Host(String),
}

impl Stop {
    /// The stable code of this kind of failure.
    pub fn code(&self) -> &'static str {
        match self {
            Stop::Gas => "E_NODE_GAS",
            Stop::Stack => "E_NODE_STACK",
            Stop::Memory(_) => "E_NODE_MEMORY",
            Stop::Panic(_) => "E_NODE_PANIC",
            Stop::Trap(_) => "E_NODE_TRAP",
            Stop::Input(_) => "E_NODE_INPUT",
            Stop::Output(_) => "E_NODE_OUTPUT",
            Stop::Failed(_) => "E_NODE_FAILED",
            Stop::Host(_) => "E_HOST_FAULT",
        }
    }

    /// The reason, in the node's own words where it gave some.
    pub fn reason(&self) -> &str {
        match self {
            Stop::Gas => "the gas is used up",
            Stop::Stack => "calls are nested too deeply",
            Stop::Memory(reason)
            | Stop::Panic(reason)
            | Stop::Trap(reason)
            | Stop::Input(reason)
            | Stop::Output(reason)
            | Stop::Failed(reason)
            | Stop::Host(reason) => reason,
        }
    }
}

/// A call that was stopped, and the gas it had used by then.
#[derive(Debug, PartialEq, Eq)]
pub struct Stopped {
    pub stop: Stop,
    pub gas: u64,
}

impl CompiledNode {
    /// Calls the node once. Needs no lock: any number of threads may call at once.
    pub fn call(&self, input: &[u8], allowance: Allowance) -> Result<Done, Stopped> {
        if input.len() > limits::INPUT_BYTES {
            let limit = limits::INPUT_BYTES;
            let reason = format!("{} bytes of input, the limit is {limit}", input.len());
            return Err(Stopped {
                stop: Stop::Input(reason),
                gas: 0,
            });
        }
        handlers::ensure();
        pool::begin((allowance.memory / limits::PAGE).min(65_536) as u32);
        // A panic in a host function unwinds to here: it must not cross into the caller's runtime.
        let run = catch_unwind(AssertUnwindSafe(|| self.run(input, allowance.gas)));
        run.unwrap_or_else(|_| {
            Err(Stopped {
                stop: Stop::Host("the host panicked; see standard error".to_string()),
                gas: 0,
            })
        })
    }

    fn run(&self, input: &[u8], gas: u64) -> Result<Done, Stopped> {
        let mut store = Store::new(self.engine.clone());
        let before = |stop| Stopped { stop, gas: 0 };
        let mut running = Running::start(self, &mut store).map_err(before)?; // 1
        running.give_gas(gas).map_err(before)?; // 2
        let exchanged = running.exchange(input);
        let used = gas.saturating_sub(running.gas_left());
        let output = match exchanged {
            Ok(output) => output,
            Err(error) => {
                let stop = running.classify(error);
                let gas = if stop == Stop::Gas { gas } else { used };
                return Err(Stopped { stop, gas });
            }
        };
        match judge(output) {
            Ok(output) => Ok(Done { output, gas: used }),
            Err(stop) => Err(Stopped { stop, gas: used }),
        }
    }
}

/// Why steps 3 to 5 ended early.
enum Broken {
    Trap(RuntimeError),
    Abi(String),
}

impl From<RuntimeError> for Broken {
    fn from(error: RuntimeError) -> Self {
        Broken::Trap(error)
    }
}

/// An instance in the middle of its one call.
struct Running<'s> {
    store: &'s mut Store,
    instance: Instance,
    memory: Memory,
    gas: Global,
    stopped: Global,
}

impl<'s> Running<'s> {
    fn start(node: &CompiledNode, store: &'s mut Store) -> Result<Self, Stop> {
        let guest = FunctionEnv::new(store, Guest::default());
        let mut imports = Imports::new();
        for (module, name) in &node.imports {
            let function = wasi::function(store, &guest, module, name)
                .ok_or_else(|| Stop::Host(format!("no answer for {module}.{name}")))?;
            imports.define(module, name, function);
        }
        let instance = Instance::new(store, &node.module, &imports).map_err(|error| {
            let wasmer::InstantiationError::Start(trap) = error else {
                return refused_memory().unwrap_or_else(|| Stop::Host(error.to_string()));
            };
            Stop::Trap(trap_name(&trap))
        })?;
        let missing = |e: wasmer::ExportError| Stop::Host(e.to_string());
        let memory = instance
            .exports
            .get_memory("memory")
            .map_err(missing)?
            .clone();
        let global = |name| instance.exports.get_global(name).map_err(missing).cloned();
        let (gas, stopped) = (global(meter::GAS)?, global(meter::STOPPED)?);
        guest.as_mut(store).memory = Some(memory.clone());
        Ok(Running {
            store,
            instance,
            memory,
            gas,
            stopped,
        })
    }

    fn give_gas(&mut self, gas: u64) -> Result<(), Stop> {
        let set = self.gas.set(self.store, Value::I64(gas as i64));
        set.map_err(|e| Stop::Host(e.to_string()))
    }

    fn gas_left(&mut self) -> u64 {
        match self.gas.get(self.store) {
            Value::I64(gas) => gas as u64,
            _ => 0,
        }
    }

    fn exchange(&mut self, input: &[u8]) -> Result<Vec<u8>, Broken> {
        let absent = |e: wasmer::ExportError| Broken::Abi(e.to_string());
        let exports = &self.instance.exports;
        let alloc = exports.get_typed_function::<u32, u32>(self.store, "logos_alloc");
        let alloc = alloc.map_err(absent)?;
        let call = exports.get_typed_function::<(u32, u32), u64>(self.store, "logos_call");
        let call = call.map_err(absent)?;
        if exports.get_extern("_initialize").is_some() {
            let initialize = exports.get_typed_function::<(), ()>(self.store, "_initialize");
            initialize.map_err(absent)?.call(self.store)?;
        }
        let length = input.len() as u32; // bounded by `call`
        let pointer = alloc.call(self.store, length)?; // 3
        let view = self.memory.view(self.store);
        view.write(u64::from(pointer), input).map_err(|_| {
            Broken::Abi(format!(
                "logos_alloc({length}) gave {pointer}, out of bounds"
            ))
        })?;
        let range = call.call(self.store, pointer, length)?; // 4
        self.read_output((range >> 32) as u32, range as u32) // 5
    }

    fn read_output(&mut self, pointer: u32, length: u32) -> Result<Vec<u8>, Broken> {
        if length as usize > limits::OUTPUT_BYTES {
            let limit = limits::OUTPUT_BYTES;
            return Err(Broken::Abi(format!(
                "{length} bytes of output, the limit is {limit}"
            )));
        }
        let mut output = vec![0; length as usize];
        let view = self.memory.view(self.store);
        view.read(u64::from(pointer), &mut output).map_err(|_| {
            Broken::Abi(format!(
                "logos_call gave {pointer} and {length}, out of bounds"
            ))
        })?;
        Ok(output)
    }

    /// The most telling reason first: what the meter says, then what was asked for in vain, then
    /// the node's own words, then the trap.
    fn classify(&mut self, broken: Broken) -> Stop {
        let trap = match broken {
            Broken::Abi(reason) => return Stop::Output(reason),
            Broken::Trap(trap) => trap,
        };
        match self.stopped.get(self.store) {
            Value::I32(meter::STOPPED_BY_GAS) => return Stop::Gas,
            Value::I32(meter::STOPPED_BY_STACK) => return Stop::Stack,
            _ => {}
        }
        if let Some(stop) = refused_memory() {
            return stop;
        }
        match self.panic_text() {
            Some(text) => Stop::Panic(text),
            None => Stop::Trap(trap_name(&trap)),
        }
    }

    /// What the node's panic hook left: `LOGOS_PANIC` is the address of a u32 length and so many
    /// bytes of text.
    fn panic_text(&mut self) -> Option<String> {
        let global = self
            .instance
            .exports
            .get_global("LOGOS_PANIC")
            .ok()?
            .clone();
        let Value::I32(address) = global.get(self.store) else {
            return None;
        };
        let address = u64::from(address as u32);
        let view = self.memory.view(self.store);
        let mut length = [0; 4];
        view.read(address, &mut length).ok()?;
        let length = u32::from_le_bytes(length) as usize;
        let mut text = vec![0; length.min(limits::REASON_BYTES)];
        view.read(address + 4, &mut text).ok()?;
        let text = String::from_utf8_lossy(&text).into_owned();
        (!text.is_empty()).then_some(text)
    }
}

fn refused_memory() -> Option<Stop> {
    let pages = pool::refused()?;
    let bytes = pages * limits::PAGE;
    Some(Stop::Memory(format!(
        "{bytes} bytes of memory asked for, more than the limit"
    )))
}

fn judge(mut output: Vec<u8>) -> Result<Vec<u8>, Stop> {
    match output.first() {
        Some(&DONE) => {
            output.remove(0);
            Ok(output)
        }
        Some(&FAILED) => {
            let text = &output[1..output.len().min(1 + limits::REASON_BYTES)];
            Err(Stop::Failed(String::from_utf8_lossy(text).into_owned()))
        }
        Some(status) => Err(Stop::Output(format!(
            "the output begins with status {status}"
        ))),
        None => Err(Stop::Output("the output is empty".to_string())),
    }
}

/// The trap by its name in the specification.
fn trap_name(trap: &RuntimeError) -> String {
    let Some(code) = trap.clone().to_trap() else {
        return match trap.downcast_ref::<Exit>() {
            Some(exit) => exit.to_string(),
            None => trap.message(),
        };
    };
    match code {
        TrapCode::UnreachableCodeReached => "unreachable",
        TrapCode::HeapAccessOutOfBounds => "out of bounds memory access",
        TrapCode::TableAccessOutOfBounds => "out of bounds table access",
        TrapCode::IndirectCallToNull => "uninitialized element",
        TrapCode::BadSignature => "indirect call type mismatch",
        TrapCode::IntegerOverflow => "integer overflow",
        TrapCode::IntegerDivisionByZero => "integer divide by zero",
        TrapCode::BadConversionToInteger => "invalid conversion to integer",
        // The native stack's guard page: the meter's budget is there to end first.
        TrapCode::StackOverflow => "call stack exhausted",
        other => return other.message().to_string(),
    }
    .to_string()
}

#[cfg(test)]
mod tests;
