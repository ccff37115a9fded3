//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// An unsigned integer as a signed one: the same number, or the end of the run.
    ///
    /// ```example
    /// {"value": 12} -> {"out": 12}
    /// {"value": 9223372036854775808} -> fails "does not fit"
    /// ```
    fn to_signed(value: u64) -> out: i64 {
        i64::try_from(value).map_err(|_| Failure::new("does not fit into 63 bits and a sign"))?
    }
}
