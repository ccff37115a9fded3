//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The sum of a list, exact; too large a sum ends the run.
    ///
    /// ```example
    /// {"items": ["7.00", "0.50"]} -> {"sum": "7.50"}
    /// {"items": []} -> {"sum": "0.00"}
    /// ```
    fn decimal_list_sum(items: Vec<Decimal<2>>) -> sum: Decimal<2> {
        let mut sum: Decimal<2> = Decimal::ZERO;
        for item in items {
            sum = sum.checked_add(item).ok_or(Failure::new("too much"))?;
        }
        sum
    }
}
