"""The Merkle tree of RFC 6962 (RFC 9162, section 2.1) over a ledger's entries, and its proofs.

    leaf   SHA-256(0x00, SHA-256 of the entry's text in 64 hex digits, newline,
                   its signature's 128 hex digits, newline)
    node   SHA-256(0x01, left, right)
    empty  SHA-256 of nothing

A leaf's data are two lines of fixed length, 194 bytes: what tlog tiles hold of an entry, however
long its text is (an entry bundle gives a leaf's length in 16 bits). The text is the bytes that are
signed and chained. The signature is in the leaf because the text alone does not fix it: who later
finds a leaf in a checkpointed tree has what the supervisor signed then.

A tree of n leaves is cut into complete subtrees, one for each bit of n: the node (level, index)
covers the leaves from index * 2**level on, 2**level of them. A complete node never changes, so
these are what is kept (`Frontier.append` names those that a leaf completes), what proofs are made
of, and what tlog tiles hold. A `Frontier` is the peaks alone: enough for every later root.

They are kept with the entry whose leaf completes them (`joined_subtrees`): the leaf's own hash,
then those of the levels above it. `entry_of` says with which entry a node is kept, `kept_node`
takes it from there, and `needed_nodes` says which ones a root or a proof takes.

Proofs are lists of hashes, from the leaf upwards. A root does not say of how many leaves it is: a
size and its root are to be taken from one checkpoint. A proof that is refused has one of the codes

    E_PROOF_INDEX        there is no such leaf in a tree of this size
    E_PROOF_SIZE         a size below zero, or the earlier tree is the larger one
    E_PROOF_HASH         a hash that is not 32 bytes
    E_PROOF_SHORT, E_PROOF_LONG  a node too few, a node too many
    E_PROOF_FIRST_ROOT   (consistency) it does not lead to the earlier root
    E_PROOF_ROOT         it does not lead to the root

and subtrees that are not as many as their leaf completes have the code E_TREE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import chain
from typing import NoReturn, Protocol

from logos_graph.errors import InvalidInput, NotVerified

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "Frontier",
    "Leaf",
    "NodeId",
    "Nodes",
    "consistency_proof",
    "entry_of",
    "hash_leaf",
    "hash_nodes",
    "inclusion_proof",
    "joined_subtrees",
    "kept_node",
    "leaf_data",
    "needed_nodes",
    "nodes_of",
    "peak_nodes",
    "root_of",
    "verify_consistency",
    "verify_inclusion",
]

NodeId = tuple[int, int]
"""A complete subtree: (level, index)."""
Nodes = Mapping[NodeId, bytes]
"""The hashes of complete subtrees, as they were kept."""

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()
"""The root of a tree without leaves."""


class Leaf(Protocol):
    """What a leaf is made of: an entry, or what is stored of one."""

    @property
    def text(self) -> str:
        """The entry's text."""

    @property
    def signature(self) -> str:
        """The supervisor's signature, in hex."""


def leaf_data(entry: Leaf) -> bytes:
    """What stands for an entry in the tree: its text's SHA-256 and its signature, a line each."""
    digest = sha256(entry.text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{digest}\n{entry.signature}\n".encode("ascii", "replace")


def hash_leaf(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def hash_nodes(left: bytes, right: bytes) -> bytes:
    """The hash of the node over two others."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, the largest first.

    peaks: one for each bit of size, so that a tree of n leaves is kept in O(log n). Raises
    InvalidInput E_FRONTIER when they are not as many.
    """

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size < 0 or len(peaks) != size.bit_count() or any(len(p) != HASH_BYTES for p in peaks):
            raise InvalidInput("E_FRONTIER", f"{len(peaks)} peaks are not those of {size} leaves")
        self.size = size
        self._peaks = list(peaks)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """What a later Frontier goes on from."""
        return tuple(self._peaks)

    def copy(self) -> Frontier:
        """Another one that goes on from here; takes O(log n)."""
        other = object.__new__(Frontier)
        other.size, other._peaks = self.size, self._peaks.copy()
        return other

    def append(self, leaf: bytes) -> list[tuple[NodeId, bytes]]:
        """Adds a leaf's hash; the complete subtrees that it completes, the leaf itself first."""
        node, level, index = leaf, 0, self.size
        completed = [((level, index), node)]
        while index & 1:
            node = hash_nodes(self._peaks.pop(), node)
            level, index = level + 1, index >> 1
            completed.append(((level, index), node))
        self._peaks.append(node)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root of the tree so far."""
        return _joined(self._peaks) if self._peaks else EMPTY_ROOT


def nodes_of(leaves: Iterable[bytes]) -> dict[NodeId, bytes]:
    """Every complete subtree over these leaves' hashes."""
    frontier = Frontier()
    return dict(chain.from_iterable(frontier.append(leaf) for leaf in leaves))


def peak_nodes(size: int) -> list[NodeId]:
    """The complete subtrees that a tree of this size is cut into, the largest first."""
    return _cut(0, size)


def entry_of(node: NodeId) -> int:
    """The index of the entry whose leaf completes this subtree, and with which it is kept."""
    level, index = node
    return (index + 1 << level) - 1


def joined_subtrees(completed: Iterable[tuple[NodeId, bytes]]) -> bytes:
    """What is kept with an entry: the hashes that `Frontier.append` named, in its order."""
    return b"".join(node for _, node in completed)


def kept_node(node: NodeId, kept: object) -> bytes:
    """The hash of this subtree, of what is kept with its entry.

    Raises NotVerified E_TREE (`index`: the entry's) if that is not what could be kept with it.
    """
    level, index = node[0], entry_of(node)
    size = HASH_BYTES * (index ^ index + 1).bit_length()
    if not isinstance(kept, bytes) or len(kept) != size:
        found = f"{len(kept)} bytes" if isinstance(kept, bytes) else type(kept).__name__
        raise NotVerified(
            "E_TREE",
            f"entry {index} completes {size} bytes of the tree, with it are kept: {found}",
            hint="`logos ledger verify` says what is wrong with the ledger",
            index=index,
        )
    return kept[HASH_BYTES * level : HASH_BYTES * (level + 1)]


def needed_nodes(ask: Callable[[Nodes], object]) -> frozenset[NodeId]:
    """Which subtrees a root or a proof takes: `needed_nodes(lambda nodes: root_of(9, nodes))`."""
    asked = _Asked()
    ask(asked)
    return frozenset(asked)


class _Asked(dict[NodeId, bytes]):
    """Has every node that it is asked for."""

    def __missing__(self, node: NodeId) -> bytes:
        return self.setdefault(node, bytes(HASH_BYTES))


def root_of(size: int, nodes: Nodes) -> bytes:
    """The root that the tree had when it had this size. Raises InvalidInput E_PROOF_SIZE."""
    _ask(size >= 0, "E_PROOF_SIZE", f"no tree has {size} leaves")
    return _range_hash(0, size, nodes) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """That this leaf is in the tree of this size (RFC 9162, 2.1.3.1).

    nodes: at least the complete subtrees of that tree. Raises InvalidInput E_PROOF_INDEX.
    """
    _ask(0 <= index < size, "E_PROOF_INDEX", f"a tree of {size} leaves has no leaf {index}")
    first, end, path = 0, size, list[bytes]()
    while end - first > 1:
        middle = _middle(first, end)
        if index < middle:
            path.append(_range_hash(middle, end, nodes))
            end = middle
        else:
            path.append(_range_hash(first, middle, nodes))
            first = middle
    return path[::-1]


def consistency_proof(earlier: int, later: int, nodes: Nodes) -> list[bytes]:
    """That the tree of the earlier size is the beginning of the later one (RFC 9162, 2.1.4.1).

    Empty when there is nothing to prove: equal sizes, or nothing earlier. nodes: at least the
    complete subtrees of the later tree. Raises InvalidInput E_PROOF_SIZE.
    """
    fits = 0 <= earlier <= later
    _ask(fits, "E_PROOF_SIZE", f"{earlier} leaves are no beginning of {later}")
    if earlier == 0:
        return []
    first, end, path = 0, later, list[bytes]()
    while end != earlier:
        middle = _middle(first, end)
        if earlier <= middle:
            path.append(_range_hash(middle, end, nodes))
            end = middle
        else:
            path.append(_range_hash(first, middle, nodes))
            first = middle
    if first > 0:  # else the subtree left over is the earlier tree, whose root the verifier has
        path.append(_range_hash(first, end, nodes))
    return path[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Return if the leaf with this hash is at `index` in the tree with this size and root.

    The steps are those of RFC 9162, 2.1.3.2. Raises NotVerified, with the codes above.
    """
    if not 0 <= index < size:  # 1
        _refuse("E_PROOF_INDEX", f"a tree of {size} leaves has no leaf {index}")
    _check_hashes(leaf, root, *proof)
    path = _Path(index, size - 1)  # 2
    found = leaf  # 3
    for node in proof:  # 4
        found = hash_nodes(node, found) if path.climb() else hash_nodes(found, node)
    path.check_top()  # 5
    if found != root:
        _refuse("E_PROOF_ROOT", "the inclusion proof does not lead to the root")


def verify_consistency(
    earlier: int, later: int, earlier_root: bytes, later_root: bytes, proof: Sequence[bytes]
) -> None:
    """Return if the tree with the earlier size and root is the beginning of the later one.

    The steps are those of RFC 9162, 2.1.4.2, which begin at earlier = 1; that nothing comes before
    everything needs no proof, but the empty tree has only one root. Raises NotVerified, with the
    codes above.
    """
    if not 0 <= earlier <= later:
        _refuse("E_PROOF_SIZE", f"{earlier} leaves are no beginning of {later}")
    _check_hashes(earlier_root, later_root, *proof)
    if earlier in (0, later):
        _check_trivial(earlier, later, earlier_root, later_root, proof)
        return
    nodes = iter(proof if earlier & (earlier - 1) else (earlier_root, *proof))  # 1, 2
    path = _Path(earlier - 1, later - 1)  # 3
    path.climb_out()  # 4
    first = second = _next(nodes)  # 5
    for node in nodes:  # 6
        if path.climb():
            first, second = hash_nodes(node, first), hash_nodes(node, second)
        else:
            second = hash_nodes(second, node)
    path.check_top()  # 7
    if first != earlier_root:
        _refuse("E_PROOF_FIRST_ROOT", "the consistency proof does not lead to the earlier root")
    if second != later_root:
        _refuse("E_PROOF_ROOT", "the consistency proof does not lead to the later root")


class _Path:
    """The way from a node up to the root: `fn` and `sn` of RFC 9162."""

    __slots__ = ("_at", "_last")

    def __init__(self, at: int, last: int) -> None:
        self._at, self._last = at, last

    def climb(self) -> bool:
        """To the node over this one and the next; whether the next one is to the left."""
        if self._last == 0:
            _refuse("E_PROOF_LONG", "the proof goes on beyond the root")
        left = bool(self._at & 1) or self._at == self._last
        if left:  # past the levels at which the last node has nobody beside it
            while self._at and not self._at & 1:
                self._rise()
        self._rise()
        return left

    def climb_out(self) -> None:
        """To the root of the largest complete subtree that ends here."""
        while self._at & 1:
            self._rise()

    def _rise(self) -> None:
        self._at, self._last = self._at >> 1, self._last >> 1

    def check_top(self) -> None:
        """This is the root."""
        if self._last != 0:
            _refuse("E_PROOF_SHORT", "the proof ends below the root")


def _check_trivial(
    earlier: int, later: int, earlier_root: bytes, later_root: bytes, proof: Sequence[bytes]
) -> None:
    if proof:
        _refuse("E_PROOF_LONG", f"from {earlier} leaves to {later} there is nothing to prove")
    for size, root in ((earlier, earlier_root), (later, later_root)):
        if size == 0 and root != EMPTY_ROOT:
            _refuse("E_PROOF_FIRST_ROOT", "the root of the empty tree is another one")
    if earlier == later and earlier_root != later_root:
        _refuse("E_PROOF_ROOT", f"two roots of one tree of {later} leaves")


def _next(nodes: Iterator[bytes]) -> bytes:
    node = next(nodes, None)
    if node is None:
        _refuse("E_PROOF_SHORT", "the proof is empty")
    return node


def _check_hashes(*hashes: bytes) -> None:
    for found in hashes:
        if len(found) != HASH_BYTES:
            _refuse("E_PROOF_HASH", f"a hash has {HASH_BYTES} bytes, not {len(found)}")


def _middle(first: int, end: int) -> int:
    """Where RFC 6962 divides the leaves: after the largest power of two below their number."""
    return first + (1 << (end - first - 1).bit_length() - 1)


def _range_hash(first: int, end: int, nodes: Nodes) -> bytes:
    """The hash over the leaves from first to end, which a division of a tree made."""
    return _joined([nodes[node] for node in _cut(first, end)])


def _cut(first: int, end: int) -> list[NodeId]:
    """The complete subtrees over the leaves from first to end, the largest first."""
    cut = []
    while first < end:
        level = (end - first).bit_length() - 1
        cut.append((level, first >> level))
        first += 1 << level
    return cut


def _joined(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, the largest first."""
    *rest, root = peaks
    for peak in reversed(rest):
        root = hash_nodes(peak, root)
    return root


def _ask(holds: bool, code: str, message: str) -> None:
    if not holds:
        raise InvalidInput(code, message)


def _refuse(code: str, message: str) -> NoReturn:
    raise NotVerified(code, message)
