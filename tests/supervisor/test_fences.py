"""Processes that claim, hang, die and go on in any order: only who holds an intent writes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from logos_graph.canon import ContentId
from logos_graph.ledger import check_invariants
from logos_graph.supervisor.claims import GRACE_S, Claims
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.hands import in_hand
from logos_graph.supervisor.limits import DEFAULT_RUN_SECONDS
from logos_graph.supervisor.view import View
from tests.supervisor.paper import Paper, Ticking, act, code_of, end, record

ONE = act(0)
CID = ContentId(ONE["cid"])
LEASE_NS = (DEFAULT_RUN_SECONDS + GRACE_S) * 1_000_000_000
NAMES = ("a", "b", "c")


class Process:
    """One that may hold the intent. token: what it believes that it holds it by."""

    def __init__(self, name: str, paper: Paper, clock: Ticking, living: set[str]) -> None:
        self.own, self._living = name, living
        self.journal = paper.journal(clock)
        writers: Any = self
        self.claims = Claims(self.journal, writers, lambda _cid: False)
        self.token: int | None = None

    def alive(self, writer: str) -> bool:
        return writer in self._living

    def take(self) -> None:
        if CID in self.claims.take([CID]):
            self.token = self.journal.view.pending[CID].claimed

    def finish(self) -> None:
        if self.token is None:
            return
        token = self.token

        def compose(view: View, now_ns: int) -> Sequence[Draft]:
            in_hand(view, CID, token)
            return end(ONE)(view, now_ns)

        self.journal.commit(compose)


ACTS = some.lists(
    some.tuples(some.sampled_from(NAMES), some.sampled_from(["take", "finish", "die", "hang"])),
    max_size=14,
)


@settings(deadline=None, max_examples=150)
@given(ACTS)
def test_whoever_ends_an_intent_holds_it_by_the_last_claim(acts: list[tuple[str, str]]) -> None:
    """A dead process does nothing more; one that hangs goes on when its time is long over."""
    paper, clock, living = Paper(), Ticking(), set(NAMES)
    there = {name: Process(name, paper, clock, living) for name in NAMES}
    paper.journal(clock).commit(record(ONE))  # by a process that nobody finds any more
    for process in there.values():
        process.journal.catch_up()
    for name, what in acts:
        if name not in living:
            continue
        match what:
            case "die":
                living.discard(name)
            case "hang":
                clock.time = max(clock.time, paper.head.recorded_at) + LEASE_NS
            case _:
                does = there[name].take if what == "take" else there[name].finish
                assert code_of(does) in (None, "E_SETTLED", "E_TAKEN_OVER")
    kinds = [str(entry.kind) for entry in paper.written]
    assert kinds.count("ghost") <= 1
    for entry in paper.written:
        if entry.kind == "ghost":
            last = [each for each in paper.written if each.kind == "claim"][-1]
            holders = [name for name in NAMES if there[name].token == last.index]
            assert holders == [last.body["writer"]]
            assert last.index < entry.index
    for before, after in zip(paper.written[2:], paper.written[3:], strict=False):
        if before.kind == after.kind == "claim":
            mine = before.body["writer"] == after.body["writer"]
            died = before.body["writer"] not in living
            assert mine or died or after.recorded_at >= before.recorded_at + LEASE_NS
    report = check_invariants(paper.written, None)
    assert (report.I1.ok, report.I2.ok) == (True, True)
