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
from logos_graph.keystore import NEXT_SUPERVISOR, SUPERVISOR

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
    if name.startswith(f"{SUPERVISOR}-"):
        raise Rejected(
            "E_KEY_NAME",
            f"{name} is a name of the supervisor's own keys",
            hint="choose another name; `logos key rotate supervisor` makes its next key",
            name=name,
        )
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


@key.command()
@click.argument("name", type=click.Choice((SUPERVISOR,)), metavar="NAME")
@as_option
@with_output
def rotate(out: Printer, name: str, signer: str | None) -> int:  # noqa: ARG001 - there is one
    """Hand the ledger over to a new key of the supervisor's; takes consent.

    NAME is supervisor: only its key is ever replaced by another. The new key is made in this home.
    From the next entry on it signs the ledger, and has the roles of the old one, which keeps none.
    """
    with opened_to_write(out) as system:
        named, keys = NEXT_SUPERVISOR, system.keys
        # One that is there already is of a rotation that was interrupted, refused, or that waits.
        new_key = keys.load(named) if keys.has(named) else keys.create(named)
        outcome = _waiting_rotation(system, new_key) or _rotate(system, new_key, signer)
        view = system.supervisor.view
        keys.settle(view.keys.dids)
        done = view.supervisor == new_key.did
        told = {"did": new_key.did, "name": SUPERVISOR if done else named, "in_force": done}
        status = report(out, system, outcome, {"key": told})
    if outcome.status == "PENDING":
        out.note(
            f"note: the new key is in this home as {named}; with the consent it takes over, and"
            " every process of this home goes on with it. Then keep a checkpoint elsewhere:"
            " logos ledger checkpoint --to DIR"
        )
    return status


def _rotate(system: System, new_key: Signer, signer: str | None) -> Outcome:
    from logos_graph.ledger import accept_supervision

    view = system.supervisor.view
    this: dict[str, Any] = {
        "did": new_key.did,
        "previous": view.supervisor,
        "signature": accept_supervision(view.ledger, view.supervisor, new_key),
    }
    return submit(system, "supervisor.rotate_key", this, signer)


def _waiting_rotation(system: System, new_key: Signer) -> Outcome | None:
    """The rotation to this key that waits for consent already."""
    for pending in system.supervisor.view.pending.values():
        line = pending.signed.intent.logline
        if line.did == "supervisor.rotate_key" and line.this.get("did") == new_key.did:
            return system.supervisor.recorded(pending.cid)
    return None


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
        ("name", "type", "roles", "registered", "retired", "key here", "did"),
        [
            (
                entry["name"],
                entry["type"],
                ", ".join(entry["roles"]) or None,
                entry["registered"],
                entry["retired"],
                entry["key_file"],
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
        found = _found(_known(system), name)
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
            ("retired", found["retired"]),
            ("key", folder / f"{found['key_file']}.json" if found["key"] else None),
        ]
    )
    return 0


def _found(known: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """By the principal's name or DID; `supervisor` is the key in force, as it is for `--as`."""
    if name == SUPERVISOR:
        current = next((e for e in known if e["type"] == SUPERVISOR and not e["retired"]), None)
        if current is not None:
            return current
    by_principal = (e for e in known if name in (e["name"], e["did"]))
    return next(by_principal, None) or next((e for e in known if name == e["key_file"]), None)


def _known(system: System) -> list[dict[str, Any]]:
    """Principals first, in the ledger's order, then the keys that no principal has."""
    here = {stored.did: stored for stored in system.keys}
    files: dict[Any, str] = {did: stored.name for did, stored in here.items()}
    retired = [each["did"] for each in system.reader.supervisors()[:-1]]
    known: list[dict[str, Any]] = [
        {
            **{field: principal[field] for field in ("name", "did", "type")},
            "roles": [] if principal["did"] in retired else principal["roles"],
            "registered": True,
            "retired": principal["did"] in retired,
            "key": principal["did"] in files,
            "key_file": files.get(principal["did"]),
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
            "retired": False,
            "key": True,
            "key_file": stored.name,
        }
        for stored in here.values()
        if stored.did not in registered
    ]
