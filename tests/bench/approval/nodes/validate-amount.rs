// The amount is not nothing, and at most 15,000.00.

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
    /// Whether the amount may be paid.
    fn validate_amount(payment: Payment) -> ok: bool {
        0 < payment.amount && payment.amount <= 1_500_000
    }
}
