"""What the gate answers: the decision, and how the intent stands now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logos_graph.canon import ContentId, Json
from logos_graph.errors import LogosError

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One recorded intent, as the caller learns of it.

    decision: the ledger's DECISION object that counts now.
    status: PENDING (it waits for consent, or for another attempt), COMMITTED (receipt) or GHOST
    (no effect).
    consequence: `if_ok`, `if_doubt` or `if_not`, with its commitment; None while pending.
    result: what the handler reports (ids, outputs); a failed run has `status` "failed" in it.
    cause: why it is a ghost.
    error: what stopped the effect, when this process saw it happen.
    waiting: for what it waits besides consent: for the next attempt, after one that failed
    ("for": "retry", "attempt", "of", "at", "failure").
    settled: other intents that ended as a consequence (the one that a consent let through).
    repeated: whether this very intent had been recorded before it was submitted now.
    """

    intent: ContentId
    did: str
    decision: Mapping[str, Json]
    status: str
    consequence: str | None = None
    commitment: str | None = None
    result: Mapping[str, Json] | None = None
    cause: Mapping[str, Json] | None = None
    error: LogosError | None = None
    settled: tuple[Outcome, ...] = ()
    waiting: Mapping[str, Json] | None = None
    repeated: bool = False

    @property
    def verdict(self) -> str:
        """ALLOW, REQUIRE or DENY."""
        return str(self.decision["outcome"])

    @property
    def failed(self) -> bool:
        """Whether it took effect and the effect is a failure: a run that did not finish."""
        return self.result is not None and self.result.get("status") == "failed"

    def to_json(self) -> dict[str, object]:
        """The outcome as the CLI prints it."""
        return {
            "intent": self.intent,
            "did": self.did,
            "decision": dict(self.decision),
            "status": self.status,
            "consequence": self.consequence,
            "commitment": self.commitment,
            "result": dict(self.result) if self.result is not None else None,
            "cause": dict(self.cause) if self.cause is not None else None,
            "error": self.error.to_json() if self.error is not None else None,
            "waiting": dict(self.waiting) if self.waiting is not None else None,
            "settled": [outcome.to_json() for outcome in self.settled],
            "repeated": self.repeated,
        }
