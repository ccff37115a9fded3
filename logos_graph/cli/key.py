"""logos key: principals of the ledger, and the private keys of this home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.key_known import found as found_by
from logos_graph.cli.key_known import known, registered
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.keystore import NEXT, NEXT_SUPERVISOR, SUPERVISOR

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
@click.option(
    "--bare", is_flag=True, help="The principal is the key itself (did:key), and has no other ever."
)
@click.option(
    "--unencrypted", is_flag=True,
    help="Whoever reads the key's file has the key: for what starts with nobody there.",
)  # fmt: skip
@as_option
@with_output
def new(
    out: Printer,
    name: str,
    kind: str,
    roles: tuple[str, ...],
    signer: str | None,
    *,
    bare: bool,
    unencrypted: bool,
) -> int:
    """Make a key in this home, and register its principal, did:logline:TYPE:NAME.

    The key's file is encrypted under a passphrase, which a terminal, LOGOS_PASSPHRASE_FILE or
    LOGOS_PASSPHRASE_FD gives, unless --unencrypted (or LOGOS_UNENCRYPTED_KEYS=1) says otherwise.
    It is removed again if the registration is refused.
    """
    if name.startswith(f"{SUPERVISOR}-"):
        raise Rejected(
            "E_KEY_NAME",
            f"{name} is a name of the supervisor's own keys",
            hint="choose another name; `logos key rotate supervisor` makes its next key",
            name=name,
        )
    from logos_graph.identity import did_logline

    with opened_to_write(out) as system:
        _refuse_known(system, name)
        # A key without its principal is one whose registration was interrupted: it goes on here.
        resumed = system.keys.has(name)
        plain = unencrypted or system.settings.unencrypted
        did = None if bare else did_logline(kind, name)
        if resumed:
            made = system.keys.load(name)
        else:
            passphrase = None if plain else system.passphrases.new(name)
            made = system.keys.create(name, did=did, passphrase=passphrase)
        try:
            outcome = _register(system, made, name, kind, roles, signer)
        except (Rejected, InvalidInput):  # nothing was recorded
            if not resumed:
                system.keys.remove(name)
            raise
        if outcome.status == "GHOST" and not resumed:
            system.keys.remove(name)
        return report(
            out, system, outcome, {"key": {"name": name, "did": made.did, "key": made.key}}
        )


@key.command()
@click.argument("name")
@as_option
@with_output
def rotate(out: Printer, name: str, signer: str | None) -> int:
    """Take another key; both keys sign it. The new one is made in this home.

    A principal rotates its own key. With NAME supervisor the ledger is handed over to a new key:
    that takes consent; from the next entry on the new key signs, and the old one keeps no role.
    """
    if name == SUPERVISOR:
        return _rotate_supervisor(out, signer)
    with opened_to_write(out) as system:
        return _follow(out, system, name, "principal.rotate_key", signer or name)


@key.command()
@click.argument("name")
@as_option
@with_output
def rekey(out: Printer, name: str, signer: str | None) -> int:
    """Give a principal whose key was revoked another one, made in this home; takes consent."""
    with opened_to_write(out) as system:
        return _follow(out, system, name, "principal.rekey", signer)


@key.command()
@click.argument("name")
@click.option("--reason", required=True, help="Why; it stays in the ledger.")
@click.option("--key", "which", metavar="DID", help="Another key of its than the one in force.")
@click.option("--principal", is_flag=True, help="The principal itself, for ever.")
@as_option
@with_output
def revoke(
    out: Printer, name: str, reason: str, which: str | None, signer: str | None, *, principal: bool
) -> int:
    """Revoke a principal's key: nothing that it signs from then on counts.

    Consents by it that are not counted yet are void. One's own; an operator, any.
    """
    with opened_to_write(out) as system:
        of = registered(system, name)
        identity = of["did"] if principal else which or of["keys"][-1]["key"]
        this = {"principal": of["did"], "id": identity, "reason": reason}
        return report(out, system, submit(system, "principal.revoke", this, signer))


@key.command()
@click.argument("name")
@with_output
def encrypt(out: Printer, name: str) -> int:
    """Encrypt a key's file in this home under a passphrase."""
    with opened() as system:
        system.keys.load(name)
        system.keys.encrypt(name, system.passphrases.new(name))
    out.document({"name": name, "encrypted": True})
    out.line(f"the key {name} is encrypted; copies that were made of its file before are not")
    return 0


@key.command()
@click.argument("name")
@with_output
def decrypt(out: Printer, name: str) -> int:
    """Take the encryption off a key's file: its mode alone protects it then."""
    with opened() as system:
        system.keys.decrypt(name)
    out.document({"name": name, "encrypted": False})
    out.line(f"whoever reads the file of the key {name} has the key now")
    return 0


def _follow(out: Printer, system: System, name: str, verb: str, signer: str | None) -> int:
    """Another key for a principal, by this verb; the files have their names once it is in force."""
    from logos_graph.identity import Did
    from logos_graph.ledger import accept_principal

    of = registered(system, name)
    did, previous = Did(of["did"]), Did(of["keys"][-1]["key"])
    made = system.keys.follower(name, did)
    this: dict[str, Any] = {
        "principal": did,
        "key": made.key,
        "previous": previous,
        "signature": accept_principal(system.ledger, did, previous, made),
    }
    outcome = _waiting_for(system, verb, "key", made.key) or submit(system, verb, this, signer)
    keys = system.supervisor.view.principal_keys
    system.keys.settle(keys.keys(did), name)
    done = keys.current(did) == made.key
    file = name if done else name + NEXT
    told = {"did": did, "key": made.key, "name": file, "in_force": done}
    return report(out, system, outcome, {"key": told})


def _rotate_supervisor(out: Printer, signer: str | None) -> int:
    with opened_to_write(out) as system:
        keys, named = system.keys, NEXT_SUPERVISOR
        new_key = keys.follower(SUPERVISOR, system.supervisor.view.supervisor)
        waiting = _waiting_for(system, "supervisor.rotate_key", "did", new_key.did)
        outcome = waiting or _rotate(system, new_key, signer)
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


def _waiting_for(system: System, verb: str, field: str, key: str) -> Outcome | None:
    """The change to this key that waits for consent already."""
    for pending in system.supervisor.view.pending.values():
        line = pending.signed.intent.logline
        if line.did == verb and line.this.get(field) == key:
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
    if made.key != made.did:
        this["key"] = made.key
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
        found = known(system)
    out.document({"principals": found})
    out.table(
        (
            "name",
            "type",
            "roles",
            "registered",
            "retired",
            "revoked",
            "key here",
            "encrypted",
            "did",
        ),
        [
            (
                entry["name"],
                entry["type"],
                ", ".join(entry["roles"]) or None,
                entry["registered"],
                entry["retired"],
                entry["revoked"],
                entry["key_file"],
                entry["encrypted"],
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
        found = found_by(known(system), name)
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
            ("in force", found["in_force"]),
            ("keys", ", ".join(map(_told, found["keys"])) or None),
            ("encrypted", found["encrypted"]),
            ("key", folder / f"{found['key_file']}.json" if found["key"] else None),
        ]
    )
    return 0


def _told(key: dict[str, Any]) -> str:
    at = key["revoked_at"]
    return key["key"] if at is None else f"{key['key']} (revoked at entry {at})"
