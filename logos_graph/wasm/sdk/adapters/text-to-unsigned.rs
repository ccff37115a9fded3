//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// The number that a text of decimal digits says; anything else ends the run.
    ///
    /// ```example
    /// {"text": "1500"} -> {"value": 1500}
    /// {"text": "+1"} -> fails "no number"
    /// {"text": ""} -> fails "no number"
    /// {"text": "18446744073709551616"} -> fails "no number"
    /// ```
    fn text_to_unsigned(text: String) -> value: u64 {
        if !text.bytes().all(|each| each.is_ascii_digit()) {
            fail!("no number: it has something else than digits");
        }
        text.parse().map_err(|_| Failure::new("no number of 64 bits"))?
    }
}
