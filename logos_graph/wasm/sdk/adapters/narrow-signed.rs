//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// A signed integer of 64 bits as one of 32. What does not fit ends the run.
    ///
    /// ```example
    /// {"value": -2147483648} -> {"out": -2147483648}
    /// {"value": 2147483648} -> fails "does not fit"
    /// ```
    fn narrow_signed(value: i64) -> out: i32 {
        i32::try_from(value).map_err(|_| Failure::new("does not fit into 32 bits"))?
    }
}
