//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The value, or what stands in for it where there is none.
    ///
    /// ```example
    /// {"value": "seven", "otherwise": "five"} -> {"out": "seven"}
    /// {"value": null, "otherwise": "five"} -> {"out": "five"}
    /// ```
    fn text_or_else(value: Option<String>, otherwise: String) -> out: String {
        value.unwrap_or(otherwise)
    }
}
