// Moves money from one account to another: both balances change, or none does.

use logos_sdk::prelude::*;

/// What an account holds, in whole units; one that nobody opened holds nothing.
fn balance(account: &str) -> Result<u64, Failure> {
    match kv::get(account) {
        Some(text) => Ok(String::from_utf8(text).unwrap_or_default().parse()?),
        None => Ok(0),
    }
}

node! {
    /// Moves an amount of US dollars; gives what is left where it came from.
    ///
    /// ```example
    /// {"from": "account:a", "to": "account:b", "amount": 30, "currency": "USD"} given [{"kv.get": {"value": "MTAw"}}, {"kv.get": {"value": null}}, {"kv.put": {}}, {"kv.put": {}}] -> {"left": 70}
    /// ```
    fn move_money(from: String, to: String, amount: u64, currency: String) -> left: u64 {
        if currency != "USD" { fail!("the accounts are in USD, not in {}", currency) }
        if from == to { fail!("{} would pay itself", from) }
        let (has, got) = (balance(&from)?, balance(&to)?);
        let left = has.checked_sub(amount).ok_or(Failure::new("there is not so much"))?;
        kv::put(&from, left.to_string());
        kv::put(&to, (got + amount).to_string());
        left
    }
}
