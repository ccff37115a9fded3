//! Lines for whoever looks at the run later, with the capability `log`.
//!
//! `log::info("…")` writes a text, `log!(info, "{} left", rest)` a formatted one. A line has at most
//! 4 KiB, and what is longer is cut; a call writes at most 64 KiB.

/// Most bytes of a line.
const MAX_LINE: usize = 4 * 1024;

/// For the node's author.
pub fn debug(text: &str) {
    write(0, text);
}

/// What happened.
pub fn info(text: &str) {
    write(1, text);
}

/// What somebody should look at.
pub fn warn(text: &str) {
    write(2, text);
}

/// What went wrong.
pub fn error(text: &str) {
    write(3, text);
}

fn write(level: i32, text: &str) {
    let mut length = text.len().min(MAX_LINE);
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    // Sound: the host reads these bytes, which are UTF-8.
    unsafe { crate::host::log_write(level, text.as_ptr(), length) };
}
