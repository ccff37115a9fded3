"""What the ledger already tells of an unfinished run: its effects, and the answers before them.

An `effect` entry holds the answers that the run had from outside since the entry before it, so the
entries of one intent, in their order, are everything that the run was answered until it stopped.
Executed again, it is given the same answers, in the same order; nothing is asked or sent twice. Of
a call that was tried more than once it is given the last answer, and that may be worth a next try.
An attempt that follows one that failed begins anew: what was told before it is not told to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from logos_graph.canon import ContentId, Json, encode
from logos_graph.errors import NotVerified
from logos_graph.ledger import Entry, EntryKind, SupervisorKeys
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.entries import check_entry
from logos_graph.supervisor.ports import PendingIntent

__all__ = ["Told", "Try", "effect", "outcome", "read_told"]


@dataclass(frozen=True, slots=True)
class Try:
    """Which try of a call outside: its number from 1, and the grant that it is made under.

    ordinal: which of its step's calls outside it is, from 1. key: what it is sent under. at: when
    its outcome was recorded, or the try itself as long as it has none (ns since the epoch).
    """

    ordinal: int
    attempt: int
    key: str
    grant: ContentId
    at: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """One call of an earlier execution. answer: None for an effect whose outcome is not known.

    last: of an effect, its last try.
    """

    step: str
    operation: str
    arguments: Mapping[str, Json]
    answer: Mapping[str, Json] | None
    last: Try | None = None

    def is_call(self, step: str, operation: str, arguments: Mapping[str, Json]) -> bool:
        """Whether this is the call that was made. As JSON: in Python alone, true would equal 1."""
        if (self.step, self.operation, self.arguments) != (step, operation, arguments):
            return False
        return encode({**self.arguments}) == encode({**arguments})

    def repeats(self, before: Told) -> bool:
        """Whether this is the next try of the same call."""
        if before.last is None or self.last is None:
            return False
        expected = replace(before.last, attempt=before.last.attempt + 1, at=self.last.at)
        same = before.is_call(self.step, self.operation, self.arguments)
        return same and self.last == expected

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
    before: Iterable[Told],
    policy_hash: ContentId,
) -> Draft:
    """The entry of what is about to be done outside: the last try of this call.

    number: which effect of its intent it is, from 1. before: what the run was answered since the
    effect before it.
    """
    assert call.last is not None
    return Draft(
        EntryKind.EFFECT,
        {
            "intent": pending,
            "run": run,
            "step": call.step,
            "number": number,
            "ordinal": call.last.ordinal,
            "attempt": call.last.attempt,
            "key": call.last.key,
            "call": {"operation": call.operation, "arguments": {**call.arguments}},
            "grant": call.last.grant,
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
        open_ = bool(told) and told[-1].answer is None
        if is_effect and body["run"] == run and not open_:
            _announced(entry, told, pending)
        elif entry.kind is EntryKind.OUTCOME and open_ and told[-1].last is not None:
            last = replace(told[-1].last, at=entry.recorded_at)
            told[-1] = replace(told[-1], answer=body["answer"], last=last)
        else:
            raise _not_recorded(pending)
    if effects != pending.effects:
        raise _not_recorded(pending)
    return tuple(told)


def _announced(entry: Entry, told: list[Told], pending: PendingIntent) -> None:
    """Adds what this effect tells; of a call that is tried again only its last try stays."""
    body: Mapping[str, Any] = entry.body
    last = Try(body["ordinal"], body["attempt"], body["key"], body["grant"], entry.recorded_at)
    call = _told(body["step"], body["call"], None, last)
    if last.attempt > 1:
        before = told.pop() if told else None
        if before is None or body["answers"] or not call.repeats(before):
            raise _not_recorded(pending)
    told += [_told(each["step"], each, each["answer"]) for each in body["answers"]]
    told.append(call)


def _told(
    step: str,
    call: Mapping[str, Any],
    answer: Mapping[str, Json] | None,
    last: Try | None = None,
) -> Told:
    return Told(step, call["operation"], call["arguments"], answer, last)


def _not_recorded(pending: PendingIntent) -> NotVerified:
    return NotVerified(
        "E_NOT_RECORDED",
        f"the effects that the graph has of {pending.cid} are not those of the ledger",
        hint="somebody wrote to the database beside the gate: `logos ledger verify`",
        intent=pending.cid,
    )
