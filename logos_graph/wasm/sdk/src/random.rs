//! Chance, with the capability `random`. What came is recorded with the run, and read back in a replay.

/// Most bytes that the host gives at once.
const AT_ONCE: usize = 64 * 1024;

/// That many random bytes, fit for keys.
#[must_use]
pub fn bytes(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    for part in bytes.chunks_mut(AT_ONCE) {
        // Sound: the host fills exactly this part.
        unsafe { crate::host::random_bytes(part.as_mut_ptr(), part.len()) };
    }
    bytes
}

/// A random number, each as likely as any other.
#[must_use]
pub fn u64() -> u64 {
    let mut number = [0; 8];
    // Sound: the host fills exactly these eight bytes.
    unsafe { crate::host::random_bytes(number.as_mut_ptr(), number.len()) };
    u64::from_le_bytes(number)
}
