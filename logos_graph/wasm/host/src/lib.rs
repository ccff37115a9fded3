//! The host of untrusted WebAssembly nodes.
//!
//! | module | idea |
//! |---|---|
//! | [`limits`] | every bound, in one place |
//! | [`admission`] | what a module must be; nothing is executed |
//! | [`prices`] | every price in gas |
//! | [`meter`] | gas and stack, counted by the node's own code |
//! | [`pool`] | linear memories, used again and wiped |
//! | [`module`] | from an admitted module to a compiled node, and back from a cache |
//! | [`call`] | one call in one fresh instance |
//! | [`stop`] | the ways in which a call ends |
//! | [`guest`] | what a host function sees of its call, and whoever answers for the outside |
//! | [`capabilities`] | the functions of the module `logos` |
//! | [`wasi`] | the deterministic answers of WASI preview 1 |
//! | [`handlers`] | the engine's trap handlers, kept in place |
//! | [`fingerprint`] | what compiled code depends on besides its source |
//! | `python` | all of it as the Python module `logos_wasm_host` |

#![deny(unsafe_code)]

#[cfg(target_arch = "aarch64")]
compile_error!(
    "aarch64 is not supported yet: wasmer 7.5.0 fixes Cranelift at 0.136.0, whose two advisories \
     in the aarch64 backend are mended from 0.136.4 on. Build on x86-64."
);
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
compile_error!("the host reserves 8 GiB of address space for each memory: 64-bit Linux only.");

pub mod admission;
pub mod call;
pub mod capabilities;
pub mod fingerprint;
pub mod guest;
// The signal handlers are the operating system's, in C's terms.
#[allow(unsafe_code)]
pub mod handlers;
pub mod limits;
pub mod meter;
pub mod module;
// Memories are mappings of address space, which the engine writes to through a raw pointer.
#[allow(unsafe_code)]
pub mod pool;
pub mod prices;
pub mod stop;
pub mod wasi;

#[cfg(feature = "python")]
mod python;
