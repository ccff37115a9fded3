"""Who is registered, by which keys, and which of these are in this home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logos_graph.errors import Rejected
from logos_graph.keystore import SUPERVISOR, StoredKey

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["found", "known", "registered"]


def registered(system: System, name: str) -> dict[str, Any]:
    """The principal of this name or DID; Rejected E_UNKNOWN_PRINCIPAL if there is none."""
    principal = found(known(system), name)
    if principal is None or not principal["registered"]:
        raise Rejected(
            "E_UNKNOWN_PRINCIPAL",
            f"no principal is named {name[:80]!r}",
            hint="`logos key list` shows who is registered",
            name=name,
        )
    return principal


def found(known: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """By the principal's name or DID; `supervisor` is the key in force, as it is for `--as`."""
    if name == SUPERVISOR:
        current = next((e for e in known if e["type"] == SUPERVISOR and not e["retired"]), None)
        if current is not None:
            return current
    by_principal = (e for e in known if name in (e["name"], e["did"]))
    return next(by_principal, None) or next((e for e in known if name == e["key_file"]), None)


def known(system: System) -> list[dict[str, Any]]:
    """Principals first, in the ledger's order, then the keys that no principal has."""
    files = {stored.key: stored for stored in system.keys}
    retired = [each["did"] for each in system.reader.supervisors()[:-1]]
    keys = system.reader.principal_keys()
    listed: list[dict[str, Any]] = []
    for principal in system.reader.principals():
        did = str(principal["did"])
        current, last = keys.current(did), keys.last(did)
        here = None if last is None else files.get(last)
        powerless = did in retired or current is None
        listed.append(
            {
                **{field: principal[field] for field in ("name", "did", "type")},
                "roles": [] if powerless else principal["roles"],
                "registered": True,
                "retired": did in retired,
                "revoked": current is None,
                "in_force": current,
                "keys": [
                    {"key": key, "revoked_at": keys.revoked_at(key)} for key in keys.keys(did)
                ],
                "key": here is not None,
                "key_file": None if here is None else here.name,
                "encrypted": None if here is None else here.sealed,
            }
        )
    unowned = (stored for stored in files.values() if keys.owner(stored.key) is None)
    return listed + [_unregistered(stored) for stored in unowned]


def _unregistered(stored: StoredKey) -> dict[str, Any]:
    """A key of this home that no principal has."""
    return {
        "name": stored.name,
        "did": stored.did,
        "type": None,
        "roles": [],
        "registered": False,
        "retired": False,
        "revoked": False,
        "in_force": None,
        "keys": [],
        "key": True,
        "key_file": stored.name,
        "encrypted": stored.sealed,
    }
