"""logos node: check, publish, list, show, inspect."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli import authoring
from logos_graph.cli.files import read_bytes, read_text
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import ports_text, short, size
from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.graph import Descriptor, Port
    from logos_graph.wiring import System

__all__ = ["node"]


@click.group()
def node() -> None:
    """Nodes: Rust functions, compiled to sandboxed WebAssembly and named by their content."""


authoring.attach(node)


@node.command()
@click.argument("file", metavar="FILE.rs")
@with_output
def check(out: Printer, file: str) -> int:
    """Build and admit a source without publishing it: id, ports, imports, the compiler's words."""
    from logos_graph.settings import Settings
    from logos_graph.wasm.admission import admit
    from logos_graph.wasm.builder import MAX_SOURCE, Builder

    source = read_text(file, MAX_SOURCE).encode()
    out.progress(f"building {file}")
    built = Builder(Settings.from_environment().cache).build(source)
    admitted = admit(built.module)
    imports = [{"module": item.module, "name": item.name} for item in admitted.imports]
    out.document(
        {
            "node": admitted.id,
            **_described(admitted.descriptor),
            "imports": imports,
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
            ("docs", admitted.descriptor.docs or None),
            ("imports", _imports_text(imports)),
            ("size", size(admitted.size)),
            ("toolchain", built.toolchain),
        ]
    )
    _show_ports(out, _described(admitted.descriptor))
    return 0


@node.command()
@click.argument("file", metavar="FILE.rs")
@click.option("--name", help="The name to publish it under (default: the file's).")
@as_option
@with_output
def publish(out: Printer, file: str, name: str | None, signer: str | None) -> int:
    """Build a source in the sandbox, admit the binary, and publish the node."""
    from logos_graph.wasm.builder import MAX_SOURCE

    source = read_text(file, MAX_SOURCE)
    published = name or Path(file).stem.replace("_", "-")
    with opened_to_write(out) as system:
        out.progress(f"building {file}")
        this: dict[str, Any] = {"name": published, "source": source}
        return report(out, system, submit(system, "node.publish", this, signer))


@node.command("list")
@with_output
def list_(out: Printer) -> int:
    """Every published node."""
    with opened() as system:
        nodes = _nodes(system, None)
    out.document({"nodes": nodes})
    out.table(
        ("id", "names", "layer", "inputs", "outputs", "size"),
        [
            (
                short(found["id"]),
                ", ".join(found["names"]) or None,
                found["layer"],
                ports_text(found["inputs"]),
                ports_text(found["outputs"]),
                size(found["size"]),
            )
            for found in nodes
        ],
    )
    return 0


@node.command()
@click.argument("node", metavar="NODE")
@with_output
def show(out: Printer, node: str) -> int:
    """One node, by name or id: ports with their types, imports, grants."""
    with opened() as system:
        found = _nodes(system, system.reader.resolve(node, ("Node",)))[0]
    out.document(found)
    out.fields(
        [
            ("id", found["id"]),
            ("names", ", ".join(found["names"]) or None),
            ("layer", found["layer"]),
            ("docs", found["docs"] or None),
            ("imports", _imports_text(found["imports"])),
            ("grants", ", ".join(found["grants"]) or None),
            ("size", size(found["size"])),
            ("source", short(found["source"])),
            ("toolchain", found["toolchain"]),
        ]
    )
    _show_ports(out, found)
    return 0


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
        _show_ports(out, described)
    return 0 if admitted else Rejected.exit_status


def _nodes(system: System, identity: str | None) -> list[dict[str, Any]]:
    """Nodes as the ledger has them, with their names and grants."""
    from logos_graph.store.components import node_mutation

    names: dict[str, list[str]] = {}
    for row in system.reader.rows("read/names", name=None):
        names.setdefault(row["target"], []).append(row["name"])
    grants: dict[str, list[str]] = {}
    for row in system.reader.rows("read/grants", node=identity):
        grants.setdefault(row["node"], []).append(row["capability"])
    rows = system.reader.rows("read/nodes", ids=None if identity is None else [identity])
    found = []
    for row in rows:
        mutation: dict[str, Any] = node_mutation(row)
        del mutation["kind"]
        known_as = names.get(mutation["id"], [])
        found.append({**mutation, "names": known_as, "grants": grants.get(mutation["id"], [])})
    return found


def _described(descriptor: Descriptor) -> dict[str, Any]:
    return {
        "name": descriptor.name,
        "docs": descriptor.docs,
        "inputs": [_port(port) for port in descriptor.inputs],
        "outputs": [_port(port) for port in descriptor.outputs],
    }


def _port(port: Port) -> dict[str, str]:
    return {"name": port.name, "type": port.type.text, "docs": port.docs}


def _imports_text(imports: list[dict[str, Any]]) -> str:
    return ", ".join(f"{item['module']}.{item['name']}" for item in imports) or "none"


def _show_ports(out: Printer, component: dict[str, Any]) -> None:
    rows = [
        (direction, port["name"], port["type"], port.get("docs") or "")
        for direction, key in (("input", "inputs"), ("output", "outputs"))
        for port in component[key]
    ]
    columns = ("port", "name", "type", "docs")
    shown = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    out.line()
    out.table(columns[:shown], [row[:shown] for row in rows])
