//! How calls end: each way that is not an output has a code and a reason.

use crate::guest::Log;
use crate::limits;
use wasmer::RuntimeError;
use wasmer_types::TrapCode;

/// Status byte of an output that holds values.
const DONE: u8 = 0;
/// Status byte of an output that holds the node's own reason to fail.
const FAILED: u8 = 1;

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
    /// An import was used wrongly, or could not give what was asked.
    Call(String),
    Failed(String),
    /// Whoever answers for the outside ended the call, and knows why.
    Outside,
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
            Stop::Call(_) => "E_NODE_CALL",
            Stop::Failed(_) => "E_NODE_FAILED",
            Stop::Outside => "E_NODE_CALL",
            Stop::Host(_) => "E_HOST_FAULT",
        }
    }

    /// The reason, in the node's own words where it gave some.
    pub fn reason(&self) -> &str {
        match self {
            Stop::Gas => "the gas is used up",
            Stop::Stack => "calls are nested too deeply",
            Stop::Outside => "the outside ended the call",
            Stop::Memory(reason)
            | Stop::Panic(reason)
            | Stop::Trap(reason)
            | Stop::Input(reason)
            | Stop::Output(reason)
            | Stop::Call(reason)
            | Stop::Failed(reason)
            | Stop::Host(reason) => reason,
        }
    }
}

/// A call that was stopped, and the gas it had used and what it had logged by then.
#[derive(Debug, PartialEq, Eq)]
pub struct Stopped {
    pub stop: Stop,
    pub gas: u64,
    pub log: Log,
}

impl Stopped {
    /// A call that ended before it began.
    pub fn before(stop: Stop) -> Stopped {
        Stopped {
            stop,
            gas: 0,
            log: Log::new(),
        }
    }
}

/// What an output says: values, or the node's own reason to fail.
pub fn judge(mut output: Vec<u8>) -> Result<Vec<u8>, Stop> {
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
pub fn trap_name(trap: &RuntimeError) -> String {
    let Some(code) = trap.clone().to_trap() else {
        return trap.message();
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
