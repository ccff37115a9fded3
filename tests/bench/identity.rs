// What a call costs when the node does nothing.

use logos_sdk::prelude::*;

node! {
    /// Gives its input back.
    fn identity(number: u32) -> same: u32 {
        number
    }
}
