//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// `true` or `false`.
    ///
    /// ```example
    /// {"value": true} -> {"text": "true"}
    /// {"value": false} -> {"text": "false"}
    /// ```
    fn bool_to_text(value: bool) -> text: String {
        value.to_string()
    }
}
