"""Checkpoints (https://c2sp.org/tlog-checkpoint): the ledger's tree at one size, signed.

    logos-ledger/<ledger id>        the origin: which log this is
    20852163                        the size: so many entries
    CsUYapGGPo4dkMgIAUqom/Xajj7…=   the root of the Merkle tree over them (merkle.py), in base64

                                    then the signatures of a note (note.py), the supervisor's first

A checkpoint of size n is signed by the key that signs entry n, the next one (keys.py).
The origin is also the name of the supervisor's key in the note. A ledger's id is a ULID, so origins
do not collide, and no host has the name: there is no address in it that could change hands.

Whoever keeps a checkpoint elsewhere can later say whether a ledger is the one that it was taken of,
grown or not. What is not, is told by one of these codes:

    E_NOTE_FORM, E_CHECKPOINT_FORM      it is no checkpoint
    E_CHECKPOINT_LEDGER                 it is of another ledger
    E_NOTE_UNSIGNED, E_NOTE_SIGNATURE   it is not signed by this ledger's supervisor
    E_CHECKPOINT_KEY                    it is signed by another of the supervisor's keys than its
                                        size asks for
    E_CHECKPOINT_ROLLBACK               the ledger is shorter: rolled back, or its tail was cut
    E_CHECKPOINT_FORK                   the ledger has another root at that size: another history
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from logos_graph.errors import NotVerified
from logos_graph.identity import Did, Signer
from logos_graph.ledger.entry import Entry
from logos_graph.ledger.keys import SupervisorKeys
from logos_graph.ledger.merkle import (
    HASH_BYTES,
    Frontier,
    Leaf,
    NodeId,
    hash_leaf,
    joined_subtrees,
    leaf_data,
)
from logos_graph.ledger.note import Note, NoteKey, parse_note, sign_note, verify_note
from logos_graph.logline import MAX_NS

__all__ = [
    "Checkpoint",
    "SignedCheckpoint",
    "TreeWatch",
    "checkpoint_key",
    "ledger_origin",
    "open_checkpoint",
    "parse_checkpoint",
    "read_checkpoint",
    "sign_checkpoint",
]

_MAX_ORIGIN = 255
_MAX_SIZE = MAX_NS
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The root that a log's tree has at a size. extension: further lines; ours have none."""

    origin: str
    size: int
    root: bytes
    extension: tuple[str, ...] = ()

    @property
    def root_text(self) -> str:
        """The root as the checkpoint writes it."""
        return b64encode(self.root).decode()

    @property
    def text(self) -> str:
        """What is signed."""
        lines = (self.origin, str(self.size), self.root_text, *self.extension)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint of this ledger, so it says; whose it is, `verify` says."""

    ledger: str
    checkpoint: Checkpoint
    note: Note

    def verify(self, keys: SupervisorKeys) -> Checkpoint:
        """The checkpoint, once it is signed by the supervisor's key that was valid at its size.

        keys: those of the ledger, all of them. Raises NotVerified E_NOTE_UNSIGNED,
        E_NOTE_SIGNATURE, E_CHECKPOINT_KEY.
        """
        known = {did: checkpoint_key(self.ledger, did) for did in keys.dids}
        signed = verify_note(self.note, [*known.values()])
        wanted = keys.at(self.checkpoint.size)
        if known[wanted] not in signed:
            raise NotVerified(
                "E_CHECKPOINT_KEY",
                f"the checkpoint of {self.checkpoint.size} entries is signed by a key of the"
                " supervisor's that was not valid then",
                hint="a key that was rotated out may be in other hands: ask who signed it",
                expected=wanted,
                found=signed[0].did,
            )
        return self.checkpoint

    def is_signed(self, keys: SupervisorKeys) -> bool:
        """Whether `verify` passes."""
        try:
            self.verify(keys)
        except NotVerified:
            return False
        return True


def ledger_origin(ledger: str) -> str:
    """The origin of this ledger's checkpoints."""
    return f"logos-ledger/{ledger}"


def checkpoint_key(ledger: str, supervisor: Did) -> NoteKey:
    """The key that signs this ledger's checkpoints; its `text` is what a witness is given."""
    return NoteKey(ledger_origin(ledger), supervisor)


def sign_checkpoint(ledger: str, size: int, root: bytes, supervisor: Signer) -> Note:
    """This ledger's checkpoint at this size."""
    text = Checkpoint(ledger_origin(ledger), size, root).text
    return sign_note(text, checkpoint_key(ledger, supervisor.did), supervisor)


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a note's text is, exactly. Raises NotVerified E_CHECKPOINT_FORM."""
    *lines, end = text.split("\n")
    if end or len(lines) < 3 or not all(lines):
        _refuse_form("it is not three lines or more, none of them empty")
    origin, size, root_text, *extension = lines
    if len(origin.encode()) > _MAX_ORIGIN:
        _refuse_form(f"its origin has more than {_MAX_ORIGIN} bytes")
    if _SIZE.fullmatch(size) is None or int(size) > _MAX_SIZE:
        _refuse_form("its second line is no size")
    try:
        root = b64decode(root_text, validate=True)
    except ValueError:
        root = b""
    if len(root) != HASH_BYTES or b64encode(root).decode() != root_text:
        _refuse_form(f"its third line is not the base64 of {HASH_BYTES} bytes")
    return Checkpoint(origin, int(size), root, tuple(extension))


def read_checkpoint(data: bytes, ledger: str) -> SignedCheckpoint:
    """What these bytes say of this ledger; believed only once it is verified.

    Raises NotVerified E_NOTE_FORM, E_CHECKPOINT_FORM, E_CHECKPOINT_LEDGER.
    """
    note = parse_note(data)
    checkpoint = parse_checkpoint(note.text)
    origin = ledger_origin(ledger)
    if checkpoint.origin != origin:
        raise NotVerified(
            "E_CHECKPOINT_LEDGER",
            f"the checkpoint is of {checkpoint.origin!a:.100}, and this is {origin}",
            hint="keep the checkpoints of each ledger in a folder of their own",
            expected=origin,
            found=checkpoint.origin,
        )
    return SignedCheckpoint(ledger, checkpoint, note)


def open_checkpoint(data: bytes, ledger: str, keys: SupervisorKeys) -> Checkpoint:
    """The checkpoint of this ledger, signed by its supervisor, that these bytes are.

    keys: the supervisor's, as the ledger tells them. Raises NotVerified with the codes above, in
    their order.
    """
    return read_checkpoint(data, ledger).verify(keys)


class TreeWatch:
    """Grows the tree over the entries that pass, and notes its root at the sizes asked for.

    Keeps O(log n) besides those roots. The entries must come from genesis on, and in order:
    `verify_chain` says so.
    """

    def __init__(self, sizes: Iterable[int] = ()) -> None:
        self._tree = Frontier()
        self._completed: list[tuple[NodeId, bytes]] = []
        self._sizes = frozenset(sizes)
        self._roots: dict[int, bytes] = {}
        self._note_root()

    @property
    def size(self) -> int:
        """How many entries passed."""
        return self._tree.size

    def root(self) -> bytes:
        """The root of the tree so far."""
        return self._tree.root()

    def completed(self) -> bytes:
        """The subtrees that the last entry's leaf completed, joined as they are kept with it."""
        return joined_subtrees(self._completed)

    def watch(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The same entries, each once it is in the tree."""
        for entry in entries:
            self._completed = self._tree.append(hash_leaf(leaf_data(entry)))
            self._note_root()
            yield entry

    def watch_leaves(self, leaves: Iterable[Leaf]) -> Iterator[None]:
        """The same with leaves alone, of which nothing else is known."""
        for leaf in leaves:
            self._tree.append(hash_leaf(leaf_data(leaf)))
            self._note_root()
            yield

    def check(self, checkpoint: Checkpoint) -> None:
        """Return if the ledger that passed begins as the checkpoint says.

        checkpoint: one whose size was asked for. Raises NotVerified E_CHECKPOINT_ROLLBACK or
        E_CHECKPOINT_FORK.
        """
        if checkpoint.size > self.size:
            raise NotVerified(
                "E_CHECKPOINT_ROLLBACK",
                f"the ledger has {self.size} entries, and had {checkpoint.size} already",
                hint="it was restored from an older copy, or its tail was cut",
                expected=checkpoint.size,
                found=self.size,
            )
        root = self._roots[checkpoint.size]
        if root != checkpoint.root:
            raise NotVerified(
                "E_CHECKPOINT_FORK",
                f"the first {checkpoint.size} entries are not those of the checkpoint",
                hint="this ledger and the one of the checkpoint are two histories",
                expected=checkpoint.root_text,
                found=b64encode(root).decode(),
            )

    def _note_root(self) -> None:
        if self.size in self._sizes:
            self._roots[self.size] = self.root()


def _refuse_form(reason: str) -> NoReturn:
    raise NotVerified("E_CHECKPOINT_FORM", f"this is no checkpoint: {reason}")
