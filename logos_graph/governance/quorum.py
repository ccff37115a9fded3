"""Who has to agree, and when enough of them have.

A quorum counts *principals*, not signatures: consents are a mapping from the consenting principal
to its roles, so one signer that signs twice is one. The principal who wants the act is never
counted, and a signer that nobody registered is an error rather than a stranger who is quietly left
out: a count over a list that holds strangers is a count over the wrong list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from logos_graph.errors import Rejected
from logos_graph.identity import Did

__all__ = ["MAX_QUORUM", "Consents", "KOfN", "resolve_signers"]

MAX_QUORUM: Final = 100
"""More consents than this are a mistake in the policy, not a rule anybody could meet."""

Consents = Mapping[Did, frozenset[str]]
"""Consenting principal -> the roles it holds."""


@dataclass(frozen=True, slots=True)
class KOfN:
    """At least `k` distinct principals that hold `role`, the actor not among them.

    Raises (when made): Rejected E_QUORUM, k is below 1 (such a quorum is met by nobody's consent)
    or above MAX_QUORUM, or the role is empty.
    """

    role: str
    k: int

    def __post_init__(self) -> None:
        if not self.role or not 1 <= self.k <= MAX_QUORUM:
            raise Rejected(
                "E_QUORUM",
                f"{self.k} of role {self.role!r} is not a quorum",
                hint=f"name a role and a count from 1 to {MAX_QUORUM}",
            )

    def count(self, consents: Consents, who: Did) -> int:
        """How many of the consenting principals count for an act of `who`."""
        return sum(1 for did, roles in consents.items() if did != who and self.role in roles)

    def is_met(self, consents: Consents, who: Did) -> bool:
        """Whether enough of them do."""
        return self.count(consents, who) >= self.k


def resolve_signers(signers: Iterable[Did], principals: Consents) -> dict[Did, frozenset[str]]:
    """The distinct signers with the roles they are registered with.

    signers: whose consents were verified, in any order, repeats allowed.
    principals: every registered principal and its roles.

    Raises:
        Rejected: E_CONSENT_UNKNOWN, a signer is not registered.
    """
    found: dict[Did, frozenset[str]] = {}
    for did in signers:
        if did not in principals:
            raise Rejected(
                "E_CONSENT_UNKNOWN",
                f"{did} consented but is not a registered principal",
                hint="register it with principal.register before it consents",
                did=did,
            )
        found[did] = principals[did]
    return found
