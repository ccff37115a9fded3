// Rule: a payment with a risk of 70 or more is rejected, with every reason.

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

enumeration! {
    /// How the payment ends.
    pub enum Outcome { Approved, HandedOver, Rejected }
}

record! {
    /// The decision, with what led to it.
    pub struct Decision { outcome: Outcome, score: u32, reason: String }
}

node! {
    /// Rejects a payment of high risk.
    fn reject(payment: Payment, score: u32, reasons: Vec<String>) -> decision: Decision {
        let reason = format!(
            "{} {} to {} rejected ({})",
            payment.amount,
            payment.currency,
            payment.to_account,
            reasons.join(", ")
        );
        Decision { outcome: Outcome::Rejected, score, reason }
    }
}
