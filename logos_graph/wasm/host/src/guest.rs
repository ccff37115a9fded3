//! What the host's functions see of the call they belong to: the node's memory, its gas, the log,
//! the answer that waits, and whoever answers for the outside.
//!
//! Everything a node hands over (addresses, lengths, counts) is hostile. An address and a length
//! are 32 bits each and are added up in 64; nothing is copied or allocated before its length is
//! bounded, paid for and found inside of the memory.

use crate::admission::imports::{Allowed, WASI};
use crate::stop::Stop;
use crate::{capabilities, handlers, limits, prices, wasi};
use std::fmt;
use std::sync::Arc;
use wasmer::{
    AsStoreMut, Function, FunctionEnv, FunctionEnvMut, FunctionType, Global, Memory, RuntimeError,
    Store, StoreMut, Type, Value,
};
use wasmparser::ValType;

/// Whoever answers what a node asks of the outside.
pub trait Outside: Send + Sync {
    /// The answer to an operation, both in the codec's form. None ends the call; the outside
    /// itself knows why.
    fn answer(&self, operation: &str, request: &[u8]) -> Option<Vec<u8>>;
}

/// How important a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    /// The level by its number in `log_write`.
    pub fn from_number(number: u32) -> Option<Level> {
        let levels = [Level::Debug, Level::Info, Level::Warn, Level::Error];
        levels.get(number as usize).copied()
    }

    /// The name under which it is recorded.
    pub fn name(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// Lines that a call has logged, in order.
pub type Log = Vec<(Level, String)>;

/// The state of one call on the host's side; it ends with the call.
#[derive(Default)]
pub struct Guest {
    /// Memory and gas; set once the instance exists.
    inside: Option<(Memory, Global)>,
    outside: Option<Arc<dyn Outside>>,
    /// An answer that the node has not taken yet.
    waiting: Option<Vec<u8>>,
    /// The highest time given so far: what is monotonic for WASI.
    latest: u64,
    log: Log,
    logged_bytes: usize,
}

impl Guest {
    /// The state of a call that has not begun.
    pub fn new(outside: Option<Arc<dyn Outside>>) -> Guest {
        Guest {
            outside,
            ..Guest::default()
        }
    }

    /// Connects the state with the instance that has been made.
    pub fn connect(&mut self, memory: Memory, gas: Global) {
        self.inside = Some((memory, gas));
    }

    /// What has been logged.
    pub fn take_log(&mut self) -> Log {
        std::mem::take(&mut self.log)
    }
}

/// Ends a call from within a host function.
#[derive(Debug)]
pub struct Ended(pub Stop);

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.reason())
    }
}

impl std::error::Error for Ended {}

/// Why a host function does not come to its end.
#[derive(Debug)]
pub enum Broken {
    /// A range that the node gave is not in its memory: for WASI an errno, else the call's end.
    OutOfBounds,
    /// The call ends.
    Stop(Stop),
}

impl From<Stop> for Broken {
    fn from(stop: Stop) -> Self {
        Broken::Stop(stop)
    }
}

/// The parameters of one host call; their number and types are the signature's.
pub struct Arguments<'a>(&'a [Value]);

impl Arguments<'_> {
    /// The parameter at `index`, an i32 read as unsigned.
    pub fn get(&self, index: usize) -> u32 {
        match self.0.get(index) {
            Some(Value::I32(value)) => *value as u32,
            _ => unreachable!("the signature has an i32 at {index}"),
        }
    }
}

/// A host function: its result is as many low bits as the signature says, or none.
pub type Answering = fn(&mut Call<'_>, &Arguments<'_>) -> Result<i64, Broken>;

/// The host's function for an import, if the host has one.
pub fn answering(module: &str, name: &str) -> Option<Answering> {
    capabilities::answering(module, name).or_else(|| wasi::answering(module, name))
}

/// An import's function for one instance.
pub fn function(
    store: &mut Store,
    guest: &FunctionEnv<Guest>,
    import: &'static Allowed,
    answering: Answering,
) -> Function {
    let kind = |types: &[ValType]| -> Vec<Type> {
        let kind = |t: &ValType| match t {
            ValType::I64 => Type::I64,
            _ => Type::I32,
        };
        types.iter().map(kind).collect()
    };
    let signature = FunctionType::new(kind(import.parameters), kind(import.results));
    let run = move |mut env: FunctionEnvMut<'_, Guest>, values: &[Value]| {
        let (guest, store) = env.data_and_store_mut();
        let mut call = Call {
            guest,
            store,
            import,
        };
        let paid = call.pay(prices::HOST_CALL).map_err(Broken::from);
        let result = match paid.and_then(|()| answering(&mut call, &Arguments(values))) {
            Ok(result) => result,
            Err(Broken::OutOfBounds) if import.module == WASI => wasi::FAULT,
            Err(broken) => return Err(call.end(broken)),
        };
        Ok(match import.results {
            [] => vec![],
            [ValType::I64] => vec![Value::I64(result)],
            _ => vec![Value::I32(result as i32)],
        })
    };
    Function::new_with_env(store, guest, signature, run)
}

/// One call of a host function.
pub struct Call<'a> {
    guest: &'a mut Guest,
    store: StoreMut<'a>,
    import: &'static Allowed,
}

impl Call<'_> {
    /// The node used the import wrongly, or what it asked for cannot be given: the call ends.
    pub fn wrong(&self, reason: impl fmt::Display) -> Stop {
        Stop::Call(format!("{}: {reason}", self.import.name))
    }

    /// Takes gas; with less than that left, the call ends.
    pub fn pay(&mut self, price: u64) -> Result<(), Stop> {
        let (_, gas) = self.inside()?;
        take_gas(&gas, &mut self.store, price)
    }

    /// Whether so many bytes at an address are all in the node's memory.
    pub fn bounds(&self, at: u32, length: u32) -> Result<(), Broken> {
        let (memory, _) = self.inside()?;
        let size = memory.view(&self.store).data_size();
        match u64::from(at) + u64::from(length) <= size {
            true => Ok(()),
            false => Err(Broken::OutOfBounds),
        }
    }

    /// Copies bytes out of the node's memory. The caller has bounded the length.
    pub fn read(&mut self, at: u32, length: u32) -> Result<Vec<u8>, Broken> {
        self.bounds(at, length)?;
        self.pay(prices::copied(length as usize))?;
        let (memory, _) = self.inside()?;
        let mut bytes = vec![0; length as usize];
        let read = memory.view(&self.store).read(u64::from(at), &mut bytes);
        read.map_err(|_| Broken::OutOfBounds)?;
        Ok(bytes)
    }

    /// Copies bytes into the node's memory.
    pub fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Broken> {
        self.pay(prices::copied(bytes.len()))?;
        let (memory, _) = self.inside()?;
        let written = memory.view(&self.store).write(u64::from(at), bytes);
        written.map_err(|_| Broken::OutOfBounds)
    }

    /// Asks the outside; `price` is for the asking, the answer's length comes on top.
    pub fn ask(&mut self, operation: &str, price: u64, request: &[u8]) -> Result<Vec<u8>, Broken> {
        self.pay(price)?;
        let Some(outside) = &self.guest.outside else {
            return Err(self.wrong("nothing answers in this call").into());
        };
        let answer = outside.answer(operation, request);
        // What ran in between may have taken the signals by which traps arrive.
        handlers::ensure();
        let answer = answer.ok_or(Stop::Outside)?;
        if answer.len() > limits::ANSWER_BYTES {
            let (length, limit) = (answer.len(), limits::ANSWER_BYTES);
            return Err(self
                .wrong(format!("{length} bytes of answer, the limit is {limit}"))
                .into());
        }
        self.pay(prices::copied(answer.len()))?;
        Ok(answer)
    }

    /// Keeps an answer for the node to take; gives its length.
    pub fn keep(&mut self, answer: Vec<u8>) -> i64 {
        let length = answer.len() as i64;
        self.guest.waiting = Some(answer);
        length
    }

    /// The answer that waits, for good.
    pub fn waiting(&mut self) -> Option<Vec<u8>> {
        self.guest.waiting.take()
    }

    /// A time that is not before any that it gave in this call.
    pub fn not_before(&mut self, time: u64) -> u64 {
        self.guest.latest = self.guest.latest.max(time);
        self.guest.latest
    }

    /// Adds a line to the log.
    pub fn log(&mut self, level: Level, text: String) -> Result<(), Broken> {
        let (lines, bytes) = (limits::LOG_LINES, limits::LOG_BYTES);
        if self.guest.log.len() == lines || self.guest.logged_bytes + text.len() > bytes {
            let reason = format!("a call logs at most {lines} lines and {bytes} bytes");
            return Err(self.wrong(reason).into());
        }
        self.guest.logged_bytes += text.len();
        self.guest.log.push((level, text));
        Ok(())
    }

    fn inside(&self) -> Result<(Memory, Global), Stop> {
        let inside = self.guest.inside.clone();
        inside.ok_or_else(|| Stop::Host("a host function was called too early".to_string()))
    }

    fn end(&self, broken: Broken) -> RuntimeError {
        let stop = match broken {
            Broken::OutOfBounds => self.wrong("an address or a length out of bounds"),
            Broken::Stop(stop) => stop,
        };
        RuntimeError::user(Box::new(Ended(stop)))
    }
}

/// Takes gas from a call; with less than `price` left, it ends.
pub fn take_gas(gas: &Global, store: &mut impl AsStoreMut, price: u64) -> Result<(), Stop> {
    let Value::I64(left) = gas.get(store) else {
        return Err(Stop::Host("the gas is no i64".to_string()));
    };
    let left = (left as u64).checked_sub(price).ok_or(Stop::Gas)?;
    let set = gas.set(store, Value::I64(left as i64));
    set.map_err(|error| Stop::Host(error.to_string()))
}

#[cfg(test)]
mod tests;
