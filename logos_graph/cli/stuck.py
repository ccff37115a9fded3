"""Why a run has not ended, and since when: one code for programs, one sentence for people.

| code | the run |
|---|---|
| consent | waits for the consents that policy asks for |
| retry | waits for its next attempt |
| in_hand | is carried out by a live process |
| overdue | the same, but that process has had its time: whoever writes next takes it up |
| left | was left by a process that is dead, or of another home: the same |
| unknown | the same, and what was sent outside last has no answer: it is to end in doubt |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logos_graph.cli.texts import moment

if TYPE_CHECKING:
    from logos_graph.supervisor import Mutation, PendingIntent

__all__ = ["Stuck", "why"]

_TAKEN_UP = "`logos worker`, `logos run resume` or any command that writes takes it up"


@dataclass(frozen=True, slots=True)
class Stuck:
    """since: ns. until: when that is over by itself (ns); None where nothing says."""

    code: str
    text: str
    since: int
    until: int | None = None

    @property
    def json(self) -> dict[str, object]:
        """For the document."""
        return {"code": self.code, "text": self.text, "since": self.since, "until": self.until}


def why(
    pending: PendingIntent,
    limits: Mapping[str, Mutation],
    alive: Callable[[str], bool],
    now_ns: int,
    *,
    failure: str | None,
    unknown: bool,
) -> Stuck:
    """Why this intent has not ended. failure: the code of its last attempt. unknown: see above."""
    from logos_graph.supervisor import lease_end, waits

    if pending.decision["outcome"] != "ALLOW":
        return _consent(pending)
    since = pending.begun_at
    if waits(pending, now_ns):
        at = moment(pending.begun_at)
        text = f"waits for attempt {pending.attempts + 1} at {at}, after {failure}"
        return Stuck("retry", text, pending.claimed_at, pending.begun_at)
    asked = " and is cancelled" if pending.cancelled is not None else ""
    end = lease_end(limits, pending)
    if alive(pending.writer):
        if now_ns < end:
            text = f"in hand of a live process since {moment(since)}{asked}"
            return Stuck("in_hand", text, since, end)
        text = f"in hand of a process that has had its time since {moment(end)}{asked}; {_TAKEN_UP}"
        return Stuck("overdue", text, end)
    if unknown:
        text = f"something was sent outside, and its outcome is not known{asked}; {_TAKEN_UP}"
        return Stuck("unknown", text, since)
    return Stuck("left", f"left by a process that is dead{asked}; {_TAKEN_UP}", since)


def _consent(pending: PendingIntent) -> Stuck:
    from logos_graph.governance import Require, parse_decision

    asked = parse_decision({**pending.decision}, pending.policy_hash)
    assert isinstance(asked, Require)  # as whatever waits for consent
    until = asked.expires_at
    text = (
        f"waits for the consents of {asked.text} (there are {len(pending.consents)})"
        f" until {moment(until)}"
    )
    return Stuck("consent", text, pending.claimed_at, until)
