"""logos ledger: its entries, and whether they are what they claim."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.archives import export, rebuild
from logos_graph.cli.checkpoints import judge, keep_checkpoint, read_checkpoints
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import current_head, opened
from logos_graph.cli.texts import moment, short
from logos_graph.cli.verification import verify

if TYPE_CHECKING:
    from logos_graph.ledger import Entry, Note
    from logos_graph.ledger.note import NoteKey

__all__ = ["ledger"]


@click.group(cls=CommandGroup)
def ledger() -> None:
    """The ledger: one chain of signed entries, from which everything else follows."""


ledger.add_command(export)
ledger.add_command(rebuild)


@ledger.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option(
    "--first", type=click.IntRange(0), help="From this index on (default: the last ones)."
)
@with_output
def show(out: Printer, limit: int, first: int | None) -> int:
    """Entries, in the ledger's order."""
    from logos_graph.ledger import parse_entry

    with opened() as system:
        head = current_head(system)
        start = max(0, head.index - limit + 1) if first is None else first
        entries = [
            parse_entry(row["text"], row["hash"], row["signature"])
            for row in system.reader.entries(head.ledger, start, min(start + limit, head.index + 1))
        ]
    out.document(
        {
            "ledger": head.ledger,
            "head": {"index": head.index, "hash": head.hash},
            "entries": [_entry_json(e) for e in entries],
        }
    )
    out.table(
        ("index", "recorded", "kind", "about", "hash"),
        [(e.index, moment(e.recorded_at), e.kind.value, _about(e), short(e.hash)) for e in entries],
    )
    return 0


@ledger.command()
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where this ledger's checkpoints are kept: not where the database is.",
)
@with_output
def checkpoint(out: Printer, folder: Path) -> int:
    """Verify every entry, and keep a signed checkpoint of the ledger in a folder.

    Nothing is signed that one of the checkpoints in the folder contradicts.
    """
    from logos_graph.ledger import (
        SupervisorKeys,
        TreeWatch,
        checkpoint_key,
        sign_checkpoint,
        verify_chain,
    )

    keys = SupervisorKeys()
    with opened() as system:
        ledger_id, trusted = system.ledger, system.reader.supervisor_keys().current
        system.signer_of(trusted)  # not at the end of a long verification
        # Before the head: another process may keep a checkpoint of more entries meanwhile.
        kept = read_checkpoints(folder, ledger_id)
        head = current_head(system)
        tree = TreeWatch(item.size for item in kept)
        entries_read = islice(system.store.entries(0), head.index + 1)
        chain = verify_chain(entries_read, trusted, until=head, keys=keys)
        for _entry in out.counted(tree.watch(chain), head.index + 1, "verifying"):
            pass
        signer = system.signer_of(keys.current)
    for item in judge(kept, tree, keys):
        if item.fault is not None:
            raise item.fault
    note = sign_checkpoint(head.ledger, tree.size, tree.root(), signer)
    path, note = keep_checkpoint(folder / f"{head.ledger}-{tree.size}.checkpoint", note)
    _show_checkpoint(
        out, head.ledger, tree.size, path, note, checkpoint_key(head.ledger, signer.did)
    )
    return 0


def _show_checkpoint(
    out: Printer, ledger_id: str, size: int, path: Path, note: Note, key: NoteKey
) -> None:
    out.document(
        {
            "ledger": ledger_id,
            "file": str(path),
            "origin": key.name,
            "size": size,
            "root": note.text.splitlines()[2],
            "key": key.text,
            "note": note.data.decode(),
        }
    )
    out.block(note.data.decode())
    out.line()
    out.fields([("file", path), ("key", key.text)])


ledger.add_command(verify)


def _entry_json(entry: Entry) -> dict[str, object]:
    """The fields by which entries are found, and the exact text that is hashed and signed."""
    return {
        "index": entry.index,
        "kind": entry.kind.value,
        "recorded_at": entry.recorded_at,
        "hash": entry.hash,
        "prev_hash": entry.prev_hash,
        "signature": entry.signature,
        "text": entry.text,
    }


def _about(entry: Entry) -> str | None:
    """What an entry says, in a few words."""
    body: Any = entry.body
    match entry.kind.value:
        case "intent":
            return f"{short(body['cid'])} {body['intent']['logline']['did']}: " + str(
                body["decision"]["outcome"]
            )
        case "receipt":
            return f"{short(body['intent'])} {body['outcome']}, {body['commitment']}"
        case "ghost":
            return f"{short(body['intent'])} {body['cause']['type']}, {body['commitment']}"
        case "consent" | "refusal":
            return f"{short(body['intent'])} by {body['by']}"
        case "effect":
            return f"{short(body['intent'])} effect {body['number']}: {body['call']['operation']}"
        case "outcome":
            return f"{short(body['intent'])} what came of effect {body['number']}"
        case "genesis":
            return f"supervisor {body['supervisor']}"
    return None
