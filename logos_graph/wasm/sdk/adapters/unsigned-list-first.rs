//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The first item of a list, or nothing.
    ///
    /// ```example
    /// {"items": [7, 5]} -> {"first": 7}
    /// {"items": []} -> {"first": null}
    /// ```
    fn unsigned_list_first(items: Vec<u64>) -> first: Option<u64> {
        items.into_iter().next()
    }
}
