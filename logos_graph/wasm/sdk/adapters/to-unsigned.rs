//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// A signed integer as an unsigned one: the same number; below zero ends the run.
    ///
    /// ```example
    /// {"value": 12} -> {"out": 12}
    /// {"value": -1} -> fails "below zero"
    /// ```
    fn to_unsigned(value: i64) -> out: u64 {
        u64::try_from(value).map_err(|_| Failure::new("below zero"))?
    }
}
