//! Strings put together while the compiler runs: type texts and the descriptor.
//!
//! Everything is a `const fn` that takes the text by value and gives a longer one back; that is the
//! form rustc 1.63 can evaluate. Running out of room or a bad name is a compile error.

/// Most characters of a name on the outside.
pub const MAX_NAME: usize = 64;

/// A string of at most `CAPACITY` bytes.
#[derive(Clone, Copy)]
pub struct Text<const CAPACITY: usize> {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl<const CAPACITY: usize> Text<CAPACITY> {
    /// The empty text.
    #[must_use]
    #[allow(clippy::new_without_default)] // `Default` cannot be called while the compiler runs
    pub const fn new() -> Self {
        Text {
            bytes: [0; CAPACITY],
            length: 0,
        }
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing was pushed yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The text as an array of exactly its length, fit for a custom section.
    #[must_use]
    pub const fn to_array<const LENGTH: usize>(&self) -> [u8; LENGTH] {
        assert!(
            LENGTH == self.length,
            "the array must be as long as the text"
        );
        let mut array = [0; LENGTH];
        let mut at = 0;
        while at < LENGTH {
            array[at] = self.bytes[at];
            at += 1;
        }
        array
    }

    /// Whether the text begins with `start`.
    #[must_use]
    pub const fn starts_with(&self, start: &str) -> bool {
        let start = start.as_bytes();
        if start.len() > self.length {
            return false;
        }
        let mut at = 0;
        while at < start.len() {
            if self.bytes[at] != start[at] {
                return false;
            }
            at += 1;
        }
        true
    }

    /// Whether the text ends with this byte.
    #[must_use]
    pub const fn ends_with(&self, end: u8) -> bool {
        self.length > 0 && self.bytes[self.length - 1] == end
    }

    /// `text` at the end.
    #[must_use]
    pub const fn push(self, text: &str) -> Self {
        self.push_bytes(text.as_bytes(), text.len())
    }

    /// Another text at the end.
    #[must_use]
    pub const fn push_text<const OTHER: usize>(self, other: &Text<OTHER>) -> Self {
        self.push_bytes(&other.bytes, other.length)
    }

    /// A number of at most two digits in decimal form (a decimal's scale).
    #[must_use]
    pub const fn push_number(self, number: u32) -> Self {
        assert!(
            number < 100,
            "numbers in a type text have at most two digits"
        );
        let digits = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        if number >= 10 {
            self.push_bytes(&digits, 2)
        } else {
            self.push_bytes(&[digits[1]], 1)
        }
    }

    /// A JSON string in canonical form, quotes included: `lines` joined by line feeds, each without the
    /// one space that a doc comment leaves at its start.
    #[must_use]
    pub const fn push_json(self, lines: &[Option<&str>]) -> Self {
        let mut json = self.push("\"");
        let mut first = true;
        let mut line = 0;
        while line < lines.len() {
            if let Some(text) = lines[line] {
                if !first {
                    json = json.push("\\n");
                }
                first = false;
                json = json.push_escaped(text.as_bytes());
            }
            line += 1;
        }
        json.push("\"")
    }

    /// As few steps a byte as can be: rustc bounds how many it takes while it compiles.
    const fn push_escaped(mut self, bytes: &[u8]) -> Self {
        let mut at = if !bytes.is_empty() && bytes[0] == b' ' {
            1
        } else {
            0
        };
        check_room(self.length + bytes.len(), CAPACITY);
        while at < bytes.len() {
            let byte = bytes[at];
            if byte < 0x20 || byte == b'"' || byte == b'\\' {
                let (escape, length) = escaped(byte);
                check_room(self.length + length + bytes.len() - at, CAPACITY);
                self = self.push_bytes(&escape, length);
            } else {
                self.bytes[self.length] = byte;
                self.length += 1;
            }
            at += 1;
        }
        self
    }

    /// The first `length` of `bytes`; callers hand over whole characters only.
    const fn push_bytes(mut self, bytes: &[u8], length: usize) -> Self {
        check_room(self.length + length, CAPACITY);
        let mut at = 0;
        while at < length {
            self.bytes[self.length + at] = bytes[at];
            at += 1;
        }
        self.length += length;
        self
    }
}

/// A Rust name in kebab-case: `from_account` and `FromAccount` both as `from-account`.
///
/// What has no such form is refused at compile time: other characters than ASCII letters, digits and
/// single inner underscores, a leading digit, more than 64 characters.
#[must_use]
pub const fn kebab(rust_name: &str) -> Text<MAX_NAME> {
    let name = rust_name.as_bytes();
    // `stringify!` gives a raw identifier with its mark: r#type
    let start = if name.len() > 2 && name[1] == b'#' {
        2
    } else {
        0
    };
    assert!(
        name[start].is_ascii_alphabetic(),
        "a name on the outside starts with a letter"
    );
    let mut text = Text::new();
    let mut at = start;
    while at < name.len() {
        let byte = name[at];
        if byte == b'_' {
            assert!(
                at + 1 < name.len() && name[at + 1] != b'_',
                "underscores in a name on the outside stand single and inside"
            );
            text = text.push("-");
        } else {
            assert!(
                byte.is_ascii_alphanumeric(),
                "a name on the outside has ASCII letters, digits and underscores only"
            );
            if at > start && begins_word(name, at) {
                text = text.push("-");
            }
            text = text.push_bytes(&[byte.to_ascii_lowercase()], 1);
        }
        at += 1;
    }
    text
}

/// Whether the upper-case letter at `at` starts a word: `pastPayment`, `HTTPCode` (before the C).
const fn begins_word(name: &[u8], at: usize) -> bool {
    if !name[at].is_ascii_uppercase() || name[at - 1] == b'_' {
        return false;
    }
    !name[at - 1].is_ascii_uppercase() || (at + 1 < name.len() && name[at + 1].is_ascii_lowercase())
}

/// The canonical JSON form of one byte that cannot stand for itself inside a string, and its length.
const fn escaped(byte: u8) -> ([u8; 6], usize) {
    let letter = match byte {
        0x08 => b'b',
        0x09 => b't',
        0x0a => b'n',
        0x0c => b'f',
        0x0d => b'r',
        b'"' | b'\\' => byte,
        _ => {
            return (
                [b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 0xf)],
                6,
            );
        }
    };
    ([b'\\', letter, 0, 0, 0, 0], 2)
}

const fn hex(digit: u8) -> u8 {
    if digit < 10 {
        b'0' + digit
    } else {
        b'a' + digit - 10
    }
}

const fn check_room(wanted: usize, capacity: usize) {
    assert!(
        wanted <= capacity,
        "too long: a name has at most 64 characters, a type's text 16 KiB, a descriptor 64 KiB"
    );
}
