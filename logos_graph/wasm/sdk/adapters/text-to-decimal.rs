//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The amount that a text says, as amounts are written; anything else ends the run.
    ///
    /// ```example
    /// {"text": "1500.00"} -> {"value": "1500.00"}
    /// {"text": "-0.05"} -> {"value": "-0.05"}
    /// {"text": "1,5"} -> fails "no amount"
    /// ```
    fn text_to_decimal(text: String) -> value: Decimal<2> {
        Decimal::parse(&text).ok_or(Failure::new("no amount with two digits after the point"))?
    }
}
