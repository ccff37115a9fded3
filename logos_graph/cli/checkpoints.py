"""A folder of one ledger's checkpoints: every file `*.checkpoint` in it is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from logos_graph.cli.files import read_bytes
from logos_graph.errors import EnvironmentFault, InvalidInput, LogosError, NotVerified, Rejected

if TYPE_CHECKING:
    from logos_graph.ledger import Checkpoint, Note, SignedCheckpoint, SupervisorKeys, TreeWatch

__all__ = ["Judged", "judge", "keep_checkpoint", "read_checkpoints"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A file, what it says if it can be believed, and what is wrong with it or the ledger.

    signed: what it says, whoever says so; None if it is no checkpoint of this ledger.
    """

    path: Path
    signed: SignedCheckpoint | None
    checkpoint: Checkpoint | None = None
    fault: LogosError | None = None

    @property
    def size(self) -> int:
        """How many entries it claims to speak of; -1 if it speaks of none."""
        return -1 if self.signed is None else self.signed.checkpoint.size

    @property
    def json(self) -> dict[str, object]:
        """The file as the CLI prints it."""
        checkpoint, fault = self.checkpoint, self.fault
        return {
            "file": str(self.path),
            "size": checkpoint and checkpoint.size,
            "root": checkpoint and checkpoint.root_text,
            "ok": fault is None,
            "error": fault and fault.to_json(),
        }


def read_checkpoints(folder: Path, ledger: str) -> list[Judged]:
    """The folder's checkpoints by size; none is believed before `judge` has its keys."""
    found = (_read(path, ledger) for path in sorted(folder.glob("*.checkpoint")))
    return sorted(found, key=lambda item: item.size)


def judge(kept: Iterable[Judged], tree: TreeWatch, keys: SupervisorKeys) -> list[Judged]:
    """The same, each believed only if the supervisor signed it with the key of its size.

    tree: through which the whole ledger has passed, asked for their sizes. keys: the supervisor's,
    as the ledger tells them.
    """
    return [_judged(item, tree, keys) for item in kept]


def _judged(item: Judged, tree: TreeWatch, keys: SupervisorKeys) -> Judged:
    if item.signed is None:
        return item
    try:
        checkpoint = item.signed.verify(keys)
    except NotVerified as error:
        return replace(item, fault=_named(item.path, error))
    try:
        tree.check(checkpoint)
    except NotVerified as error:
        return replace(item, checkpoint=checkpoint, fault=_named(item.path, error))
    return replace(item, checkpoint=checkpoint)


def keep_checkpoint(path: Path, note: Note) -> tuple[Path, Note]:
    """Writes the checkpoint, and returns it as it is kept.

    One with the same text stays: it may have witnesses' signatures by now. Raises Rejected
    E_CHECKPOINT_EXISTS if the name is another checkpoint's, EnvironmentFault E_FOLDER.
    """
    from logos_graph.files import write_new
    from logos_graph.ledger import MAX_NOTE_BYTES, parse_note

    try:
        write_new(path, note.data)
    except FileExistsError:
        kept = parse_note(read_bytes(str(path), MAX_NOTE_BYTES))
        if kept.text != note.text:
            raise Rejected(
                "E_CHECKPOINT_EXISTS",
                f"{path} is another checkpoint, and is not overwritten",
                hint="find out how it came to have this name; then keep it under another",
                path=str(path),
            ) from None
        return path, kept
    except OSError as error:
        raise EnvironmentFault(
            "E_FOLDER",
            f"the checkpoint cannot be kept in {path.parent}: {error.strerror or error}",
            hint="choose a folder that you may write to, on a filesystem with hard links",
            folder=str(path.parent),
        ) from None
    return path, note


def _read(path: Path, ledger: str) -> Judged:
    from logos_graph.ledger import MAX_NOTE_BYTES, read_checkpoint

    try:
        if not path.is_file():
            raise InvalidInput("E_FILE", "it is no file")
        return Judged(path, read_checkpoint(read_bytes(str(path), MAX_NOTE_BYTES), ledger))
    except LogosError as error:
        return Judged(path, None, fault=_named(path, error))


def _named(path: Path, error: LogosError) -> LogosError:
    """The error, with the file in which it was found."""
    text, data = f"{path.name}: {error.message}", {**error.data, "file": str(path)}
    return type(error)(error.code, text, hint=error.hint, **data)
