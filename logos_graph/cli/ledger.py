"""logos ledger: its entries, and whether they are what they claim."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.archives import export, rebuild
from logos_graph.cli.checkpoints import judge, keep_checkpoint, read_checkpoints
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened
from logos_graph.cli.texts import moment, short
from logos_graph.errors import Conflict, InvalidInput, NotVerified

if TYPE_CHECKING:
    from logos_graph.cli.checkpoints import Judged
    from logos_graph.identity import Did, Signer
    from logos_graph.ledger import Check, Entry, Head, InvariantReport, State, SupervisorKeys
    from logos_graph.wiring import System

__all__ = ["ledger"]

_ATTEMPTS = 10


@click.group(cls=CommandGroup)
def ledger() -> None:
    """The ledger: one chain of signed entries, from which everything else follows."""


ledger.add_command(export)
ledger.add_command(rebuild)


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
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where this ledger's checkpoints are kept: not where the database is.",
)
@with_output
def checkpoint(out: Printer, folder: Path) -> int:
    """Verify every entry, and keep a signed checkpoint of the ledger in a folder.

    Nothing is signed that one of the checkpoints in the folder contradicts.
    """
    from logos_graph.ledger import (
        SupervisorKeys,
        TreeWatch,
        checkpoint_key,
        sign_checkpoint,
        verify_chain,
    )

    keys = SupervisorKeys()
    with opened() as system:
        ledger_id, trusted = system.ledger, _keeper(system).did
        # Before the head: another process may keep a checkpoint of more entries meanwhile.
        kept = read_checkpoints(folder, ledger_id)
        head = _head(system)
        tree = TreeWatch(item.size for item in kept)
        entries_read = islice(system.store.entries(0), head.index + 1)
        chain = verify_chain(entries_read, trusted, until=head, keys=keys)
        for _entry in out.counted(tree.watch(chain), head.index + 1, "verifying"):
            pass
        signer = system.signer_of(keys.current)
    for item in judge(kept, tree, keys):
        if item.fault is not None:
            raise item.fault
    note = sign_checkpoint(head.ledger, tree.size, tree.root(), signer)
    path, note = keep_checkpoint(folder / f"{head.ledger}-{tree.size}.checkpoint", note)
    key = checkpoint_key(head.ledger, signer.did)
    out.document(
        {
            "ledger": head.ledger,
            "file": str(path),
            "origin": key.name,
            "size": tree.size,
            "root": note.text.splitlines()[2],
            "key": key.text,
            "note": note.data.decode(),
        }
    )
    out.block(note.data.decode())
    out.line()
    out.fields([("file", path), ("key", key.text)])
    return 0


@ledger.command()
@click.option(
    "--supervisor",
    metavar="DID",
    help="Whose ledger it must be, by any of its keys (default: this home's).",
)
@click.option(
    "--against",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Checkpoints that were kept elsewhere: the ledger must be theirs, as it was or grown.",
)
@with_output
def verify(out: Printer, supervisor: str | None, against: Path | None) -> int:
    """Verify every entry, and the invariants I1 to I5. Status 1 when something does not hold."""
    from logos_graph.ledger import SupervisorKeys, TreeWatch, check_invariants, verify_chain

    keys = SupervisorKeys()
    with opened() as system:
        trusted, known_from = _trusted(system, supervisor)
        kept = [] if against is None else _kept(against, system.ledger)
        head, stored = _standing_still(system)  # after the checkpoints: see `checkpoint`
        tree = TreeWatch(item.size for item in kept)
        entries_read = islice(system.store.entries(0), head.index + 1)
        chain = tree.watch(verify_chain(entries_read, trusted, until=head, keys=keys))
        checked = check_invariants(
            out.counted(chain, head.index + 1, "verifying"), stored, supervisor=trusted
        )
        guard = system.guard.active
    judged = judge(kept, tree, keys)
    known_from += _retired(keys, trusted)
    verified = checked.ok and all(item.fault is None for item in judged)
    document: dict[str, object] = {
        "verified": verified,
        "ledger": head.ledger,
        "entries": tree.size,
        "head": {"index": head.index, "hash": head.hash},
        "supervisor": {**_keys_json(keys), "known_by": trusted, "known_from": known_from},
        "guard": guard,
        "invariants": [check.json for check in checked.checks],
        "checkpoints": None if against is None else [item.json for item in judged],
        "counts": checked.counts.json,
        "state": checked.state,
    }
    out.document(document)
    _show_verdict(out, head, f"{keys.current} ({known_from})", checked, guard=guard)
    _show_checkpoints(out, judged)
    return 0 if verified else NotVerified.exit_status


def _show_verdict(
    out: Printer, head: Head, supervisor: str, checked: InvariantReport, *, guard: bool
) -> None:
    out.fields(
        [
            ("ledger", head.ledger),
            ("supervisor", supervisor),
            ("guard", "active" if guard else "missing"),
            ("chain", f"{head.index + 1} entries, whole and signed, head {short(head.hash)}"),
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


def _show_checkpoints(out: Printer, judged: list[Judged]) -> None:
    if not judged:
        return
    out.line()
    out.table(
        ("checkpoint", "size", "state", "what is wrong"),
        [
            (
                item.path.name,
                item.checkpoint and item.checkpoint.size,
                "ok" if item.fault is None else "BROKEN",
                item.fault,
            )
            for item in judged
        ],
    )


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


def _keys_json(keys: SupervisorKeys) -> dict[str, object]:
    """The key in force, and each key with the first entry that it may sign."""
    stretches = zip(keys.dids, keys.first, strict=True)
    return {
        "did": keys.current,
        "keys": [{"did": did, "first": first} for did, first in stretches],
    }


def _retired(keys: SupervisorKeys, trusted: Did) -> str:
    """What to say when the ledger is known by a key that no longer signs it."""
    if not keys.is_retired(trusted):
        return ""
    following = keys.dids.index(trusted) + 1
    return f": its key {following} of {len(keys.dids)}, retired at entry {keys.first[following]}"


def _keeper(system: System) -> Signer:
    """This home's key, by which this ledger says that it is kept. Rejected E_NOT_SUPERVISOR."""
    from logos_graph.identity import parse_did

    for last in system.reader.supervisors()[-1:]:
        return system.signer_of(parse_did(str(last["did"])))
    raise NotVerified(
        "E_CHAIN_SUPERVISOR",
        "the graph names no supervisor",
        hint="`logos ledger verify` says what is wrong with the ledger",
    )


def _kept(folder: Path, ledger_id: str) -> list[Judged]:
    """The folder's checkpoints; none at all would prove nothing, so that is refused."""
    kept = read_checkpoints(folder, ledger_id)
    if not kept:
        raise NotVerified(
            "E_NO_CHECKPOINT",
            f"there is no checkpoint in {folder}",
            hint="name the folder that `logos ledger checkpoint --to DIR` wrote to",
            folder=str(folder),
        )
    return kept


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
