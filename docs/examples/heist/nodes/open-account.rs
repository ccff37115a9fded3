// Opens an account with what it holds.

use logos_sdk::prelude::*;

node! {
    /// Opens an account; one that is there already is left as it is, and the run fails.
    ///
    /// ```example
    /// {"account": "account:a", "balance": 100} given [{"kv.get": {"value": null}}, {"kv.put": {}}] -> {"opened": 100}
    /// ```
    fn open_account(account: String, balance: u64) -> opened: u64 {
        if kv::get(&account).is_some() { fail!("{} is open already", account) }
        kv::put(&account, balance.to_string());
        balance
    }
}
