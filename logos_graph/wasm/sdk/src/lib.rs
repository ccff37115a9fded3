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
//! Reading order: [`text`] (strings at compile time), [`types`] (a type's text),
//! [`descriptor`], [`codec`] (a value's
//! bytes), [`decimal`], `macros`, [`entry`] (a call), `allocator`. The crate needs nothing but std, has no
//! dependency, imports nothing from the host and builds with rustc 1.63 and later.
#![deny(missing_docs)]

#[cfg(target_arch = "wasm32")]
mod allocator;
pub mod codec;
pub mod decimal;
pub mod descriptor;
pub mod entry;
mod macros;
pub mod text;
pub mod types;

pub use codec::{Bytes, Input, Malformed, Port};
pub use decimal::{Decimal, Rounding};
pub use entry::Failure;

/// Everything a node's file needs.
pub mod prelude {
    pub use crate::{enumeration, fail, node, record, variant};
    pub use crate::{Bytes, Decimal, Failure, Rounding};
}
