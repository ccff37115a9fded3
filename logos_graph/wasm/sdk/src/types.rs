//! The text of a port's type, in the one canonical form that the host compares.
//!
//! ```text
//! record payment { amount: decimal<2>, history: list<u32> }
//! ```
//!
//! The host's reader of the same grammar is `logos_graph/graph/types.py`.

use crate::text::{kebab, Text};

/// Longest type text in bytes.
pub const MAX_TYPE_TEXT: usize = 16 * 1024;
/// Deepest nesting; a scalar has depth 1.
pub const MAX_TYPE_DEPTH: usize = 16;
/// Most fraction digits of a decimal.
pub const MAX_SCALE: u32 = 18;

/// A type's canonical text, and how deep it nests.
#[derive(Clone, Copy)]
pub struct TypeText {
    text: Text<MAX_TYPE_TEXT>,
    depth: usize,
}

impl TypeText {
    /// The text itself.
    #[must_use]
    pub const fn text(&self) -> &Text<MAX_TYPE_TEXT> {
        &self.text
    }

    /// A type that is one word: `u32`.
    #[must_use]
    pub const fn word(word: &str) -> Self {
        TypeText {
            text: Text::new().push(word),
            depth: 1,
        }
    }

    /// `decimal<SCALE>`.
    #[must_use]
    pub const fn decimal(scale: u32) -> Self {
        assert!(
            scale <= MAX_SCALE,
            "a decimal has at most 18 fraction digits"
        );
        let text = Text::new().push("decimal<").push_number(scale).push(">");
        TypeText { text, depth: 1 }
    }

    /// `list<ITEM>`.
    #[must_use]
    pub const fn list(item: &TypeText) -> Self {
        Self::generic("list<", &[item])
    }

    /// `option<ITEM>`; an option of an option has no JSON form and does not compile.
    #[must_use]
    pub const fn option(item: &TypeText) -> Self {
        assert!(
            !item.text.starts_with("option<"),
            "Option<Option<_>> has two ways to say nothing: use one Option, or variant!"
        );
        Self::generic("option<", &[item])
    }

    /// `tuple<A, B>`.
    #[must_use]
    pub const fn tuple(items: &[&TypeText]) -> Self {
        Self::generic("tuple<", items)
    }

    /// `KEYWORD name { member, member: T }`; `members` are Rust names, each with its type if it has one.
    #[must_use]
    pub const fn named(
        keyword: &str,
        rust_name: &str,
        members: &[(&str, Option<&TypeText>)],
    ) -> Self {
        let text = Text::new()
            .push(keyword)
            .push(" ")
            .push_text(&kebab(rust_name))
            .push(" { ");
        let mut made = TypeText { text, depth: 1 };
        let mut at = 0;
        while at < members.len() {
            if at > 0 {
                made.text = made.text.push(", ");
            }
            made.text = made.text.push_text(&kebab(members[at].0));
            if let Some(member) = members[at].1 {
                made.text = made.text.push(": ").push_text(&member.text);
                made.depth = deeper(made.depth, member.depth);
            }
            at += 1;
        }
        made.text = made.text.push(" }");
        made
    }

    const fn generic(opening: &str, items: &[&TypeText]) -> Self {
        let mut made = TypeText {
            text: Text::new().push(opening),
            depth: 1,
        };
        let mut at = 0;
        while at < items.len() {
            if at > 0 {
                made.text = made.text.push(", ");
            }
            made.text = made.text.push_text(&items[at].text);
            made.depth = deeper(made.depth, items[at].depth);
            at += 1;
        }
        made.text = made.text.push(">");
        made
    }
}

/// Depth of a type that has, besides what gave it `depth`, a member of depth `member`.
const fn deeper(depth: usize, member: usize) -> usize {
    assert!(member < MAX_TYPE_DEPTH, "the type nests deeper than 16");
    if member + 1 > depth {
        member + 1
    } else {
        depth
    }
}
