//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// A number as text, in decimal digits, with a minus sign below zero.
    ///
    /// ```example
    /// {"value": -5} -> {"text": "-5"}
    /// {"value": 1500} -> {"text": "1500"}
    /// ```
    fn signed_to_text(value: i64) -> text: String {
        value.to_string()
    }
}
