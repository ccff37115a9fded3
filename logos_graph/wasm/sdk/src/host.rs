//! The functions that the host offers, module `logos`: what a node calls, it imports, and nothing else.
//!
//! Each needs a grant of its capability to the node. Pointers lead into the node's own memory. An answer
//! whose length is told waits until `take_answer` copies it.

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "logos")]
extern "C" {
    pub fn clock_now() -> i64;
    pub fn random_bytes(place: *mut u8, length: usize);
    pub fn log_write(level: i32, text: *const u8, length: usize);
    pub fn kv_get(key: *const u8, key_length: usize) -> i32;
    pub fn kv_put(key: *const u8, key_length: usize, value: *const u8, value_length: usize);
    pub fn kv_delete(key: *const u8, key_length: usize);
    pub fn http_request(request: *const u8, length: usize) -> i32;
    pub fn take_answer(place: *mut u8, length: usize);
}

/// Outside of a node (this crate's own tests, an editor) there is no host.
#[cfg(not(target_arch = "wasm32"))]
macro_rules! no_host {
    ($(fn $name:ident($($parameter:ident: $type:ty),*) $(-> $result:ty)?;)*) => {$(
        pub unsafe fn $name($(_: $type),*) $(-> $result)? {
            panic!("there is no host outside of a node")
        }
    )*};
}

#[cfg(not(target_arch = "wasm32"))]
no_host! {
    fn clock_now() -> i64;
    fn random_bytes(place: *mut u8, length: usize);
    fn log_write(level: i32, text: *const u8, length: usize);
    fn kv_get(key: *const u8, key_length: usize) -> i32;
    fn kv_put(key: *const u8, key_length: usize, value: *const u8, value_length: usize);
    fn kv_delete(key: *const u8, key_length: usize);
    fn http_request(request: *const u8, length: usize) -> i32;
    fn take_answer(place: *mut u8, length: usize);
}

/// The answer that waits, which has this many bytes.
pub fn answer(length: usize) -> Vec<u8> {
    let mut answer = vec![0; length];
    // Sound: the host writes exactly `length` bytes there, or ends the call.
    unsafe { take_answer(answer.as_mut_ptr(), length) };
    answer
}
