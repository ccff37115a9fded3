"""Who holds which role, and whom a name means: a set of principals, the other way round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from logos_graph.identity import Did
from logos_graph.supervisor.ports import Mutation

__all__ = ["Standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one set of principals. It says nothing of keys that were retired since.

    roles: role -> who was registered with it. names: DID or name -> who is called so.
    """

    roles: Mapping[str, frozenset[Did]]
    names: Mapping[str, frozenset[Did]]

    @classmethod
    def of(cls, principals: Mapping[Did, Mutation]) -> Standing:
        """Goes through all of them once."""
        roles: dict[str, set[Did]] = defaultdict(set)
        names: dict[str, set[Did]] = defaultdict(set)
        for did, principal in principals.items():
            names[did].add(did)
            names[str(principal["name"])].add(did)
            held = principal["roles"]
            for role in held if isinstance(held, list) else ():
                roles[str(role)].add(did)
        return cls(
            {role: frozenset(found) for role, found in roles.items()},
            {name: frozenset(found) for name, found in names.items()},
        )
