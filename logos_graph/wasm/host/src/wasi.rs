//! What WASI preview 1 answers: the same in every run, and nothing of this machine. Time and
//! randomness come from the outside, as for the module `logos`.
//!
//! There are no arguments, no environment, no files and no sockets. Three streams are open: 0 is at
//! its end, what is written to 1 and 2 is accepted and dropped. A wait is over at once. Leaving ends
//! the call. Everything else is met by an errno of the specification:
//! <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>

use crate::admission::imports::WASI;
use crate::capabilities;
use crate::guest::{Answering, Arguments, Broken, Call};
use crate::stop::Stop;
use crate::{limits, prices};

const SUCCESS: i64 = 0;
const BAD_DESCRIPTOR: i64 = 8;
/// An address or a length out of bounds.
pub const FAULT: i64 = 21;
const INVALID: i64 = 28;
const NOT_A_DIRECTORY: i64 = 54;
const NOT_A_SOCKET: i64 = 57;
const NOT_SUPPORTED: i64 = 58;
const SEEK_ON_A_STREAM: i64 = 70;

const CHARACTER_DEVICE: u8 = 2;
const RIGHT_TO_READ: u64 = 1 << 1;
const RIGHT_TO_WRITE: u64 = 1 << 6;

/// The host's function for an import of WASI preview 1.
pub fn answering(module: &str, name: &str) -> Option<Answering> {
    if module != WASI {
        return None;
    }
    Some(match name {
        "args_get" | "environ_get" | "sched_yield" => |_, _| Ok(SUCCESS),
        "args_sizes_get" | "environ_sizes_get" => no_strings,
        "clock_res_get" => clock_res_get,
        "clock_time_get" => clock_time_get,
        "random_get" => random_get,
        "proc_exit" => |_, a| left("exit with status", a),
        "proc_raise" => |_, a| left("raised signal", a),
        "poll_oneoff" => poll_oneoff,
        "fd_read" => fd_read,
        "fd_write" => fd_write,
        "fd_fdstat_get" => fd_fdstat_get,
        "fd_filestat_get" => fd_filestat_get,
        "fd_close" => |_, a| Ok(of_stream(a.get(0), SUCCESS)),
        "fd_prestat_get" | "fd_prestat_dir_name" => |_, _| Ok(BAD_DESCRIPTOR),
        "fd_pread" | "fd_pwrite" | "fd_seek" | "fd_tell" => {
            |_, a| Ok(of_stream(a.get(0), SEEK_ON_A_STREAM))
        }
        "fd_advise" | "fd_allocate" | "fd_datasync" | "fd_sync" | "fd_filestat_set_size" => {
            |_, a| Ok(of_stream(a.get(0), INVALID))
        }
        "fd_fdstat_set_flags"
        | "fd_fdstat_set_rights"
        | "fd_filestat_set_times"
        | "fd_renumber" => |_, a| Ok(of_stream(a.get(0), NOT_SUPPORTED)),
        "fd_readdir" => |_, a| Ok(of_stream(a.get(0), NOT_A_DIRECTORY)),
        "path_symlink" => |_, a| Ok(of_stream(a.get(2), NOT_A_DIRECTORY)),
        path if path.starts_with("path_") => |_, a| Ok(of_stream(a.get(0), NOT_A_DIRECTORY)),
        sock if sock.starts_with("sock_") => |_, a| Ok(of_stream(a.get(0), NOT_A_SOCKET)),
        _ => return None,
    })
}

/// What a descriptor that is one of the three streams is met by; there are no others.
fn of_stream(descriptor: u32, errno: i64) -> i64 {
    match descriptor {
        0..=2 => errno,
        _ => BAD_DESCRIPTOR,
    }
}

fn left(how: &str, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    let reason = format!("{how} {}", arguments.get(0) as i32);
    Err(Stop::Trap(reason).into())
}

fn no_strings(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    call.write(arguments.get(0), &[0; 4])?;
    call.write(arguments.get(1), &[0; 4])?;
    Ok(SUCCESS)
}

/// The two clocks that are there, both fed by the same capability.
const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;

fn clock_res_get(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    if !matches!(arguments.get(0), REALTIME | MONOTONIC) {
        return Ok(INVALID);
    }
    call.write(arguments.get(1), &1_u64.to_le_bytes())?;
    Ok(SUCCESS)
}

fn clock_time_get(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    let (clock, at) = (arguments.get(0), arguments.get(2));
    if !matches!(clock, REALTIME | MONOTONIC) {
        return Ok(INVALID);
    }
    call.bounds(at, 8)?; // before anything is asked
    let mut time = capabilities::clock(call)?;
    if clock == MONOTONIC {
        time = call.not_before(time);
    }
    call.write(at, &time.to_le_bytes())?;
    Ok(SUCCESS)
}

fn random_get(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    if arguments.get(1) > limits::RANDOM_BYTES {
        return Ok(INVALID);
    }
    capabilities::random(call, arguments.get(0), arguments.get(1))?;
    Ok(SUCCESS)
}

fn fd_read(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    if arguments.get(0) != 0 {
        return Ok(BAD_DESCRIPTOR);
    }
    call.write(arguments.get(3), &[0; 4])?;
    Ok(SUCCESS)
}

/// Takes the first buffers, and says so: a caller comes back with the rest.
fn fd_write(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    if !matches!(arguments.get(0), 1 | 2) {
        return Ok(BAD_DESCRIPTOR);
    }
    let count = arguments.get(2).min(limits::LIST_ELEMENTS);
    let mut total = 0_u32;
    for index in 0..count {
        let buffer = element::<8>(call, arguments.get(1), index)?;
        let length = word(&buffer, 4);
        call.bounds(word(&buffer, 0), length)?;
        match total.checked_add(length) {
            Some(sum) => total = sum,
            None => return Ok(INVALID),
        }
    }
    call.write(arguments.get(3), &total.to_le_bytes())?;
    Ok(SUCCESS)
}

fn fd_fdstat_get(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    let right = match arguments.get(0) {
        0 => RIGHT_TO_READ,
        1 | 2 => RIGHT_TO_WRITE,
        _ => return Ok(BAD_DESCRIPTOR),
    };
    let mut fdstat = [0; 24]; // type, flags, rights, rights that are passed on
    fdstat[0] = CHARACTER_DEVICE;
    fdstat[8..16].copy_from_slice(&right.to_le_bytes());
    call.write(arguments.get(1), &fdstat)?;
    Ok(SUCCESS)
}

fn fd_filestat_get(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    let errno = of_stream(arguments.get(0), SUCCESS);
    if errno == SUCCESS {
        let mut filestat = [0; 64]; // device, inode, type, links, size, three times
        filestat[16] = CHARACTER_DEVICE;
        filestat[24] = 1;
        call.write(arguments.get(1), &filestat)?;
    }
    Ok(errno)
}

/// Whatever is waited for has happened: clocks have run out, streams are ready.
fn poll_oneoff(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    let count = arguments.get(2);
    if !(1..=limits::LIST_ELEMENTS).contains(&count) {
        return Ok(INVALID);
    }
    for index in 0..count {
        let subscription = element::<48>(call, arguments.get(0), index)?;
        let kind = subscription[8];
        let errno = match kind {
            0 => SUCCESS,
            1 | 2 => of_stream(word(&subscription, 16), SUCCESS),
            _ => return Ok(INVALID),
        };
        let mut event = [0; 32]; // user data, errno, kind; no bytes to read, no flags
        event[..8].copy_from_slice(&subscription[..8]);
        event[8] = errno as u8;
        event[10] = kind;
        let at = place(arguments.get(1), index, 32)?;
        call.write(at, &event)?;
    }
    call.write(arguments.get(3), &count.to_le_bytes())?;
    Ok(SUCCESS)
}

/// One element of a list in the node's memory.
fn element<const SIZE: usize>(
    call: &mut Call<'_>,
    list: u32,
    index: u32,
) -> Result<[u8; SIZE], Broken> {
    call.pay(prices::ELEMENT)?;
    let bytes = call.read(place(list, index, SIZE as u32)?, SIZE as u32)?;
    bytes.try_into().map_err(|_| Broken::OutOfBounds)
}

/// The address of an element, which must not pass the end of the address space.
fn place(list: u32, index: u32, size: u32) -> Result<u32, Broken> {
    let offset = index.checked_mul(size).ok_or(Broken::OutOfBounds)?;
    list.checked_add(offset).ok_or(Broken::OutOfBounds)
}

fn word<const SIZE: usize>(bytes: &[u8; SIZE], at: usize) -> u32 {
    let four = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
    u32::from_le_bytes(four)
}
