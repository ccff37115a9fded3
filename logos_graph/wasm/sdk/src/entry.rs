//! One call: bytes in, the node's function, bytes out.
//!
//! 1. the host asks `logos_alloc` for room and writes the input ports' values there, in declared order
//! 2. `logos_call` decodes them, runs the function and encodes the result: byte 0 and the output ports'
//!    values, or byte 1 and the UTF-8 text of the [`Failure`] that the node reported
//! 3. a panic traps; its message lies ready in the exported static `LOGOS_PANIC`

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::Location;

use crate::Input;

/// Why a node gives no output: a reason that people read. The run ends as failed at this step.
///
/// Every error type becomes one with `?`.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure(String);

impl Failure {
    /// A failure for this reason.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Failure(reason.into())
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure(error.to_string())
    }
}

/// Most bytes of a panic's message that the host sees.
pub const MAX_PANIC: usize = 1020;

/// Where a panic leaves its message: a u32 length and that many bytes of UTF-8.
#[repr(C)]
pub struct PanicNote {
    length: UnsafeCell<u32>,
    bytes: UnsafeCell<[u8; MAX_PANIC]>,
}

// One instance is one thread, and only the panic hook writes.
unsafe impl Sync for PanicNote {}

impl PanicNote {
    /// No message.
    #[must_use]
    #[allow(clippy::new_without_default)] // a static needs the const form
    pub const fn new() -> Self {
        PanicNote {
            length: UnsafeCell::new(0),
            bytes: UnsafeCell::new([0; MAX_PANIC]),
        }
    }

    fn write(&self, message: &str) {
        let mut length = message.len().min(MAX_PANIC);
        while !message.is_char_boundary(length) {
            length -= 1;
        }
        // Sound: no reference into the note is ever made, and there is one thread.
        unsafe {
            let bytes = self.bytes.get().cast::<u8>();
            core::ptr::copy_nonoverlapping(message.as_ptr(), bytes, length);
            self.length.get().write(length as u32);
        }
    }
}

/// Room for `length` bytes that the host will write; null when there is none.
#[must_use]
pub fn alloc(length: usize) -> *mut u8 {
    let mut room: Vec<u8> = Vec::new();
    if room.try_reserve_exact(length).is_err() {
        return core::ptr::null_mut();
    }
    let pointer = room.as_mut_ptr();
    core::mem::forget(room);
    pointer
}

/// Run one call of a node whose decoding, function and encoding are `body`.
///
/// Gives the output's address in the upper and its length in the lower 32 bits. The output is leaked on
/// purpose: the host reads it and throws the instance away.
///
/// # Safety
/// `data` and `length` are an input that was written into what [`alloc`] gave.
pub unsafe fn call(
    note: &'static PanicNote,
    data: *const u8,
    length: usize,
    body: impl FnOnce(&mut Input<'_>, &mut Vec<u8>) -> Result<(), Failure>,
) -> u64 {
    tell_panics(note);
    let bytes = if length == 0 {
        &[][..]
    } else {
        core::slice::from_raw_parts(data, length)
    };
    let mut output = Vec::with_capacity(256);
    output.push(0);
    if let Err(failure) = body(&mut Input::new(bytes), &mut output) {
        output.clear();
        output.push(1);
        output.extend_from_slice(failure.reason().as_bytes());
    }
    let (address, length) = (output.as_ptr() as usize as u64, output.len() as u64);
    core::mem::forget(output);
    address << 32 | length
}

/// Run one of the author's own tests; it passes when it comes back.
pub fn test(note: &'static PanicNote, body: fn()) {
    tell_panics(note);
    body();
}

fn tell_panics(note: &'static PanicNote) {
    std::panic::set_hook(Box::new(move |panic| {
        note.write(&message(panic.payload(), panic.location()));
    }));
}

/// `index out of bounds: … (node.rs:12)`: what was said, and the line when it is the author's.
fn message(said: &(dyn Any + Send), place: Option<&Location<'_>>) -> String {
    let text = match (said.downcast_ref::<&str>(), said.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text.as_str(),
        (None, None) => "the node panicked without a message",
    };
    // The author's file is compiled under a bare name; std and this crate have folders in theirs.
    match place {
        Some(place) if !place.file().contains('/') => {
            format!("{} ({}:{})", text, place.file(), place.line())
        }
        _ => text.to_owned(),
    }
}
