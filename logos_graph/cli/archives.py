"""logos ledger export and rebuild: the ledger as a folder, and a database made of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import current_head, opened
from logos_graph.cli.texts import short
from logos_graph.errors import NotVerified, Rejected

if TYPE_CHECKING:
    from logos_graph.archive import Archive, ArchiveReport
    from logos_graph.canon import ContentId
    from logos_graph.identity import Did
    from logos_graph.ledger import Head
    from logos_graph.settings import Settings
    from logos_graph.store import StoredLedger
    from logos_graph.wiring import System

__all__ = ["export", "rebuild", "stored_ledger"]

_FOLDER = click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
_EXPORT = click.argument(
    "folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)


@click.command()
@_FOLDER
@with_output
def export(out: Printer, folder: Path) -> int:
    """Verify every new entry, and write the ledger into a folder that needs no database.

    Entries, tlog tiles, modules, sources, policies and schemas, and a signed checkpoint. It goes on
    where it was interrupted, and later with what is new. `logos verify DIR` checks all of it.
    """
    from logos_graph.archive import export_ledger

    with opened() as system:
        done = export_ledger(folder, stored_ledger(out, system))
    root = done.note.text.splitlines()[2]
    out.document(
        {
            "ledger": done.head.ledger,
            "folder": str(folder),
            "size": done.size,
            "already": done.already,
            "head": {"index": done.head.index, "hash": done.head.hash},
            "root": root,
            "contents": done.blobs,
            "note": done.note.data.decode(),
        }
    )
    out.fields(
        [
            ("ledger", done.head.ledger),
            ("folder", folder),
            ("entries", f"{done.size}, {done.size - done.already} of them new"),
            ("head", f"{done.head.index}  {short(done.head.hash)}"),
            ("root", root),
        ]
    )
    return 0


@click.command()
@_EXPORT
@click.option(
    "--supervisor",
    metavar="DID",
    help="Whose ledger it must be (default: this home's key, where there is one).",
)
@with_output
def rebuild(out: Printer, folder: Path, supervisor: str | None) -> int:
    """Verify a whole export, and make an empty database of it: the same graph, the same ledger.

    Starts the managed database of LOGOS_HOME, and founds nothing; no key is needed. Interrupted, it
    goes on with what is there. Status 1 unless the graph is what the entries add up to.
    """
    from logos_graph.archive import verify_archive
    from logos_graph.settings import Settings
    from logos_graph.wiring import start_database

    settings = Settings.from_environment()
    out.progress(f"verifying {folder}")
    report = verify_archive(folder, _trusted(settings, supervisor), watch=out.counted)
    if not report.ok:
        raise NotVerified(
            "E_EXPORT_INVARIANTS",
            f"the ledger in {folder} breaks its invariants",
            hint=f"logos verify {folder}",
        )
    start_database(settings, out.note, found=False)
    with opened() as system:
        already, state = _restored(out, system, folder, report)
    out.document(
        {
            "ledger": report.head.ledger,
            "size": report.checkpoint.size,
            "already": already,
            "head": {"index": report.head.index, "hash": report.head.hash},
            "state": state,
        }
    )
    out.fields(
        [
            ("ledger", report.head.ledger),
            ("entries", f"{report.checkpoint.size}, {already} of them there before"),
            ("head", f"{report.head.index}  {short(report.head.hash)}"),
            ("state", state),
        ]
    )
    return 0


def _restored(
    out: Printer, system: System, folder: Path, report: ArchiveReport
) -> tuple[int, ContentId]:
    """Appends what is missing; how many entries were there, and the digest of what is stored."""
    from logos_graph.archive import Archive, entries_again
    from logos_graph.governance import Conducts
    from logos_graph.store import read_state, restore

    archive = Archive(folder)
    head = _beginning(system, archive, report)
    marker = system.rebuilding(report.head.ledger)
    if head != report.head:
        marker.touch()  # until it is whole nobody writes to it: it would be another history
    already = 0 if head is None else head.index + 1
    entries = entries_again(folder, report, already)
    counted = out.counted(entries, report.checkpoint.size - already, "restoring")
    tree = archive.tiler(already, report.checkpoint.size).frontier()
    conducts = Conducts() if head is None else system.reader.conducts(head)
    restore(system.store, counted, archive.blob, after=head, tree=tree, conducts=conducts)
    out.progress("comparing the graph with the entries")
    state = read_state(system.reader).digest()
    if state != report.state:
        raise NotVerified(
            "E_REBUILD_STATE",
            f"the graph is not what the entries add up to: its digest is {state}",
            hint="`logos ledger verify` names the first difference",
            expected=report.state,
            found=state,
        )
    marker.unlink(missing_ok=True)
    return already, state


def _beginning(system: System, archive: Archive, report: ArchiveReport) -> Head | None:
    """What an interrupted rebuild left, if it is this ledger's; Rejected E_NOT_EMPTY else."""
    head = system.reader.head()
    if head is None:
        if system.reader.rows("read/anything"):
            _refuse_full("the database holds something that is no ledger's")
        return None
    if head.ledger != report.head.ledger:
        _refuse_full(f"the database holds the ledger {head.ledger}")
    if head.index > report.head.index:
        _refuse_full(f"the database has {head.index + 1} entries of this ledger already")
    if next(archive.entries(head.index, size=report.checkpoint.size)).hash != head.hash:
        _refuse_full("the database holds another history of this ledger")
    return head


def _refuse_full(reason: str) -> NoReturn:
    raise Rejected(
        "E_NOT_EMPTY", reason, hint="name an empty folder as LOGOS_HOME, or an empty database"
    )


def _trusted(settings: Settings, supervisor: str | None) -> Did | None:
    from logos_graph.identity import parse_key
    from logos_graph.keystore import SUPERVISOR, KeyStore

    if supervisor is not None:
        return parse_key(supervisor)
    keys = KeyStore(settings.home / "keys")
    return keys.load(SUPERVISOR).did if keys.has(SUPERVISOR) else None


def stored_ledger(out: Printer, system: System) -> StoredLedger:
    """The ledger as of its head. Raises InvalidInput E_NO_LEDGER, Rejected E_NOT_SUPERVISOR."""
    from logos_graph.store import StoredLedger

    head = current_head(system)
    keys = system.reader.supervisor_keys().before(head.index + 1)
    system.signer_of(keys.current)
    return StoredLedger(
        system.store,
        head,
        keys,
        system.signer_of,
        lambda entries, total: out.counted(entries, total, "exporting"),
    )
