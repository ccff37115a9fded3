// Both accounts are ACC and digits, and they are two.

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

fn is_account(name: &str) -> bool {
    let digits = name.strip_prefix("ACC").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|each| each.is_ascii_digit())
}

node! {
    /// Whether it goes from an account to another one.
    fn validate_account(payment: Payment) -> ok: bool {
        is_account(&payment.from_account)
            && is_account(&payment.to_account)
            && payment.from_account != payment.to_account
    }
}
