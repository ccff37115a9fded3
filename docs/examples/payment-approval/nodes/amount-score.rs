// Rule: the amount in per cent of four times the mean of all known payments, at most 100.
// An account without a history is 75.

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

const TIMES_THE_MEAN: i64 = 4;
const UNKNOWN: u32 = 75;

node! {
    /// How unusual the amount is for the account: 0 (usual) to 100.
    fn amount_score(payment: Payment) -> score: u32 {
        if payment.history.is_empty() {
            UNKNOWN
        } else {
            let sum: Decimal<2> = payment.history.iter().map(|past| past.amount).sum();
            let score = sum
                .checked_split(payment.history.len() as i64, Rounding::HalfEven)
                .and_then(|mean| mean.checked_times(TIMES_THE_MEAN))
                .and_then(|usual| usual.checked_add(Decimal::ONE))
                .and_then(|usual| payment.amount.share_of(usual, 100, Rounding::Down));
            match score {
                Some(score) => score.clamp(0, 100) as u32,
                None => fail!("{} cannot be compared with a history of {}", payment.amount, sum),
            }
        }
    }
}
