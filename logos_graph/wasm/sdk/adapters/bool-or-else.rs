//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The value, or what stands in for it where there is none.
    ///
    /// ```example
    /// {"value": true, "otherwise": false} -> {"out": true}
    /// {"value": null, "otherwise": false} -> {"out": false}
    /// ```
    fn bool_or_else(value: Option<bool>, otherwise: bool) -> out: bool {
        value.unwrap_or(otherwise)
    }
}
