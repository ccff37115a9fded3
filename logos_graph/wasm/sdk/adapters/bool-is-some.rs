//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// Whether there is a value.
    ///
    /// ```example
    /// {"value": true} -> {"out": true}
    /// {"value": null} -> {"out": false}
    /// ```
    fn bool_is_some(value: Option<bool>) -> out: bool {
        value.is_some()
    }
}
