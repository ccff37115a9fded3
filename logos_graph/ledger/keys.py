"""Which key signs the ledger at which index: the supervisor's keys, as the ledger tells them.

The first is the one that genesis names. A later one comes by a receipt whose mutation

    {"kind": "supervisor", "did": NEW, "previous": OLD, "signature": NEW's}

is signed by both: by the old key, as every entry is at that index, and by the new one inside of it,
over the canonical JSON of {"did", "ledger", "previous"} under a tag of its own. From the next index
on the new key signs, and the old one never again: a key has one stretch of the ledger, so that what
a key signed once cannot be shown a second time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import NoReturn

from logos_graph.canon import Json, Tag, encode, shown
from logos_graph.errors import LogosError, NotVerified
from logos_graph.identity import Did, Signer, parse_key, verify
from logos_graph.ledger.bodies import EntryKind
from logos_graph.ledger.entry import Entry, mutations_of

__all__ = ["SupervisorKeys", "accept_supervision", "check_acceptance", "founded", "rotations"]


def accept_supervision(ledger: str, previous: Did, new: Signer) -> str:
    """The new key's signature, by which it takes the ledger over from the previous one."""
    return new.sign(Tag.SUPERVISOR_KEY, _accepted(ledger, previous, new.key))


def check_acceptance(ledger: str, previous: Did, new: Did, signature: str) -> None:
    """That the new key signed that it takes over; Rejected E_SIGNATURE, InvalidInput E_KEY."""
    verify(new, Tag.SUPERVISOR_KEY, _accepted(ledger, previous, new), signature)


def founded(genesis: Entry) -> dict[str, Json]:
    """The mutation that genesis stands for: the first key, which nobody handed the ledger to."""
    did = genesis.body["supervisor"]
    return {"kind": "supervisor", "did": did, "previous": None, "signature": None}


def rotations(entry: Entry) -> list[Mapping[str, Json]]:
    """The mutations of an entry that change the supervisor's key: none but in such a receipt."""
    if entry.kind is not EntryKind.RECEIPT:
        return []
    return [each for each in mutations_of(entry) if each["kind"] == "supervisor"]


class SupervisorKeys:
    """The supervisor's keys in the ledger's order; moves with the entries, from genesis on."""

    __slots__ = ("_dids", "_first")

    def __init__(self, dids: tuple[Did, ...] = (), first: tuple[int, ...] = ()) -> None:
        """dids: the keys; first: the index of the first entry that each may sign."""
        self._dids, self._first = list(dids), list(first)

    def copy(self) -> SupervisorKeys:
        """The same keys, which move on by themselves."""
        return SupervisorKeys(tuple(self._dids), tuple(self._first))

    def before(self, index: int) -> SupervisorKeys:
        """The keys as they stood before the entry of this index; they move on by themselves."""
        stretches = zip(self._dids, self._first, strict=True)
        known = [(did, first) for did, first in stretches if first <= index and index > 0]
        return SupervisorKeys(tuple(d for d, _ in known), tuple(first for _, first in known))

    @property
    def dids(self) -> tuple[Did, ...]:
        """Every key, the first one first."""
        return tuple(self._dids)

    @property
    def current(self) -> Did:
        """The one that signs the next entry."""
        return self._dids[-1]

    @property
    def first(self) -> tuple[int, ...]:
        """The index of the first entry that each key may sign."""
        return tuple(self._first)

    def at(self, index: int) -> Did:
        """The key whose signature an entry of this index has; there is one from genesis on."""
        return self._dids[max(0, bisect_right(self._first, index) - 1)]

    def is_retired(self, did: str) -> bool:
        """Whether this key was the supervisor's, and has no authority any more."""
        return did in self._dids and did != self.current

    def signer_of(self, entry: Entry) -> Did | None:
        """The key whose signature an entry has to have: genesis names its own.

        None if there is none: the entries did not begin with a genesis.
        """
        if self._dids:
            return self.at(entry.index)
        named = entry.body.get("supervisor")
        if entry.kind is not EntryKind.GENESIS or not isinstance(named, str):
            return None
        try:
            return parse_key(named)
        except LogosError:
            return None

    def apply(self, entry: Entry) -> None:
        """Moves by one entry, the next one; NotVerified E_CHAIN_ROTATION."""
        if entry.kind is EntryKind.GENESIS and not self._dids:
            self._dids, self._first = [_did(entry, entry.body["supervisor"])], [0]
            return
        found = rotations(entry)
        if not found:
            return
        if len(found) > 1:
            _refuse(entry, "it changes the supervisor's key twice")
        self._rotate(entry, found[0])

    def _rotate(self, entry: Entry, mutation: Mapping[str, Json]) -> None:
        new, previous = _did(entry, mutation.get("did")), mutation.get("previous")
        if previous != self.current:
            _refuse(entry, f"{shown(previous, 100)} is not the key in force, {self.current}")
        if entry.index < self._first[-1]:
            _refuse(entry, f"{self.current} signs from entry {self._first[-1]} on, not before")
        if new in self._dids:
            _refuse(entry, f"{new} was the supervisor's key before")
        try:
            check_acceptance(entry.ledger, self.current, new, str(mutation.get("signature")))
        except LogosError as error:
            _refuse(entry, f"the new key has not signed it: {error.message}")
        self._dids.append(new)
        self._first.append(entry.index + 1)


def _accepted(ledger: str, previous: Did, new: Did) -> bytes:
    return encode({"did": new, "ledger": ledger, "previous": previous})


def _did(entry: Entry, text: Json) -> Did:
    try:
        return parse_key(str(text))
    except LogosError as error:
        _refuse(entry, error.message)


def _refuse(entry: Entry, reason: str) -> NoReturn:
    raise NotVerified(
        "E_CHAIN_ROTATION",
        f"entry {entry.index} does not rotate the supervisor's key: {reason}",
        hint="`logos ledger verify` says what is wrong with the ledger",
        index=entry.index,
        field="body.mutations",
    )
