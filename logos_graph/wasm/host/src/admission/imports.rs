//! The imports that a node may name: module, name, signature, and the capability that it needs.
//!
//! `logos` is this host's own module (see [`crate::capabilities`]). Of WASI preview 1 the clock and
//! the randomness need a grant; the rest is what Rust's standard library brings along for
//! `wasm32-wasi*`, and is answered the same way in every run (see [`crate::wasi`]).

use wasmparser::ValType::{self, I32, I64};

/// The module name of this host's own functions.
pub const LOGOS: &str = "logos";
/// The module name of WASI preview 1.
pub const WASI: &str = "wasi_snapshot_preview1";

/// An import on the allow-list.
pub struct Allowed {
    pub module: &'static str,
    pub name: &'static str,
    pub parameters: &'static [ValType],
    pub results: &'static [ValType],
    /// The capabilities of which one is needed; none: the import is free.
    pub capabilities: &'static [&'static str],
}

impl Allowed {
    /// The grant, of those given, by which the import is open.
    pub fn opened_by(&self, granted: &[String]) -> Option<&'static str> {
        let mut needed = self.capabilities.iter();
        needed.find(|c| granted.iter().any(|g| g == *c)).copied()
    }
}

const fn allowed(
    module: &'static str,
    name: &'static str,
    parameters: &'static [ValType],
    results: &'static [ValType],
    capabilities: &'static [&'static str],
) -> Allowed {
    Allowed {
        module,
        name,
        parameters,
        results,
        capabilities,
    }
}

const fn logos(
    name: &'static str,
    parameters: &'static [ValType],
    results: &'static [ValType],
    capabilities: &'static [&'static str],
) -> Allowed {
    allowed(LOGOS, name, parameters, results, capabilities)
}

/// A function of WASI that needs no grant and gives an errno.
const fn wasi(name: &'static str, parameters: &'static [ValType]) -> Allowed {
    allowed(WASI, name, parameters, &[I32], &[])
}

/// Every import that a node may name.
pub const ALLOWED: &[Allowed] = &[
    logos("clock_now", &[], &[I64], &["clock"]),
    logos("random_bytes", &[I32; 2], &[], &["random"]),
    logos("log_write", &[I32; 3], &[], &["log"]),
    logos("kv_get", &[I32; 2], &[I32], &["kv"]),
    logos("kv_put", &[I32; 4], &[], &["kv"]),
    logos("kv_delete", &[I32; 2], &[], &["kv"]),
    logos("http_request", &[I32; 2], &[I32], &["http"]),
    logos("take_answer", &[I32; 2], &[], &["kv", "http"]),
    allowed(WASI, "clock_time_get", &[I32, I64, I32], &[I32], &["clock"]),
    allowed(WASI, "random_get", &[I32; 2], &[I32], &["random"]),
    allowed(WASI, "proc_exit", &[I32], &[], &[]),
    wasi("args_get", &[I32; 2]),
    wasi("args_sizes_get", &[I32; 2]),
    wasi("environ_get", &[I32; 2]),
    wasi("environ_sizes_get", &[I32; 2]),
    wasi("clock_res_get", &[I32; 2]),
    wasi("fd_advise", &[I32, I64, I64, I32]),
    wasi("fd_allocate", &[I32, I64, I64]),
    wasi("fd_close", &[I32]),
    wasi("fd_datasync", &[I32]),
    wasi("fd_fdstat_get", &[I32; 2]),
    wasi("fd_fdstat_set_flags", &[I32; 2]),
    wasi("fd_fdstat_set_rights", &[I32, I64, I64]),
    wasi("fd_filestat_get", &[I32; 2]),
    wasi("fd_filestat_set_size", &[I32, I64]),
    wasi("fd_filestat_set_times", &[I32, I64, I64, I32]),
    wasi("fd_pread", &[I32, I32, I32, I64, I32]),
    wasi("fd_prestat_get", &[I32; 2]),
    wasi("fd_prestat_dir_name", &[I32; 3]),
    wasi("fd_pwrite", &[I32, I32, I32, I64, I32]),
    wasi("fd_read", &[I32; 4]),
    wasi("fd_readdir", &[I32, I32, I32, I64, I32]),
    wasi("fd_renumber", &[I32; 2]),
    wasi("fd_seek", &[I32, I64, I32, I32]),
    wasi("fd_sync", &[I32]),
    wasi("fd_tell", &[I32; 2]),
    wasi("fd_write", &[I32; 4]),
    wasi("path_create_directory", &[I32; 3]),
    wasi("path_filestat_get", &[I32; 5]),
    wasi(
        "path_filestat_set_times",
        &[I32, I32, I32, I32, I64, I64, I32],
    ),
    wasi("path_link", &[I32; 7]),
    wasi("path_open", &[I32, I32, I32, I32, I32, I64, I64, I32, I32]),
    wasi("path_readlink", &[I32; 6]),
    wasi("path_remove_directory", &[I32; 3]),
    wasi("path_rename", &[I32; 6]),
    wasi("path_symlink", &[I32; 5]),
    wasi("path_unlink_file", &[I32; 3]),
    wasi("poll_oneoff", &[I32; 4]),
    wasi("proc_raise", &[I32]),
    wasi("sched_yield", &[]),
    wasi("sock_accept", &[I32; 3]),
    wasi("sock_recv", &[I32; 6]),
    wasi("sock_send", &[I32; 5]),
    wasi("sock_shutdown", &[I32; 2]),
];

/// The import with this name, when it is on the allow-list.
pub fn find(module: &str, name: &str) -> Option<&'static Allowed> {
    ALLOWED
        .iter()
        .find(|allowed| allowed.module == module && allowed.name == name)
}

/// Every capability that an import can need.
pub fn capabilities() -> Vec<String> {
    let named = ALLOWED.iter().flat_map(|allowed| allowed.capabilities);
    named.map(ToString::to_string).collect()
}
