//! What a node is written with.
//!
//! ```
//! use logos_sdk::prelude::*;
//!
//! record! {
//!     /// Money on its way.
//!     pub struct Payment { from_account: String, amount: Decimal<2> }
//! }
//!
//! node! {
//!     /// An amount is above zero.
//!     fn validate_amount(payment: Payment) -> ok: bool {
//!         payment.amount > Decimal::ZERO
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! A file has one `node!`. Its inputs and outputs are the node's ports, its doc comment is the node's
//! documentation, and names are written in kebab-case on the outside (`from-account`). What the host
//! must know is laid down while the compiler runs, in the custom section `logos.descriptor`, so that it
//! can be read without running anything.
//!
//! A node computes and nothing else, unless it uses a capability: [`clock`], [`random`], [`log`](mod@log),
//! [`kv`] or [`http`]. What it uses it imports, and what it imports it needs a grant for.
//!
//! Reading order: [`text`] (strings at compile time), [`types`] (a type's text), [`parts`] (what it consists
//! of), [`descriptor`], [`codec`] (a value's bytes), [`decimal`], `macros`, [`entry`] (a call), `host` (what
//! can be imported), the capabilities, `allocator`. The crate needs nothing but std, has no dependency and
//! builds with rustc 1.63 and later.
#![deny(missing_docs)]

#[cfg(target_arch = "wasm32")]
mod allocator;
pub mod clock;
pub mod codec;
pub mod decimal;
pub mod descriptor;
pub mod entry;
mod host;
pub mod http;
pub mod kv;
pub mod log;
mod macros;
pub mod parts;
pub mod random;
pub mod text;
pub mod types;

pub use codec::{Bytes, Input, Malformed, Port};
pub use decimal::{Decimal, Rounding};
pub use entry::Failure;

/// Everything a node's file needs.
pub mod prelude {
    pub use crate::{clock, http, kv, random};
    pub use crate::{enumeration, fail, log, node, record, variant};
    pub use crate::{Bytes, Decimal, Failure, Rounding};
}
