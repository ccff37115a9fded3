"""logos ledger: its entries, and whether they are what they claim."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened
from logos_graph.cli.texts import moment, short
from logos_graph.errors import Conflict, InvalidInput, NotVerified

if TYPE_CHECKING:
    from logos_graph.identity import Did
    from logos_graph.ledger import Check, Entry, Head, InvariantReport, State
    from logos_graph.wiring import System

__all__ = ["ledger"]

_ATTEMPTS = 10


@click.group(cls=CommandGroup)
def ledger() -> None:
    """The ledger: one chain of signed entries, from which everything else follows."""


@ledger.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option(
    "--first", type=click.IntRange(0), help="From this index on (default: the last ones)."
)
@with_output
def show(out: Printer, limit: int, first: int | None) -> int:
    """Entries, in the ledger's order."""
    from logos_graph.ledger import parse_entry

    with opened() as system:
        head = _head(system)
        start = max(0, head.index - limit + 1) if first is None else first
        rows = system.reader.rows("ledger/entries", ledger=head.ledger, first=start, limit=limit)
    entries = [parse_entry(row["text"], row["hash"], row["signature"]) for row in rows]
    out.document(
        {"ledger": head.ledger, "head": head.index, "entries": [_entry_json(e) for e in entries]}
    )
    out.table(
        ("index", "recorded", "kind", "about", "hash"),
        [(e.index, moment(e.recorded_at), e.kind.value, _about(e), short(e.hash)) for e in entries],
    )
    return 0


@ledger.command()
@click.option("--supervisor", metavar="DID", help="Whose ledger it must be (default: this home's).")
@with_output
def verify(out: Printer, supervisor: str | None) -> int:
    """Verify every entry, and the invariants I1 to I5. Status 1 when something does not hold."""
    from logos_graph.ledger import check_invariants, verify_chain

    with opened() as system:
        trusted, origin = _trusted(system, supervisor)
        head, stored = _standing_still(system)
        entries_read = islice(system.store.entries(0), head.index + 1)
        chain = verify_chain(entries_read, trusted, until=head)
        entries = list(out.counted(chain, head.index + 1, "verifying"))
        checked = check_invariants(entries, stored, supervisor=trusted)
        guard = system.guard.active
    last = entries[-1]
    out.document(
        {
            "verified": checked.ok,
            "ledger": last.ledger,
            "entries": len(entries),
            "head": {"index": last.index, "hash": last.hash},
            "supervisor": {"did": trusted, "known_from": origin},
            "guard": guard,
            "invariants": [check.json for check in checked.checks],
            "counts": checked.counts.json,
            "state": checked.state,
        }
    )
    _show_verdict(out, last, f"{trusted} ({origin})", checked, guard=guard)
    return 0 if checked.ok else NotVerified.exit_status


def _show_verdict(
    out: Printer, last: Entry, supervisor: str, checked: InvariantReport, *, guard: bool
) -> None:
    out.fields(
        [
            ("ledger", last.ledger),
            ("supervisor", supervisor),
            ("guard", "active" if guard else "missing"),
            ("chain", f"{last.index + 1} entries, whole and signed, head {short(last.hash)}"),
            ("state", checked.state),
        ]
    )
    out.line()
    out.table(
        ("invariant", "title", "count", "state", "first offender"),
        [
            (c.name, c.title, c.count, "ok" if c.ok else "BROKEN", _offender(c))
            for c in checked.checks
        ],
    )
    for check in checked.checks:
        if check.note:
            out.line(f"{check.name}: {check.note}")


def _offender(check: Check) -> str | None:
    offender = check.first_offender
    if offender is None:
        return None
    return offender.message


def _trusted(system: System, supervisor: str | None) -> tuple[Did, str]:
    """Whose signatures count, and how that is known: a ledger cannot vouch for itself."""
    from logos_graph.identity import parse_did
    from logos_graph.keystore import SUPERVISOR

    if supervisor is not None:
        return parse_did(supervisor), "given"
    if system.keys.has(SUPERVISOR):
        return system.keys.load(SUPERVISOR).did, "this home's key"
    genesis = next(iter(system.store.entries(0)))
    return parse_did(str(genesis.body["supervisor"])), "genesis alone: give --supervisor to be sure"


def _standing_still(system: System) -> tuple[Head, State]:
    """The stored state, and the head that it belongs to: nothing was written while it was read."""
    from logos_graph.store import read_state

    for _ in range(_ATTEMPTS):
        head = _head(system)
        stored = read_state(system.reader)
        if _head(system) == head:
            return head, stored
    raise Conflict(
        "E_LEDGER_BUSY",
        f"the ledger was written to each of the {_ATTEMPTS} times its state was read",
        hint="verify it again when less happens",
    )


def _head(system: System) -> Head:
    head = system.reader.head()
    if head is None:
        raise InvalidInput("E_NO_LEDGER", "this database has no ledger yet", hint="logos up")
    return head


def _entry_json(entry: Entry) -> dict[str, object]:
    """The fields by which entries are found, and the exact text that is hashed and signed."""
    return {
        "index": entry.index,
        "kind": entry.kind.value,
        "recorded_at": entry.recorded_at,
        "hash": entry.hash,
        "prev_hash": entry.prev_hash,
        "signature": entry.signature,
        "text": entry.text,
    }


def _about(entry: Entry) -> str | None:
    """What an entry says, in a few words."""
    body: Any = entry.body
    match entry.kind.value:
        case "intent":
            return f"{short(body['cid'])} {body['intent']['logline']['did']}: " + str(
                body["decision"]["outcome"]
            )
        case "receipt":
            return f"{short(body['intent'])} {body['outcome']}, {body['commitment']}"
        case "ghost":
            return f"{short(body['intent'])} {body['cause']['type']}, {body['commitment']}"
        case "consent" | "refusal":
            return f"{short(body['intent'])} by {body['by']}"
        case "genesis":
            return f"supervisor {body['supervisor']}"
    return None
