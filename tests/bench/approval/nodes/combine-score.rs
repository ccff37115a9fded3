// Four parts of the velocity, six of the amount.

use logos_sdk::prelude::*;

node! {
    /// The payment's risk: 0 to 1,000,000.
    fn combine_score(velocity: u64, amount: u64) -> score: u64 {
        (4 * velocity + 6 * amount) / 10
    }
}
