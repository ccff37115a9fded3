//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// Whether two texts are the same once the white space at their ends is left aside.
    ///
    /// ```example
    /// {"one": "DE-1 ", "other": "DE-1"} -> {"out": true}
    /// {"one": "DE-1", "other": "de-1"} -> {"out": false}
    /// ```
    fn text_equal(one: String, other: String) -> out: bool {
        one.trim() == other.trim()
    }
}
