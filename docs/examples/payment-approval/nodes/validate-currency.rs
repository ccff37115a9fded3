// Rule: the currency is one that we pay in, and an amount has no more digits than its currency;
// the yen has no smaller unit.

use logos_sdk::prelude::*;

record! {
    /// One payment that the account made before.
    pub struct PastPayment { amount: Decimal<2>, minutes_ago: u32 }
}

record! {
    /// A payment to be decided.
    pub struct Payment {
        from_account: String,
        to_account: String,
        amount: Decimal<2>,
        currency: String,
        history: Vec<PastPayment>,
    }
}

record! {
    /// What one rule found.
    pub struct Verdict { rule: String, ok: bool, reason: String }
}

/// The currencies that we pay in.
const ACCEPTED: [&str; 5] = ["BRL", "EUR", "GBP", "JPY", "USD"];

node! {
    /// Whether the currency is accepted and the amount can be paid in it.
    fn validate_currency(payment: Payment) -> verdict: Verdict {
        let currency = payment.currency.as_str();
        let reason = if !ACCEPTED.contains(&currency) {
            format!("we do not pay in {}", currency)
        } else if currency == "JPY" && !payment.amount.is_whole() {
            format!("{} JPY: the yen has no smaller unit", payment.amount)
        } else {
            String::new()
        };
        Verdict { rule: "currency".to_string(), ok: reason.is_empty(), reason }
    }
}
