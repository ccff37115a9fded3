"""logos verify DIR: an export, all of it, offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from logos_graph.cli.output import Printer
from logos_graph.cli.shown import show_invariants
from logos_graph.cli.texts import short
from logos_graph.errors import NotVerified

if TYPE_CHECKING:
    from logos_graph.archive import ArchiveReport
    from logos_graph.identity import Did

__all__ = ["verify_export"]

_GIVEN, _ITSELF = "given", "the export alone: give --supervisor to be sure"


def verify_export(out: Printer, folder: Path, trusted: Did | None) -> int:
    """Prints what was verified; status 1 if an invariant does not hold.

    trusted: one of the ledger's keys. Raises NotVerified for the first thing that is not as
    it must be, with its file, and the entry's index where it is an entry's.
    """
    from logos_graph.archive import verify_archive

    report = verify_archive(folder, trusted, watch=out.counted)
    known_from = _ITSELF if trusted is None else _GIVEN
    out.document(_document(report, folder, known_from))
    _show(out, report, known_from)
    return 0 if report.ok else NotVerified.exit_status


def _document(report: ArchiveReport, folder: Path, known_from: str) -> dict[str, object]:
    checkpoint = report.checkpoint
    stretches = zip(report.keys, report.first, strict=True)
    return {
        "verified": report.ok,
        "folder": str(folder),
        "ledger": report.head.ledger,
        "entries": checkpoint.size,
        "head": {"index": report.head.index, "hash": report.head.hash},
        "supervisor": {
            "did": report.signed_by,
            "keys": [{"did": did, "first": first} for did, first in stretches],
            "known_from": known_from,
        },
        "checkpoint": {
            "size": checkpoint.size,
            "root": checkpoint.root_text,
            "signed_by": report.signed_by,
            "note": report.note,
        },
        "tiles": report.tiles,
        "contents": report.contents,
        "invariants": [check.json for check in report.checked.checks],
        "counts": report.checked.counts.json,
        "state": report.state,
    }


def _show(out: Printer, report: ArchiveReport, known_from: str) -> None:
    out.block(report.note)
    out.line()
    out.fields(
        [
            ("ledger", report.head.ledger),
            ("supervisor", f"{', '.join(report.keys)} ({known_from})"),
            ("checkpoint", f"signed by {report.signed_by}"),
            ("chain", f"{report.checkpoint.size} entries, whole and signed"),
            ("head", f"{report.head.index}  {short(report.head.hash)}"),
            ("tiles", f"{report.tiles}, as the entries make them"),
            ("contents", f"{report.contents}, each that an entry names and no other"),
            ("state", report.state),
        ]
    )
    out.line()
    show_invariants(out, report.checked.checks)
    out.line("I4: compare the state with that of `logos ledger verify`, where the database is")
    out.line()
    out.line("verified" if report.ok else "not verified")
