"""logos node fork, deprecate, promote: what becomes of a node, which itself never changes."""

from __future__ import annotations

from typing import Any

import click

from logos_graph.cli.authoring import read_source
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened_to_write
from logos_graph.cli.submit import report, submit

__all__ = ["deprecate", "fork", "promote"]

_reason = click.option("--reason", required=True, help="Why; it is recorded.")


@click.command()
@click.argument("node", metavar="NODE")
@click.argument("file", metavar="FILE.rs")
@click.option("--name", help="The name to publish it under (default: the file's).")
@as_option
@with_output
def fork(out: Printer, node: str, file: str, name: str | None, signer: str | None) -> int:
    """Publish a new node from the changed source of another, which it names as its origin."""
    this: dict[str, Any] = read_source(file, name)
    with opened_to_write(out) as system:
        this["node"] = system.reader.resolve(node, ("Node",))
        out.progress(f"building {file}")
        return report(out, system, submit(system, "node.fork", this, signer))


@click.command()
@click.argument("node", metavar="NODE")
@_reason
@as_option
@with_output
def deprecate(out: Printer, node: str, reason: str, signer: str | None) -> int:
    """Keep a node out of new flows; flows that place it already go on."""
    return _say(out, "node.deprecate", node, reason, signer)


@click.command()
@click.argument("node", metavar="NODE")
@_reason
@as_option
@with_output
def promote(out: Printer, node: str, reason: str, signer: str | None) -> int:
    """Lock a node into Bedrock; takes consent, and this machine must rebuild it to the same id."""
    return _say(out, "node.promote", node, reason, signer)


def _say(out: Printer, verb: str, node: str, reason: str, signer: str | None) -> int:
    with opened_to_write(out) as system:
        identity = system.reader.resolve(node, ("Node",))
        this: dict[str, Any] = {"node": identity, "reason": reason}
        return report(out, system, submit(system, verb, this, signer))
