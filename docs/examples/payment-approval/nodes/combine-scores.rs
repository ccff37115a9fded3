// Rule: 40 parts of the velocity and 60 parts of the amount; a payment that breaks a rule is 100.

use logos_sdk::prelude::*;

record! {
    /// What one rule found.
    pub struct Verdict {
        /// Its name, such as `currency`.
        rule: String,
        /// Whether the payment keeps it.
        ok: bool,
        /// Why not, for people; empty when it does.
        reason: String,
    }
}

const VELOCITY_PARTS: u32 = 40;
const SIZE_PARTS: u32 = 60;
const WORST: u32 = 100;

node! {
    /// The risk of a payment: 0 to 100, and in words what raised it.
    ///
    /// ```example
    /// {"amount": {"rule": "amount", "ok": true, "reason": ""},
    ///  "currency": {"rule": "currency", "ok": true, "reason": ""},
    ///  "account": {"rule": "account", "ok": true, "reason": ""},
    ///  "velocity": 50, "size": 20}
    ///     -> {"total": 32, "reasons": ["velocity 50", "amount 20"]}
    ///
    /// {"amount": {"rule": "amount", "ok": true, "reason": ""},
    ///  "currency": {"rule": "currency", "ok": false, "reason": "XXX is none"},
    ///  "account": {"rule": "account", "ok": true, "reason": ""},
    ///  "velocity": 0, "size": 0}
    ///     -> {"total": 100, "reasons": ["currency: XXX is none"]}
    /// ```
    fn combine_scores(
        amount: Verdict,
        currency: Verdict,
        account: Verdict,
        velocity: u32,
        size: u32,
    ) -> (total: u32, reasons: Vec<String>) {
        if velocity > WORST || size > WORST {
            fail!("scores are 0 to 100, not {} and {}", velocity, size);
        }
        let broken: Vec<String> = [amount, currency, account]
            .into_iter()
            .filter(|verdict| !verdict.ok)
            .map(|verdict| format!("{}: {}", verdict.rule, verdict.reason))
            .collect();
        if broken.is_empty() {
            let total = (VELOCITY_PARTS * velocity + SIZE_PARTS * size + 50) / 100;
            (total, vec![format!("velocity {}", velocity), format!("amount {}", size)])
        } else {
            (WORST, broken)
        }
    }
}
