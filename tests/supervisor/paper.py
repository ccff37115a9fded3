"""A ledger on paper: what a journal asks of a store, kept in lists; not a test itself.

For what needs no database: order, refusals, time. It appends under compare and swap, all or
nothing, and has one constraint: no intent is recorded twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from logos_graph.canon import Json
from logos_graph.errors import Conflict, LogosError, Rejected
from logos_graph.governance import Conducts
from logos_graph.identity import Signer
from logos_graph.ledger import Entry, EntryKind, Head, SupervisorKeys
from logos_graph.ledger.merkle import Frontier
from logos_graph.logline import parse_intent
from logos_graph.supervisor.compose import Compose, Draft
from logos_graph.supervisor.journal import Journal
from logos_graph.supervisor.ports import Snapshot
from logos_graph.supervisor.view import View
from tests.ledger.conftest import ALLOW, POLICY, SUPERVISOR, Book

START = 1_790_000_000_000_000_000
PERMIT = '@id("all") permit (principal, action, resource);'


class Ticking:
    """A clock that shows what it is set to."""

    def __init__(self, now_ns: int = START) -> None:
        self.time, self.made = now_ns, 0

    def now_ns(self) -> int:
        return self.time

    def fresh_id(self) -> str:
        self.made += 1
        return f"{self.made:026d}"


class Paper:
    """The store; `append_first` may do something before each append, and may raise."""

    def __init__(self) -> None:
        self.book = Book()
        self.written: list[Entry] = [*self.book.entries]
        self.appends: list[int] = []
        self.append_first: Callable[[Sequence[Entry]], None] = lambda _entries: None

    @property
    def head(self) -> Head:
        return self.written[-1].head

    def entries(self, first: int) -> Iterable[Entry]:
        return self.written[first:]

    def append(
        self,
        expected: Head | None,
        entries: Sequence[Entry],
        _blobs: Any,
        tree: Frontier,
        _conducts: Conducts,
    ) -> None:
        self.append_first(entries)
        if expected != self.head:
            raise Conflict("E_HEAD_MOVED", "another was first")
        assert tree.size == len(self.written)
        told = [each.body["cid"] for each in [*self.written, *entries] if each.kind == "intent"]
        if len(told) != len(set(told)):
            raise Rejected("E_NONCE_USED", "recorded before")
        self.written += entries
        self.appends.append(len(entries))

    def journal(self, clock: Ticking | None = None, signer: Signer = SUPERVISOR) -> Journal:
        """A process that begins now."""
        tree = Frontier()
        for entry in self.written:
            tree.append(leaf(entry))
        body: Any = self.written[0].body
        snapshot = Snapshot(
            head=self.head, peaks=tree.peaks, keys=SupervisorKeys((SUPERVISOR.did,), (0,)),
            principals=[{"kind": "principal", **each} for each in body["principals"]],
            verbs=[], policy=PERMIT, pending=[],
        )  # fmt: skip
        store: Any = self
        return Journal(store, snapshot, lambda _did: signer, clock or Ticking())


def leaf(entry: Entry) -> bytes:
    from logos_graph.ledger.merkle import hash_leaf, leaf_data

    return hash_leaf(leaf_data(entry))


def act(number: int) -> dict[str, Any]:
    """The signed intent of this number, as an entry holds it."""
    book = Book()
    book.now += number
    signed = book.signed(SUPERVISOR, "transfer", {"amount": number})
    return {**signed, "cid": parse_intent(signed["intent"]).cid}


def record(signed: dict[str, Any]) -> Compose:
    """Records an intent; the store refuses one that is recorded already."""

    def compose(view: View, _now_ns: int) -> list[Draft]:
        allow = {**ALLOW, "revision": view.head.index}
        body: dict[str, Json] = {**signed, "decision": allow, "writer": "w"}
        return [Draft(EntryKind.INTENT, body, POLICY["id"])]

    return compose


def end(signed: dict[str, Any]) -> Compose:
    """Ends an intent; refused on a view in which it does not wait."""

    def compose(view: View, _now_ns: int) -> list[Draft]:
        if signed["cid"] not in view.pending:
            raise Conflict("E_SETTLED", "it does not wait")
        body: dict[str, Json] = {
            "intent": signed["cid"],
            "cause": {"type": "AgentAbort", "code": "E_TEST", "detail": "given up"},
            "consequence": "if_not",
            "commitment": "emit:denied",
        }
        return [Draft(EntryKind.GHOST, body, POLICY["id"])]

    return compose


def code_of(check: Callable[[], None]) -> str | None:
    """The code of the error that this raises, if it does."""
    try:
        check()
    except LogosError as error:
        return error.code
    return None
