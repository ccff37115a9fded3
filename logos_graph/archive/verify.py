"""Whether an export is all that it claims: every byte of it, without a database or a network.

1. the checkpoint is one, of one ledger and size
2. every entry: well-formed, in the chain, signed by the ledger's key at its index; with it every
   content that it names, and every leaf and hash
3. the tree over the entries has the checkpoint's root; the last entry is the last of the ledger's
4. the checkpoint is signed by the key of its size
5. export.json says the same
6. there is nothing else in the folder, and what an earlier export left agrees
7. I1, I2, I3 and I5 hold; there is no database whose state could be compared (I4), but what
   decisions saw of trajectories is computed
8. each decision is the policy's: it is made again (I2)

The first thing that does not hold is raised as NotVerified, with data file, and index where it is
an entry's; the invariants are in the report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from logos_graph.archive.folder import refuse
from logos_graph.archive.layout import CHECKPOINT, INFO, entries_path, leaves_path, tile_path
from logos_graph.archive.reader import Archive, in_file
from logos_graph.archive.rest import check_rest
from logos_graph.archive.trajectories import Trajectories
from logos_graph.canon import ContentId, Json, shown
from logos_graph.cores import Prover, Watch, in_parts, unseen
from logos_graph.errors import NotVerified
from logos_graph.identity import Did
from logos_graph.ledger import (
    Checkpoint,
    Entry,
    Head,
    InvariantReport,
    SignedCheckpoint,
    SupervisorKeys,
    TreeWatch,
    ledger_origin,
    parse_checkpoint,
    parse_note,
    verify_chain,
)
from logos_graph.ledger import Walk as InvariantWalk
from logos_graph.ledger.contents import contents_of
from logos_graph.ledger.merkle import HASH_BYTES, hash_leaf, leaf_data
from logos_graph.ledger.note import Note
from logos_graph.ledger.tiles import HashTile, Span, Tiler, encode_bundle, spans
from logos_graph.scratch import scratch_file
from logos_graph.supervisor.decided_again import decided_again, look_again

__all__ = [
    "ArchiveReport",
    "check_files",
    "check_named",
    "entries_again",
    "verify_archive",
]


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """What was verified. contents: how many there are.

    keys: the ledger's, the first one first; first: of each, the first entry that it may sign.
    """

    head: Head
    checkpoint: Checkpoint
    note: str
    keys: tuple[Did, ...]
    first: tuple[int, ...]
    signed_by: Did
    contents: int
    tiles: int
    checked: InvariantReport

    @property
    def ok(self) -> bool:
        """Whether the invariants hold, as far as an export can show them."""
        return all(check.ok or check.name == "I4" for check in self.checked.checks) and (
            self.checked.I4.first_offender is None
        )

    @property
    def state(self) -> ContentId:
        """The digest of the state that the entries add up to."""
        return self.checked.state


def verify_archive(folder: Path, trusted: Did | None, *, watch: Watch = unseen) -> ArchiveReport:
    """What is in the folder, all of it verified. Raises NotVerified.

    trusted: one of the ledger's keys, known from elsewhere; with None the export vouches for
    itself. watch: sees the entries pass, and then the parts in which they are judged again.
    """
    archive = Archive(folder)
    note, checkpoint = _checkpoint(archive)  # 1
    walk = _Walk(archive, checkpoint)
    checked = _checked(walk, trusted, watch)  # 2, 7, 8
    assert walk.head is not None  # a checkpoint of no entries is refused
    if walk.tree.root() != checkpoint.root:  # 3
        refuse("E_EXPORT_ROOT", CHECKPOINT, "its root is not that of the entries")
    signer = _check_signed(note, walk.keys, walk.head)  # 4
    _check_info(archive.info(), walk.head, signer, checked.state)  # 5
    check_rest(archive, checkpoint.size, walk.contents)  # 6
    return ArchiveReport(
        head=walk.head,
        checkpoint=checkpoint,
        note=note.data.decode(),
        keys=walk.keys.dids,
        first=walk.keys.first,
        signed_by=signer,
        contents=len(walk.contents),
        tiles=walk.tiles,
        checked=checked,
    )


def _checked(of: _Walk, trusted: Did | None, watch: Watch) -> InvariantReport:
    """The invariants; what has ended is put into a file, so that memory does not grow with it."""
    size = of.checkpoint.size
    with scratch_file() as scratch:
        walk = InvariantWalk(trusted, scratch.table("walk"), of.prover)
        seen = Trajectories(walk.reproduction)
        for entry in watch(of.entries(trusted), size, "verifying"):
            walk.take(entry)
            seen.take(entry)
        assert of.head is not None  # a checkpoint of no entries is refused
        stored = of.archive.stored(size)
        again = decided_again(in_parts(look_again, stored, of.keys, of.head, watch))
        walk.judged_again(again.note, again.first)
        return walk.report(None)


def entries_again(folder: Path, report: ArchiveReport, first: int) -> Iterator[Entry]:
    """The entries from this index on, once more; they are those that were verified.

    Raises NotVerified E_EXPORT_ROOT before the last one, if the folder was changed meanwhile.
    """
    tree, last = TreeWatch(), report.checkpoint.size - 1
    for entry in tree.watch(Archive(folder).entries(size=report.checkpoint.size)):
        if entry.index == last and tree.root() != report.checkpoint.root:
            refuse("E_EXPORT_ROOT", CHECKPOINT, "the entries were changed after they were verified")
        if entry.index >= first:
            yield entry


def check_named(archive: Archive, entry: Entry, known: set[ContentId]) -> None:
    """Everything that the entry names is there; what is known already is not read again."""
    for content in contents_of(entry):
        if content.id not in known:
            try:
                archive.blob(content.id)
            except NotVerified as error:
                raise _named_by(error, entry) from error
            known.add(content.id)


def check_files(archive: Archive, span: Span, leaves: list[bytes], tiles: list[HashTile]) -> None:
    """The bundle of these leaves, and these tiles, are there as they must be."""
    bundle = archive.leaves(span)
    if bundle != encode_bundle(leaves):
        index = span.first + _first_other(bundle, leaves)
        refuse("E_EXPORT_TILE", leaves_path(span), "it is not the entries' bundle", index=index)
    for tile in tiles:
        found = archive.hashes(tile.level, tile.span)
        if found != tile.data:
            path, pairs = tile_path(tile.level, tile.span), zip(found, tile.data, strict=True)
            at = next(i for i, (one, other) in enumerate(pairs) if one != other) // HASH_BYTES
            index = (tile.span.first + at) << (8 * tile.level)
            refuse("E_EXPORT_TILE", path, "it is not the entries' tile", index=index)


@dataclass
class _Walk:
    """One pass over the entries, with everything that stands beside them."""

    archive: Archive
    checkpoint: Checkpoint
    tree: Tiler = field(default_factory=Tiler)
    keys: SupervisorKeys = field(default_factory=SupervisorKeys)
    contents: set[ContentId] = field(default_factory=set)
    tiles: int = 0
    head: Head | None = None
    prover: Prover = field(init=False)

    def __post_init__(self) -> None:
        self.prover = Prover(self._signer, self.checkpoint.size)

    def _signer(self) -> Did | None:
        """The key in force by what has been walked."""
        return self.keys.current if self.keys.dids else None

    def entries(self, trusted: Did | None) -> Iterator[Entry]:
        """Every entry, once it is verified; the files beside a span's after its last one."""
        found = self.prover.entries(self.archive.stored(self.checkpoint.size))
        chain = verify_chain(found, trusted, keys=self.keys, proven=self.prover)
        for span in spans(self.checkpoint.size):
            leaves, tiles = list[bytes](), list[HashTile]()
            for entry in _placed(chain, span):
                leaf = self._take(entry, span)
                leaves.append(leaf)
                tiles += self.tree.append(hash_leaf(leaf))
                yield entry
            if span.end == self.checkpoint.size:
                tiles += self.tree.partial()
            check_files(self.archive, span, leaves, tiles)
            self.tiles += len(tiles)
        for _rest in _placed(chain, span):  # none: what is checked at the end comes after the last
            pass

    def _take(self, entry: Entry, span: Span) -> bytes:
        """The entry's leaf, once all that it names is known to be there."""
        if entry.index == 0 and ledger_origin(entry.ledger) != self.checkpoint.origin:
            refuse("E_CHECKPOINT_LEDGER", CHECKPOINT, f"it is not of the ledger {entry.ledger}")
        try:
            check_named(self.archive, entry, self.contents)
        except NotVerified as error:
            raise _placed_error(error, span) from error
        self.head = entry.head
        return leaf_data(entry)


def _placed(chain: Iterator[Entry], span: Span) -> Iterator[Entry]:
    """The same entries, so many; what is refused of them is in this span's file."""
    for _ in range(span.width):
        try:
            entry = next(chain, None)
        except NotVerified as error:
            raise _placed_error(error, span) from error
        if entry is None:
            return
        yield entry


def _placed_error(error: NotVerified, span: Span) -> NotVerified:
    return error if "file" in error.data else in_file(error, entries_path(span))


def _named_by(error: NotVerified, entry: Entry) -> NotVerified:
    """The refusal of a content, with the entry that names it."""
    data = {**error.data, "index": entry.index}
    message = f"{error.message} (entry {entry.index} names it)"
    return NotVerified(error.code, message, hint=error.hint, **data)


def _checkpoint(archive: Archive) -> tuple[Note, Checkpoint]:
    try:
        note = parse_note(archive.checkpoint())
        checkpoint = parse_checkpoint(note.text)
    except NotVerified as error:
        raise error if "file" in error.data else in_file(error, CHECKPOINT) from error
    if checkpoint.size == 0:
        refuse("E_EXPORT_FORM", CHECKPOINT, "it is of no entries")
    if checkpoint.extension:
        refuse("E_EXPORT_FORM", CHECKPOINT, "it has lines that mean nothing here")
    return note, checkpoint


def _check_signed(note: Note, keys: SupervisorKeys, head: Head) -> Did:
    try:
        SignedCheckpoint(head.ledger, parse_checkpoint(note.text), note).verify(keys)
    except NotVerified as error:
        raise in_file(error, CHECKPOINT) from error
    return keys.at(head.index + 1)


def _check_info(told: dict[str, Json], head: Head, signer: Did, state: ContentId) -> None:
    wanted: dict[str, Json] = {
        "head": head.hash,
        "ledger": head.ledger,
        "size": head.index + 1,
        "supervisor": signer,
    }
    if told["state"] is not None:
        wanted["state"] = state
    for name, expected in wanted.items():
        if told[name] != expected or isinstance(told[name], bool):
            reason = f"{name} is {shown(told[name])}, and is {expected}"
            refuse("E_EXPORT_INFO", INFO, reason, expected=expected, found=told[name])


def _first_other(found: bytes, leaves: list[bytes]) -> int:
    """The first leaf that a bundle does not begin with."""
    whole = encode_bundle(leaves)
    at = next((i for i in range(len(whole)) if found[i : i + 1] != whole[i : i + 1]), len(whole))
    ends = accumulate(len(leaf) + 2 for leaf in leaves)
    return sum(end <= at for end in ends)
