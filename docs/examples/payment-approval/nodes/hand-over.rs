// Rule: what is neither approved nor rejected goes to a person: from 1,000.00 up to one of the treasury,
// else to one of the payments desk.

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

/// From here up the treasury decides.
const TREASURY_FROM: Decimal<2> = Decimal::literal("1000.00");

node! {
    /// Hands a payment of middling risk over to a person.
    fn hand_over(payment: Payment, score: u32, reasons: Vec<String>) -> decision: Decision {
        let desk = if payment.amount >= TREASURY_FROM { "treasury" } else { "payments desk" };
        let reason = format!(
            "{} {} to {} handed over to the {} ({})",
            payment.amount,
            payment.currency,
            payment.to_account,
            desk,
            reasons.join(", ")
        );
        Decision { outcome: Outcome::HandedOver, score, reason }
    }
}
