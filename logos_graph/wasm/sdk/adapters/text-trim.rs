//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The text without the white space at its ends.
    ///
    /// ```example
    /// {"text": "  DE-1\n"} -> {"out": "DE-1"}
    /// {"text": " "} -> {"out": ""}
    /// ```
    fn text_trim(text: String) -> out: String {
        text.trim().to_string()
    }
}
