"""The state of the world as the ledger tells it: folded from the entries, and from nothing else.

A state maps kind and key to one JSON object. Things that receipts make are there as their youngest
mutation (`kind` included); a node that was promoted lies in Bedrock. `("policy", "active")` is the
policy in force, and `("logline", cid)` an intent with all that became of it, as lines.py has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from logos_graph.canon import MAX_BYTES, ContentId, Json, Tag, content_id, encode, tagged_id
from logos_graph.errors import LogosError, NotVerified
from logos_graph.ledger.bodies import EntryKind, mutation_key
from logos_graph.ledger.entry import Entry
from logos_graph.ledger.keys import founded
from logos_graph.ledger.lines import LogLineState, answered, begun, ended
from logos_graph.logline import Status

__all__ = ["ACTIVE", "Difference", "State"]

ACTIVE = "active"
"""The key of the policy in force."""

_MAX_THING = 4 * MAX_BYTES
"""Bytes of one thing: a LogLine holds parts of several entries."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which two states disagree; None where a state does not have it.

    index: of the ledger entry that last wrote it, None if no entry did.
    """

    kind: str
    key: str
    expected: Json
    found: Json
    index: int | None

    @property
    def fields(self) -> tuple[str, ...]:
        """The members in which the two differ; none when one state does not have the thing."""
        one, other = self.expected, self.found
        if not isinstance(one, dict) or not isinstance(other, dict):
            return ()
        names = sorted(one.keys() | other.keys())
        return tuple(name for name in names if not _same(one.get(name), other.get(name)))


@dataclass(slots=True)
class State:
    """Things by kind and key. Two states are equal when they hold equal things.

    written_at: index of the entry that last wrote (kind, key); empty if it was not folded.
    """

    objects: dict[str, dict[str, dict[str, Json]]] = field(default_factory=dict)
    written_at: dict[tuple[str, str], int] = field(default_factory=dict, compare=False)

    def get(self, kind: str, key: str) -> dict[str, Json] | None:
        """The thing, or None."""
        return self.objects.get(kind, {}).get(key)

    def count(self) -> int:
        """How many things there are."""
        return sum(map(len, self.objects.values()))

    def apply(self, mutation: Mapping[str, Json], *, index: int | None = None) -> None:
        """Makes or changes what the mutation names. Raises InvalidInput E_MUTATION."""
        thing = dict(mutation)
        kind, key = mutation_key(thing)
        self._put(kind, key, thing, index)
        if kind == "policy":
            self._put(kind, ACTIVE, thing, index)
        if kind == "promotion":
            self._promote(key, index)

    def settle(self, line: LogLineState, *, index: int | None = None) -> None:
        """Says how an intent stands."""
        self._put("logline", str(line["cid"]), line, index)

    def apply_entry(self, entry: Entry) -> None:
        """Moves the state by one entry, the next one.

        Raises NotVerified E_STATE with index and field: an end without a beginning, a second end.
        """
        try:
            self._apply_entry(entry)
        except LogosError as error:
            raise NotVerified(
                "E_STATE",
                f"entry {entry.index} does not follow from the entries before: {error.message}",
                index=entry.index,
                field=error.data.get("field", "body"),
            ) from error

    def digest(self) -> ContentId:
        """One id for the whole state, whatever the order in which it came to be."""
        ids = [
            content_id(_encode([kind, key, things[key]]))
            for kind, things in sorted(self.objects.items())
            for key in sorted(things)
        ]
        return tagged_id(Tag.STATE, "\n".join(ids).encode())

    def first_difference(self, found: State) -> Difference | None:
        """The first thing, by kind and key, on which `found` disagrees with this state."""
        for kind in sorted(self.objects.keys() | found.objects.keys()):
            mine, theirs = self.objects.get(kind, {}), found.objects.get(kind, {})
            for key in sorted(mine.keys() | theirs.keys()):
                if not _same(mine.get(key), theirs.get(key)):
                    index = self.written_at.get((kind, key))
                    return Difference(kind, key, mine.get(key), theirs.get(key), index)
        return None

    def _put(self, kind: str, key: str, thing: dict[str, Json], index: int | None) -> None:
        self.objects.setdefault(kind, {})[key] = thing
        if index is not None:
            self.written_at[kind, key] = index

    def _promote(self, node: str, index: int | None) -> None:
        known = self.get("node", node)
        if known is not None:
            self._put("node", node, {**known, "layer": "Bedrock"}, index)

    def _apply_entry(self, entry: Entry) -> None:
        body, index = entry.body, entry.index
        match entry.kind:
            case EntryKind.GENESIS:
                supervisors: list[Json] = [founded(entry)]
                for kind, things in (
                    ("principal", body["principals"]),
                    ("verb", body["verbs"]),
                    ("policy", [body["policy"]]),
                    ("supervisor", supervisors),
                ):
                    for thing in _objects(things):
                        self.apply({"kind": kind, **thing}, index=index)
            case EntryKind.INTENT:
                self.settle(begun(entry), index=index)
            case EntryKind.CONSENT | EntryKind.REFUSAL:
                self.settle(answered(self._pending(entry), entry), index=index)
            case EntryKind.RECEIPT:
                self.settle(ended(self._pending(entry), entry, Status.COMMITTED), index=index)
                for mutation in _objects(body["mutations"]):
                    self.apply(mutation, index=index)
            case EntryKind.GHOST:
                self.settle(ended(self._pending(entry), entry, Status.GHOST), index=index)
            case _:
                pass  # the other kinds change nothing

    def _pending(self, entry: Entry) -> LogLineState:
        """How the intent stands that the entry is about: it has not ended."""
        cid = str(entry.body["intent"])
        line = self.get("logline", cid)
        if line is None:
            raise NotVerified("E_STATE", f"there is no intent {cid}", field="body.intent")
        if line["status"] != Status.PENDING:
            message = f"the intent {cid} is {line['status']} already"
            raise NotVerified("E_STATE", message, field="body.intent")
        return line


def _object(value: Json) -> dict[str, Json]:
    assert isinstance(value, dict)  # the entry's form was checked when it was read
    return value


def _objects(value: Json) -> list[dict[str, Json]]:
    assert isinstance(value, list)  # the entry's form was checked when it was read
    return [_object(item) for item in value]


def _same(one: Json, other: Json) -> bool:
    """Equal as JSON; in Python alone, true would equal 1."""
    if one != other:
        return False
    try:
        return _encode(one) == _encode(other)
    except LogosError:  # a float, say, which no entry can tell
        return False


def _encode(thing: Json) -> bytes:
    return encode(thing, max_bytes=_MAX_THING)
