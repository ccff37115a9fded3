//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// An unsigned integer of 32 bits as one of 64: the same number.
    ///
    /// ```example
    /// {"value": 0} -> {"out": 0}
    /// {"value": 4294967295} -> {"out": 4294967295}
    /// ```
    fn widen_unsigned(value: u32) -> out: u64 {
        value.into()
    }
}
