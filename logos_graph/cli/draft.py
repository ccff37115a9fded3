"""logos node draft and drafts: sources, kept with what the compiler said; they are no nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.authoring import read_source
from logos_graph.cli.options import as_option, limit_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.ports import show_grants_to_ask_for
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import exit_status, report, submit
from logos_graph.cli.texts import imports_text, short
from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["draft", "drafts", "find_drafts", "show_draft"]

_EVERY = 1_000_000


@click.command()
@click.argument("file", metavar="FILE.rs")
@click.option("--name", help="The name it is meant to be published under (default: the file's).")
@as_option
@with_output
def draft(out: Printer, file: str, name: str | None, signer: str | None) -> int:
    """Build a source and keep it with what the compiler said, whether it builds or not."""
    this: dict[str, Any] = read_source(file, name)
    with opened_to_write(out) as system:
        out.progress(f"building {file}")
        outcome = submit(system, "node.draft", this, signer)
        if outcome.status != "COMMITTED":
            return report(out, system, outcome)
        found = find_drafts(system, ids=[outcome.intent])[0]
        out.document({**outcome.to_json(), "guard": system.guard.active, "draft": found})
        _show(out, system, found)
    return exit_status(outcome)


@click.command()
@click.option("--principal", metavar="NAME", help="Only of this principal, by name or DID.")
@limit_option
@with_output
def drafts(out: Printer, principal: str | None, limit: int) -> int:
    """Drafts, the youngest first."""
    with opened() as system:
        who = None if principal is None else _did(system, principal)
        found = find_drafts(system, who=who, limit=limit)
    for each in found:
        del each["diagnostics"]
    out.document({"drafts": found})
    out.table(
        ("draft", "name", "by", "status", "node", "needs", "published"),
        [
            (
                short(each["id"]),
                each["name"],
                each["who"],
                each["status"],
                short(each["node"]),
                ", ".join(each["needs"]) or None,
                each["published"],
            )
            for each in found
        ],
    )
    return 0


def _did(system: System, name: str) -> str:
    for principal in system.reader.principals():
        if name in (principal["name"], principal["did"]):
            return str(principal["did"])
    raise Rejected(
        "E_UNKNOWN_PRINCIPAL", f"nobody is registered as {name!r}", hint="`logos key list`"
    )


def find_drafts(
    system: System,
    *,
    ids: list[str] | None = None,
    who: str | None = None,
    limit: int = _EVERY,
) -> list[dict[str, Any]]:
    """Drafts as the ledger has them, with the principal's name and whether they became nodes."""
    from logos_graph.store.components import draft_mutation

    found = []
    for row in system.reader.rows("read/drafts", ids=ids, who=who, limit=limit):
        told: dict[str, Any] = draft_mutation(row)
        del told["kind"]
        found.append({**told, "who": row["who"], "published": row["published"]})
    return found


def show_draft(out: Printer, system: System, found: dict[str, Any]) -> int:
    """One draft, as a document or for people."""
    out.document(found)
    _show(out, system, found)
    return 0


def _show(out: Printer, system: System, found: dict[str, Any]) -> None:
    failure = found["failure"]
    for said in found["diagnostics"]:
        out.block(said["rendered"])
    out.fields(
        [
            ("draft", found["id"]),
            ("name", found["name"]),
            ("by", found["who"]),
            ("status", found["status"]),
            ("because", None if failure is None else f"{failure['code']}: {failure['detail']}"),
            ("node", found["node"]),
            ("published", found["published"]),
            ("imports", imports_text(found["imports"])),
            ("needs", ", ".join(found["needs"]) or None),
            ("source", short(found["source"])),
            ("toolchain", found["toolchain"]),
        ]
    )
    if found["node"] is not None and not found["published"]:
        granted = system.reader.rows("read/grants", node=found["node"])
        held = {grant["capability"] for grant in granted if grant["revoked"] is None}
        needs = [capability for capability in found["needs"] if capability not in held]
        show_grants_to_ask_for(out, found["node"], needs)
        if not needs:
            out.line()
            out.line("It can be published: logos node publish FILE.rs")
