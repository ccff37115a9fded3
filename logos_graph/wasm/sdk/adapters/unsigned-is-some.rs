//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// Whether there is a value.
    ///
    /// ```example
    /// {"value": 7} -> {"out": true}
    /// {"value": null} -> {"out": false}
    /// ```
    fn unsigned_is_some(value: Option<u64>) -> out: bool {
        value.is_some()
    }
}
