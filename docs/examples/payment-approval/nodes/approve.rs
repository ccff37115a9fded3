// Rule: a payment with a risk below 30 is approved. An edge leads others elsewhere; should one come
// here all the same, the run fails.

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

const LIMIT: u32 = 30;

node! {
    /// Approves a payment of low risk.
    fn approve(payment: Payment, score: u32, reasons: Vec<String>) -> decision: Decision {
        if score >= LIMIT {
            fail!("a risk of {} is not approved without a person", score);
        }
        let reason = format!(
            "{} {} to {} approved ({})",
            payment.amount,
            payment.currency,
            payment.to_account,
            reasons.join(", ")
        );
        Decision { outcome: Outcome::Approved, score, reason }
    }
}
