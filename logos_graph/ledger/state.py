"""The state of the world as the ledger tells it: folded from the entries, and from nothing else.

A state maps kind and key to one JSON object. Things that receipts make are there as their youngest
mutation (`kind` included); a node that was promoted lies in Bedrock. `("policy", "active")` is the
policy in force, `("logline", cid)` an intent with all that became of it, as lines.py has it, and
`("escalation", cid)` what its end escalated, with how that stands.

A state that is given a table keeps there what nothing that follows can change or ask for but its
id and its end (runs, stored values, drafts, intents that have ended), so that it stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge

from logos_graph.canon import (
    ContentId,
    Json,
    Tag,
    content_id,
    encode,
    encode_parsed,
    tagged_id_of,
)
from logos_graph.errors import LogosError, NotVerified
from logos_graph.ledger.bodies import EntryKind, mutation_key
from logos_graph.ledger.entry import MAX_ENTRY_BYTES, Entry
from logos_graph.ledger.keys import founded
from logos_graph.ledger.lines import (
    LogLineState,
    answered,
    begun,
    cancelled,
    ended,
    escalated,
    moved_on,
    raised,
)
from logos_graph.ledger.memory import Table
from logos_graph.logline import Status

__all__ = ["ACTIVE", "Difference", "Known", "State"]

Known = Callable[[str, str], Mapping[str, Json] | None]
"""A thing by kind and key, as the entries so far have it: `State.get`, for who reads alone."""
ACTIVE = "active"
"""The key of the policy in force."""

_MANY = ("alarm", "draft", "escalation", "kv", "logline", "resolution", "run")
"""The kinds of which a ledger may have any number."""

_UNSETTLED = {"alarm": "open", "escalation": "open", "logline": Status.PENDING}
"""What something can still follow on, by kind."""

_MAX_THING = 2 * MAX_ENTRY_BYTES
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
    aside: where the many are kept, by kind and key: their status, and their content id.
    """

    objects: dict[str, dict[str, dict[str, Json]]] = field(default_factory=dict)
    written_at: dict[tuple[str, str], int] = field(default_factory=dict, compare=False)
    aside: Table | None = field(default=None, compare=False)

    def get(self, kind: str, key: str) -> dict[str, Json] | None:
        """The thing, or None; None too for what was put aside."""
        return self.objects.get(kind, {}).get(key)

    def count(self) -> int:
        """How many things there are."""
        held = sum(map(len, self.objects.values()))
        return held + sum(self.aside.count(kind) for kind in _MANY) if self.aside else held

    def apply(self, mutation: Mapping[str, Json], *, index: int | None = None) -> None:
        """Makes or changes what the mutation names. Raises InvalidInput E_MUTATION."""
        thing = dict(mutation)
        kind, key = mutation_key(thing)
        self._put(kind, key, thing, index)
        if kind == "policy":
            self._put(kind, ACTIVE, thing, index)
        if kind == "promotion":
            self._promote(key, index)
        if kind == "resolution":
            self._close(key, "resolved", index)
        if kind == "lift":
            self._lift(key, index)

    def escalate(self, escalation: Mapping[str, Json], *, index: int | None = None) -> None:
        """Says how an escalation stands."""
        self._put("escalation", str(escalation["id"]), {**escalation}, index)

    def alarm(self, alarm: Mapping[str, Json], *, index: int | None = None) -> None:
        """Says how an alarm stands."""
        self._put("alarm", str(alarm["id"]), {**alarm}, index)

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
        kinds = self.objects.keys() | (set() if self.aside is None else set(_MANY))
        ids = (identity for kind in sorted(kinds) for _, identity in self._ids(kind))
        return tagged_id_of(Tag.STATE, _lines(ids))

    def _ids(self, kind: str) -> Iterator[tuple[str, str]]:
        """Keys and content ids of a kind, by key."""
        things = self.objects.get(kind, {})
        held = ((key, content_id(_encode([kind, key, things[key]]))) for key in sorted(things))
        if self.aside is None or kind not in _MANY:
            return held
        put = ((key, text.split()[1]) for key, text in self.aside.items(kind))
        return merge(held, put)

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
        over = kind in _MANY and thing.get("status") != _UNSETTLED.get(kind, "")
        if self.aside is not None and over:
            identity = content_id(_encode_told([kind, key, thing]))
            status = thing["status"] if kind == "logline" else "-"
            self.aside.put(kind, key, f"{status} {identity}")
            self.objects.get(kind, {}).pop(key, None)
            return
        self.objects.setdefault(kind, {})[key] = thing
        if index is not None and self.aside is None:
            self.written_at[kind, key] = index

    def _close(self, intent: str, status: str, index: int | None) -> None:
        """An escalation is over; what is none stays none, and another check says so."""
        known = self.get("escalation", intent)
        if known is not None:
            self.escalate({**known, "status": status, "ledger_index": index}, index=index)

    def _lift(self, alarm: str, index: int | None) -> None:
        known = self.get("alarm", alarm)
        if known is not None:
            self.alarm({**known, "status": "lifted", "ledger_index": index}, index=index)

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
                self._change(_objects(body["mutations"]), index)
            case EntryKind.GHOST:
                self.settle(ended(self._pending(entry), entry, Status.GHOST), index=index)
            case EntryKind.CLAIM | EntryKind.ATTEMPT:
                self.settle(moved_on(self._pending(entry), entry), index=index)
            case EntryKind.ESCALATION:
                self.escalate(escalated(entry), index=index)
            case EntryKind.EXPIRY:
                self._close(str(body["intent"]), "expired", index)
            case EntryKind.ALARM:
                self.alarm(raised(entry), index=index)
            case _:
                pass  # the other kinds change nothing

    def _change(self, mutations: list[dict[str, Json]], index: int) -> None:
        """What a receipt changes."""
        for mutation in mutations:
            if mutation.get("kind") == "cancellation":
                line = self._pending_line(str(mutation.get("intent")))
                self.settle(cancelled(line, mutation), index=index)
            else:
                self.apply(mutation, index=index)

    def _pending(self, entry: Entry) -> LogLineState:
        """How the intent stands that the entry is about: it has not ended."""
        return self._pending_line(str(entry.body["intent"]))

    def _pending_line(self, cid: str) -> LogLineState:
        line = self.get("logline", cid)
        put = self.aside.get("logline", cid) if line is None and self.aside is not None else None
        if line is None and put is None:
            raise NotVerified("E_STATE", f"there is no intent {cid}", field="body.intent")
        status = line["status"] if line is not None else str(put).split()[0]
        if line is None or status != Status.PENDING:
            message = f"the intent {cid} is {status} already"
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


def _lines(ids: Iterator[str]) -> Iterator[bytes]:
    """The ids, each but the first on a new line."""
    for position, identity in enumerate(ids):
        yield (f"\n{identity}" if position else identity).encode()


def _encode_told(thing: Json) -> bytes:
    """The same of what entries tell, whose parts are canonical JSON already."""
    data = encode_parsed(thing).encode()
    return data if len(data) <= _MAX_THING else _encode(thing)


def _encode(thing: Json) -> bytes:
    return encode(thing, max_bytes=_MAX_THING)
