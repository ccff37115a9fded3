"""Delegation: who may consent in whose place, to which acts, and until when.

A delegation is one mutation, named by the intent that made it:

    {"kind": "delegation", "id": cid, "by": DID, "to": DID, "role", "verbs": [names] or null,
     "until": moment, "ended": null, or the cid of the intent that ended it}

It lends the voice of one role. The delegate needs no role; the delegator must still hold it
whenever the consent is counted. What was lent cannot be lent on: a delegation is by who holds the
role, and a consent names one delegation.

It is as good as the key that signed it: when that is revoked the delegation is void for good, also
where its maker is given another key and holds the role again. A key that is merely followed by
another leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logos_graph.canon import ContentId, Json
from logos_graph.identity import Did
from logos_graph.ledger.principal_keys import PrincipalKeys
from logos_graph.ledger.quorums import Voice
from logos_graph.logline import format_when, parse_when

__all__ = ["Delegation"]


@dataclass(frozen=True, slots=True)
class Delegation:
    """verbs: the acts it is for; None for all. until: ns since the epoch; it does not count then.

    index: of an entry that made it, at which the key that signed it was its maker's.
    ended: the intent that ended it before; None while nobody has.
    """

    id: ContentId
    by: Did
    to: Did
    role: str
    verbs: tuple[str, ...] | None
    until: int
    index: int
    ended: ContentId | None = None

    @classmethod
    def from_mutation(cls, mutation: Mapping[str, Json], index: int) -> Delegation:
        """The typed form of what the entry of this index made. Raises InvalidInput E_WHEN."""
        verbs, ended = mutation["verbs"], mutation["ended"]
        return cls(
            ContentId(str(mutation["id"])),
            Did(str(mutation["by"])),
            Did(str(mutation["to"])),
            str(mutation["role"]),
            tuple(map(str, verbs)) if isinstance(verbs, list) else None,
            parse_when(mutation["until"]),
            index,
            None if ended is None else ContentId(str(ended)),
        )

    @property
    def mutation(self) -> dict[str, Json]:
        """As the ledger tells it."""
        return {
            "kind": "delegation",
            "id": self.id,
            "by": self.by,
            "to": self.to,
            "role": self.role,
            "verbs": None if self.verbs is None else [*self.verbs],
            "until": format_when(self.until),
            "ended": self.ended,
        }

    @property
    def voice(self) -> Voice:
        """The delegate's, in the place of the delegator."""
        return Voice(self.to, self.by)

    def holds(self, keys: PrincipalKeys) -> bool:
        """Whether nobody has ended it, and the key that signed it was not revoked since.

        keys: as they are now.
        """
        return self.ended is None and keys.counts(self.by, self.index)

    def lent(self, held: frozenset[str], verb: str, at_ns: int) -> frozenset[str]:
        """The role that it lends for an act of this verb at this instant; none if it does not.

        held: the roles of the delegator.
        """
        if self.ended is not None or at_ns >= self.until:
            return frozenset()
        if self.verbs is not None and verb not in self.verbs:
            return frozenset()
        return held & {self.role}
