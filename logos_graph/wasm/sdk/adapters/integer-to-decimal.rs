//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// A whole number as an amount with two digits after the point.
    ///
    /// ```example
    /// {"value": 12} -> {"out": "12.00"}
    /// {"value": -1} -> {"out": "-1.00"}
    /// ```
    fn integer_to_decimal(value: i64) -> out: Decimal<2> {
        Decimal::from_integer(value)
    }
}
