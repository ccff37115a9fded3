"""The tree as far as this home has verified the ledger itself: what it signs without all entries.

Whoever can write to the database can change what is kept there of the tree, and a root that is made
of that alone would be signed unseen. So the home keeps, beside its keys, how far it has verified
every entry, and the edge of the tree over them:

    <home>/verified/<ledger>.json   {"hash", "index", "keys": [[did, first], …], "ledger",
                                     "peaks": [base64, …], "recorded_at"}

From there on only what is new is verified. A database that was set back, or went another way since,
is found out by the same file. What cannot be read is made anew from genesis.
"""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logos_graph.errors import LogosError, NotVerified

if TYPE_CHECKING:
    from logos_graph.identity import Did
    from logos_graph.ledger import Entry, Frontier, Head, SupervisorKeys
    from logos_graph.wiring import System

__all__ = ["Known", "Watch", "known_tree"]

_MAX_BYTES = 1024 * 1024
_FIELDS = frozenset({"hash", "index", "keys", "ledger", "peaks", "recorded_at"})

Watch = Callable[[Iterable["Entry"], int], Iterator["Entry"]]


@dataclass(frozen=True, slots=True)
class Known:
    """A ledger up to an entry, all of it verified: its last entry, its keys, its tree."""

    head: Head
    keys: SupervisorKeys
    tree: Frontier


def known_tree(system: System, head: Head, trusted: Did, watch: Watch) -> Known:
    """The ledger up to this head, verified from where this home left off.

    trusted: the key by which it must be kept. watch: sees the new entries pass, of so many. Raises
    NotVerified E_CHAIN_…, and E_CHECKPOINT_ROLLBACK, E_CHECKPOINT_FORK for a database that is not
    the one that this home verified, grown or not.
    """
    from logos_graph.ledger import Frontier, SupervisorKeys, verify_chain
    from logos_graph.ledger.merkle import hash_leaf, leaf_data

    path = system.settings.home / "verified" / f"{head.ledger}.json"
    before = _read(path, head.ledger)
    if before is not None:
        _check_grown(before.head, head, path)
    keys, tree = (SupervisorKeys(), Frontier()) if before is None else (before.keys, before.tree)
    after = None if before is None else before.head
    new = head.index + 1 - tree.size
    entries = islice(system.store.entries(tree.size), new)
    chain = verify_chain(entries, trusted, after=after, until=head, keys=keys)
    for entry in watch(chain, new):
        tree.append(hash_leaf(leaf_data(entry)))
    known = Known(head, keys, tree)
    if new:
        _write(path, known)
    return known


def _check_grown(before: Head, head: Head, path: Path) -> None:
    if head.index < before.index:
        code, told = "E_CHECKPOINT_ROLLBACK", f"has {head.index + 1} entries, and had"
    elif head.index == before.index and head != before:
        code, told = "E_CHECKPOINT_FORK", "ends in another entry than when it had"
    else:
        return
    raise NotVerified(
        code,
        f"the ledger {told} {before.index + 1} when this home last verified it",
        hint=f"nothing is signed for it; where it was set back on purpose, delete {path}",
        expected=before.hash,
        found=head.hash,
    )


def _read(path: Path, ledger: str) -> Known | None:
    """What the file tells; None if it tells nothing, or nothing of this ledger."""
    from logos_graph.canon import parse_content_id, verify
    from logos_graph.identity import parse_key
    from logos_graph.ledger import Frontier, Head, SupervisorKeys

    try:
        with path.open("rb") as file:
            told: Any = verify(file.read(_MAX_BYTES + 1), max_bytes=_MAX_BYTES)
        if told.keys() != _FIELDS or told["ledger"] != ledger or not told["keys"]:
            return None
        index, recorded_at = int(told["index"]), int(told["recorded_at"])
        dids = tuple(parse_key(did) for did, _ in told["keys"])
        return Known(
            Head(ledger, index, parse_content_id(told["hash"]), recorded_at),
            SupervisorKeys(dids, tuple(int(first) for _, first in told["keys"])),
            Frontier(index + 1, [b64decode(peak, validate=True) for peak in told["peaks"]]),
        )
    except (OSError, LogosError, ValueError, TypeError, AttributeError):
        return None


def _write(path: Path, known: Known) -> None:
    """Replaces the file; where it cannot be written, the next time only takes longer."""
    from logos_graph.canon import Json, encode

    head, keys = known.head, known.keys
    told: Json = {
        "hash": head.hash,
        "index": head.index,
        "keys": [[did, first] for did, first in zip(keys.dids, keys.first, strict=True)],
        "ledger": head.ledger,
        "peaks": [b64encode(peak).decode() for peak in known.tree.peaks],
        "recorded_at": head.recorded_at,
    }
    staged = path.with_suffix(f".{secrets.token_hex(4)}.tmp")
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            staged.write_bytes(encode(told))
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
