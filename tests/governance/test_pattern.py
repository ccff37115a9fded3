"""Patterns of untrusted schemas: none can hang, and those accepted mean what `re` means."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import Rejected
from logos_graph.governance.pattern import MAX_PATTERN_LENGTH, compile_pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "^(a*)*$",
        "^(a|a)*$",
        "^(a|aa)+$",
        "^([a-z]+-?)*$",
        "^(.*a){20}$",
        "^((a{1,9}){1,9}){1,9}$",
        "^a*a*a*a*a*a*b$",
        "a*b*c*$",
        "(x+x+)+y",
    ],
)
def test_a_pattern_that_could_hang_is_refused(pattern: str) -> None:
    with pytest.raises(Rejected, match="could take too long") as refused:
        compile_pattern(pattern, 256)
    assert refused.value.code == "E_VERB_PATTERN"


def test_a_pattern_is_priced_for_every_position_it_is_tried_at() -> None:
    assert compile_pattern("^[ab]{1,100}c", 4096).search("abc")
    with pytest.raises(Rejected, match="could take too long"):
        compile_pattern("[ab]{1,100}c", 4096)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a)\1",
        r"(?P<n>a)(?P=n)",
        r"(?=a)b",
        r"(?!a)b",
        r"(?<=a)b",
        r"(?i)a",
        r"a*?",
        r"a*+",
        r"a{2}{3}",
        r"\bword\b",
        r"\p{L}",
        r"[[:alpha:]]",
        r"[a--b]",
        r"[a&&b]",
        r"[]",
        r"[a",
        r"(a",
        r"a)",
        r"^*",
        r"*a",
        r"a{3,1}",
        "a{5,",
        "\\",
    ],
)
def test_what_is_outside_the_dialect_is_refused(pattern: str) -> None:
    with pytest.raises(Rejected) as refused:
        compile_pattern(pattern, 16)
    assert refused.value.code == "E_VERB_PATTERN"


def test_a_pattern_longer_than_the_limit_is_refused() -> None:
    with pytest.raises(Rejected, match="longer than"):
        compile_pattern("a" * (MAX_PATTERN_LENGTH + 1), 16)


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        ("^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$", "DE89370400440532013000", "de89370400440532013000"),
        (r"^-?(0|[1-9][0-9]{0,14})\.[0-9]{2}$", "-47500.00", "047500.00"),
        ("^b3:[0-9a-f]{64}$", "b3:" + "0" * 64, "b3:" + "0" * 63),
        ("^(EUR|USD|CHF)$", "EUR", "EURO"),
        ("^[^@ ]+@[^@ ]+$", "a@b", "a b"),
        ("cat", "concatenate", "dog"),
    ],
)
def test_everyday_patterns_work(pattern: str, fits: str, fails: str) -> None:
    compiled = compile_pattern(pattern, 128)
    assert compiled.search(fits)
    assert not compiled.search(fails)


def test_an_end_anchor_does_not_let_a_line_feed_through() -> None:
    assert re.search("^[a-z]+$", "abc\n")  # what Python does
    assert not compile_pattern("^[a-z]+$", 16).search("abc\n")


def test_a_dollar_in_a_class_or_escaped_stays_a_dollar() -> None:
    assert compile_pattern(r"^[$]\$$", 16).search("$$")


def test_digits_are_ascii_digits() -> None:
    assert not compile_pattern(r"^\d$", 16).search("\u0663")


_ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\.", "(a|b)", "(?:ab)", "^", "$"])
_QUANTIFIERS = st.sampled_from(["", "", "?", "*", "+", "{2}", "{0,3}", "{1,}"])
_PATTERNS = st.lists(st.tuples(_ATOMS, _QUANTIFIERS), max_size=6).map(
    lambda parts: "".join(a if a in "^$" else a + q for a, q in parts)
)


@given(_PATTERNS, st.text("ab.0", max_size=12))
def test_what_is_accepted_means_what_python_means(pattern: str, subject: str) -> None:
    try:
        compiled = compile_pattern(pattern, 12)
    except Rejected:
        return
    assert bool(compiled.search(subject)) == bool(re.search(pattern, subject))


@given(st.text(max_size=40) | st.text("ab(|)*+?{}1,[]^$-.", max_size=20))
def test_any_text_is_either_compiled_or_refused(pattern: str) -> None:
    with contextlib.suppress(Rejected):
        assert compile_pattern(pattern, 16).flags & re.ASCII
