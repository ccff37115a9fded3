//! What a module says about itself: the custom section `logos.descriptor`.
//!
//! Canonical JSON (keys sorted, no spaces), laid down while the compiler runs:
//!
//! ```text
//! {"abi":1,"docs":"…","inputs":[{"docs":"","name":"payment","type":"record …"}],"name":"…","outputs":[…]}
//! ```
//!
//! A port whose type has documented parts names them: `"members":[{"docs":"…","path":"amount"}]` after `docs`.

use crate::parts::{push_members, Docs, Parts};
use crate::text::{kebab, Text};
use crate::types::TypeText;

/// Longest descriptor in bytes.
pub const MAX_DESCRIPTOR: usize = 64 * 1024;

/// One port, in the author's names.
pub struct PortText<'a> {
    /// Lines of its doc comment.
    pub docs: &'a Docs,
    /// Its Rust name.
    pub name: &'a str,
    /// Its type.
    pub port_type: &'a TypeText,
    /// What its type consists of.
    pub parts: &'a Parts,
}

/// The descriptor of a node, in the author's names and with the lines of its doc comment.
#[must_use]
pub const fn descriptor(
    name: &str,
    docs: &Docs,
    inputs: &[PortText<'_>],
    outputs: &[PortText<'_>],
) -> Text<MAX_DESCRIPTOR> {
    let text = Text::new()
        .push("{\"abi\":1,\"docs\":")
        .push_json(docs)
        .push(",\"inputs\":[");
    let text = push_ports(text, inputs)
        .push("],\"name\":\"")
        .push_text(&kebab(name));
    push_ports(text.push("\",\"outputs\":["), outputs).push("]}")
}

const fn push_ports(
    mut text: Text<MAX_DESCRIPTOR>,
    ports: &[PortText<'_>],
) -> Text<MAX_DESCRIPTOR> {
    let mut at = 0;
    while at < ports.len() {
        text = text.push(if at > 0 { ",{\"docs\":" } else { "{\"docs\":" });
        text = text.push_json(ports[at].docs);
        if ports[at].parts.documented() {
            text = push_members(text.push(",\"members\":["), ports[at].parts).push("]");
        }
        text = text.push(",\"name\":\"");
        // Names and type texts are plain ASCII without quotes: nothing in them needs an escape.
        text = text
            .push_text(&kebab(ports[at].name))
            .push("\",\"type\":\"");
        text = text.push_text(ports[at].port_type.text()).push("\"}");
        at += 1;
    }
    text
}
