//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The value, for a port that may stay empty.
    ///
    /// ```example
    /// {"value": true} -> {"out": true}
    /// ```
    fn bool_to_option(value: bool) -> out: Option<bool> {
        Some(value)
    }
}
