//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// Several texts as one, with something in between; in normal form C, as every text on an edge.
    ///
    /// ```example
    /// {"texts": ["a", "b"], "between": ", "} -> {"text": "a, b"}
    /// {"texts": [], "between": "-"} -> {"text": ""}
    /// ```
    fn text_join(texts: Vec<String>, between: String) -> text: String {
        texts.join(&between)
    }
}
