"""What the check of the five invariants found, for people and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logos_graph.canon import ContentId, Json

__all__ = ["Check", "Comparison", "Counts", "Finding", "InvariantReport", "Offender"]


@dataclass(frozen=True, slots=True)
class Offender:
    """The first thing that breaks an invariant.

    index: of the ledger entry, None for a thing that no entry made. field: where in it.
    """

    index: int | None
    field: str
    expected: Json
    found: Json
    message: str

    @property
    def json(self) -> dict[str, Json]:
        """The offender as the CLI prints it."""
        return {
            "index": self.index,
            "field": self.field,
            "expected": self.expected,
            "found": self.found,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: how much was looked at, whether it holds, and what first breaks it.

    note: what a person should know besides ("not compared", how many intents are unfinished).
    """

    name: str
    title: str
    count: int
    ok: bool
    first_offender: Offender | None
    note: str = ""

    @property
    def json(self) -> dict[str, Json]:
        """The check as the CLI prints it."""
        offender = self.first_offender
        return {
            "name": self.name,
            "title": self.title,
            "count": self.count,
            "ok": self.ok,
            "first_offender": None if offender is None else offender.json,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Counts:
    """What I5 observes. allowed, required and denied are of first decisions."""

    intents: int
    allowed: int
    required: int
    denied: int
    committed: int
    ghosts: Mapping[str, int]
    waiting: int
    unfinished: int

    @property
    def ghost_total(self) -> int:
        """Intents that ended as ghosts, whatever the cause."""
        return sum(self.ghosts.values())

    @property
    def ghost_rate(self) -> str:
        """Ghosts per intent, with four digits of fraction, rounded down; "0.0000" without any."""
        scaled = self.ghost_total * 10_000 // self.intents if self.intents else 0
        return f"{scaled // 10_000}.{scaled % 10_000:04d}"

    @property
    def json(self) -> dict[str, Json]:
        """The counts as the CLI prints them."""
        return {
            "intents": self.intents,
            "allowed": self.allowed,
            "required": self.required,
            "denied": self.denied,
            "committed": self.committed,
            "ghosts": dict(sorted(self.ghosts.items())),
            "ghost_rate": self.ghost_rate,
            "waiting": self.waiting,
            "unfinished": self.unfinished,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the graph has otherwise than the ledger makes it.

    what: `missing`, `foreign`, `changed` or `doubled`. kind: a node's label or a relationship's
    type; key: its name. field: what was changed, None for a whole thing. index: of the entry that
    made it; of a foreign thing the one that it names as its own; None where there is none.
    """

    what: str
    kind: str
    key: str
    field: str | None
    expected: Json
    found: Json
    index: int | None

    @property
    def json(self) -> dict[str, Json]:
        """The finding as the CLI prints it."""
        return {
            "what": self.what,
            "kind": self.kind,
            "key": self.key,
            "field": self.field,
            "expected": self.expected,
            "found": self.found,
            "index": self.index,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """The graph beside what the ledger makes of it: I4.

    count: things that the ledger makes, nodes and relationships. total: how many findings there
    are; findings: the first of them.
    """

    count: int
    total: int
    findings: tuple[Finding, ...]

    @property
    def json(self) -> dict[str, Json]:
        """The comparison as the CLI prints it."""
        return {
            "compared": self.count,
            "total": self.total,
            "findings": [finding.json for finding in self.findings],
        }


@dataclass(frozen=True, slots=True)
class InvariantReport:
    """I1 to I5, and what is still open: neither list of open intents is a fault.

    unfinished: allowed, but without receipt or ghost (the process stopped between commit and
    effect). waiting: consent is required and was neither given nor refused. state: the digest of
    the state that the entries add up to; two who verified the same ledger have the same one.
    """

    I1: Check
    I2: Check
    I3: Check
    I4: Check
    I5: Check
    counts: Counts
    unfinished: tuple[ContentId, ...]
    waiting: tuple[ContentId, ...]
    state: ContentId

    @property
    def checks(self) -> tuple[Check, ...]:
        """The five, in order."""
        return (self.I1, self.I2, self.I3, self.I4, self.I5)

    @property
    def ok(self) -> bool:
        """Whether all five hold."""
        return all(check.ok for check in self.checks)

    @property
    def json(self) -> dict[str, Json]:
        """The report as the CLI prints it."""
        return {
            "ok": self.ok,
            "checks": [check.json for check in self.checks],
            "counts": self.counts.json,
            "unfinished": list(self.unfinished),
            "waiting": list(self.waiting),
            "state": self.state,
        }
