//! Exact decimal numbers, for money and scores; there are no floats on an edge.

use std::cmp::Ordering;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

/// An exact number with `SCALE` fraction digits, kept as a whole number of its last digit's unit:
/// `Decimal::<2>` of 47500.00 holds 4,750,000 units.
///
/// `+`, `-` and negation panic when the result does not fit; the `checked_` forms give `None`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal<const SCALE: u32>(i128);

/// What happens to the digits that do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// They are dropped: towards zero.
    Down,
    /// To the nearest, a half away from zero.
    HalfUp,
    /// To the nearest, a half to the even neighbour (banker's rounding).
    HalfEven,
}

impl<const SCALE: u32> Decimal<SCALE> {
    /// Nought.
    pub const ZERO: Self = Decimal(0);
    /// One.
    pub const ONE: Self = Decimal(Self::UNITS_PER_ONE);
    /// The least number.
    pub const MIN: Self = Decimal(i128::MIN);
    /// The greatest number.
    pub const MAX: Self = Decimal(i128::MAX);

    const UNITS_PER_ONE: i128 = 10_i128.pow(SCALE);

    /// From a number of units: `Decimal::<2>::from_units(150)` is 1.50.
    #[must_use]
    pub const fn from_units(units: i128) -> Self {
        Decimal(units)
    }

    /// The number of units: 150 for 1.50.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0
    }

    /// A constant: `const LIMIT: Decimal<2> = Decimal::literal("5000.00");`, exactly `SCALE` fraction digits.
    ///
    /// # Panics
    /// When the text is anything else; in a `const` this is a compile error.
    #[must_use]
    pub const fn literal(text: &str) -> Self {
        match Self::parse(text) {
            Some(decimal) => decimal,
            None => panic!("not a decimal with exactly the fraction digits of its type"),
        }
    }

    /// Read `-47500.00`: a canonical decimal with exactly `SCALE` fraction digits; `None` for all else.
    #[must_use]
    pub const fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let negative = !bytes.is_empty() && bytes[0] == b'-';
        let first = negative as usize;
        let fraction = if SCALE == 0 { 0 } else { SCALE as usize + 1 };
        if bytes.len() < first + 1 + fraction {
            return None;
        }
        let point = bytes.len() - fraction;
        if bytes[first] == b'0' && point - first > 1 {
            return None;
        }
        let mut units: i128 = 0;
        let mut at = first;
        while at < bytes.len() {
            if at == point {
                if bytes[at] != b'.' {
                    return None;
                }
            } else {
                if !bytes[at].is_ascii_digit() {
                    return None;
                }
                // Counted below zero, where there is room for one number more.
                let digit = (bytes[at] - b'0') as i128;
                units = match units.checked_mul(10) {
                    Some(tens) => match tens.checked_sub(digit) {
                        Some(units) => units,
                        None => return None,
                    },
                    None => return None,
                };
            }
            at += 1;
        }
        match (negative, units) {
            (true, 0) => None,
            (true, _) => Some(Decimal(units)),
            (false, i128::MIN) => None,
            (false, _) => Some(Decimal(-units)),
        }
    }

    /// A whole number.
    #[must_use]
    pub const fn from_integer(integer: i64) -> Self {
        assert!(
            SCALE <= crate::types::MAX_SCALE,
            "a decimal has at most 18 fraction digits"
        );
        Decimal(integer as i128 * Self::UNITS_PER_ONE)
    }

    /// Whether nothing stands after the point: 12.00, not 12.50.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.0 % Self::UNITS_PER_ONE == 0
    }

    /// The sum, if it fits.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        wrap(self.0.checked_add(other.0))
    }

    /// The difference, if it fits.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        wrap(self.0.checked_sub(other.0))
    }

    /// `factor` times this, if it fits.
    #[must_use]
    pub const fn checked_times(self, factor: i64) -> Option<Self> {
        wrap(self.0.checked_mul(factor as i128))
    }

    /// One of `parts` equal parts, if it fits; `None` for no parts.
    #[must_use]
    pub const fn checked_split(self, parts: i64, rounding: Rounding) -> Option<Self> {
        wrap(divide(self.0, parts as i128, rounding))
    }

    /// The product at the same scale, if it fits.
    #[must_use]
    pub const fn checked_mul(self, other: Self, rounding: Rounding) -> Option<Self> {
        match self.0.checked_mul(other.0) {
            Some(product) => wrap(divide(product, Self::UNITS_PER_ONE, rounding)),
            None => None,
        }
    }

    /// This in parts per `parts` of `whole`, as in "62 per cent": 3.10 of 5.00 in 100 parts is 62.
    ///
    /// `None` when `whole` is nought or the number does not fit.
    #[must_use]
    pub const fn share_of(self, whole: Self, parts: i64, rounding: Rounding) -> Option<i128> {
        match self.0.checked_mul(parts as i128) {
            Some(scaled) => divide(scaled, whole.0, rounding),
            None => None,
        }
    }

    /// The same number with other fraction digits, if it fits.
    #[must_use]
    pub const fn rescale<const OTHER: u32>(self, rounding: Rounding) -> Option<Decimal<OTHER>> {
        if OTHER >= SCALE {
            wrap(self.0.checked_mul(10_i128.pow(OTHER - SCALE)))
        } else {
            wrap(divide(self.0, 10_i128.pow(SCALE - OTHER), rounding))
        }
    }
}

const fn wrap<const SCALE: u32>(units: Option<i128>) -> Option<Decimal<SCALE>> {
    match units {
        Some(units) => Some(Decimal(units)),
        None => None,
    }
}

/// A rounded quotient; `None` for a divisor of nought or a quotient that does not fit.
const fn divide(dividend: i128, divisor: i128, rounding: Rounding) -> Option<i128> {
    let quotient = match dividend.checked_div(divisor) {
        Some(quotient) => quotient,
        None => return None,
    };
    // No overflow here: the one case was refused above.
    let remainder = (dividend % divisor).unsigned_abs();
    let rest = divisor.unsigned_abs() - remainder;
    let away = match rounding {
        Rounding::Down => false,
        Rounding::HalfUp => remainder >= rest,
        Rounding::HalfEven => remainder > rest || (remainder == rest && quotient % 2 != 0),
    };
    if !away {
        Some(quotient)
    } else if (dividend < 0) == (divisor < 0) {
        quotient.checked_add(1)
    } else {
        quotient.checked_sub(1)
    }
}

impl<const SCALE: u32> Add for Decimal<SCALE> {
    type Output = Self;

    #[track_caller]
    fn add(self, other: Self) -> Self {
        self.checked_add(other).expect("a decimal sum does not fit")
    }
}

impl<const SCALE: u32> Sub for Decimal<SCALE> {
    type Output = Self;

    #[track_caller]
    fn sub(self, other: Self) -> Self {
        self.checked_sub(other)
            .expect("a decimal difference does not fit")
    }
}

impl<const SCALE: u32> Neg for Decimal<SCALE> {
    type Output = Self;

    #[track_caller]
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl<const SCALE: u32> Sum for Decimal<SCALE> {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Add::add)
    }
}

impl<const SCALE: u32> PartialEq<i64> for Decimal<SCALE> {
    fn eq(&self, other: &i64) -> bool {
        *self == Self::from_integer(*other)
    }
}

impl<const SCALE: u32> PartialOrd<i64> for Decimal<SCALE> {
    fn partial_cmp(&self, other: &i64) -> Option<Ordering> {
        self.partial_cmp(&Self::from_integer(*other))
    }
}

impl<const SCALE: u32> fmt::Display for Decimal<SCALE> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        let one = Self::UNITS_PER_ONE.unsigned_abs();
        if SCALE == 0 {
            write!(formatter, "{}{}", sign, units)
        } else {
            let width = SCALE as usize;
            write!(
                formatter,
                "{}{}.{:0width$}",
                sign,
                units / one,
                units % one,
                width = width
            )
        }
    }
}

impl<const SCALE: u32> fmt::Debug for Decimal<SCALE> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl<const SCALE: u32> std::str::FromStr for Decimal<SCALE> {
    type Err = crate::Failure;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
            .ok_or_else(|| crate::Failure::new(format!("{:?} is not a decimal<{}>", text, SCALE)))
    }
}
