// The last three payments' share of all, in millionths.

use logos_sdk::prelude::*;

record! {
    /// A payment to be decided; amounts in the currency's hundredth part.
    pub struct Payment {
        from_account: String,
        to_account: String,
        amount: u64,
        currency: String,
        history: Vec<u64>,
    }
}

node! {
    /// How fast the account pays out: 0 to 1,000,000.
    fn velocity_score(payment: Payment) -> score: u64 {
        let history = &payment.history;
        let last: u64 = history[history.len().saturating_sub(3)..].iter().sum();
        (last * 1_000_000 / (history.iter().sum::<u64>() + 1)).min(1_000_000)
    }
}
