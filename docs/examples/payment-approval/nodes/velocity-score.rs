// Rule: the share of all known payments, by amount, that was made within the last hour, in per cent.
// More than five payments in that hour are 100; an account without a history is 50.

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

const WINDOW_MINUTES: u32 = 60;
const MOST_IN_WINDOW: usize = 5;
const UNKNOWN: u32 = 50;

fn total<'a>(payments: impl Iterator<Item = &'a PastPayment>) -> Decimal<2> {
    payments.map(|past| past.amount).sum()
}

node! {
    /// How fast the account pays out: 0 (calm) to 100.
    fn velocity_score(payment: Payment) -> score: u32 {
        let in_window = |past: &&PastPayment| past.minutes_ago <= WINDOW_MINUTES;
        let recent = payment.history.iter().filter(in_window);
        if payment.history.is_empty() {
            UNKNOWN
        } else if recent.clone().count() > MOST_IN_WINDOW {
            100
        } else {
            // One unit of money more keeps a history of zeros from dividing by zero.
            let all = total(payment.history.iter()) + Decimal::ONE;
            match total(recent).share_of(all, 100, Rounding::Down) {
                Some(share) => share.clamp(0, 100) as u32,
                None => fail!("the history cannot be summed up: {}", all),
            }
        }
    }
}
