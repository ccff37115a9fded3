"""A ledger in parts, each of which can be looked at apart (on another core).

A part carries the ground on which its first entry stands, and the entry before it. Of each part, in
this order:

1. every entry is in form, hashes to its hash, is signed by the supervisor's key of its index, and
   continues the one before it
2. it is looked at on the ground right before it (past.py), which then moves along
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from logos_graph.canon import Json
from logos_graph.errors import NotVerified
from logos_graph.ledger import (
    Entry,
    EntryKind,
    Head,
    Stored,
    SupervisorKeys,
    check_place,
    parse_entry,
    trusted_entry,
)
from logos_graph.ledger.entry import no_head
from logos_graph.supervisor.entries import check_entry
from logos_graph.supervisor.past import Past

__all__ = ["PART", "Part", "cut", "parts_of", "seen_in"]

PART: Final = 512
"""Entries that are looked at together."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the ledger. ground: a pickled `Past.mutations`, as of the first entry.

    before, after: the entries next to it, if any. asked: intents before it of which a consent in
    it decides. keys: the supervisor's DIDs, and from where each signs.
    """

    rows: tuple[Stored, ...]
    before: Stored | None
    after: Stored | None
    asked: tuple[Stored, ...]
    ground: bytes
    keys: tuple[tuple[Any, ...], tuple[int, ...]]


def parts_of(entries: int) -> int:
    """How many parts so many entries are cut into."""
    return -(-entries // PART)


def cut(rows: Iterable[Stored], keys: SupervisorKeys, head: Head) -> Iterator[Part]:
    """The parts of a ledger from its genesis on, in order; one part is held at a time.

    head: of the last one. Raises NotVerified E_CHAIN_HEAD if there are not, and
    E_ENTRY_FORM, E_CHAIN_HASH, E_STATE for what changes the ground and is no entry.
    """
    past, before, ground = Past(), None, b""
    told, questions = (keys.dids, keys.first), _Questions()
    stale, held, count = True, list[Stored](), 0

    def part(after: Stored | None) -> Part:
        asked = questions.settled(held)
        return Part(tuple(held), before, after, asked, ground, told)

    for row in rows:
        if len(held) == PART:
            if stale:
                ground = pickle.dumps(past.mutations)
            stale = _moved(past, held)
            yield part(row)
            before, held = held[-1], []
        held.append(row)
        count += 1
    if count != head.index + 1 or held[-1].hash != head.hash:
        raise NotVerified(
            "E_CHAIN_HEAD",
            f"the {count} entries that are there do not end in the ledger's head, {head.index}",
            hint="`logos ledger verify` says what is wrong with the ledger",
            index=head.index,
            expected=head.hash,
        )
    if held:
        ground = pickle.dumps(past.mutations) if stale else ground
        yield part(None)


class _Questions:
    """The intents that wait for consent, as they are stored, until they are decided or over."""

    def __init__(self) -> None:
        self._waiting: dict[str, Stored] = {}

    def settled(self, rows: Iterable[Stored]) -> tuple[Stored, ...]:
        """Moves by these; which intents that a consent among them decides of are before them."""
        found, began = dict[str, Stored](), set[str]()
        for row in rows:
            if not (_may_ask(row.text) or (self._waiting and _may_end(row.text))):
                continue
            entry = trusted_entry(*row)
            decided: Any = entry.body.get("decision")
            cid = str(entry.body.get("intent"))
            if entry.kind is EntryKind.INTENT and decided["outcome"] == "REQUIRE":
                cid = str(entry.body["cid"])
                self._waiting[cid] = row
                began.add(cid)
            elif entry.kind is EntryKind.CONSENT and decided is not None:
                if cid in self._waiting and cid not in began:
                    found[cid] = self._waiting[cid]
                if decided["outcome"] == "ALLOW":  # a denial's ghost follows
                    self._waiting.pop(cid, None)
            elif entry.kind is EntryKind.GHOST:
                self._waiting.pop(cid, None)
        return tuple(found.values())


def _may_ask(text: str) -> bool:
    """Whether an entry of this text might be a question; if not, it is none."""
    return '"outcome":"REQUIRE"' in text and '"kind":"intent"' in text


def _may_end(text: str) -> bool:
    """Whether an entry of this text might decide of what waits, or end it; if not, it does not."""
    return '"kind":"consent"' in text or '"kind":"ghost"' in text


def _moved(past: Past, rows: Iterable[Stored]) -> bool:
    """Moves the ground by these; whether it is another. Whoever has the part verifies them."""
    changed = False
    for row in rows:
        if Past.may_change(row.text):
            changed = past.apply(parse_entry(*row)) or changed
    return changed


def seen_in(part: Part, *, proven: bool = False) -> Iterator[tuple[Past, Entry, Entry | None]]:
    """Each entry with the ground right before it, and the entry after it.

    proven: that each is signed was seen before; not that they are these. Raises NotVerified
    E_ENTRY_FORM, E_CHAIN_…, E_STATE for what is no such entry.
    """
    past, keys = Past(_ground(part.ground)), SupervisorKeys(*part.keys)
    entries = [_read(row, None if proven else keys) for row in part.rows]
    following = None if part.after is None else trusted_entry(*part.after)
    head = None if part.before is None else trusted_entry(*part.before).head
    for entry, after in zip(entries, [*entries[1:], following], strict=True):
        check_place(entry, no_head(entry.ledger) if head is None else head)
        head = entry.head
        yield past, entry, after
        past.apply(entry)


@lru_cache(maxsize=1)
def _ground(data: bytes) -> dict[tuple[str, str], dict[str, Json]]:
    """It was pickled by this program's own other process."""
    found: dict[tuple[str, str], dict[str, Json]] = pickle.loads(data)  # noqa: S301
    return found


def _read(row: Stored, keys: SupervisorKeys | None) -> Entry:
    """The entry; signed by the supervisor, if keys are given."""
    if keys is None:
        return trusted_entry(*row)
    entry = parse_entry(*row)
    check_entry(entry, keys)
    return entry
