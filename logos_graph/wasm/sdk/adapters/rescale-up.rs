//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// An amount with two digits after the point as one with four: the same amount.
    ///
    /// ```example
    /// {"value": "12.34"} -> {"out": "12.3400"}
    /// {"value": "-0.01"} -> {"out": "-0.0100"}
    /// ```
    fn rescale_up(value: Decimal<2>) -> out: Decimal<4> {
        value.rescale(Rounding::Down).ok_or(Failure::new("too much for four digits after the point"))?
    }
}
