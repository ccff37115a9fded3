//! Promises of `Decimal`, on the machine that builds (the same code runs in a node).

use logos_sdk::{Decimal, Rounding};

type Money = Decimal<2>;

fn money(text: &str) -> Money {
    Money::literal(text)
}

#[test]
fn printing_and_parsing_are_inverse() {
    for text in [
        "0.00",
        "0.05",
        "-0.05",
        "47500.00",
        "-1.10",
        "1701411834604692317316873037158841057.27",
    ] {
        assert_eq!(money(text).to_string(), text);
    }
    assert_eq!(Money::MIN.to_string().parse(), Ok(Money::MIN));
    assert_eq!(Decimal::<0>::literal("-12").to_string(), "-12");
}

#[test]
fn only_the_canonical_text_is_a_decimal() {
    for text in [
        "",
        "-",
        ".",
        "1",
        "1.0",
        "1.000",
        "01.00",
        "-0.00",
        "+1.00",
        "1,00",
        "1.0x",
        " 1.00",
        ".50",
        "1701411834604692317316873037158841057.28",
    ] {
        assert_eq!(Money::parse(text), None, "{text}");
    }
    assert_eq!(Decimal::<0>::parse("1."), None);
}

#[test]
fn arithmetic_that_does_not_fit_is_refused() {
    assert_eq!(Money::MAX.checked_add(Money::ONE), None);
    assert_eq!(Money::MIN.checked_sub(Money::ONE), None);
    assert_eq!(Money::MAX.checked_times(2), None);
    assert_eq!(Money::ONE.checked_split(0, Rounding::Down), None);
    assert_eq!(Money::MIN.checked_split(-1, Rounding::Down), None);
    assert_eq!(Money::MAX.rescale::<3>(Rounding::Down), None);
}

#[test]
#[should_panic(expected = "a decimal sum does not fit")]
fn an_operator_that_overflows_panics() {
    let _ = Money::MAX + Money::ONE;
}

#[test]
fn rounding_is_as_named() {
    let halves = |rounding| {
        ["2.50", "3.50", "-2.50", "2.51", "2.49"]
            .map(|text| money(text).rescale::<0>(rounding).map(Decimal::units))
    };
    assert_eq!(halves(Rounding::Down), [2, 3, -2, 2, 2].map(Some));
    assert_eq!(halves(Rounding::HalfUp), [3, 4, -3, 3, 2].map(Some));
    assert_eq!(halves(Rounding::HalfEven), [2, 4, -2, 3, 2].map(Some));
}

#[test]
fn shares_and_products_are_exact() {
    assert_eq!(
        money("3.10").share_of(money("5.00"), 100, Rounding::Down),
        Some(62)
    );
    assert_eq!(
        money("3.10").share_of(Money::ZERO, 100, Rounding::Down),
        None
    );
    assert_eq!(
        money("1.50").checked_mul(money("-0.35"), Rounding::HalfEven),
        Some(money("-0.52"))
    );
    assert!(money("12.00").is_whole() && !money("12.50").is_whole());
    assert!(money("12.00") == 12 && money("11.99") < 12);
}
