//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// How many items a list has.
    ///
    /// ```example
    /// {"items": ["seven", "five"]} -> {"length": 2}
    /// {"items": []} -> {"length": 0}
    /// ```
    fn text_list_length(items: Vec<String>) -> length: u64 {
        u64::try_from(items.len()).map_err(|_| Failure::new("too many items"))?
    }
}
