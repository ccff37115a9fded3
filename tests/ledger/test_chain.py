"""The chain: whatever is changed, it is found, and where it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import content_id
from logos_graph.errors import NotVerified
from logos_graph.identity import Did, Signer
from logos_graph.ledger import (
    GENESIS_PREV_HASH,
    Entry,
    EntryKind,
    make_entry,
    parse_entry,
    verify_chain,
)

Forge = Callable[..., Entry]


def fault(entries: Any, supervisor: Did, **limits: Any) -> NotVerified:
    with pytest.raises(NotVerified) as raised:
        list(verify_chain(entries, supervisor, **limits))
    return raised.value


def rows(entries: list[Entry]) -> list[tuple[str, str, str]]:
    return [(entry.text, entry.hash, entry.signature) for entry in entries]


def read_back(stored: list[tuple[str, str, str]]) -> list[Entry]:
    return [parse_entry(*row, at=index) for index, row in enumerate(stored)]


# --- a good chain ----------------------------------------------------------------------------


def test_a_good_chain_verifies_entry_by_entry(story: Any, supervisor: Did) -> None:
    assert list(verify_chain(story.entries, supervisor, until=story.head)) == story.entries
    assert story.entries[0].prev_hash == GENESIS_PREV_HASH
    assert [entry.index for entry in story.entries] == list(range(len(story.entries)))


def test_what_was_stored_reads_back_and_verifies(story: Any, supervisor: Did) -> None:
    read = read_back(rows(story.entries))
    assert read == story.entries
    assert list(verify_chain(read, supervisor)) == story.entries


@given(cut=st.integers(1, 20))
def test_verification_goes_on_from_a_trusted_head(story: Any, supervisor: Did, cut: int) -> None:
    first, rest = story.entries[:cut], story.entries[cut:]
    assert list(verify_chain(rest, supervisor, after=first[-1].head)) == rest


def test_no_entries_are_a_chain_unless_a_head_says_otherwise(story: Any, supervisor: Did) -> None:
    assert list(verify_chain([], supervisor)) == []
    assert fault([], supervisor, until=story.head).code == "E_CHAIN_HEAD"


@given(steps=st.lists(st.integers(-(10**18), 10**18), max_size=8))
def test_the_ledger_s_order_is_time_order_whatever_the_clock_does(
    people: dict[str, Signer], supervisor: Did, story: Any, steps: list[int]
) -> None:
    entries = [story.entries[0]]
    for step in steps:
        entries.append(
            make_entry(
                entries[-1].head,
                EntryKind.CHECKPOINT,
                {},
                trace_id="0" * 26,
                now_ns=max(0, entries[-1].recorded_at + step),
                policy_hash=None,
                signer=people["supervisor"],
                ledger="main",
            )
        )
    times = [entry.recorded_at for entry in entries]
    assert times == sorted(set(times))
    assert list(verify_chain(entries, supervisor)) == entries


# --- one change, anywhere --------------------------------------------------------------------

OTHER_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "version": st.integers(2, 9),
    "ledger": st.from_regex(r"[a-z]{5,9}", fullmatch=True),
    "index": st.integers(0, 2**63 - 1),
    "prev_hash": st.binary(max_size=4).map(content_id),
    "trace_id": st.from_regex(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", fullmatch=True),
    "recorded_at": st.integers(0, 2**63 - 1),
    "kind": st.sampled_from(EntryKind),
    "policy_hash": st.none() | st.binary(max_size=4).map(content_id),
    "body": st.dictionaries(st.text("abc", max_size=3), st.integers(), max_size=2),
}  # fmt: skip
DERIVED: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(max_size=9),
    "hash": st.binary(max_size=4).map(content_id),
    "signature": st.text("0123456789abcdef", min_size=128, max_size=128) | st.text(max_size=9),
}


@given(data=st.data())
def test_any_single_changed_field_of_any_entry_is_found_there(
    story: Any, supervisor: Did, data: st.DataObject
) -> None:
    entries = list(story.entries)
    at = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(sorted(OTHER_VALUES | DERIVED)))
    value = data.draw((OTHER_VALUES | DERIVED)[field])
    entries[at] = replace(entries[at], **{field: value})
    if entries[at] == story.entries[at]:
        return
    error = fault(entries, supervisor)
    assert error.data["index"] == at
    if field in OTHER_VALUES or field == "hash":
        assert (error.data["field"], error.data["found"]) == (field, value)


@given(data=st.data())
def test_a_rewritten_entry_needs_the_supervisor_s_key(
    story: Any, supervisor: Did, people: dict[str, Signer], forged: Forge, data: st.DataObject
) -> None:
    """Text and hash fit the change; only the signature cannot be made."""
    entries = list(story.entries)
    at = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(sorted(OTHER_VALUES)))
    value = data.draw(OTHER_VALUES[field])
    if value == getattr(entries[at], field):
        return
    other = forged(entries[at], people["stranger"], **{field: value})
    for signature in (other.signature, entries[at].signature):
        entries[at] = replace(other, signature=signature)
        error = fault(entries, supervisor)
        assert (error.code, error.data["index"]) == ("E_CHAIN_SIGNATURE", at)


@given(data=st.data())
def test_a_flipped_bit_anywhere_in_what_is_stored_is_found_there(
    story: Any, supervisor: Did, data: st.DataObject
) -> None:
    stored = rows(story.entries)
    at = data.draw(st.integers(0, len(stored) - 1))
    part = data.draw(st.integers(0, 2))
    changed = bytearray(stored[at][part].encode())
    bit = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    row = list(stored[at])
    row[part] = changed.decode("utf-8", "surrogateescape")
    stored[at] = (row[0], row[1], row[2])
    with pytest.raises(NotVerified) as raised:
        list(verify_chain(read_back(stored), supervisor))
    assert raised.value.data["index"] == at


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("prev_hash", content_id(b"another"), "E_CHAIN_PREV"),
        ("index", 5, "E_CHAIN_INDEX"),
        ("index", 3, "E_CHAIN_INDEX"),
        ("ledger", "elsewhere", "E_CHAIN_LEDGER"),
        ("recorded_at", 1, "E_CHAIN_TIME"),
    ],
)
def test_a_signed_entry_in_the_wrong_place_is_refused(
    story: Any, supervisor: Did, forged: Forge, field: str, value: Any, code: str
) -> None:
    entries = list(story.entries)
    entries[4] = forged(entries[4], **{field: value})
    error = fault(entries, supervisor)
    assert (error.code, error.data["index"], error.data["field"]) == (code, 4, field)
    assert error.data["found"] == value


def test_an_entry_rewritten_by_the_supervisor_breaks_the_chain_behind_it(
    story: Any, supervisor: Did, forged: Forge
) -> None:
    entries = list(story.entries)
    entries[6] = forged(entries[6], trace_id="7" * 26)
    error = fault(entries, supervisor)
    assert (error.code, error.data["index"]) == ("E_CHAIN_PREV", 7)


def test_two_entries_of_one_time_are_refused(story: Any, supervisor: Did, forged: Forge) -> None:
    entries = list(story.entries)
    entries[4] = forged(entries[4], recorded_at=entries[3].recorded_at)
    assert fault(entries, supervisor).code == "E_CHAIN_TIME"


# --- entries gone, added, moved --------------------------------------------------------------


@given(at=st.integers(0, 20))
def test_a_missing_entry_is_found_where_it_is_missing(story: Any, supervisor: Did, at: int) -> None:
    error = fault(story.entries[:at] + story.entries[at + 1 :], supervisor)
    assert (error.code, error.data["index"]) == ("E_CHAIN_INDEX", at)


@given(at=st.integers(0, 20))
def test_a_repeated_entry_is_found_where_it_repeats(story: Any, supervisor: Did, at: int) -> None:
    error = fault([*story.entries[: at + 1], *story.entries[at:]], supervisor)
    assert (error.code, error.data["index"]) == ("E_CHAIN_INDEX", at + 1)


@given(at=st.integers(1, 19))
def test_swapped_entries_are_found(story: Any, supervisor: Did, at: int) -> None:
    entries = list(story.entries)
    entries[at], entries[at + 1] = entries[at + 1], entries[at]
    assert fault(entries, supervisor).data["index"] == at


@given(kept=st.integers(0, 20))
def test_a_cut_tail_is_found_by_whoever_kept_a_head(story: Any, supervisor: Did, kept: int) -> None:
    entries = story.entries[:kept]
    assert list(verify_chain(entries, supervisor)) == entries
    assert fault(entries, supervisor, until=story.head).code == "E_CHAIN_HEAD"


def test_a_back_dated_insert_is_found(story: Any, supervisor: Did, people: Any) -> None:
    before = story.entries[3]
    inserted = make_entry(
        before.head,
        EntryKind.CHECKPOINT,
        {},
        trace_id="0" * 26,
        now_ns=before.recorded_at + 1,
        policy_hash=None,
        signer=people["supervisor"],
        ledger="main",
    )
    entries = [*story.entries[:4], inserted, *story.entries[4:]]
    assert fault(entries, supervisor).data["index"] == 5


def test_a_fork_shows_at_its_first_entry(story: Any, supervisor: Did, forged: Forge) -> None:
    fork = forged(story.entries[9], trace_id="7" * 26)
    error = fault([*story.entries[:9], fork, *story.entries[10:]], supervisor)
    assert (error.code, error.data["index"]) == ("E_CHAIN_PREV", 10)


def test_another_supervisor_s_ledger_is_refused(
    story: Any, people: dict[str, Signer], forged: Forge
) -> None:
    stranger = people["stranger"]
    error = fault(story.entries, stranger.did)
    assert (error.code, error.data["index"]) == ("E_CHAIN_SUPERVISOR", 0)
    assert list(verify_chain(story.entries, None)) == story.entries
    genesis = forged(story.entries[0], stranger)
    assert fault([genesis], stranger.did).code == "E_CHAIN_SIGNATURE"
