// The amount's share of four times the mean of all payments, in millionths.

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
    /// How unusual the amount is: 0 to 1,000,000.
    fn amount_score(payment: Payment) -> score: u64 {
        let mean = payment.history.iter().sum::<u64>() / (payment.history.len() as u64).max(1);
        (payment.amount * 1_000_000 / (4 * mean + 1)).min(1_000_000)
    }
}
