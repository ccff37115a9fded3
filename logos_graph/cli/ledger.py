"""logos ledger: its entries, and whether they are what they claim."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.checkpoints import judge, keep_checkpoint, read_checkpoints
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened
from logos_graph.cli.texts import moment, short
from logos_graph.cli.verification import current_head, verify
from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.identity import Signer
    from logos_graph.ledger import Entry
    from logos_graph.wiring import System

__all__ = ["ledger"]


@click.group(cls=CommandGroup)
def ledger() -> None:
    """The ledger: one chain of signed entries, from which everything else follows."""


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
        rows = system.reader.rows("ledger/entries", ledger=head.ledger, first=start, limit=limit)
    entries = [parse_entry(row["text"], row["hash"], row["signature"]) for row in rows]
    out.document(
        {"ledger": head.ledger, "head": head.index, "entries": [_entry_json(e) for e in entries]}
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
    from logos_graph.ledger import TreeWatch, checkpoint_key, sign_checkpoint, verify_chain

    with opened() as system:
        ledger_id, signer = system.ledger, _supervisor(system)
        # Before the head: another process may keep a checkpoint of more entries meanwhile.
        kept = read_checkpoints(folder, ledger_id, signer.did)
        head = current_head(system)
        tree = TreeWatch(item.checkpoint.size for item in kept if item.checkpoint)
        entries_read = islice(system.store.entries(0), head.index + 1)
        chain = verify_chain(entries_read, signer.did, until=head)
        for _entry in out.counted(tree.watch(chain), head.index + 1, "verifying"):
            pass
    for item in judge(kept, tree):
        if item.fault is not None:
            raise item.fault
    note = sign_checkpoint(head.ledger, tree.size, tree.root(), signer)
    path, note = keep_checkpoint(folder / f"{head.ledger}-{tree.size}.checkpoint", note)
    key = checkpoint_key(head.ledger, signer.did)
    out.document(
        {
            "ledger": head.ledger,
            "file": str(path),
            "origin": key.name,
            "size": tree.size,
            "root": note.text.splitlines()[2],
            "key": key.text,
            "note": note.data.decode(),
        }
    )
    out.block(note.data.decode())
    out.line()
    out.fields([("file", path), ("key", key.text)])
    return 0


ledger.add_command(verify)


def _supervisor(system: System) -> Signer:
    """This home's key, by which this ledger is kept. Raises Rejected E_NOT_SUPERVISOR."""
    from logos_graph.keystore import SUPERVISOR

    signer = system.keys.load(SUPERVISOR)
    genesis = system.store.entry(0)
    keeper = None if genesis is None else genesis.body["supervisor"]
    if keeper != signer.did:
        raise Rejected(
            "E_NOT_SUPERVISOR",
            f"this ledger is kept by {keeper}, this home's key is {signer.did}",
            hint="use the LOGOS_HOME that founded the ledger",
        )
    return signer


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
        case "genesis":
            return f"supervisor {body['supervisor']}"
    return None
