"""The ledger in the database, as an export wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from logos_graph.canon import ContentId
from logos_graph.errors import NotVerified
from logos_graph.identity import Did, Signer
from logos_graph.ledger import (
    Checkpoint,
    Entry,
    Head,
    Note,
    SupervisorKeys,
    open_checkpoint,
    sign_checkpoint,
    verify_chain,
)
from logos_graph.ledger.contents import Content
from logos_graph.store.store import Neo4jStore

__all__ = ["StoredLedger"]

Watch = Callable[[Iterator[Entry], int], Iterator[Entry]]


class StoredLedger:
    """Implements logos_graph.archive.Source: the ledger up to one head.

    keys: the supervisor's, as of that head or later. signers: this home's key for one of them;
    raises Rejected E_NOT_SUPERVISOR. watch: sees the entries pass, of so many.
    """

    def __init__(
        self,
        store: Neo4jStore,
        head: Head,
        keys: SupervisorKeys,
        signers: Callable[[Did], Signer],
        watch: Watch,
    ) -> None:
        self.head = head
        self._walked = SupervisorKeys()
        self._store, self._keys, self._signers, self._watch = store, keys, signers, watch

    def entries(self, first: int) -> Iterator[Entry]:
        """See Source.entries."""
        before = self._store.entry(first - 1) if first else None
        after = None if before is None else before.head
        total = self.head.index + 1 - first
        self._walked = self._keys.before(first)
        entries = islice(self._store.entries(first), total)
        chain = verify_chain(
            entries,
            self.key(first + total),
            after=after,
            until=self.head,
            keys=self._walked,
        )
        return self._watch(chain, total)

    def content(self, content: Content) -> bytes:
        """See Source.content."""
        owner = ContentId(content.owner)
        if content.what == "module":
            return self._store.module(owner)
        if content.what == "source":
            return self._store.source(owner).encode()
        raise NotVerified("E_EXPORT_CONTENT", f"there is no {content.what} {content.id}")

    def key(self, size: int) -> Did:
        """See Source.key."""
        return self._keys.at(size)

    def sign(self, size: int, root: bytes) -> Note:
        """See Source.sign. NotVerified E_CHAIN_SUPERVISOR if the entries name another key."""
        if not self._walked.dids or self._walked.at(size) != self.key(size):
            raise NotVerified(
                "E_CHAIN_SUPERVISOR",
                f"the first {size} entries are not kept by {self.key(size)}",
                hint="`logos ledger verify` says what is wrong with the ledger",
                expected=self.key(size),
                found=[*self._walked.dids],
            )
        return sign_checkpoint(self.head.ledger, size, root, self._signers(self.key(size)))

    def open_checkpoint(self, data: bytes) -> Checkpoint:
        """See Source.open_checkpoint."""
        return open_checkpoint(data, self.head.ledger, self._keys)
