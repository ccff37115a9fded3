"""Flow files: what is read, and what is refused with its place."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import InvalidInput, LogosError
from logos_graph.graph.flow import Endpoint
from logos_graph.graph.flowfile import MAX_FLOW_FILE, parse_flow_file
from logos_graph.graph.types import parse_type

WHOLE = """
[flow]
name = "payment-approval"

[types]
past = "record past { amount: decimal<2> }"

[inputs]
payment = "record payment { amount: decimal<2>, history: list<past> }"

[placements]
score   = "risk-score"
approve = "approve"

[[edges]]
from = "input.payment"
to   = "score.payment"

[[edges]]
from = "score.total"
to   = "approve.score"
when = { below = 30 }

[outputs]
decision = ["approve.decision", "reject.decision"]
total = "score.total"
"""


def test_a_flow_file_is_read() -> None:
    draft = parse_flow_file(WHOLE)
    assert draft.name == "payment-approval"
    assert [port.name for port in draft.inputs] == ["payment"]
    assert draft.inputs[0].type == parse_type(
        "record payment { amount: decimal<2>, history: list<record past { amount: decimal<2> }> }"
    )
    assert draft.placements == (("score", "risk-score"), ("approve", "approve"))
    assert [(str(edge.source), str(edge.target), edge.when) for edge in draft.edges] == [
        ("input.payment", "score.payment", None),
        ("score.total", "approve.score", {"below": 30}),
        ("approve.decision", "output.decision", None),
        ("reject.decision", "output.decision", None),
        ("score.total", "output.total", None),
    ]
    assert draft.edges[1].path == "edges[1]"
    assert draft.edges[2].target == Endpoint("output", "decision")


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("[inputs]", "[input]", "E_FLOW_KEY", "unknown key input"),
        ("when = {", "whenn = {", "E_FLOW_KEY", "unknown key edges[1].whenn"),
        ("{ below = 30 }", "{ under = 30 }", "E_FLOW_KEY", "unknown key edges[1].when.under"),
        ("[types]", "layer = 'x'\n[types]", "E_FLOW_KEY", "unknown key flow.layer"),
        ('name = "payment-approval"', "", "E_FLOW_MISSING", "flow.name is missing"),
        ('to   = "score.payment"', "", "E_FLOW_MISSING", "edges[0].to is missing"),
        ('"payment-approval"', "3", "E_FLOW_FIELD_TYPE", "flow.name: expected a string"),
        ("{ below = 30 }", "30", "E_FLOW_FIELD_TYPE", "edges[1].when: expected a table"),
        ('["approve.decision", "reject.decision"]', "[]", "E_FLOW_FIELD_TYPE", "outputs.decision"),
        ('"score.total"\nto', '"score"\nto', "E_FLOW_ENDPOINT", "edges[1].from: 'score'"),
        ('"score.payment"', '"score.a.b"', "E_FLOW_ENDPOINT", "edges[0].to: 'score.a.b'"),
        ("list<past>", "list<passed>", "E_TYPE_UNKNOWN", "inputs.payment: there is no type"),
        ("past = ", "list = ", "E_TYPE_NAME", "types.list"),
        ("[outputs]", "[outputs", "E_FLOW_FILE", "line 24"),
        ("total =", "decision =", "E_FLOW_FILE", "not TOML"),
        ("30", "9" * 5000, "E_FLOW_FILE", "a number or date"),
    ],
)
def test_a_mistake_is_named_with_its_place(old: str, new: str, code: str, said: str) -> None:
    assert old in WHOLE
    with pytest.raises(InvalidInput) as refused:
        parse_flow_file(WHOLE.replace(old, new, 1))
    assert refused.value.code == code
    assert said in refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "{a = " * 100_000,
        "a" + ".a" * 100_000 + " = 1",
        '"a"' + ' . "a"' * 100_000 + " = 1",
        "[" + ".".join("a" * 100_000) + "]",
        'a = ["""x"""", ' + "[" * 5000 + "]" * 5000 + ', "y"]',
        "a = ['''x'''', " + "[" * 5000 + "]" * 5000 + ", 'y']",
        r'a = ["\"", ' + "[" * 5000 + "]" * 5000 + r', "\""]',
        r"a = ['\', " + "[" * 5000 + "]" * 5000 + r", '\']",
        'a = [ # "\n' + "[" * 5000 + "]" * 5000 + ']# "',
    ],
    ids=[
        "arrays",
        "inline-tables",
        "dotted-key",
        "quoted-dotted-key",
        "dotted-header",
        "after-a-basic-string-with-four-quotes",
        "after-a-literal-string-with-four-quotes",
        "between-escaped-quotes",
        "after-a-backslash-that-escapes-nothing",
        "after-a-quote-in-a-comment",
    ],
)
def test_nesting_is_bounded_before_the_toml_parser_sees_it(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_flow_file(text)
    assert refused.value.code == "E_FLOW_FILE_NESTING"


def test_brackets_in_strings_and_comments_do_not_nest() -> None:
    brackets = "[" * 100
    text = WHOLE + f"# {brackets}\n" + f"x = '{brackets}'\n" + f'y = """\n{brackets}"""\n'
    with pytest.raises(InvalidInput) as refused:
        parse_flow_file(text)
    assert refused.value.code == "E_FLOW_ENDPOINT"  # read as outputs; the brackets were no nesting


def test_a_file_without_placements_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_flow_file("[flow]\nname = 'a'")
    assert (refused.value.code, refused.value.data["path"]) == ("E_FLOW_MISSING", "placements")


def test_size_is_bounded_in_bytes() -> None:
    for text in ("#" * (MAX_FLOW_FILE + 1), "#" + "é" * (MAX_FLOW_FILE // 2)):
        with pytest.raises(InvalidInput) as refused:
            parse_flow_file(text)
        assert refused.value.code == "E_FLOW_FILE_SIZE"


@given(st.text(st.sampled_from("a.=[]{}\"'\\#\n, 1"), max_size=200))
def test_any_text_is_read_or_refused_with_a_code(text: str) -> None:
    with pytest.raises(LogosError):  # no text of these characters is a flow
        parse_flow_file(text)


@given(st.data())
def test_any_change_of_a_flow_file_is_read_or_refused_with_a_code(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(WHOLE)))
    end = data.draw(st.integers(at, min(len(WHOLE), at + 10)))
    changed = WHOLE[:at] + data.draw(st.text(max_size=5)) + WHOLE[end:]
    with suppress(InvalidInput):
        parse_flow_file(changed)
