"""logos node: check, publish, list, show, inspect; its other commands have files of their own."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.adapter import adapter
from logos_graph.cli.authoring import new, read_source, test
from logos_graph.cli.draft import draft, drafts, find_drafts, show_draft
from logos_graph.cli.files import read_bytes, read_text
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.ports import show_grants_to_ask_for, show_interface
from logos_graph.cli.rebuild import rebuild, source
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.standing import deprecate, fork, promote
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import (
    imports_text,
    limits_text,
    ports_text,
    short,
    short_value,
    size,
)
from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.graph import Descriptor
    from logos_graph.wiring import System

__all__ = ["node"]


@click.group(cls=CommandGroup)
def node() -> None:
    """Nodes: Rust functions, compiled to sandboxed WebAssembly and named by their content."""


for command in (new, test, adapter, draft, drafts, deprecate, fork, promote, rebuild, source):
    node.add_command(command)


@node.command()
@click.argument("file", metavar="FILE.rs")
@with_output
def check(out: Printer, file: str) -> int:
    """Build and admit a source without publishing it: id, ports, imports, the compiler's words."""
    import logos_graph.wasm.admission as admission
    from logos_graph.settings import Settings
    from logos_graph.supervisor import EVERY_CAPABILITY
    from logos_graph.wasm.builder import MAX_SOURCE, Builder

    source = read_text(file, MAX_SOURCE).encode()
    out.progress(f"building {file}")
    built = Builder(Settings.from_environment().cache).build(source)
    admitted = admission.admit(built.module, EVERY_CAPABILITY)
    needs = sorted(admitted.needs)
    imports = [{"module": item.module, "name": item.name} for item in admitted.imports]
    out.document(
        {
            "node": admitted.id,
            **_described(admitted.descriptor),
            "imports": imports,
            "needs": needs,
            "size": admitted.size,
            "toolchain": built.toolchain,
            "diagnostics": [diagnostic.to_json() for diagnostic in built.diagnostics],
        }
    )
    for diagnostic in built.diagnostics:
        out.block(diagnostic.rendered)
    out.fields(
        [
            ("id", admitted.id),
            ("name", admitted.descriptor.name),
            ("imports", imports_text(imports)),
            ("needs", ", ".join(needs) or "no capability"),
            ("size", size(admitted.size)),
            ("toolchain", built.toolchain),
        ]
    )
    show_interface(out, _described(admitted.descriptor))
    show_grants_to_ask_for(out, admitted.id, needs)
    return 0


@node.command()
@click.argument("file", metavar="FILE.rs")
@click.option("--name", help="The name to publish it under (default: the file's).")
@as_option
@with_output
def publish(out: Printer, file: str, name: str | None, signer: str | None) -> int:
    """Build a source in the sandbox, admit the binary, and publish the node."""
    this: dict[str, Any] = read_source(file, name)
    with opened_to_write(out) as system:
        out.progress(f"building {file}")
        return report(out, system, submit(system, "node.publish", this, signer))


@node.command("list")
@with_output
def list_(out: Printer) -> int:
    """Every published node."""
    with opened() as system:
        nodes = _nodes(system, None)
    out.document({"nodes": nodes})
    out.table(
        ("id", "names", "layer", "inputs", "outputs", "size", "deprecated"),
        [
            (
                short(found["id"]),
                ", ".join(found["names"]) or None,
                found["layer"],
                ports_text(found["inputs"]),
                ports_text(found["outputs"]),
                size(found["size"]),
                next(
                    (
                        short_value(said["reason"])
                        for said in found["standing"]
                        if said["kind"] == "deprecation"
                    ),
                    None,
                ),
            )
            for found in nodes
        ],
    )
    return 0


@node.command()
@click.argument("node", metavar="NODE")
@with_output
def show(out: Printer, node: str) -> int:
    """One node, by name or id: docs, ports with their types, imports, grants; or a draft, by id."""
    with opened() as system:
        identity = system.reader.resolve(node, ("Node", "Draft"))
        if found := find_drafts(system, ids=[identity]):
            return show_draft(out, system, found[0])
        known = _nodes(system, identity)[0]
    out.document(known)
    out.fields(
        [
            ("id", known["id"]),
            ("names", ", ".join(known["names"]) or None),
            ("layer", known["layer"]),
            *_standing(known),
            ("forked from", short(known.get("forked_from"))),
            ("imports", imports_text(known["imports"])),
            *(("grant", _grant_text(grant)) for grant in known["grants"]),
            ("size", size(known["size"])),
            ("source", short(known["source"])),
            ("toolchain", known["toolchain"]),
            ("flags", " ".join(known["flags"])),
            ("sdk", short(known["sdk"])),
        ]
    )
    show_interface(out, known)
    return 0


def _standing(known: dict[str, Any]) -> list[tuple[str, object]]:
    return [
        (said["kind"], f"{said['reason']} ({said['who']}, entry {said['index']})")
        for said in known["standing"]
    ]


@node.command()
@click.argument("file", metavar="FILE.wasm")
@with_output
def inspect(out: Printer, file: str) -> int:
    """Put a binary through the admission checks, without running it. Status 1 if it is refused."""
    from logos_graph.canon import content_id
    from logos_graph.wasm import admission
    from logos_graph.wasm.builder import MAX_MODULE

    module = read_bytes(file, MAX_MODULE)
    checks = admission.inspect(module)
    admitted = all(check.ok for check in checks)
    described = _described(admission.admit(module).descriptor) if admitted else None
    out.document(
        {
            "id": content_id(module),
            "admitted": admitted,
            "checks": [asdict(check) for check in checks],
            "descriptor": described,
        }
    )
    out.fields([("id", content_id(module)), ("verdict", "admitted" if admitted else "refused")])
    out.line()
    out.table(
        ("check", "state", "detail", "code"),
        [(c.name, "ok" if c.ok else "failed", c.detail or None, c.code or None) for c in checks],
    )
    if described is not None:
        show_interface(out, described)
    return 0 if admitted else Rejected.exit_status


def _nodes(system: System, identity: str | None) -> list[dict[str, Any]]:
    """Nodes as the ledger has them, with their names and grants."""
    from logos_graph.store.components import grant_mutation, node_mutation

    names: dict[str, list[str]] = {}
    for row in system.reader.rows("read/names", name=None):
        names.setdefault(row["target"], []).append(row["name"])
    grants: dict[str, list[dict[str, Any]]] = {}
    for grant in map(grant_mutation, system.reader.rows("read/grants", node=identity)):
        if grant["revoked"] is None:
            told = {key: grant[key] for key in ("grant", "capability", "limits")}
            grants.setdefault(str(grant["node"]), []).append(told)
    standing: dict[str, list[dict[str, Any]]] = {}
    for row in system.reader.rows("read/standing", node=identity):
        standing.setdefault(row.pop("node"), []).append(row)
    rows = system.reader.rows("read/nodes", ids=None if identity is None else [identity])
    found = []
    for row in rows:
        mutation: dict[str, Any] = node_mutation(row)
        del mutation["kind"]
        found.append(
            {
                **mutation,
                "names": names.get(mutation["id"], []),
                "grants": grants.get(mutation["id"], []),
                "standing": standing.get(mutation["id"], []),
            }
        )
    return found


def _grant_text(grant: dict[str, Any]) -> str:
    limits = f" ({limits_text(grant['limits'])})" if grant["limits"] else ""
    return f"{grant['capability']}{limits} by {short(grant['grant'])}"


def _described(descriptor: Descriptor) -> dict[str, Any]:
    from logos_graph.graph.component import ports_json

    return {
        "name": descriptor.name,
        "docs": descriptor.docs,
        "inputs": ports_json(descriptor.inputs),
        "outputs": ports_json(descriptor.outputs),
    }
