"""I1 for what a run does outside: announced before it is done, its outcome after, none untold.

An intent's effects are counted from 1, and one is over before the next begins. One whose outcome is
not known is the last, and the intent ends in doubt. All that an intent's effects tell (the answers
that the run had, the calls and the outcome of the last try of each) stands in the run's record, in
the same order; in doubt some of it may be missing there. The record has no answer from outside
besides; a fork's has those of its parent (forks.py). What attempts before the last one did is told
by their own entries (followups.py): the record is of the last.

Each effect is one try of a call. The calls of a step are counted from 1, and so are the tries of a
call. All tries of one call have its key, which follows from run, step and number. A further try
comes right after the one before, whose outcome was worth one: so says the grant, which is the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from logos_graph.canon import ContentId, Json, Tag, encode, tagged_id
from logos_graph.errors import InvalidInput
from logos_graph.graph.capabilities import EXTERNAL, Capability, HttpLimits, parse_limits
from logos_graph.ledger.acts import Act, Announced
from logos_graph.ledger.entry import Entry
from logos_graph.ledger.tally import Tally

__all__ = ["Call", "Effects", "effect_key", "recorded_calls"]


def effect_key(run: str, step: str, ordinal: int) -> ContentId:
    """The idempotency key of a call: the same for each try of it, and of no other call.

    ordinal: which of the step's calls outside it is, from 1.
    """
    return tagged_id(Tag.EFFECT_KEY, encode({"ordinal": ordinal, "run": run, "step": step}))


class Effects:
    """Looks at effects, outcomes and receipts in their order, and keeps what it saw in the act."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def announced(self, entry: Entry, act: Act, grant: Mapping[str, Json] | None) -> None:
        """The next effect of its intent; the one before it has its outcome.

        grant: the one that the effect names, as its mutation.
        """
        self._tally.count += 1
        number = entry.body["number"]
        expected = act.past_effects + len(act.effects) + 1
        message = f"the effect at entry {entry.index} is not the next of its intent"
        self._require(number == expected, entry, "body.number", expected, number, message)
        message = f"the effect at entry {entry.index} begins before the one before it is over"
        over = not act.effects or act.effects[-1].outcome is not None
        self._require(over, entry, "body.number", "an outcome before it", None, message)
        effect = _announced(entry.body, grant)
        key = effect_key(effect.run, effect.step, effect.ordinal)
        message = f"the key of the effect at entry {entry.index} is not that of its call"
        self._require(effect.key == key, entry, "body.key", key, effect.key, message)
        if effect.attempt == 1:
            self._first(entry, act, effect)
        else:
            self._again(entry, act, effect, grant)
        act.effects.append(effect)

    def _first(self, entry: Entry, act: Act, effect: Announced) -> None:
        """The first try of a call, which is the next of its step."""
        place = (effect.run, effect.step)
        calls = [each for each in act.effects if each.attempt == 1]
        expected = 1 + sum((each.run, each.step) == place for each in calls)
        message = f"the effect at entry {entry.index} is not the next call of its step"
        fits = effect.ordinal == expected
        self._require(fits, entry, "body.ordinal", expected, effect.ordinal, message)

    def _again(
        self, entry: Entry, act: Act, effect: Announced, grant: Mapping[str, Json] | None
    ) -> None:
        """A further try: of the same call, and the outcome before it was worth one."""
        before = act.effects[-1] if act.effects else None
        asked = None if before is None else [before.attempt + 1, *before.same]
        found = [effect.attempt, *effect.same]
        message = f"the effect at entry {entry.index} repeats another than the one before it"
        same = encode(asked) == encode(found)
        if not self._require(same, entry, "body.attempt", asked, found, message):
            return
        assert before is not None  # or they were not the same
        message = f"the effect at entry {entry.index} repeats what it may not repeat"
        outcome = before.outcome
        worth = _goes_on(grant, before.attempt, outcome)
        self._require(worth, entry, "body.attempt", "worth it by the grant", outcome, message)
        message = f"the run at entry {entry.index} asked for something between two tries"
        self._require(not effect.before, entry, "body.answers", [], effect.before, message)

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
        forks = {
            str(run.get("id"))
            for run in _objects(entry.body["mutations"])
            if "forked_from" in run  # forks.py says what it may have been answered
        }
        for call in recorded_calls(entry.body["mutations"]):
            told = waiting[0] if waiting else None
            if told is not None and told.is_in(call):
                waiting.popleft()
            elif call.run in forks:
                continue
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
    """What the effects of an intent tell, in their order: of each call the last try."""
    for effect, after in zip_longest(act.effects, act.effects[1:]):
        for each in _objects(effect.before):
            yield _call(effect.run, each.get("step"), None, each)
        if after is None or after.attempt == 1:
            done = {**effect.call, "answer": effect.outcome}
            yield _call(effect.run, effect.step, effect.node, done)


def _announced(body: Mapping[str, Json], grant: Mapping[str, Json] | None) -> Announced:
    """What an entry announces; its form was checked when it was read."""
    ordinal, attempt, call, before = (
        body[name] for name in ("ordinal", "attempt", "call", "answers")
    )
    assert isinstance(ordinal, int)
    assert isinstance(attempt, int)
    assert isinstance(call, dict)
    assert isinstance(before, list)
    node = None if grant is None else str(grant.get("node"))
    return Announced(
        str(body["run"]), str(body["step"]), ordinal, attempt, str(body["key"]), call,
        str(body["grant"]), before, node,
    )  # fmt: skip


def _goes_on(grant: Mapping[str, Json] | None, attempt: int, outcome: Json) -> bool:
    """Whether this outcome of that try leads to another one under the grant."""
    try:
        limits = parse_limits(Capability.HTTP, None if grant is None else grant.get("limits"))
    except InvalidInput:
        return False
    assert isinstance(limits, HttpLimits)  # as those of http are
    outcome = outcome.get("outcome") if isinstance(outcome, dict) else None
    return limits.retry is not None and limits.retry.goes_on(attempt, outcome)


def _call(run: str, step: Json, node: Json, call: dict[str, Json]) -> Call:
    holder = None if node is None else str(node)
    operation = str(call.get("operation"))
    return Call(run, str(step), holder, operation, call.get("arguments"), call.get("answer"))


def _objects(value: Json) -> Iterator[dict[str, Json]]:
    """The objects of an array; what a stranger's record holds besides is not looked at."""
    yield from (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()
