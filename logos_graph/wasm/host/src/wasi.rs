//! What WASI preview 1 functions answer: the same in every run, and nothing of this machine.
//!
//! The environment is empty, what is written to standard output and error is accepted and
//! dropped, and an exit ends the call. These are the four that Rust's standard library always
//! imports for `wasm32-wasi*`.

use crate::admission::imports::WASI;
use std::fmt;
use wasmer::{Function, FunctionEnv, FunctionEnvMut, Memory, RuntimeError, Store};

const SUCCESS: i32 = 0;
const BAD_DESCRIPTOR: i32 = 8;
const FAULT: i32 = 21;
/// Buffers taken by one write; a short write is allowed, and the caller comes back with the rest.
const BUFFERS: u32 = 16;

/// What the functions see of the instance that calls them.
#[derive(Default)]
pub struct Guest {
    /// Set once the instance exists.
    pub memory: Option<Memory>,
}

/// The node ended itself.
#[derive(Debug)]
pub struct Exit(pub i32);

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit with status {}", self.0)
    }
}

impl std::error::Error for Exit {}

/// The host's function for this import, if the host has one.
pub fn function(
    store: &mut Store,
    guest: &FunctionEnv<Guest>,
    module: &str,
    name: &str,
) -> Option<Function> {
    match (module, name) {
        (WASI, "environ_get") => Some(Function::new_typed(store, |_: i32, _: i32| SUCCESS)),
        (WASI, "environ_sizes_get") => Some(Function::new_typed_with_env(
            store,
            guest,
            environ_sizes_get,
        )),
        (WASI, "fd_write") => Some(Function::new_typed_with_env(store, guest, fd_write)),
        (WASI, "proc_exit") => Some(Function::new_typed_with_env(store, guest, proc_exit)),
        _ => None,
    }
}

/// Whether [`function`] has an answer.
pub fn provides(module: &str, name: &str) -> bool {
    const NAMES: [&str; 4] = ["environ_get", "environ_sizes_get", "fd_write", "proc_exit"];
    module == WASI && NAMES.contains(&name)
}

fn environ_sizes_get(guest: FunctionEnvMut<Guest>, count: i32, bytes: i32) -> i32 {
    status(write_u32(&guest, count, 0).and_then(|()| write_u32(&guest, bytes, 0)))
}

fn fd_write(
    guest: FunctionEnvMut<Guest>,
    descriptor: i32,
    buffers: i32,
    count: i32,
    written: i32,
) -> i32 {
    if descriptor != 1 && descriptor != 2 {
        return BAD_DESCRIPTOR;
    }
    let total = (0..BUFFERS.min(count as u32)).try_fold(0u32, |total, i| {
        let length_at = (buffers as u32).wrapping_add(8 * i + 4);
        Ok(total.wrapping_add(read_u32(&guest, length_at)?))
    });
    status(total.and_then(|total| write_u32(&guest, written, total)))
}

fn proc_exit(_guest: FunctionEnvMut<Guest>, code: i32) -> Result<(), RuntimeError> {
    Err(RuntimeError::user(Box::new(Exit(code))))
}

fn status(result: Result<(), i32>) -> i32 {
    result.err().unwrap_or(SUCCESS)
}

fn write_u32(guest: &FunctionEnvMut<Guest>, at: i32, value: u32) -> Result<(), i32> {
    let memory = guest.data().memory.as_ref().ok_or(FAULT)?;
    let view = memory.view(guest);
    view.write(u64::from(at as u32), &value.to_le_bytes())
        .map_err(|_| FAULT)
}

fn read_u32(guest: &FunctionEnvMut<Guest>, at: u32) -> Result<u32, i32> {
    let memory = guest.data().memory.as_ref().ok_or(FAULT)?;
    let mut bytes = [0; 4];
    let view = memory.view(guest);
    view.read(u64::from(at), &mut bytes).map_err(|_| FAULT)?;
    Ok(u32::from_le_bytes(bytes))
}
