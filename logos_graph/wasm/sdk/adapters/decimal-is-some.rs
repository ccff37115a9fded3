//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// Whether there is a value.
    ///
    /// ```example
    /// {"value": "7.00"} -> {"out": true}
    /// {"value": null} -> {"out": false}
    /// ```
    fn decimal_is_some(value: Option<Decimal<2>>) -> out: bool {
        value.is_some()
    }
}
