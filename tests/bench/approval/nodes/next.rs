// The trivial step, of which the long flow has 500 in a row.

use logos_sdk::prelude::*;

node! {
    /// One more.
    fn next(count: u64) -> count_after: u64 {
        count + 1
    }
}
