//! What a type consists of, with its documentation: a record's fields, the cases of an enum or a variant.
//!
//! The type's text says what travels; this says what it means, and stands in the descriptor beside it.

use crate::text::{kebab, Text};
use crate::types::MAX_TYPE_DEPTH;

/// A doc comment's lines; nothing stands for an attribute that is no doc comment.
pub type Docs = [Option<&'static str>];

/// A path as the descriptor names it, `history.minutes-ago`: as many steps as a type has levels.
pub type Path = Text<{ 65 * MAX_TYPE_DEPTH }>;

/// A type's own documentation and its parts.
pub struct Parts {
    /// The doc comment of the type.
    pub docs: &'static Docs,
    /// Fields, cases or items, in declared order.
    pub parts: &'static [Part],
}

/// One field, case or item.
pub struct Part {
    /// Its Rust name; an item of a tuple has its number.
    pub name: &'static str,
    /// The doc comment at that very place.
    pub docs: &'static Docs,
    /// What it consists of itself.
    pub of: &'static Parts,
}

impl Parts {
    /// A type without documentation and parts.
    pub const NONE: &'static Parts = &Parts {
        docs: &[],
        parts: &[],
    };

    /// Whether any part, or the type itself, is documented.
    #[must_use]
    pub const fn documented(&self) -> bool {
        if has_text(self.docs) {
            return true;
        }
        let mut at = 0;
        while at < self.parts.len() {
            if has_text(self.parts[at].docs) || self.parts[at].of.documented() {
                return true;
            }
            at += 1;
        }
        false
    }
}

/// `{"docs":"…","path":"…"}` for each documented part of a port's type, commas between them.
#[must_use]
pub const fn push_members<const CAPACITY: usize>(
    text: Text<CAPACITY>,
    parts: &Parts,
) -> Text<CAPACITY> {
    push_part(text, Path::new(), &[], parts)
}

/// The part at `path`: what is said at that place, else what its type says of itself; then its parts.
const fn push_part<const CAPACITY: usize>(
    mut text: Text<CAPACITY>,
    path: Path,
    docs: &Docs,
    parts: &Parts,
) -> Text<CAPACITY> {
    let docs = if has_text(docs) { docs } else { parts.docs };
    if has_text(docs) {
        text = text.push(if text.ends_with(b'[') {
            "{\"docs\":"
        } else {
            ",{\"docs\":"
        });
        text = text.push_json(docs).push(",\"path\":\"");
        text = text.push_text(&path).push("\"}");
    }
    let mut at = 0;
    while at < parts.parts.len() {
        let part = &parts.parts[at];
        text = push_part(text, step(path, part.name), part.docs, part.of);
        at += 1;
    }
    text
}

const fn step(path: Path, name: &str) -> Path {
    let path = if path.is_empty() {
        path
    } else {
        path.push(".")
    };
    if name.as_bytes()[0].is_ascii_digit() {
        path.push(name)
    } else {
        path.push_text(&kebab(name))
    }
}

const fn has_text(docs: &Docs) -> bool {
    let mut line = 0;
    while line < docs.len() {
        if let Some(text) = docs[line] {
            let bytes = text.as_bytes();
            let mut at = 0;
            while at < bytes.len() {
                if bytes[at] != b' ' {
                    return true;
                }
                at += 1;
            }
        }
        line += 1;
    }
    false
}
