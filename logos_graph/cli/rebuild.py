"""logos node source and rebuild: what a node was made from, and whether that makes it again."""

from __future__ import annotations

import sys
from typing import Any

import click

from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened
from logos_graph.cli.texts import short
from logos_graph.errors import NotVerified, Rejected

__all__ = ["rebuild", "source"]

_MADE_BY = ("toolchain", "flags", "sdk")


@click.command()
@click.argument("node", metavar="NODE")
@with_output
def source(out: Printer, node: str) -> int:
    """Print the source of a node, by name or id, or of a draft, by id.

    A file or a pipe gets exactly the text; a terminal, escapes for what would act on it.
    """
    with opened() as system:
        identity = system.reader.resolve(node, ("Node", "Draft"))
        (row,) = system.reader.rows("read/source", id=identity)
    out.document({"id": identity, "source": row["source"], "text": row["text"]})
    if sys.stdout.isatty():
        out.block(row["text"])
    elif not out.as_json:
        sys.stdout.flush()
        sys.stdout.buffer.write(row["text"].encode())
    return 0


@click.command()
@click.argument("node", metavar="NODE")
@with_output
def rebuild(out: Printer, node: str) -> int:
    """Build a node's recorded source on this machine, and compare the ids.

    Status 1 if they differ, with what may be the reason.
    """
    from logos_graph.canon import content_id
    from logos_graph.settings import Settings
    from logos_graph.store.components import node_mutation
    from logos_graph.wasm.builder import Builder

    with opened() as system:
        identity = system.reader.resolve(node, ("Node",))
        recorded = node_mutation(system.reader.rows("read/nodes", ids=[identity])[0])
        text: str = system.reader.rows("read/source", id=identity)[0]["text"]
    if content_id(text.encode()) != recorded["source"]:
        raise NotVerified(
            "E_SOURCE_ID",
            f"what is stored as the source of {identity} is not the source that was recorded",
            hint="somebody wrote to the database beside the gate: `logos ledger verify`",
            recorded=recorded["source"],
        )
    out.progress(f"building {short(identity)}")
    built = Builder(Settings.from_environment().cache).build(text.encode())
    found = content_id(built.module)
    here = {"toolchain": built.toolchain, "flags": [*built.flags], "sdk": built.sdk}
    then = {name: recorded[name] for name in _MADE_BY}
    differs = [name for name in _MADE_BY if then[name] != here[name]]
    why = _why(found == identity, differs)
    out.document(
        {
            "node": identity,
            "rebuilt": found,
            "same": found == identity,
            "recorded": then,
            "here": here,
            "differs": differs,
            "why": why,
        }
    )
    _show(out, identity, found, then, here, why)
    return 0 if found == identity else Rejected.exit_status


def _why(same: bool, differs: list[str]) -> str:
    if differs:
        words = f"not as recorded: {', '.join(differs)}"
        if same:
            return f"{words}; what they make of this source is the same all the same"
        return f"{words}; build with what was recorded, to compare"
    if same:
        return "the same source, toolchain, flags and SDK make the same module"
    return (
        "source, toolchain, flags and SDK are those recorded: either the toolchain's files were"
        " changed, or the node was not made from this source"
    )


def _show(
    out: Printer, node: str, found: str, then: dict[str, Any], here: dict[str, Any], why: str
) -> None:
    out.fields([("node", node), ("rebuilt", found), ("same", found == node)])
    out.line()
    rows: list[tuple[str, object]] = []
    for name in _MADE_BY:
        recorded, now = _text(then[name]), _text(here[name])
        rows += [(name, recorded)] if recorded == now else [(name, recorded), ("  here", now)]
    out.fields(rows)
    out.line()
    out.line(why)


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)
