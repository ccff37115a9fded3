//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The value, for a port that may stay empty.
    ///
    /// ```example
    /// {"value": 7} -> {"out": 7}
    /// ```
    fn unsigned_to_option(value: u64) -> out: Option<u64> {
        Some(value)
    }
}
