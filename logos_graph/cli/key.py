"""logos key: principals of the ledger, and the private keys of this home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.errors import InvalidInput, Rejected

if TYPE_CHECKING:
    from logos_graph.identity import Signer
    from logos_graph.supervisor import Outcome
    from logos_graph.wiring import System

__all__ = ["key"]


@click.group(cls=CommandGroup)
def key() -> None:
    """Principals and their keys."""


@key.command()
@click.argument("name")
@click.option(
    "--type", "kind", type=click.Choice(("agent", "person", "service")), default="person",
    show_default=True, help="What kind of principal it is.",
)  # fmt: skip
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="A role it holds; repeatable.")
@as_option
@with_output
def new(out: Printer, name: str, kind: str, roles: tuple[str, ...], signer: str | None) -> int:
    """Make a key in this home, and register its principal.

    The key's file is removed again if the registration is refused.
    """
    with opened_to_write(out) as system:
        _refuse_known(system, name)
        # A key without its principal is one whose registration was interrupted: it goes on here.
        resumed = system.keys.has(name)
        made = system.keys.load(name) if resumed else system.keys.create(name)
        try:
            outcome = _register(system, made, name, kind, roles, signer)
        except (Rejected, InvalidInput):  # nothing was recorded
            if not resumed:
                system.keys.remove(name)
            raise
        if outcome.status == "GHOST" and not resumed:
            system.keys.remove(name)
        return report(out, system, outcome, {"key": {"name": name, "did": made.did}})


def _register(
    system: System, made: Signer, name: str, kind: str, roles: tuple[str, ...], signer: str | None
) -> Outcome:
    this: dict[str, Any] = {
        "did": made.did,
        "name": name,
        "type": kind,
        "roles": sorted(set(roles)),
    }
    return submit(system, "principal.register", this, signer)


def _refuse_known(system: System, name: str) -> None:
    known = next((p for p in system.reader.principals() if p["name"] == name), None)
    if known is None:
        return
    if system.keys.has(name):
        raise Rejected(
            "E_KEY_EXISTS",
            f"{name} is registered already, and its key is in this home",
            hint="choose another name; `logos key show` prints this one",
            name=name,
            did=known["did"],
        )
    raise Rejected(
        "E_PRINCIPAL_EXISTS",
        f"{name} is registered already, by a key that is not in this home",
        hint="choose another name; `logos key list` shows who is registered",
        name=name,
        did=known["did"],
    )


@key.command("list")
@with_output
def list_(out: Printer) -> int:
    """Every principal of the ledger, and every key of this home."""
    with opened() as system:
        found = _known(system)
    out.document({"principals": found})
    out.table(
        ("name", "type", "roles", "registered", "key here", "did"),
        [
            (
                entry["name"],
                entry["type"],
                ", ".join(entry["roles"]) or None,
                entry["registered"],
                entry["key"],
                entry["did"],
            )
            for entry in found
        ],
    )
    return 0


@key.command()
@click.argument("name")
@with_output
def show(out: Printer, name: str) -> int:
    """One principal, by name or DID; never its secret."""
    with opened() as system:
        found = next((e for e in _known(system) if name in (e["name"], e["did"])), None)
        folder = system.settings.home / "keys"
    if found is None:
        raise Rejected(
            "E_UNKNOWN_PRINCIPAL",
            f"no principal and no key is named {name!r}",
            hint="`logos key list` shows them",
            name=name,
        )
    out.document(found)
    out.fields(
        [
            ("name", found["name"]),
            ("did", found["did"]),
            ("type", found["type"]),
            ("roles", ", ".join(found["roles"]) or None),
            ("registered", found["registered"]),
            ("key", folder / f"{found['name']}.json" if found["key"] else None),
        ]
    )
    return 0


def _known(system: System) -> list[dict[str, Any]]:
    """Principals first, in the ledger's order, then the keys that no principal has."""
    here = {stored.did: stored for stored in system.keys}
    known: list[dict[str, Any]] = [
        {
            **{field: principal[field] for field in ("name", "did", "type", "roles")},
            "registered": True,
            "key": principal["did"] in here,
        }
        for principal in system.reader.principals()
    ]
    registered = {entry["did"] for entry in known}
    return known + [
        {
            "name": stored.name,
            "did": stored.did,
            "type": None,
            "roles": [],
            "registered": False,
            "key": True,
        }
        for stored in here.values()
        if stored.did not in registered
    ]
