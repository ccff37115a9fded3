"""Tables and texts: aligned, harmless to a terminal, readable back."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.cli.output import Printer, clean, show_error, wants_colour
from logos_graph.cli.texts import duration_ns, moment, moment_ns, short, size, threshold_text
from logos_graph.errors import InvalidInput


@given(st.text())
def test_no_text_moves_the_cursor_or_reorders_a_line(text: str) -> None:
    harmful = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert not {unicodedata.category(character) for character in clean(text)} & harmful


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S"))))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


def test_columns_are_aligned_numbers_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(as_json=False).table(
        ("name", "count", "here"), [("a", 5, True), ("longer", 1234, None), ("日本", 7, False)]
    )
    assert capsys.readouterr().out.splitlines() == [
        "NAME    COUNT  HERE",
        "a           5  yes",
        "longer   1234  -",
        "日本        7  no",
    ]


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(as_json=False).table(("name",), [])
    assert capsys.readouterr().out == "none\n"


def test_with_json_nothing_but_the_document_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    out = Printer(as_json=True)
    out.title("title")
    out.line("line")
    out.fields([("a", 1)])
    out.table(("a",), [(1,)])
    out.document({"name": "\u202egnp.exe\u009b2J"})
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert printed == '{\n  "name": "\\u202egnp.exe\\u009b2J"\n}\n'


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_only_on_a_terminal_that_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(_Terminal())
    assert not wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(_Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour(_Terminal())


def test_counting_passes_every_item_on() -> None:
    assert list(Printer(as_json=True).counted(iter(range(5)), 5, "counting")) == [0, 1, 2, 3, 4]


def test_a_short_id_begins_the_id_and_is_long_enough_to_be_accepted_back() -> None:
    identity = "b3:" + "0123456789abcdef" * 4
    shown = short(identity)
    assert shown is not None
    assert identity.startswith(shown)
    assert len(shown) >= len("b3:") + 8
    assert short("did:key:z6Mk") == "did:key:z6Mk"
    assert short(None) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604_800), ("2w", 1_209_600)],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    assert duration_ns(text) == seconds * 1_000_000_000


@pytest.mark.parametrize("text", ["", "h", "1", "-1h", "1.5h", "1 h", "1y", "٣h", "1h30m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        duration_ns(text)
    assert refused.value.code == "E_DURATION"


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00Z", 0),
        ("1970-01-01T01:00:01.5+01:00", 1_500_000_000),
        ("1970-01-01T00:00:00.000000007Z", 7),
        ("1m", 40_000_000_000),
        ("7d", 0),
    ],
)
def test_a_moment_is_one_or_so_long_ago(text: str, ns: int) -> None:
    assert moment_ns(text, 100_000_000_000) == ns


@pytest.mark.parametrize("text", ["", "x", "2026-11-01T00:00", "1960-01-01T00:00Z", "9999-01-01Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        moment_ns(text, 0)
    assert refused.value.code == "E_WHEN"


def test_moments_and_sizes_are_written_for_people() -> None:
    assert moment(1_700_000_000_123_456_789) == "2023-11-14 22:13:20Z"
    assert [size(n) for n in (5, 2048, 3 * 1024 * 1024)] == ["5 B", "2.0 KiB", "3.0 MiB"]


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (None, ""),
        ({"at_least": 30, "below": 70}, ">= 30, < 70"),
        ({"at_least": 0}, ">= 0"),
        ({"below": "30.00"}, "< 30.00"),
        ({"is": True}, "is true"),
        ({"is": "high"}, "is high"),
    ],
)
def test_thresholds_are_written_as_conditions(when: dict[str, object] | None, text: str) -> None:
    assert threshold_text(when) == text


def test_a_hint_may_have_lines_of_which_none_looks_like_an_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = InvalidInput("E_X", "no", hint="do this:\nfirst\x1b[2J\nerror[E_Y]: then")
    show_error(error, as_json=False)
    assert capsys.readouterr().err.splitlines() == [
        "error[E_X]: no",
        "hint: do this:",
        "  first\\x1b[2J",
        "  error[E_Y]: then",
    ]
