//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The value, or what stands in for it where there is none.
    ///
    /// ```example
    /// {"value": 7, "otherwise": 5} -> {"out": 7}
    /// {"value": null, "otherwise": 5} -> {"out": 5}
    /// ```
    fn unsigned_or_else(value: Option<u64>, otherwise: u64) -> out: u64 {
        value.unwrap_or(otherwise)
    }
}
