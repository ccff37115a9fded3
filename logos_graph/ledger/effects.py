"""I1 for what a run does outside: announced before it is done, its outcome after, none untold.

An intent's effects are counted from 1, and one is over before the next begins. One whose outcome is
not known is the last, and the intent ends in doubt. What a run's record says was answered from
outside is what the effects and their outcomes say, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator

from logos_graph.canon import Json
from logos_graph.graph.capabilities import EXTERNAL
from logos_graph.ledger.acts import Act, Announced
from logos_graph.ledger.entry import Entry
from logos_graph.ledger.tally import Tally

__all__ = ["Effects"]


class Effects:
    """Looks at effects, outcomes and receipts in their order, and keeps what it saw in the act."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def announced(self, entry: Entry, act: Act) -> None:
        """The next effect of its intent; the one before it has its outcome."""
        self._tally.count += 1
        number, expected = entry.body["number"], len(act.effects) + 1
        message = f"the effect at entry {entry.index} is not the next of its intent"
        self._require(number == expected, entry, "body.number", expected, number, message)
        message = f"the effect at entry {entry.index} begins before the one before it is over"
        over = all(effect.outcome is not None for effect in act.effects)
        self._require(over, entry, "body.number", "an outcome before it", None, message)
        act.effects.append(Announced(str(entry.body["step"]), entry.body["call"]))

    def known(self, entry: Entry, act: Act) -> None:
        """The outcome of the last effect, told once."""
        number = entry.body["number"]
        last = act.effects[-1] if act.effects else None
        open_ = len(act.effects) if last is not None and last.outcome is None else None
        message = f"the outcome at entry {entry.index} has no effect before it"
        if self._require(number == open_, entry, "body.number", open_, number, message):
            assert last is not None  # or there was no number to be equal to
            last.outcome = entry.body["answer"]

    def told(self, entry: Entry, act: Act) -> None:
        """The receipt: in doubt if an outcome is not known, and no answer without its effect."""
        consequence = entry.body["consequence"]
        known = all(effect.outcome is not None for effect in act.effects)
        message = f"the receipt at entry {entry.index} hides that an outcome is not known"
        self._require(
            known or consequence == "if_doubt",
            entry, "body.consequence", "if_doubt", consequence, message,
        )  # fmt: skip
        announced = iter(act.effects)
        for step, call, answer in _answered(entry.body["mutations"]):
            effect = next(announced, None)
            told: Json = None if effect is None else [effect.step, effect.call, effect.outcome]
            found: Json = [step, call, answer]
            message = f"the run at entry {entry.index} had an answer that no effect announced"
            self._require(told == found, entry, "body.mutations", told, found, message)

    def _require(
        self, holds: bool, entry: Entry, field: str, expected: Json, found: Json, message: str
    ) -> bool:
        return self._tally.require(holds, entry.index, field, expected, found, message)


def _answered(mutations: Json) -> Iterator[tuple[str, Json, Json]]:
    """(step, call, answer) of what runs were answered from outside, in the runs' order."""
    for run in _objects(mutations):
        if run.get("kind") != "run":
            continue
        for step in _objects(run.get("steps")):
            for call in _objects(step.get("calls")):
                operation, answer = call.get("operation"), call.get("answer")
                if operation in EXTERNAL and answer is not None:
                    asked = {"operation": operation, "arguments": call.get("arguments")}
                    yield str(step.get("name")), asked, answer


def _objects(value: Json) -> Iterator[dict[str, Json]]:
    """The objects of an array; what a stranger's record holds besides is not looked at."""
    yield from (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()
