//! A node: one function, built to sandboxed WebAssembly and named by what it is.
//!
//!     logos node test FILE.rs      build it, and run its examples and tests
//!     logos node publish FILE.rs   publish it, so that flows can use it
//!
//! A file has one `node!`. What is between its brackets are the node's ports. They carry bool, u8 to u64
//! and i8 to i64, Decimal<2> (exact, with as many fraction digits), String, Bytes, Vec<_>, Option<_>, tuples,
//! and what record!, enumeration! and variant! declare. Doc comments become part of the node.
use logos_sdk::prelude::*;

record! {
    /// What is to be paid.
    pub struct Bill {
        /// In whole cents; above zero.
        amount: Decimal<2>,
        /// How many pay it.
        people: u32,
    }
}

node! {
    /// Shares a bill among people, to the cent.
    ///
    /// Examples are run by `logos node test`, and stay with the node for whoever wants to use it:
    ///
    /// ```example
    /// {"bill": {"amount": "10.00", "people": 3}} -> {"each": "3.33", "rest": "0.01"}
    /// {"bill": {"amount": "10.00", "people": 0}} -> fails "nobody"
    /// ```
    fn share_bill(
        /// The bill, before any tip.
        bill: Bill,
    ) -> (
        /// What each of them pays.
        each: Decimal<2>,
        /// What cannot be shared.
        rest: Decimal<2>,
    ) {
        // `fail!` and `?` end the run with a reason that people read.
        if bill.people == 0 {
            fail!("there is nobody to share {} among", bill.amount);
        }
        let people = i64::from(bill.people);
        let each = bill.amount.checked_split(people, Rounding::Down).ok_or(Failure::new("too much"))?;
        let taken = each.checked_times(people).ok_or(Failure::new("too much"))?;
        (each, bill.amount - taken)
        // With a grant of the capability, a node can also ask the outside: clock::now(), random::u64(),
        // log!(info, "…"), kv::get("key"), http::send(http::Request::get("https://…")).
    }
}

// Tests run as WebAssembly too, by `logos node test`.
#[cfg(test)]
mod tests {
    use super::*;

    const AMOUNT: Decimal<2> = Decimal::literal("0.02");

    #[test]
    fn nothing_is_lost() {
        let bill = Bill { amount: AMOUNT, people: 3 };
        assert_eq!(share_bill(bill), Ok((Decimal::ZERO, AMOUNT)));
    }

    #[test]
    fn nobody_cannot_share() {
        let bill = Bill { amount: AMOUNT, people: 0 };
        assert!(share_bill(bill).is_err());
    }
}
