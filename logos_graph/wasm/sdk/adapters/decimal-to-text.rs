//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// An amount as text, with both digits after the point.
    ///
    /// ```example
    /// {"value": "1500.00"} -> {"text": "1500.00"}
    /// {"value": "-0.05"} -> {"text": "-0.05"}
    /// ```
    fn decimal_to_text(value: Decimal<2>) -> text: String {
        value.to_string()
    }
}
