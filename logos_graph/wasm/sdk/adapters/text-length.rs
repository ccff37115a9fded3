//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// How many characters (Unicode scalar values) a text has.
    ///
    /// ```example
    /// {"text": "Zürich"} -> {"length": 6}
    /// {"text": ""} -> {"length": 0}
    /// ```
    fn text_length(text: String) -> length: u64 {
        u64::try_from(text.chars().count()).map_err(|_| Failure::new("too long"))?
    }
}
