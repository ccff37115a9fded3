//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The other one of true and false.
    ///
    /// ```example
    /// {"value": true} -> {"out": false}
    /// {"value": false} -> {"out": true}
    /// ```
    fn not(value: bool) -> out: bool {
        !value
    }
}
