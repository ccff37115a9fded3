//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// An amount with four digits after the point as one with two, rounded towards zero.
    ///
    /// ```example
    /// {"value": "12.3499"} -> {"out": "12.34"}
    /// {"value": "-0.0199"} -> {"out": "-0.01"}
    /// ```
    fn rescale_down(value: Decimal<4>) -> out: Decimal<2> {
        value.rescale(Rounding::Down).ok_or(Failure::new("too much for two digits after the point"))?
    }
}
