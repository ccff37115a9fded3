//! Values that stay after the call, with the capability `kv`; the grant says in which namespace.
//!
//! Keys are text in NFC of 1 to 512 bytes, values have at most 64 KiB: anything else ends the call.

use crate::host;

/// The value under this key.
#[must_use]
pub fn get(key: &str) -> Option<Vec<u8>> {
    // Sound: the host reads the key.
    let length = unsafe { host::kv_get(key.as_ptr(), key.len()) };
    usize::try_from(length).ok().map(host::answer)
}

/// Store a value under this key, in the place of the one before. The grant must allow writing.
pub fn put(key: &str, value: impl AsRef<[u8]>) {
    let value = value.as_ref();
    // Sound: the host reads key and value.
    unsafe { host::kv_put(key.as_ptr(), key.len(), value.as_ptr(), value.len()) };
}

/// Remove what is under this key, if anything is. The grant must allow writing.
pub fn delete(key: &str) {
    // Sound: the host reads the key.
    unsafe { host::kv_delete(key.as_ptr(), key.len()) };
}
