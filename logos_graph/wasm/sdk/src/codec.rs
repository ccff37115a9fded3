//! Values as bytes: the strict binary form that host and node exchange.
//!
//! bool one byte 0 or 1 · integers little-endian · decimal an i128 of its last digit's unit · string and
//! bytes a u32 length and the bytes · list a u32 count and the items · option 0, or 1 and the value ·
//! tuple and record their parts in order · enum a u32 case · variant a u32 case and its payload.
//!
//! Exactly one encoding exists for a value; anything else is [`Malformed`]. How deep a value nests is
//! bounded by its type ([`crate::types::MAX_TYPE_DEPTH`]). The host's side is `logos_graph/graph/codec.py`.

use crate::parts::{Part, Parts};
use crate::types::TypeText;

/// A type that a port may carry.
pub trait Port: Sized {
    /// The type's canonical text.
    const TYPE: TypeText;

    /// What the type consists of, with its documentation.
    const PARTS: &'static Parts = Parts::NONE;

    /// Append the value's bytes.
    fn encode(&self, output: &mut Vec<u8>);

    /// Read one value off the front.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are not the encoding of a value of this type.
    fn decode(input: &mut Input<'_>) -> Result<Self, Malformed>;
}

/// Why bytes are no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// They end too early.
    Short,
    /// Some are left over.
    TrailingBytes,
    /// A bool that is neither 0 nor 1.
    Bool,
    /// An option's mark that is neither 0 nor 1.
    OptionMark,
    /// A case that the type does not have.
    Case,
    /// Text that is not UTF-8.
    Utf8,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Malformed::Short => "the input ends too early",
            Malformed::TrailingBytes => "the input has bytes left over",
            Malformed::Bool => "a bool is neither 0 nor 1",
            Malformed::OptionMark => "an option's mark is neither 0 nor 1",
            Malformed::Case => "there is no such case",
            Malformed::Utf8 => "a string is not UTF-8",
        })
    }
}

impl std::error::Error for Malformed {}

/// The bytes not read yet.
#[derive(Debug)]
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// Read `bytes` from the start.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Input { rest: bytes }
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`Malformed::Short`].
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        if count > self.rest.len() {
            return Err(Malformed::Short);
        }
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        Ok(taken)
    }

    /// Done: nothing may be left.
    ///
    /// # Errors
    /// [`Malformed::TrailingBytes`].
    pub fn finish(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed::TrailingBytes)
        }
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], Malformed> {
        let mut array = [0; LENGTH];
        array.copy_from_slice(self.take(LENGTH)?);
        Ok(array)
    }

    /// A u32 length and as many bytes.
    fn sized(&mut self) -> Result<&'a [u8], Malformed> {
        let length = u32::decode(self)?;
        self.take(length as usize)
    }
}

/// A length as it stands on the wire; a node's memory is far smaller than 4 GiB.
fn encode_length(length: usize, output: &mut Vec<u8>) {
    let length = u32::try_from(length).expect("a port's value has fewer than 2^32 parts");
    length.encode(output);
}

macro_rules! integers {
    ($($rust:ty => $word:literal),*) => {$(
        impl Port for $rust {
            const TYPE: TypeText = TypeText::word($word);
            #[inline]
            fn encode(&self, output: &mut Vec<u8>) {
                output.extend_from_slice(&self.to_le_bytes());
            }
            #[inline]
            fn decode(input: &mut Input<'_>) -> Result<Self, Malformed> {
                Ok(<$rust>::from_le_bytes(input.array()?))
            }
        }
    )*};
}

integers!(u8 => "u8", u16 => "u16", u32 => "u32", u64 => "u64");
integers!(i8 => "s8", i16 => "s16", i32 => "s32", i64 => "s64");

impl Port for bool {
    const TYPE: TypeText = TypeText::word("bool");

    fn encode(&self, output: &mut Vec<u8>) {
        output.push(u8::from(*self));
    }

    fn decode(input: &mut Input<'_>) -> Result<Self, Malformed> {
        match u8::decode(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed::Bool),
        }
    }
}

impl<const SCALE: u32> Port for crate::Decimal<SCALE> {
    const TYPE: TypeText = TypeText::decimal(SCALE);

    fn encode(&self, output: &mut Vec<u8>) {
        output.extend_from_slice(&self.units().to_le_bytes());
    }

    fn decode(input: &mut Input<'_>) -> Result<Self, Malformed> {
        Ok(Self::from_units(i128::from_le_bytes(input.array()?)))
    }
}

impl Port for String {
    const TYPE: TypeText = TypeText::word("string");

    fn encode(&self, output: &mut Vec<u8>) {
        encode_length(self.len(), output);
        output.extend_from_slice(self.as_bytes());
    }

    fn decode(input: &mut Input<'_>) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(input.sized()?).map_err(|_| Malformed::Utf8)?;
        Ok(text.to_owned())
    }
}

/// Bytes on a port; a `Vec<u8>` is a list of numbers there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Port for Bytes {
    const TYPE: TypeText = TypeText::word("bytes");

    fn encode(&self, output: &mut Vec<u8>) {
        encode_length(self.0.len(), output);
        output.extend_from_slice(&self.0);
    }

    fn decode(input: &mut Input<'_>) -> Result<Self, Malformed> {
        Ok(Bytes(input.sized()?.to_vec()))
    }
}

impl<T: Port> Port for Vec<T> {
    const TYPE: TypeText = TypeText::list(&T::TYPE);
    const PARTS: &'static Parts = T::PARTS;

    fn encode(&self, output: &mut Vec<u8>) {
        encode_length(self.len(), output);
        for item in self {
            item.encode(output);
        }
    }

    fn decode(input: &mut Input<'_>) -> Result<Self, Malformed> {
        let count = u32::decode(input)? as usize;
        // Every type takes a byte at least: a count that lies reserves nothing.
        if count > input.rest.len() {
            return Err(Malformed::Short);
        }
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(T::decode(input)?);
        }
        Ok(items)
    }
}

impl<T: Port> Port for Option<T> {
    const TYPE: TypeText = TypeText::option(&T::TYPE);
    const PARTS: &'static Parts = T::PARTS;

    fn encode(&self, output: &mut Vec<u8>) {
        match self {
            None => output.push(0),
            Some(value) => {
                output.push(1);
                value.encode(output);
            }
        }
    }

    fn decode(input: &mut Input<'_>) -> Result<Self, Malformed> {
        match u8::decode(input)? {
            0 => Ok(None),
            1 => Ok(Some(T::decode(input)?)),
            _ => Err(Malformed::OptionMark),
        }
    }
}

macro_rules! tuples {
    ($(($($part:ident $at:tt),+))*) => {$(
        impl<$($part: Port),+> Port for ($($part,)+) {
            const TYPE: TypeText = TypeText::tuple(&[$(&$part::TYPE),+]);
            const PARTS: &'static Parts = &Parts {
                docs: &[],
                parts: &[$(Part { name: stringify!($at), docs: &[], of: $part::PARTS }),+],
            };

            fn encode(&self, output: &mut Vec<u8>) {
                $(self.$at.encode(output);)+
            }

            fn decode(input: &mut Input<'_>) -> Result<Self, Malformed> {
                Ok(($($part::decode(input)?,)+))
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}
