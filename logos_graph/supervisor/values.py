"""Stored values as one run sees them: what it read first, and its own writes over that.

A run changes nothing while it goes on. What it wrote takes hold with its receipt, and only if every
value that it read is still what it read: so runs that use one key come one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping

from logos_graph.canon import Json, encode
from logos_graph.errors import Conflict
from logos_graph.execution import NodeFailure
from logos_graph.supervisor.ports import Mutation, Store

__all__ = ["MAX_WRITTEN", "RunValues", "value_id"]

MAX_WRITTEN = 768 * 1024
"""How much the values that one run changes may take in its receipt, in bytes of JSON."""

_MUTATION_BYTES = 128


def value_id(namespace: str, key: str) -> str:
    """What a stored value is known by."""
    return f"{namespace}/{key}"


class RunValues:
    """The values of one execution. Values are base64 texts, as they are recorded."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[str, Json] = {}
        self._written: dict[str, tuple[str, str, str | None]] = {}
        self._size = 0

    def knows(self, identity: str) -> bool:
        """Whether this run has read or written it, so that its value is known without asking."""
        return identity in self._written or identity in self._seen

    def known(self, identity: str) -> Json:
        """The value as this run knows it; None where nothing is stored."""
        if identity in self._written:
            return self._written[identity][2]
        return self._seen[identity]

    def read(self, identity: str) -> Json:
        """The value as it is stored now; this run goes on to see it so."""
        return self.saw(identity, self._store.values([identity]).get(identity))

    def saw(self, identity: str, value: Json) -> Json:
        """This run rests on this value."""
        self._seen[identity] = value
        return value

    def write(self, namespace: str, key: str, value: str | None) -> None:
        """Puts a value, or deletes it with None. NodeFailure E_RUN_SIZE."""
        identity = value_id(namespace, key)
        self._size += _MUTATION_BYTES + 2 * len(encode(key)) + len(value or "")
        if self._size > MAX_WRITTEN:
            raise NodeFailure(
                "E_RUN_SIZE", f"the run writes over {MAX_WRITTEN} bytes of stored values"
            )
        self._written[identity] = namespace, key, value

    @property
    def any_read(self) -> bool:
        """Whether the run rests on a stored value."""
        return bool(self._seen)

    def check_unchanged(self) -> None:
        """Raises Conflict E_KV_CHANGED if a value is not any more what this run read."""
        now: Mapping[str, str] = self._store.values(list(self._seen)) if self._seen else {}
        for identity, value in self._seen.items():
            if now.get(identity) != value:
                raise Conflict(
                    "E_KV_CHANGED",
                    f"the stored value {identity} was changed by another run meanwhile",
                    hint="nothing of this run took hold there; submit it again",
                    value=identity,
                )

    def mutations(self) -> tuple[Mutation, ...]:
        """What the run's receipt changes, in a fixed order."""
        return tuple(
            {"kind": "kv", "id": identity, "namespace": namespace, "key": key, "value": value}
            for identity, (namespace, key, value) in sorted(self._written.items())
        )
