"""What the ledger already tells of an unfinished run: its effects, and the answers before them.

An `effect` entry holds the answers that the run had from outside since the entry before it, so the
entries of one intent, in their order, are everything that the run was answered until it stopped.
Executed again, it is given the same answers, in the same order; nothing is asked or sent twice. An
attempt that follows one that failed begins anew: what was told before it is not told to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from logos_graph.canon import ContentId, Json, encode
from logos_graph.errors import NotVerified
from logos_graph.ledger import Entry, EntryKind, SupervisorKeys
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.view import check_entry

__all__ = ["Told", "effect", "outcome", "read_told"]


@dataclass(frozen=True, slots=True)
class Told:
    """One call of an earlier execution. answer: None for an effect whose outcome is not known."""

    step: str
    operation: str
    arguments: Mapping[str, Json]
    answer: Mapping[str, Json] | None

    def is_call(self, step: str, operation: str, arguments: Mapping[str, Json]) -> bool:
        """Whether this is the call that was made. As JSON: in Python alone, true would equal 1."""
        if (self.step, self.operation, self.arguments) != (step, operation, arguments):
            return False
        return encode({**self.arguments}) == encode({**arguments})

    @property
    def json(self) -> dict[str, Json]:
        """The call among the answers of an `effect` entry."""
        return {
            "answer": None if self.answer is None else {**self.answer},
            "arguments": {**self.arguments},
            "operation": self.operation,
            "step": self.step,
        }


def effect(
    pending: ContentId,
    run: ContentId,
    number: int,
    call: Told,
    grant: ContentId,
    before: Iterable[Told],
    policy_hash: ContentId,
) -> Draft:
    """The entry of what is about to be done outside.

    number: which effect of its intent it is, from 1. before: what the run was answered since the
    effect before it.
    """
    return Draft(
        EntryKind.EFFECT,
        {
            "intent": pending,
            "run": run,
            "step": call.step,
            "number": number,
            "call": {"operation": call.operation, "arguments": {**call.arguments}},
            "grant": grant,
            "answers": [each.json for each in before],
        },
        policy_hash,
    )


def outcome(
    pending: ContentId, number: int, answer: dict[str, Json], policy_hash: ContentId
) -> Draft:
    """The entry of what came of that effect."""
    body: dict[str, Json] = {"intent": pending, "number": number, "answer": answer}
    return Draft(EntryKind.OUTCOME, body, policy_hash)


def read_told(
    entries: Iterable[Entry], pending: PendingIntent, run: ContentId, keys: SupervisorKeys
) -> tuple[Told, ...]:
    """The calls that these effects and outcomes tell, in the order they were made.

    Raises NotVerified E_CHAIN_SIGNATURE for an entry that the supervisor did not sign, and
    E_NOT_RECORDED if they are not the effects of this pending intent, one after the other.
    """
    told: list[Told] = []
    effects, last_index = pending.past_effects, max(pending.index, pending.attempt_index)
    for entry in entries:
        if entry.index <= last_index:  # else a key that was rotated out could have signed it
            raise _not_recorded(pending)
        last_index = entry.index
        check_entry(entry, keys)
        body: Mapping[str, Any] = entry.body
        is_effect = entry.kind is EntryKind.EFFECT
        effects += is_effect
        if (body["intent"], body["number"]) != (pending.cid, effects):
            raise _not_recorded(pending)
        if is_effect:
            if body["run"] != run or (told and told[-1].answer is None):
                raise _not_recorded(pending)
            told += [_told(each["step"], each, each["answer"]) for each in body["answers"]]
            told.append(_told(body["step"], body["call"], None))
        elif entry.kind is EntryKind.OUTCOME and told and told[-1].answer is None:
            last = told.pop()
            told.append(Told(last.step, last.operation, last.arguments, body["answer"]))
        else:
            raise _not_recorded(pending)
    if effects != pending.effects:
        raise _not_recorded(pending)
    return tuple(told)


def _told(step: str, call: Mapping[str, Any], answer: Mapping[str, Json] | None) -> Told:
    return Told(step, call["operation"], call["arguments"], answer)


def _not_recorded(pending: PendingIntent) -> NotVerified:
    return NotVerified(
        "E_NOT_RECORDED",
        f"the effects that the graph has of {pending.cid} are not those of the ledger",
        hint="somebody wrote to the database beside the gate: `logos ledger verify`",
        intent=pending.cid,
    )
