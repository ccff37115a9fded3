//! A stock adapter: `logos node adapter list` names them all.
use logos_sdk::prelude::*;

node! {
    /// An amount as a whole number, if it is one: 12.50 ends the run, nothing is rounded.
    ///
    /// ```example
    /// {"value": "12.00"} -> {"out": 12}
    /// {"value": "12.50"} -> fails "not whole"
    /// {"value": "9223372036854775808.00"} -> fails "does not fit"
    /// ```
    fn decimal_to_integer(value: Decimal<2>) -> out: i64 {
        if !value.is_whole() {
            fail!("{} is not whole", value);
        }
        let whole = value.rescale::<0>(Rounding::Down).ok_or(Failure::new("does not fit into 64 bits"))?;
        i64::try_from(whole.units()).map_err(|_| Failure::new("does not fit into 64 bits"))?
    }
}
