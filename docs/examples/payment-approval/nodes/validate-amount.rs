// Rule: an amount is above zero and at most 100,000.00.

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

/// The most that one payment may be.
const MOST: Decimal<2> = Decimal::literal("100000.00");

node! {
    /// Whether the amount is above zero and at most 100,000.00.
    fn validate_amount(payment: Payment) -> verdict: Verdict {
        let amount = payment.amount;
        let reason = if amount <= Decimal::ZERO {
            format!("{} is not an amount to pay", amount)
        } else if amount > MOST {
            format!("{} is more than {}", amount, MOST)
        } else {
            String::new()
        };
        Verdict { rule: "amount".to_string(), ok: reason.is_empty(), reason }
    }
}
