"""A database made of entries that were exported: the same appends, with nothing to decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from logos_graph.canon import ContentId
from logos_graph.governance import Conducts
from logos_graph.ledger import Entry, EntryKind, Head
from logos_graph.ledger.contents import contents_of
from logos_graph.ledger.merkle import Frontier, hash_leaf, leaf_data
from logos_graph.store.store import Neo4jStore

__all__ = ["restore"]

_MAX_ENTRIES = 256
_MAX_BYTES = 4 * 1024 * 1024
"""Of the texts of one transaction."""
_LEAVES = frozenset({"run", "kv"})
"""Kinds of mutations on which no later entry's own rests."""


@dataclass
class _Batch:
    """Entries of one transaction, with the contents that they name."""

    entries: list[Entry] = field(default_factory=list)
    blobs: dict[ContentId, bytes] = field(default_factory=dict)
    size: int = 0
    closed: bool = False

    def add(self, entry: Entry, blob: Callable[[ContentId], bytes]) -> None:
        """An entry with what it names; whether later ones may rest on it says where to cut."""
        self.entries.append(entry)
        for content in contents_of(entry):
            if content.data is None:
                self.blobs[content.id] = blob(content.id)
                self.size += len(self.blobs[content.id])
        self.size += len(entry.text)
        full = len(self.entries) == _MAX_ENTRIES or self.size >= _MAX_BYTES
        self.closed = full or _is_rested_on(entry)


def restore(
    store: Neo4jStore,
    entries: Iterable[Entry],
    blob: Callable[[ContentId], bytes],
    *,
    after: Head | None,
    tree: Frontier,
    conducts: Conducts,
) -> Head | None:
    """Appends verified entries, the first of which follows `after`; the new head.

    blob: what has a content id. tree: that of the entries up to `after`; it moves along. conducts:
    of those entries. Each batch takes hold whole or not at all, so whoever is interrupted goes on
    from the head that there is.
    Raises what Store.append and blob raise.
    """
    head = after
    for batch in _batches(entries, blob):
        store.append(head, batch.entries, batch.blobs, tree, conducts)
        conducts, _ = conducts.changed(batch.entries)
        for entry in batch.entries:
            tree.append(hash_leaf(leaf_data(entry)))
        head = batch.entries[-1].head
    return head


def _batches(entries: Iterable[Entry], blob: Callable[[ContentId], bytes]) -> Iterator[_Batch]:
    batch = _Batch()
    for entry in entries:
        batch.add(entry, blob)
        if batch.closed:
            yield batch
            batch = _Batch()
    if batch.entries:
        yield batch


def _is_rested_on(entry: Entry) -> bool:
    if entry.kind is EntryKind.GENESIS:
        return True
    mutations = entry.body.get("mutations") if entry.kind is EntryKind.RECEIPT else None
    if not isinstance(mutations, list):
        return False
    kinds = {each.get("kind") for each in mutations if isinstance(each, Mapping)}
    return bool(kinds - _LEAVES)
