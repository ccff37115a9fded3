//! Every bound of the host, in one place: what a module may be, and what a call may take.
//!
//! A node is a function over small records, built by rustc to 13 to 200 KB. The bounds leave room
//! for that and no more: they keep admission linear, compilation short and instances small.

/// Bytes of one WebAssembly page.
pub const PAGE: u64 = 65_536;

/// Bytes of a module.
pub const MODULE_BYTES: usize = 1 << 20;
/// Function types.
pub const TYPES: usize = 1_000;
/// Parameters of one function type.
pub const PARAMETERS: usize = 64;
/// Results of one function type: several at once would make validation quadratic.
pub const RESULTS: usize = 1;
/// Imports.
pub const IMPORTS: usize = 64;
/// Functions with a body.
pub const FUNCTIONS: usize = 5_000;
/// Globals.
pub const GLOBALS: usize = 256;
/// Exports.
pub const EXPORTS: usize = 256;
/// Data segments.
pub const DATA_SEGMENTS: usize = 4_096;
/// Element segments.
pub const ELEMENT_SEGMENTS: usize = 256;
/// Tables, and memories.
pub const TABLES: usize = 1;
pub const MEMORIES: usize = 1;
/// Entries of the table, at the start and at most; and of all element segments together, which are
/// written anew for each call.
pub const TABLE_ENTRIES: u64 = 10_000;
/// Bytes of all function bodies together.
pub const CODE_BYTES: usize = 512 << 10;
/// Bytes of one function body.
pub const BODY_BYTES: usize = 64 << 10;
/// Locals of one function.
pub const LOCALS: u64 = 2_048;
/// Locals of all functions together.
pub const ALL_LOCALS: u64 = 50_000;
/// Blocks inside of one another. rustc nests a block for each arm of a `match`.
pub const NESTING: usize = 1_024;
/// Operands of all calls. Each takes a byte of code at least to make, but in code that is never
/// reached none is made: there a call of two bytes could cost the validator any number of steps.
pub const OPERANDS: usize = CODE_BYTES;
/// Custom sections, and their bytes without the descriptor: names, and what tools leave behind.
pub const CUSTOM_SECTIONS: usize = 16;
pub const CUSTOM_BYTES: usize = 256 << 10;
/// Parameters and locals times branches, of each function, summed up, and 8 for each place where the
/// module or its meter branches. Compilation takes one to two seconds for each 100,000; a node that
/// sorts, maps and prints makes 100,000, a plain one 20,000.
pub const COMPLEXITY: u64 = 200_000;
/// Pages that the memory may have at the start: 16 MiB, a call's default limit.
pub const MEMORY_MIN_PAGES: u64 = 256;
/// Pages that a declared maximum may name: 256 MiB. A call's own limit holds in any case.
pub const MEMORY_MAX_PAGES: u64 = 4_096;
/// Bytes of the descriptor: what the SDK can lay down.
pub const DESCRIPTOR_BYTES: usize = 64 << 10;

/// Bytes of a call's input.
pub const INPUT_BYTES: usize = 1 << 20;
/// Bytes of a call's output, status byte included.
pub const OUTPUT_BYTES: usize = 1 << 20;
/// Bytes of a text that a node gives as the reason of its failure.
pub const REASON_BYTES: usize = 1_020;
/// Bytes that a node gets at once from the host's randomness.
pub const RANDOM_BYTES: u32 = 64 << 10;
/// Bytes of a key under which something is stored.
pub const KEY_BYTES: u32 = 512;
/// Bytes of a value that is stored.
pub const VALUE_BYTES: u32 = 64 << 10;
/// Bytes of a request to the network, in the codec's form.
pub const REQUEST_BYTES: u32 = 1 << 20;
/// Bytes of an answer from the outside, in the codec's form.
pub const ANSWER_BYTES: usize = 1 << 20;
/// Bytes of one line of the log.
pub const LOG_LINE_BYTES: u32 = 4 << 10;
/// Bytes of all lines that one call logs.
pub const LOG_BYTES: usize = 64 << 10;
/// Lines that one call logs.
pub const LOG_LINES: usize = 1_024;
/// Elements of a list that a WASI function walks: buffers, subscriptions.
pub const LIST_ELEMENTS: u32 = 1_024;

/// Stack that suspended calls may hold, in the units of [`crate::admission::frame_bytes`].
pub const STACK_BUDGET: u32 = 8 << 20;
/// Bytes of the native stack: the budget, and as much again for the innermost frame and for the
/// host functions, so that the budget always ends first.
pub const NATIVE_STACK_BYTES: usize = 16 << 20;
