"""I1 for what a run does outside: announced before it is done, its outcome after, none untold.

An intent's effects are counted from 1, and one is over before the next begins. One whose outcome is
not known is the last, and the intent ends in doubt. All that an intent's effects tell (the answers
that the run had, the effects and their outcomes) stands in the run's record, in the same order; in
doubt some of it may be missing there. The record has no answer from outside besides. What attempts
before the last one did is told by their own entries (followups.py): the record is of the last.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from logos_graph.canon import Json
from logos_graph.graph.capabilities import EXTERNAL
from logos_graph.ledger.acts import Act, Announced
from logos_graph.ledger.entry import Entry
from logos_graph.ledger.tally import Tally

__all__ = ["Call", "Effects", "recorded_calls"]


class Effects:
    """Looks at effects, outcomes and receipts in their order, and keeps what it saw in the act."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def announced(self, entry: Entry, act: Act, node: str | None) -> None:
        """The next effect of its intent; the one before it has its outcome.

        node: which one holds the grant that the effect names.
        """
        self._tally.count += 1
        body = entry.body
        number, expected = body["number"], act.past_effects + len(act.effects) + 1
        message = f"the effect at entry {entry.index} is not the next of its intent"
        self._require(number == expected, entry, "body.number", expected, number, message)
        message = f"the effect at entry {entry.index} begins before the one before it is over"
        over = not act.effects or act.effects[-1].outcome is not None
        self._require(over, entry, "body.number", "an outcome before it", None, message)
        call, before = body["call"], body["answers"]
        assert isinstance(call, dict)  # the entry's form was checked when it was read
        assert isinstance(before, list)
        act.effects.append(Announced(str(body["run"]), str(body["step"]), call, before, node))

    def known(self, entry: Entry, act: Act) -> None:
        """The outcome of the last effect, told once."""
        number = entry.body["number"]
        last = act.effects[-1] if act.effects else None
        told = act.past_effects + len(act.effects)
        open_ = told if last is not None and last.outcome is None else None
        message = f"the outcome at entry {entry.index} has no effect before it"
        if self._require(number == open_, entry, "body.number", open_, number, message):
            assert last is not None  # or there was no number to be equal to
            last.outcome = entry.body["answer"]

    def told(self, entry: Entry, act: Act) -> None:
        """The receipt: the record says what the effects say, or the intent ends in doubt."""
        consequence = entry.body["consequence"]
        doubt = consequence == "if_doubt"
        known = all(effect.outcome is not None for effect in act.effects)
        message = f"the receipt at entry {entry.index} hides that an outcome is not known"
        self._require(known or doubt, entry, "body.consequence", "if_doubt", consequence, message)
        waiting = deque(_told(act))
        for call in recorded_calls(entry.body["mutations"]):
            told = waiting[0] if waiting else None
            if told is not None and told.is_in(call):
                waiting.popleft()
            elif call.operation in EXTERNAL and call.answer is not None:
                expected, found = None if told is None else told.json, call.json
                message = f"the run at entry {entry.index} had an answer that no effect announced"
                self._require(False, entry, "body.mutations", expected, found, message)
                return
        untold = waiting[0].json if waiting else None
        message = f"the run at entry {entry.index} has no record of what its effects tell"
        self._require(not waiting or doubt, entry, "body.mutations", untold, None, message)

    def _require(
        self, holds: bool, entry: Entry, field: str, expected: Json, found: Json, message: str
    ) -> bool:
        return self._tally.require(holds, entry.index, field, expected, found, message)


@dataclass(frozen=True, slots=True)
class Call:
    """What a node was answered. node: None where that is not told."""

    run: str
    step: str
    node: str | None
    operation: str
    arguments: Json
    answer: Json

    @property
    def json(self) -> list[Json]:
        """All of it."""
        return [self.run, self.step, self.node, self.operation, self.arguments, self.answer]

    def is_in(self, recorded: Call) -> bool:
        """Whether this is the recorded call, as far as it tells."""
        same = self.node in (None, recorded.node)
        return same and self.json[3:] == recorded.json[3:] and self.json[:2] == recorded.json[:2]


def recorded_calls(mutations: Json) -> Iterator[Call]:
    """What the runs among these mutations asked, in their order."""
    for run in _objects(mutations):
        if run.get("kind") == "run":
            for step in _objects(run.get("steps")):
                for call in _objects(step.get("calls")):
                    yield _call(str(run.get("id")), step.get("name"), step.get("node"), call)


def _told(act: Act) -> Iterator[Call]:
    """What the effects of an intent tell, in their order."""
    for effect in act.effects:
        for each in _objects(effect.before):
            yield _call(effect.run, each.get("step"), None, each)
        done = {**effect.call, "answer": effect.outcome}
        yield _call(effect.run, effect.step, effect.node, done)


def _call(run: str, step: Json, node: Json, call: dict[str, Json]) -> Call:
    holder = None if node is None else str(node)
    operation = str(call.get("operation"))
    return Call(run, str(step), holder, operation, call.get("arguments"), call.get("answer"))


def _objects(value: Json) -> Iterator[dict[str, Json]]:
    """The objects of an array; what a stranger's record holds besides is not looked at."""
    yield from (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()
