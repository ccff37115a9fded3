//! The time, with the capability `clock`. It is recorded with the run, and read back in a replay.

/// Nanoseconds since the epoch, UTC.
#[must_use]
pub fn now() -> u64 {
    // Sound: the host only gives a number back.
    unsafe { crate::host::clock_now() as u64 }
}
