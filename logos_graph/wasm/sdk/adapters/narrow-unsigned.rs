//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// An unsigned integer of 64 bits as one of 32. What does not fit ends the run.
    ///
    /// ```example
    /// {"value": 4294967295} -> {"out": 4294967295}
    /// {"value": 4294967296} -> fails "does not fit"
    /// ```
    fn narrow_unsigned(value: u64) -> out: u32 {
        u32::try_from(value).map_err(|_| Failure::new("does not fit into 32 bits"))?
    }
}
