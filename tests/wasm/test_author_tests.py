"""Examples and tests that an author writes: run as WebAssembly, told with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from logos_graph.errors import InvalidInput, LogosError, Rejected
from logos_graph.graph.component import Port
from logos_graph.graph.descriptor import Descriptor
from logos_graph.graph.types import parse_type
from logos_graph.wasm.author_tests import Outcome, prepare_tests, try_out
from logos_graph.wasm.builder import Builder
from logos_graph.wasm.examples import parse_examples
from logos_graph.wasm.starter import starter

SHARE = """use logos_sdk::prelude::*;
node! {
    /// Shares.
    ///
    /// ```text
    /// no example -> at all
    /// ```
    /// ```example
%s
    /// ```
    fn share(amount: Decimal<2>, people: u32) -> (each: Decimal<2>, rest: Decimal<2>) {
        if people == 0 { fail!("nobody to share {} with", amount); }
        if people == 7 { panic!("seven"); }
        let each = amount.checked_split(people.into(), Rounding::Down).ok_or(Failure::new("x"))?;
        (each, amount - each.checked_times(people.into()).ok_or(Failure::new("x"))?)
    }
}
"""
CLOCK = """use logos_sdk::prelude::*;
node! {
    /// ```example
%s
    /// ```
    fn late(limit: u64) -> late: bool {
        if limit == 0 { fail!("no limit") }
        kv::put("limit", limit.to_string());
        clock::now() > limit
    }
}
"""
TESTS = '''use logos_sdk::prelude::*;
node! { fn double(n: u8) -> twice: u8 { n * 2 } }

#[test] fn passes() { assert_eq!(double(2), Ok(4)); }
#[test]
fn fails() {
    assert_eq!(double(2), Ok(5), "two and two");
}
#[test]
#[should_panic(expected = "overflow")]
fn overflows() { let _ = double(200); }
#[test] #[should_panic] fn should() { let _ = double(100); }
#[test] #[should_panic = "other words"] fn says_something_else() { panic!("these words") }
#[test] #[ignore = "not ready"] fn later() { unfinished() }
#[cfg(test)] fn unfinished() {}
#[test] fn asks() { clock::now(); }
#[test] fn never_ends() { loop {} }
#[cfg(test)]
mod tests {
    use super::*;
    /// With docs.
    #[allow(unused)]
    #[test]
    fn inside() { std::thread_local! { static A: u8 = 1 } assert!(double(1).is_ok()); }
    mod deeper { #[cfg(not(windows))] #[test] fn r#match() { super::double(1).unwrap(); } }
}
'''  # fmt: skip


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    return Builder(tmp_path_factory.mktemp("cache"))


def told(outcomes: tuple[Outcome, ...]) -> list[tuple[int, str, str]]:
    return [(each.line, each.state.value, each.detail) for each in outcomes]


def examples(*lines: str) -> str:
    return "\n".join(f"    /// {line}" for line in lines)


def test_examples_are_run_on_the_node_that_was_built(builder: Builder) -> None:
    lines = examples(
        '{"amount": "10.00", "people": 3} -> {"each": "3.33", "rest": "0.01"}',
        '{"amount": "10.00", "people": 3} -> {"rest": "0.02", "each": "3.33"}',
        '{"amount": "10.00", "people": 0} -> fails "nobody to share"',
        '{"amount": "10.00", "people": 0} -> fails "other"',
        '{"amount": "10.00", "people": 1} -> fails "nobody"',
        '{"amount": "10.00", "people": 0} -> {"each": "0.00", "rest": "0.00"}',
        "{",
        '   "amount": "10.00", "people": 7',
        '} -> fails "seven" {"amount": "9.00", "people": 3}',
        "",
        '-> {"each": "3.00", "rest": "0.00"}',
    )
    assert told(try_out(builder, (SHARE % lines).encode()).outcomes) == [
        (9, "ok", ""),
        (10, "failed", 'gives {"each": "3.33", "rest": "0.01"}'),
        (11, "ok", ""),
        (12, "failed", "E_NODE_FAILED: nobody to share 10.00 with"),
        (13, "failed", 'gives {"each": "10.00", "rest": "0.00"}'),
        (14, "failed", "E_NODE_FAILED: nobody to share 10.00 with"),
        (15, "ok", ""),
        (17, "ok", ""),
    ]


def test_what_a_node_asks_for_is_answered_in_the_order_that_is_given(builder: Builder) -> None:
    put, now = '{"kv.put": {}}', '{"clock.now": {"time": 5}}'
    lines = examples(
        f'{{"limit": 4}} given [{put}, {now}] -> {{"late": true}}',
        f'{{"limit": 5}} given [{put}, {now}] -> {{"late": false}}',
        f'{{"limit": 4}} given [{now}, {put}] -> {{"late": true}}',
        f'{{"limit": 4}} given [{put}] -> {{"late": true}}',
        '{"limit": 4} -> {"late": true}',
        f'{{"limit": 4}} given [{put}, {now}, {now}] -> {{"late": true}}',
        f'{{"limit": 0}} given [{put}] -> fails "no limit"',
        f'{{"limit": 4}} given [{now}] -> fails "asks for"',
    )
    trial = try_out(builder, (CLOCK % lines).encode())
    assert [item.name for item in trial.admitted.imports] == ["kv_put", "clock_now"]
    assert told(trial.outcomes) == [
        (4, "ok", ""),
        (5, "ok", ""),
        (6, "failed", "E_EXAMPLE_GIVEN: the node asks for kv.put; given is clock.now"),
        (7, "failed", "E_EXAMPLE_GIVEN: the node asks for clock.now; given is no further call"),
        (8, "failed", "E_EXAMPLE_GIVEN: the node asks for kv.put; given is no further call"),
        (9, "failed", "the node never asked for clock.now, which is given"),
        (10, "failed", "the node never asked for kv.put, which is given"),
        (11, "failed", "E_EXAMPLE_GIVEN: the node asks for kv.put; given is clock.now"),
    ]


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        (['{"amount": "10.00"} -> {}'], 9, "exactly amount, people"),
        (['{"amount": "10", "people": 3} -> fails "x"'], 9, "amount"),
        (['{"amount": 1.5, "people": 3} -> fails "x"'], 9, "float"),
        (['{"people": 3, "people": 3} -> fails "x"'], 9, "twice"),
        (["", '{"amount": "10.00", "people": 3}'], 10, "expected `->`"),
        (['{"amount": "10.00", "people": 3} -> {"each": "1.00"}'], 9, "exactly each, rest"),
        (['{"amount": "10.00", "people": 3} -> fails 3'], 9, "a reason in quotes"),
        (['{"amount": "10.00", "people": 3} -> fails'], 9, "a reason in quotes"),
        (['{"amount": "10.00", "people": 3} given 3 -> fails "x"'], 9, "a list of answers"),
        (
            ['{"amount": "10.00", "people": 3}', 'given [{"clock": {}}] -> fails "x"'],
            10,
            "one of the operations",
        ),
        (
            ['{"amount": "10.00", "people": 3} given [{"clock.now": {"time": -1}}] -> fails "x"'],
            9,
            "time",
        ),
        (["nonsense"], 9, "the input as a JSON object"),
        (["[" * 3000], 9, "the input as a JSON object"),
        (['{"amount": "10.00", "people": 3} -> fails "x"', "and more"], 10, "the input"),
        (["```", "```example"], 10, "has no end"),
    ],
)
def test_an_example_in_another_form_is_refused_with_its_line(
    builder: Builder, lines: list[str], line: int, said: str
) -> None:
    source = SHARE % examples(*lines)
    if lines[0] == "```":  # the block is closed, and another is never
        source = source.replace("    /// ```\n    fn", "    fn")
    with pytest.raises(InvalidInput) as refused:
        try_out(builder, source.encode())
    assert (refused.value.code, refused.value.data["line"]) == ("E_EXAMPLE", line)
    assert said in refused.value.message


def test_a_node_has_no_more_examples_than_can_be_waited_for() -> None:
    byte = parse_type("u8")
    text = "```example\n" + '{"n": 1} -> {"m": 1}\n' * 101 + "```"
    descriptor = Descriptor(1, "f", text, (Port("n", byte),), (Port("m", byte),))
    with pytest.raises(InvalidInput) as refused:
        parse_examples(descriptor)
    assert (refused.value.code, refused.value.data["line"]) == ("E_EXAMPLE", 102)


def test_an_authors_tests_are_run_as_webassembly(builder: Builder) -> None:
    outcomes = try_out(builder, TESTS.encode()).outcomes
    assert [(each.name, each.line, each.state.value) for each in outcomes] == [
        ("passes", 4, "ok"),
        ("fails", 6, "failed"),
        ("overflows", 11, "ok"),
        ("should", 12, "failed"),
        ("says_something_else", 13, "failed"),
        ("later", 14, "ignored"),
        ("asks", 16, "failed"),
        ("never_ends", 17, "failed"),
        ("tests::inside", 24, "ok"),
        ("tests::deeper::r#match", 25, "ok"),
    ]
    details = {each.name: each.detail for each in outcomes}
    assert "two and two" in details["fails"]
    assert details["fails"].endswith("(node.rs:7)")
    assert details["should"] == "it does not panic, as it should"
    assert details["says_something_else"] == (
        "panics with another message: these words (node.rs:13)"
    )
    assert details["later"] == "not ready"
    assert details["asks"].startswith("E_NODE_CALL")
    assert details["never_ends"].startswith("E_NODE_GAS")


@pytest.mark.parametrize(
    ("test", "code", "line"),
    [
        ("#[test] fn t() -> Result<(), Failure> { Ok(()) }", "E_TEST_FORM", 3),
        ("#[test]\nasync fn t() {}", "E_TEST_FORM", 4),
        ("#[test] fn t(n: u8) {}", "E_TEST_FORM", 3),
        ("#[test] fn t<T>() {}", "E_TEST_FORM", 3),
        ("fn f() {\n #[test] fn t() {} }", "E_TEST_PLACE", 4),
        ("macro_rules! m { () => {\n #[test] fn t() {} } }", "E_TEST_PLACE", 4),
        ("fn f() { unsafe {} }", "E_SOURCE_UNSAFE", 3),
        ("#[cfg_attr(all(), test)] fn t() {}", "E_TEST_PLACE", 3),
        ("#[cfg_attr(test, allow(unused), test)] fn t() {}", "E_TEST_PLACE", 3),
        ("#[r#test] fn t() {}", "E_TEST_PLACE", 3),
        ("fn f() { #[core::prelude::v1::test] fn t() {} }", "E_TEST_PLACE", 3),
        ("use core::prelude::v1::{test as check}; #[check] fn t() {}", "E_TEST_PLACE", 3),
        ("macro_rules! m { ($a:ident) => { #[$a] fn t() {} } }\nm!(test);", "E_TEST_PLACE", 4),
        ("struct S; impl S { #[test] fn t() {} }", "E_TEST_PLACE", 3),
        ("#[test] #[should_panic(expected)] fn t() {}", "E_TEST_FORM", 3),
        ('#[test] #[should_panic(expected = concat!("a"))] fn t() {}', "E_TEST_FORM", 3),
        ('#[test] #[should_panic(other = "a")] fn t() {}', "E_TEST_FORM", 3),
        ("#[test] #[ignore = 3] fn t() {}", "E_TEST_FORM", 3),
        ('#[test] #[cfg(not(feature = "a\nb"))] fn t() {}', "E_TEST_FORM", 4),
    ],
)
def test_a_test_that_cannot_be_run_is_refused_with_its_line(
    test: str, code: str, line: int
) -> None:
    source = f"use logos_sdk::prelude::*;\nnode! {{ fn f(n: u8) -> m: u8 {{ n }} }}\n{test}\n"
    with pytest.raises(Rejected) as refused:
        prepare_tests(source.encode())
    assert (refused.value.code, refused.value.data["line"]) == (code, line)


def test_a_test_that_the_compiler_leaves_out_is_told_as_not_run(builder: Builder) -> None:
    source = """use logos_sdk::prelude::*;
node! { fn f(test: u8) -> m: u8 { test } }
#[cfg(any())] #[test] fn left_out() {}
#[cfg(any())] mod never { #[test] fn inside() {} }
#[cfg_attr(test, allow(unused))] #[test]
#[should_panic(expected = "one",)] fn says() { panic!("two") }
mod test { #[test] fn runs() {} }
"""
    outcomes = try_out(builder, source.encode()).outcomes
    assert [(each.name, each.state.value, each.detail) for each in outcomes] == [
        ("left_out", "ignored", "its #[cfg(…)] does not hold"),
        ("never::inside", "ignored", "its #[cfg(…)] does not hold"),
        ("says", "failed", "panics with another message: two (node.rs:6)"),
        ("test::runs", "ok", ""),
    ]


def test_a_test_keeps_every_line_of_the_source() -> None:
    for source in (TESTS, TESTS.replace("\n", "\r\n"), "\ufeff" + TESTS):
        prepared = prepare_tests(source.encode())
        assert prepared.source.decode().count("\n") == source.count("\n")
        assert [test.line for test in prepared.tests] == [
            test.line for test in prepare_tests(TESTS.encode()).tests
        ]


def test_a_test_is_no_part_of_the_node(builder: Builder) -> None:
    without = TESTS[: TESTS.index("#[test]")]
    assert try_out(builder, TESTS.encode()).built.module == builder.build(without.encode()).module


@pytest.mark.parametrize("name", ["share-bill", "a", "risk-score-2"])
def test_the_starter_builds_without_a_word_and_passes_its_own_tests(
    builder: Builder, name: str
) -> None:
    trial = try_out(builder, starter(name).encode())
    assert trial.built.diagnostics == ()
    assert trial.admitted.descriptor.name == name
    assert trial.admitted.imports == ()
    assert [each.state.value for each in trial.outcomes] == ["ok"] * 4
    [bill] = trial.admitted.descriptor.inputs
    assert dict(bill.members)["amount"] == "In whole cents; above zero."


@pytest.mark.parametrize("name", ["Share", "match", "self", "a--b", "", "2a", "../x"])
def test_a_name_that_no_node_has_starts_no_file(name: str) -> None:
    with pytest.raises(LogosError) as refused:
        starter(name)
    assert refused.value.code == "E_NODE_NAME"


def test_the_examples_of_the_example_hold(builder: Builder) -> None:
    file = Path(__file__).parents[2] / "docs/examples/payment-approval/nodes/combine-scores.rs"
    assert [each.detail for each in try_out(builder, file.read_bytes()).outcomes] == ["", ""]


def test_the_template_is_where_the_package_has_it() -> None:
    import logos_graph.wasm

    folder = Path(logos_graph.wasm.__file__).parent
    assert (folder / "sdk" / "starter.rs").read_text() == starter("share-bill")
