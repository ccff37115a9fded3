//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The sum of a list, exact; too large a sum ends the run.
    ///
    /// ```example
    /// {"items": [7, 5]} -> {"sum": 12}
    /// {"items": []} -> {"sum": 0}
    /// {"items": [18446744073709551615, 1]} -> fails "too much"
    /// ```
    fn unsigned_list_sum(items: Vec<u64>) -> sum: u64 {
        let mut sum: u64 = 0;
        for item in items {
            sum = sum.checked_add(item).ok_or(Failure::new("too much"))?;
        }
        sum
    }
}
