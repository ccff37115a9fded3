//! One call of a node, in an instance of its own that is thrown away afterwards.
//!
//! 1. instantiate, with the call's memory limit
//! 2. give it its gas
//! 3. `logos_alloc(length)` -> where to put the input; put it there
//! 4. `logos_call(pointer, length)` -> pointer and length of the output, in one i64
//! 5. read the output, in bounds: a status byte, then values or the node's own reason to fail

use crate::guest::{self, Ended, Guest, Log, Outside};
use crate::module::CompiledNode;
use crate::stop::{judge, trap_name, Stop, Stopped};
use crate::{handlers, limits, meter, pool, prices};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;
use wasmer::{FunctionEnv, Global, Imports, Instance, Memory, RuntimeError, Store, Value};

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
    /// Lines logged.
    pub log: Log,
}

impl CompiledNode {
    /// Calls the node once. Needs no lock: any number of threads may call at once, and whoever
    /// answers for the outside may call nodes in turn.
    pub fn call(
        &self,
        input: &[u8],
        allowance: Allowance,
        outside: Option<Arc<dyn Outside>>,
    ) -> Result<Done, Stopped> {
        if input.len() > limits::INPUT_BYTES {
            let limit = limits::INPUT_BYTES;
            let reason = format!("{} bytes of input, the limit is {limit}", input.len());
            return Err(Stopped::before(Stop::Input(reason)));
        }
        let done = self.guarded(allowance, outside, |running| running.exchange(input))?;
        let Done { output, gas, log } = done;
        match judge(output) {
            Ok(output) => Ok(Done { output, gas, log }),
            Err(stop) => Err(Stopped { stop, gas, log }),
        }
    }

    /// Calls an exported function that takes and gives nothing, under the same rules; the output
    /// is empty. [`CompiledNode::has_export`] says whether there is such a one.
    pub fn call_export(&self, name: &str, allowance: Allowance) -> Result<Done, Stopped> {
        self.guarded(allowance, None, |running| running.export(name))
    }

    fn guarded(
        &self,
        allowance: Allowance,
        outside: Option<Arc<dyn Outside>>,
        work: impl FnOnce(&mut Running<'_>) -> Result<Vec<u8>, Broken>,
    ) -> Result<Done, Stopped> {
        handlers::ensure();
        let pages = (allowance.memory / limits::PAGE).min(65_536) as u32;
        let _turn = pool::begin(pages);
        // A panic in a host function unwinds to here: it must not cross into the caller's runtime.
        let run = catch_unwind(AssertUnwindSafe(|| self.run(allowance.gas, outside, work)));
        run.unwrap_or_else(|_| {
            let reason = "the host panicked; see standard error".to_string();
            Err(Stopped::before(Stop::Host(reason)))
        })
    }

    fn run(
        &self,
        gas: u64,
        outside: Option<Arc<dyn Outside>>,
        work: impl FnOnce(&mut Running<'_>) -> Result<Vec<u8>, Broken>,
    ) -> Result<Done, Stopped> {
        let mut store = Store::new(self.engine.clone());
        let started = Running::start(self, &mut store, outside); // 1
        let mut running = started.map_err(Stopped::before)?;
        running.give_gas(gas).map_err(Stopped::before)?; // 2
        let worked = running.initialize().and_then(|()| work(&mut running));
        let used = gas.saturating_sub(running.gas_left());
        let log = running.take_log();
        match worked {
            Ok(output) => Ok(Done {
                output,
                gas: used,
                log,
            }),
            Err(broken) => {
                let stop = running.classify(broken);
                let gas = if stop == Stop::Gas { gas } else { used };
                Err(Stopped { stop, gas, log })
            }
        }
    }
}

/// Why steps 3 to 5 ended early.
enum Broken {
    Trap(RuntimeError),
    Stop(Stop),
}

impl From<Stop> for Broken {
    fn from(stop: Stop) -> Self {
        Broken::Stop(stop)
    }
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
    /// There when the node imports anything.
    guest: Option<FunctionEnv<Guest>>,
}

impl<'s> Running<'s> {
    fn start(
        node: &CompiledNode,
        store: &'s mut Store,
        outside: Option<Arc<dyn Outside>>,
    ) -> Result<Self, Stop> {
        let mut imports = Imports::new();
        let mut guest = None;
        if !node.imports.is_empty() {
            let env = FunctionEnv::new(store, Guest::new(outside));
            for &(import, answering) in &node.imports {
                let function = guest::function(store, &env, import, answering);
                imports.define(import.module, import.name, function);
            }
            guest = Some(env);
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
        if let Some(guest) = &guest {
            guest.as_mut(store).connect(memory.clone(), gas.clone());
        }
        Ok(Running {
            store,
            instance,
            memory,
            gas,
            stopped,
            guest,
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

    fn take_log(&mut self) -> Log {
        let guest = self.guest.as_ref();
        guest.map_or_else(Log::new, |guest| guest.as_mut(self.store).take_log())
    }

    /// What a module built by a linker for WASI runs before anything else.
    fn initialize(&mut self) -> Result<(), Broken> {
        if self.instance.exports.get_extern("_initialize").is_some() {
            self.export("_initialize")?;
        }
        Ok(())
    }

    fn export(&mut self, name: &str) -> Result<Vec<u8>, Broken> {
        let exports = &self.instance.exports;
        let function = exports.get_typed_function::<(), ()>(self.store, name);
        function.map_err(absent)?.call(self.store)?;
        Ok(Vec::new())
    }

    fn exchange(&mut self, input: &[u8]) -> Result<Vec<u8>, Broken> {
        let exports = &self.instance.exports;
        let alloc = exports.get_typed_function::<u32, u32>(self.store, "logos_alloc");
        let call = exports.get_typed_function::<(u32, u32), u64>(self.store, "logos_call");
        let (alloc, call) = (alloc.map_err(absent)?, call.map_err(absent)?);
        let length = input.len() as u32; // bounded by `call`
        let pointer = alloc.call(self.store, length)?; // 3
        self.pay_copy(input.len())?;
        let view = self.memory.view(self.store);
        view.write(u64::from(pointer), input).map_err(|_| {
            Stop::Output(format!(
                "logos_alloc({length}) gave {pointer}, out of bounds"
            ))
        })?;
        let range = call.call(self.store, pointer, length)?; // 4
        self.read_output((range >> 32) as u32, range as u32) // 5
    }

    fn pay_copy(&mut self, bytes: usize) -> Result<(), Stop> {
        guest::take_gas(&self.gas, self.store, prices::copied(bytes))
    }

    fn read_output(&mut self, pointer: u32, length: u32) -> Result<Vec<u8>, Broken> {
        if length as usize > limits::OUTPUT_BYTES {
            let limit = limits::OUTPUT_BYTES;
            let reason = format!("{length} bytes of output, the limit is {limit}");
            return Err(Stop::Output(reason).into());
        }
        self.pay_copy(length as usize)?;
        let mut output = vec![0; length as usize];
        let view = self.memory.view(self.store);
        view.read(u64::from(pointer), &mut output).map_err(|_| {
            Stop::Output(format!(
                "logos_call gave {pointer} and {length}, out of bounds"
            ))
        })?;
        Ok(output)
    }

    /// The most telling reason first: what a host function says, then the meter, then what was
    /// asked for in vain, then the node's own words, then the trap.
    fn classify(&mut self, broken: Broken) -> Stop {
        let trap = match broken {
            Broken::Stop(stop) => return stop,
            Broken::Trap(trap) => trap,
        };
        let trap = match trap.downcast::<Ended>() {
            Ok(Ended(stop)) => return stop,
            Err(trap) => trap,
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

fn absent(error: wasmer::ExportError) -> Stop {
    Stop::Output(error.to_string())
}

fn refused_memory() -> Option<Stop> {
    let pages = pool::refused()?;
    let bytes = pages * limits::PAGE;
    Some(Stop::Memory(format!(
        "{bytes} bytes of memory asked for, more than the limit"
    )))
}

#[cfg(test)]
mod tests;
