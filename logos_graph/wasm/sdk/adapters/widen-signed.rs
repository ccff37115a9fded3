//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// A signed integer of 32 bits as one of 64: the same number.
    ///
    /// ```example
    /// {"value": -2147483648} -> {"out": -2147483648}
    /// {"value": 7} -> {"out": 7}
    /// ```
    fn widen_signed(value: i32) -> out: i64 {
        value.into()
    }
}
