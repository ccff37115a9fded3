//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The first item of a list, or nothing.
    ///
    /// ```example
    /// {"items": ["seven", "five"]} -> {"first": "seven"}
    /// {"items": []} -> {"first": null}
    /// ```
    fn text_list_first(items: Vec<String>) -> first: Option<String> {
        items.into_iter().next()
    }
}
