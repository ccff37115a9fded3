// Approved is what breaks no rule and has a risk below 0.6.

use logos_sdk::prelude::*;

node! {
    /// Whether the payment is approved.
    fn threshold_decision(amount: bool, currency: bool, account: bool, score: u64) -> approved: bool {
        amount && currency && account && score < 600_000
    }
}
