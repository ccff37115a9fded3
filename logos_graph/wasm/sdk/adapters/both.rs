//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// Whether both are true.
    ///
    /// ```example
    /// {"one": true, "other": true} -> {"out": true}
    /// {"one": true, "other": false} -> {"out": false}
    /// ```
    fn both(one: bool, other: bool) -> out: bool {
        one && other
    }
}
