// Rule: both accounts are ACC and eight digits, and money does not go back to where it comes from.

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

fn is_account(text: &str) -> bool {
    match text.strip_prefix("ACC") {
        Some(digits) => digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_digit()),
        None => false,
    }
}

node! {
    /// Whether both accounts are well-formed and differ.
    fn validate_account(payment: Payment) -> verdict: Verdict {
        let accounts = [&payment.from_account, &payment.to_account];
        let wrong = accounts.into_iter().find(|account| !is_account(account));
        let reason = match wrong {
            Some(account) => format!("{:?} is not an account", account),
            None if payment.from_account == payment.to_account => {
                format!("{} would pay itself", payment.from_account)
            }
            None => String::new(),
        };
        Verdict { rule: "account".to_string(), ok: reason.is_empty(), reason }
    }
}
