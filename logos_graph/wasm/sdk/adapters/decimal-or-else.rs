//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The value, or what stands in for it where there is none.
    ///
    /// ```example
    /// {"value": "7.00", "otherwise": "5.00"} -> {"out": "7.00"}
    /// {"value": null, "otherwise": "5.00"} -> {"out": "5.00"}
    /// ```
    fn decimal_or_else(value: Option<Decimal<2>>, otherwise: Decimal<2>) -> out: Decimal<2> {
        value.unwrap_or(otherwise)
    }
}
