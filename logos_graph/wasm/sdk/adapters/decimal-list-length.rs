//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// How many items a list has.
    ///
    /// ```example
    /// {"items": ["7.00", "5.00"]} -> {"length": 2}
    /// {"items": []} -> {"length": 0}
    /// ```
    fn decimal_list_length(items: Vec<Decimal<2>>) -> length: u64 {
        u64::try_from(items.len()).map_err(|_| Failure::new("too many items"))?
    }
}
