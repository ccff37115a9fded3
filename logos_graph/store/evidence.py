"""What a proof file is made of, looked up in the graph: never by reading the ledger through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from logos_graph.errors import InvalidInput
from logos_graph.ledger import Entry, parse_entry
from logos_graph.store.reader import Reader
from logos_graph.store.statements import Row

__all__ = ["GraphEvidence"]

_MADE = {
    "Principal": "proof/principals",
    "Verb": "proof/verbs",
    "Flow": "proof/flows",
    "Node": "proof/nodes",
}


class GraphEvidence:
    """Implements logos_graph.proof.Evidence; each entry has the hash it is under."""

    def __init__(self, reader: Reader, ledger: str) -> None:
        self._reader, self._ledger = reader, ledger

    def genesis(self) -> Entry:
        """See Evidence.genesis. Raises InvalidInput E_NO_LEDGER."""
        for row in self._reader.entries(self._ledger, 0, 1):
            return _entry(row)
        raise InvalidInput("E_NO_LEDGER", "this database has no ledger yet", hint="logos up")

    def stories(self, intents: Iterable[str]) -> Sequence[Entry]:
        """See Evidence.stories."""
        return [_entry(row) for row in self._reader.rows("proof/stories", intents=[*intents])]

    def stories_at(self, indexes: Iterable[int]) -> Sequence[Entry]:
        """See Evidence.stories_at."""
        rows = self._reader.rows("proof/stories_at", ledger=self._ledger, indexes=[*indexes])
        return [_entry(row) for row in rows]

    def made_at(self, kind: str, keys: Iterable[str]) -> Mapping[str, int]:
        """See Evidence.made_at."""
        rows = self._reader.rows(_MADE[kind], keys=[*keys])
        return {row["key"]: row["index"] for row in rows}

    def delegated_at(self, delegations: Iterable[str]) -> Sequence[int]:
        """See Evidence.delegated_at."""
        return [row["index"] for row in self._reader.rows("proof/delegations", keys=[*delegations])]

    def in_force_at(self, policy: str, before: int) -> int | None:
        """See Evidence.in_force_at."""
        rows = self._reader.rows("proof/policy", ledger=self._ledger, policy=policy, before=before)
        return rows[0]["index"] if rows else None

    def grants_at(self, nodes: Iterable[str], first: int, last: int) -> Sequence[int]:
        """See Evidence.grants_at."""
        rows = self._reader.rows("proof/grants", nodes=[*nodes], first=first, last=last)
        return [
            index for row in rows for index in (row["began"], row["ended"]) if index is not None
        ]

    def key_changes_at(self, principals: Iterable[str]) -> Sequence[int]:
        """See Evidence.key_changes_at."""
        rows = self._reader.rows("proof/key_changes", keys=[*principals])
        return [row["index"] for row in rows]

    def rotations_at(self) -> Sequence[int]:
        """See Evidence.rotations_at."""
        return [row["index"] for row in self._reader.rows("proof/rotations")]


def _entry(row: Row) -> Entry:
    return parse_entry(row["text"], row["hash"], row["signature"])
