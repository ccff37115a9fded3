//! The imports that a node may name: module, name, signature, and the capability that it needs.
//!
//! Those that need none are what Rust's standard library brings along for `wasm32-wasi*`; they are
//! answered the same way in every run (see [`crate::wasi`]).

use wasmparser::ValType::{self, I32, I64};

/// The module name of WASI preview 1.
pub const WASI: &str = "wasi_snapshot_preview1";

/// An import on the allow-list.
pub struct Allowed {
    pub module: &'static str,
    pub name: &'static str,
    pub parameters: &'static [ValType],
    pub results: &'static [ValType],
    /// The capability without which the import is refused.
    pub capability: Option<&'static str>,
}

const fn wasi(
    name: &'static str,
    parameters: &'static [ValType],
    results: &'static [ValType],
    capability: Option<&'static str>,
) -> Allowed {
    Allowed {
        module: WASI,
        name,
        parameters,
        results,
        capability,
    }
}

pub const ALLOWED: [Allowed; 6] = [
    wasi("environ_get", &[I32, I32], &[I32], None),
    wasi("environ_sizes_get", &[I32, I32], &[I32], None),
    wasi("fd_write", &[I32, I32, I32, I32], &[I32], None),
    wasi("proc_exit", &[I32], &[], None),
    wasi("clock_time_get", &[I32, I64, I32], &[I32], Some("clock")),
    wasi("random_get", &[I32, I32], &[I32], Some("random")),
];

/// The import with this name, when it is on the allow-list.
pub fn find(module: &str, name: &str) -> Option<&'static Allowed> {
    ALLOWED
        .iter()
        .find(|allowed| allowed.module == module && allowed.name == name)
}

/// Every capability that an import can need.
pub fn capabilities() -> Vec<String> {
    let named = ALLOWED.iter().filter_map(|allowed| allowed.capability);
    named.map(str::to_string).collect()
}
