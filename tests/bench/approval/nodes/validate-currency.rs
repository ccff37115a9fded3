// The currency is one that we pay in.

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

const CURRENCIES: [&str; 5] = ["USD", "EUR", "GBP", "BRL", "JPY"];

node! {
    /// Whether we pay in it.
    fn validate_currency(payment: Payment) -> ok: bool {
        CURRENCIES.contains(&payment.currency.as_str())
    }
}
