//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The value, for a port that may stay empty.
    ///
    /// ```example
    /// {"value": "seven"} -> {"out": "seven"}
    /// ```
    fn text_to_option(value: String) -> out: Option<String> {
        Some(value)
    }
}
