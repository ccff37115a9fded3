//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// A number as text, in decimal digits.
    ///
    /// ```example
    /// {"value": 0} -> {"text": "0"}
    /// {"value": 1500} -> {"text": "1500"}
    /// ```
    fn unsigned_to_text(value: u64) -> text: String {
        value.to_string()
    }
}
