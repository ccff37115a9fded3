//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The value, for a port that may stay empty.
    ///
    /// ```example
    /// {"value": "7.00"} -> {"out": "7.00"}
    /// ```
    fn decimal_to_option(value: Decimal<2>) -> out: Option<Decimal<2>> {
        Some(value)
    }
}
