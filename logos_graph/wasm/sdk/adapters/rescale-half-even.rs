//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// An amount with four digits after the point as one with two, rounded to the nearest; a half goes to the even digit.
    ///
    /// ```example
    /// {"value": "12.3450"} -> {"out": "12.34"}
    /// {"value": "12.3550"} -> {"out": "12.36"}
    /// {"value": "-0.0051"} -> {"out": "-0.01"}
    /// ```
    fn rescale_half_even(value: Decimal<4>) -> out: Decimal<2> {
        value.rescale(Rounding::HalfEven).ok_or(Failure::new("too much for two digits after the point"))?
    }
}
