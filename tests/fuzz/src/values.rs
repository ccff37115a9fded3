//! Values of every kind of type that a port may carry, and what must hold of their bytes.

use logos_sdk::{enumeration, record, variant, Bytes, Decimal, Input, Port};

enumeration! { pub enum Outcome { Approved, HandedOver, Refused } }
variant! { pub enum Limit { None, UpTo(Decimal<2>), Steps(Vec<u16>), Nested(Option<Outcome>) } }
record! {
    pub struct Payment {
        amount: Decimal<18>,
        approved: Option<bool>,
        outcome: Outcome,
    }
}
record! {
    pub struct Everything {
        small: (u8, i8, u16, i16),
        large: (u32, i32, u64, i64),
        account: String,
        raw: Bytes,
        history: Vec<Payment>,
        limit: Limit,
        flags: Vec<Vec<bool>>,
    }
}

/// The first byte chooses a type, the rest is read as one value of it: what decodes is encoded to
/// the same bytes, and those decode.
pub fn read(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else {
        return;
    };
    match choice % 12 {
        0 => exact::<bool>(bytes),
        1 => exact::<(u8, i16, u32, i64)>(bytes),
        2 => exact::<Decimal<2>>(bytes),
        3 => exact::<String>(bytes),
        4 => exact::<Bytes>(bytes),
        5 => exact::<Vec<String>>(bytes),
        6 => exact::<Option<Vec<Option<u8>>>>(bytes),
        7 => exact::<Outcome>(bytes),
        8 => exact::<Limit>(bytes),
        9 => exact::<Payment>(bytes),
        10 => exact::<Vec<(Outcome, Limit)>>(bytes),
        _ => exact::<Everything>(bytes),
    }
}

fn exact<T: Port>(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let Ok(value) = T::decode(&mut input) else {
        return;
    };
    let mut encoded = Vec::new();
    value.encode(&mut encoded);
    // What stands behind the value is the next port's.
    assert!(bytes.starts_with(&encoded), "decoded, but encoded otherwise");
    assert_eq!(input.finish().is_ok(), encoded.len() == bytes.len());
    let mut again = Input::new(&encoded);
    assert!(T::decode(&mut again).is_ok() && again.finish().is_ok());
    // No value is the beginning of another one.
    for end in 0..encoded.len() {
        assert!(T::decode(&mut Input::new(&encoded[..end])).is_err());
    }
}
