"""logos capability: named rights, granted to one node each, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from logos_graph.canon import Json
from logos_graph.cli.files import read_object
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.retries import retry_limit
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import limits_text, short
from logos_graph.errors import InvalidInput, Rejected

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["capability"]


@click.group(cls=CommandGroup)
def capability() -> None:
    """Named rights, granted node by node; never inherited."""


@capability.command()
@click.argument("node", metavar="NODE")
@click.argument("capability", metavar="CAPABILITY")
@click.option("--limits", metavar="FILE.json", help="All limits, as a JSON object.")
@click.option("--namespace", metavar="NAME", help="kv: whose values; shared by name.")
@click.option("--write", is_flag=True, help="kv: also put and delete.")
@click.option(
    "--allow", multiple=True, metavar="TARGET", help='http: as in "POST https://host:port".'
)
@click.option("--private", is_flag=True, help="http: also loopback and private addresses.")
@click.option(
    "--retry", metavar="POLICY", help="http: when to try again, as in attempts=4,first=200ms."
)
@as_option
@with_output
def grant(out: Printer, /, node: str, capability: str, signer: str | None, **given: Any) -> int:
    """Grant a capability to a node, or to what a draft was built to; by name or id.

    CAPABILITY is clock, random, log, kv (needs --namespace) or http (needs --allow). Only --limits
    says other `seconds`, `request_bytes` and `response_bytes` of http. POLICY is
    attempts=3,first=200ms,factor=2,ceiling=5s,statuses=429+502+503+504 in what it leaves out; with
    unknown, also what may have been sent is tried again: the service must know Idempotency-Key.
    """
    from logos_graph.graph.capabilities import parse_capability, parse_limits

    limits = _limits(**given)
    parse_limits(parse_capability(capability), limits)  # a mistake leaves no ghost
    with opened_to_write(out) as system:
        this: dict[str, Any] = {
            "node": _grantee(system, node),
            "capability": capability,
            "limits": limits,
        }
        return report(out, system, submit(system, "capability.grant", this, signer))


def _grantee(system: System, text: str) -> str:
    """A node, or what a draft was built to, by either's id. Rejected E_DRAFT_NOT_BUILT."""
    identity = system.reader.resolve(text, ("Node", "Draft", "Built"))
    for row in system.reader.rows("read/drafts", ids=[identity], who=None, limit=1):
        built: str | None = row["draft"].get("node")
        if built is None:
            raise Rejected(
                "E_DRAFT_NOT_BUILT",
                f"the draft {identity} did not become a module that could be admitted",
                hint=f"`logos node show {identity}` says why",
                draft=identity,
            )
        return built
    return identity


def _limits(
    limits: str | None,
    namespace: str | None,
    write: bool,
    allow: tuple[str, ...],
    private: bool,
    retry: str | None,
) -> dict[str, Json]:
    """The file's, or what the options say; InvalidInput E_USAGE for both."""
    said: dict[str, Json] = {}
    if namespace is not None:
        said["namespace"] = namespace
    if allow:
        said["allow"] = [*allow]
    said |= {name: True for name, on in (("write", write), ("private", private)) if on}
    if retry is not None:
        said["retry"] = {**retry_limit(retry)}
    if limits is None:
        return said
    if said:
        raise InvalidInput(
            "E_USAGE", f"--limits says everything: leave out --{next(iter(said))}, or --limits"
        )
    return read_object(limits, "a file of limits")


@capability.command()
@click.argument("grant", metavar="GRANT")
@as_option
@with_output
def revoke(out: Printer, grant: str, signer: str | None) -> int:
    """End a grant, by its id: the node's next request that needs it fails."""
    with opened_to_write(out) as system:
        this: dict[str, Any] = {"grant": system.reader.resolve(grant, ("Grant",))}
        return report(out, system, submit(system, "capability.revoke", this, signer))


@capability.command("list")
@click.option("--node", metavar="NODE", help="Only of this node.")
@click.option("--all", "every", is_flag=True, help="Also those that were revoked.")
@with_output
def list_(out: Printer, node: str | None, every: bool) -> int:
    """What is granted, node by node."""
    from logos_graph.store.components import grant_mutation

    with opened() as system:
        identity = None if node is None else _grantee(system, node)
        rows = system.reader.rows("read/grants", node=identity)
    grants: list[dict[str, Any]] = [
        {**grant_mutation(row), "index": row["index"]}
        for row in rows
        if every or row["revoked"] is None
    ]
    for found in grants:
        del found["kind"]
    out.document({"grants": grants})
    out.table(
        ("grant", "node", "capability", "limits", "entry", *(["revoked by"] if every else [])),
        [
            (
                short(found["grant"]),
                short(found["node"]),
                found["capability"],
                limits_text(found["limits"]),
                found["index"],
                *([short(found["revoked"])] if every else []),
            )
            for found in grants
        ],
    )
    if left_out := len(rows) - len(grants):
        out.line(f"and {left_out} revoked: --all shows them")
    return 0
