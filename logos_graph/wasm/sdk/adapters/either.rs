//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// Whether one of two is true, or both.
    ///
    /// ```example
    /// {"one": false, "other": true} -> {"out": true}
    /// {"one": false, "other": false} -> {"out": false}
    /// ```
    fn either(one: bool, other: bool) -> out: bool {
        one || other
    }
}
