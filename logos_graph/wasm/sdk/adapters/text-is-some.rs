//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// Whether there is a value.
    ///
    /// ```example
    /// {"value": "seven"} -> {"out": true}
    /// {"value": null} -> {"out": false}
    /// ```
    fn text_is_some(value: Option<String>) -> out: bool {
        value.is_some()
    }
}
