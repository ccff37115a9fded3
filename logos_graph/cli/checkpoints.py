"""A folder of one ledger's checkpoints: every file `*.checkpoint` in it is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from logos_graph.cli.files import read_bytes
from logos_graph.errors import EnvironmentFault, InvalidInput, LogosError, NotVerified, Rejected

if TYPE_CHECKING:
    from logos_graph.identity import Did
    from logos_graph.ledger import Checkpoint, Note, TreeWatch

__all__ = ["Judged", "judge", "keep_checkpoint", "read_checkpoint", "read_checkpoints"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A file, what it says if it can be believed, and what is wrong with it or the ledger."""

    path: Path
    checkpoint: Checkpoint | None
    fault: LogosError | None = None

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


def read_checkpoints(folder: Path, ledger: str, supervisor: Did) -> list[Judged]:
    """The folder's checkpoints, each believed only if this ledger's supervisor signed it."""
    found = (
        read_checkpoint(path, ledger, supervisor) for path in sorted(folder.glob("*.checkpoint"))
    )
    return sorted(found, key=lambda item: -1 if item.checkpoint is None else item.checkpoint.size)


def judge(kept: Iterable[Judged], tree: TreeWatch) -> list[Judged]:
    """The same, once the ledger has passed through the tree, which was asked for their sizes."""
    judged = []
    for item in kept:
        if item.checkpoint is not None:
            try:
                tree.check(item.checkpoint)
            except NotVerified as error:
                item = replace(item, fault=_named(item.path, error))
        judged.append(item)
    return judged


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


def read_checkpoint(path: Path, ledger: str, supervisor: Did) -> Judged:
    """One file, as `read_checkpoints` reads it."""
    from logos_graph.ledger import MAX_NOTE_BYTES, open_checkpoint

    try:
        if not path.is_file():
            raise InvalidInput("E_FILE", "it is no file")
        return Judged(
            path, open_checkpoint(read_bytes(str(path), MAX_NOTE_BYTES), ledger, supervisor)
        )
    except LogosError as error:
        return Judged(path, None, _named(path, error))


def _named(path: Path, error: LogosError) -> LogosError:
    """The error, with the file in which it was found."""
    text, data = f"{path.name}: {error.message}", {**error.data, "file": str(path)}
    return type(error)(error.code, text, hint=error.hint, **data)
