//! Every price in gas. One gas is about 2 ns of this host's time. The text of this file is part of
//! [`crate::fingerprint::id`]: code compiled under other prices is never run.

use wasmparser::Operator;

/// Version of the prices and of the frame sizes: part of a compiled node's identity. 2: copies,
/// host calls, what is asked of the outside, and log lines are paid by the host's functions.
pub const COST_VERSION: u32 = 2;

/// Copies cost one gas for so many bytes, as a power of two: `memory.copy` and `memory.fill`, input,
/// output, and whatever a host function reads or writes.
pub const BYTES_PER_GAS_LOG2: u32 = 4;
/// Crossing to the host and back.
pub const HOST_CALL: u64 = 200;
/// One element of a list that a host function walks: a buffer, a subscription.
pub const ELEMENT: u64 = 20;
/// One line of the log, and one gas a byte besides: the lines are stored with the run.
pub const LOG_LINE: u64 = 500;
/// Asking the outside for a number or for bytes.
pub const ASK: u64 = 5_000;
/// Asking the outside for something stored.
pub const ASK_STORE: u64 = 100_000;
/// Asking the outside for something on the network.
pub const ASK_NETWORK: u64 = 1_000_000;

/// The price of copying.
pub fn copied(bytes: usize) -> u64 {
    bytes as u64 >> BYTES_PER_GAS_LOG2
}

/// The price of one operator. Calls of the host's functions pay [`HOST_CALL`] besides.
pub fn operator(operator: &Operator) -> u64 {
    use Operator as O;
    match operator {
        O::Nop | O::Block { .. } | O::Loop { .. } | O::End | O::Else | O::Drop => 0,
        O::Call { .. } => 10,
        O::CallIndirect { .. } => 14,
        O::Br { .. } | O::BrIf { .. } | O::BrTable { .. } | O::If { .. } | O::Return => 3,
        O::MemoryGrow { .. } => 1_000,
        O::I32DivS | O::I32DivU | O::I32RemS | O::I32RemU => 8,
        O::I64DivS | O::I64DivU | O::I64RemS | O::I64RemU => 12,
        O::F32Div | O::F32Sqrt | O::F64Div | O::F64Sqrt => 8,
        _ => 1,
    }
}
