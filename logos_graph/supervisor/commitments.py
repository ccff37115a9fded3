"""What an intent's commitments make of its end, and the timers that come of it. Pure.

| commitment | of an end | of a run that failed |
|---|---|---|
| emit:EVENT | the end's own entry is the event | - |
| escalate:ROLE | an `escalation` entry follows in the same transaction | - |
| retry:N | recorded, no more: nothing of it began | an `attempt` entry in place of it, N times |
| abort | recorded, no more | - |

A run is made again where another time may bring another answer: it asked something outside, and was
not refused for good. What was answered to attempts that failed is not told to the next one.

Timers are what entries say: until when a consent, an attempt, an escalation waits. `due` reads them
off the view, so they survive whatever happens to the process that made them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from logos_graph.canon import ContentId, Json
from logos_graph.errors import InvalidInput, NotVerified
from logos_graph.ledger import ESCALATION_NS, Entry, EntryKind, SupervisorKeys, retry_delay_ns
from logos_graph.logline import Action, LogLine, format_when, parse_commitment, parse_when
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.effects import Attempt, Effect
from logos_graph.supervisor.entries import check_entry
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.view import View

__all__ = [
    "Due",
    "attempt",
    "check_attempt",
    "due",
    "expiry",
    "or_again",
    "waiting",
    "with_escalation",
]

_FOR_GOOD = frozenset(
    {
        "E_GRANT_REVOKED",
        "E_KV_READ_ONLY",
        "E_POLICY_CHANGED",
        "E_RUN_CALLS",
        "E_RUN_CANCELLED",
        "E_RUN_DIVERGED",
        "E_RUN_SIZE",
    }
)
"""Failures that another attempt would not mend, or that say it is not to be made."""
_REFUSED = "E_HTTP_"
"""How the codes of requests begin that a grant does not allow."""


# what follows an end -----------------------------------------------------------------------------


def with_escalation(end: Draft, now_ns: int) -> list[Draft]:
    """A receipt or a ghost, with the escalation that its commitment asks for.

    now_ns: the instant at which both are recorded.
    """
    body = end.body
    commitment = parse_commitment(body["commitment"])
    if commitment.action is not Action.ESCALATE:
        return [end]
    escalation: dict[str, Json] = {
        "intent": body["intent"],
        "consequence": body["consequence"],
        "handler": commitment.argument,
        "target": commitment.target,
        "expires_at": format_when(now_ns + ESCALATION_NS),
    }
    return [end, Draft(EntryKind.ESCALATION, escalation, end.policy_hash)]


def expiry(intent: ContentId, policy_hash: ContentId) -> Draft:
    """Nobody has answered the escalation of this intent's end."""
    return Draft(EntryKind.EXPIRY, {"intent": intent}, policy_hash)


# attempts -----------------------------------------------------------------------------------------


def or_again(pending: PendingIntent, effect: Effect) -> Effect:
    """The effect, with the attempt it counts as if it failed and is to be made again.

    Where it is the end, after attempts, its result says how many there were.
    """
    line, number = pending.signed.intent.logline, pending.attempts + 1
    consequence = "if_doubt" if effect.doubt else "if_not"
    if effect.failed and pending.attempts < _times(line, consequence) and _is_worth_it(effect):
        failure = effect.result["failure"]
        assert isinstance(failure, dict)  # as a failed run has it
        return replace(
            effect, attempt=Attempt(number, _times(line, consequence), consequence, failure)
        )
    if pending.attempts:
        return replace(effect, result={**effect.result, "attempts": number})
    return effect


def _times(line: LogLine, consequence: str) -> int:
    """How often the act is made again in this case, as its author signed."""
    commitment = line.if_doubt if consequence == "if_doubt" else line.if_not
    return int(commitment.argument or 0) if commitment.action is Action.RETRY else 0


def _is_worth_it(effect: Effect) -> bool:
    """Whether another time may bring another end: a run that asked nothing fails the same again."""
    failure = effect.result.get("failure")
    code = str(failure.get("code")) if isinstance(failure, dict) else ""
    if not code or code in _FOR_GOOD or code.startswith(_REFUSED):
        return False
    return any(_asked(each) for each in effect.mutations if each["kind"] == "run")


def _asked(run: Mapping[str, Any]) -> bool:
    return any(step.get("calls") for step in run["steps"])


def attempt(
    pending: PendingIntent, made: Attempt, now_ns: int, writer: str, policy: ContentId
) -> Draft:
    """The entry of an attempt that failed; now_ns: the instant at which it is recorded."""
    return Draft(
        EntryKind.ATTEMPT,
        {
            "intent": pending.cid,
            "number": made.number,
            "failure": made.failure,
            "consequence": made.consequence,
            "next_at": format_when(now_ns + retry_delay_ns(made.number)),
            "writer": writer,
        },
        policy,
    )


def check_attempt(entry: Entry | None, pending: PendingIntent, keys: SupervisorKeys) -> Entry:
    """The entry of a pending intent's last attempt.

    Raises NotVerified E_CHAIN_SIGNATURE if the supervisor did not sign it, and E_NOT_RECORDED if it
    does not say what the graph does.
    """
    if entry is not None and entry.kind is EntryKind.ATTEMPT:
        check_entry(entry, keys)
        body = entry.body
        told = (entry.index, body["intent"], body["number"], parse_when(body["next_at"]))
        if told == (pending.attempt_index, pending.cid, pending.attempts, pending.wake_at):
            return entry
    raise NotVerified(
        "E_NOT_RECORDED",
        f"the attempts that the graph has of {pending.cid} are not those of the ledger",
        hint="somebody wrote to the database beside the gate: `logos ledger verify`",
        intent=pending.cid,
    )


def waiting(line: LogLine, entry: Entry) -> dict[str, Json]:
    """What a caller learns of an intent that waits for its next attempt; entry: of the last one."""
    body = entry.body
    return {
        "for": "retry",
        "attempt": body["number"],
        "of": _times(line, str(body["consequence"])),
        "at": body["next_at"],
        "failure": body["failure"],
    }


# timers -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """What is due at an instant.

    consents: intents that waited too long for consent. attempts: those whose next attempt is due.
    asleep: those whose next attempt is not. escalations: of the ends of these intents, nobody
    having answered. next_at: when there will be more (ns); None if nothing waits for a time.
    """

    consents: Sequence[ContentId]
    attempts: Sequence[ContentId]
    asleep: frozenset[ContentId]
    escalations: Sequence[ContentId]
    next_at: int | None


def due(view: View, now_ns: int) -> Due:
    """Every timer of the ledger, looked at once, in the ledger's order."""
    pending = sorted(view.pending.values(), key=lambda each: each.index)
    asked = {
        each.cid: until
        for each in pending
        if each.decision.get("outcome") != "ALLOW" and (until := _until(each)) is not None
    }
    woken = {
        each.cid: each.wake_at
        for each in pending
        if each.decision.get("outcome") == "ALLOW" and each.wake_at is not None
    }
    opened = {each.intent: each.expires_at for each in view.escalations.values()}
    later = [at for at in (*asked.values(), *woken.values(), *opened.values()) if at > now_ns]
    return Due(
        consents=_over(asked, now_ns),
        attempts=_over(woken, now_ns),
        asleep=frozenset(cid for cid, at in woken.items() if at > now_ns),
        escalations=_over(opened, now_ns),
        next_at=min(later, default=None),
    )


def _until(pending: PendingIntent) -> int | None:
    """None for what no policy decided: it stays, and does not keep others from their time."""
    try:
        return parse_when(pending.decision.get("expires_at"))
    except InvalidInput:
        return None


def _over(timers: Mapping[ContentId, int], now_ns: int) -> tuple[ContentId, ...]:
    return tuple(cid for cid, at in timers.items() if at <= now_ns)
