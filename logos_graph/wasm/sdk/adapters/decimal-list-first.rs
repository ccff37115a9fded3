//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The first item of a list, or nothing.
    ///
    /// ```example
    /// {"items": ["7.00", "5.00"]} -> {"first": "7.00"}
    /// {"items": []} -> {"first": null}
    /// ```
    fn decimal_list_first(items: Vec<Decimal<2>>) -> first: Option<Decimal<2>> {
        items.into_iter().next()
    }
}
