"""logos ledger verify: every entry, the five invariants, and the graph beside what they make."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logos_graph.cli.checkpoints import judge, read_checkpoint, read_checkpoints
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import current_head, opened, stored_entries
from logos_graph.cli.shown import show_verdict
from logos_graph.errors import Conflict, NotVerified

if TYPE_CHECKING:
    from logos_graph.cli.checkpoints import Judged
    from logos_graph.database import GuardStatus
    from logos_graph.identity import Did
    from logos_graph.ledger import (
        Comparison,
        Entry,
        Head,
        InvariantReport,
        SupervisorKeys,
        TreeWatch,
    )
    from logos_graph.scratch import Scratch
    from logos_graph.wiring import System

__all__ = ["Verdict", "verify"]

_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found. size, root: of the tree over all entries.

    since: entries that a checkpoint covers, 0 for none.
    """

    head: Head
    supervisor: str
    guard: GuardStatus
    checked: InvariantReport
    graph: Comparison
    size: int
    root: str
    since: int


@click.command()
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
@click.option(
    "--since",
    metavar="FILE|DIR",
    type=click.Path(exists=True, path_type=Path),
    help="A checkpoint, or a folder's largest: the form and the signatures of the entries that it"
    " covers are not checked again. I1 to I5 still look at all of them.",
)
@with_output
def verify(out: Printer, supervisor: str | None, against: Path | None, since: Path | None) -> int:
    """Verify every entry, and the invariants I1 to I5. Status 1 when something does not hold.

    I2 has the policy in force make every decision again. I4 compares every node, relationship and
    property of the graph with what the entries make.
    """
    from logos_graph.ledger import TreeWatch
    from logos_graph.scratch import scratch_file

    with opened() as system, scratch_file() as scratch:
        trusted, known_from = _trusted(system, supervisor)
        kept = [] if against is None else _kept(against, system.ledger)
        covering = [] if since is None else [_covered(out, system, since)]
        below = sum(item.size for item in covering)
        tree = TreeWatch(item.size for item in (*kept, *covering))
        work = _Verification(system, scratch, trusted, tree, below)
        graph = work.run(out)
        _confirm(covering, work)
        work.judge_again(out)
        checked, keys = work.walk.report(graph), work.keys
        known_from += _retired(keys, trusted)
        verdict = Verdict(
            work.head, f"{keys.current} ({known_from})", system.guard, checked, graph,
            work.tree.size, b64encode(work.tree.root()).decode(), below,
        )  # fmt: skip
    judged = judge(kept, work.tree, keys)
    verified = checked.ok and all(item.fault is None for item in judged)
    document: dict[str, object] = {
        "verified": verified,
        "ledger": verdict.head.ledger,
        "entries": verdict.size,
        "head": {"index": verdict.head.index, "hash": verdict.head.hash},
        "tree": {"size": verdict.size, "root": verdict.root},
        "since": below if since is not None else None,
        "supervisor": {**_keys_json(keys), "known_by": trusted, "known_from": known_from},
        "guard": verdict.guard.active,
        "guard_status": verdict.guard.to_json(),
        "invariants": [check.json for check in checked.checks],
        "differences": graph.json,
        "checkpoints": None if against is None else [item.json for item in judged],
        "counts": checked.counts.json,
        "state": checked.state,
    }
    out.document(document)
    show_verdict(out, verdict, judged)
    return 0 if verified else NotVerified.exit_status


class _Verification:
    """One pass over the entries, and one over the graph; more where the ledger grew meanwhile.

    And once more where the graph is not what the entries make, to say what is not.
    """

    def __init__(
        self, system: System, scratch: Scratch, trusted: Did, tree: TreeWatch, below: int
    ) -> None:
        from logos_graph.cores import Prover
        from logos_graph.ledger import SupervisorKeys, Walk
        from logos_graph.store import ExpectedGraph, GraphSum

        self.system, self.trusted, self.tree, self.below = system, trusted, tree, below
        self.head = current_head(system)
        self.keys = SupervisorKeys()
        self.prover = Prover(self._signer, self.head.index + 1 - below)
        self.walk = Walk(trusted, scratch.table("walk"), self.prover)
        self.sums = GraphSum(scratch)
        self.expected = ExpectedGraph(self.sums, scratch.table("drafts"))
        self.details = _Details(system, scratch)

    def _signer(self) -> Did:
        """The key in force by what has been walked; before genesis, the one that is trusted."""
        return self.keys.current if self.keys.dids else self.trusted

    def run(self, out: Printer) -> Comparison:
        """All of it, once nothing was written while the graph was read."""
        done: Head | None = None
        for _ in range(_ATTEMPTS):
            self._walk(out, done)
            done = self.head
            graph = self._compare(out)
            if graph is None and current_head(self.system) == done:
                graph = self.details.compare(out, done)
            self.head = current_head(self.system)
            if graph is not None and self.head == done:
                return graph
        raise Conflict(
            "E_LEDGER_BUSY",
            f"the ledger was written to each of the {_ATTEMPTS} times its graph was read",
            hint="verify it again when less happens",
        )

    def judge_again(self, out: Printer) -> None:
        """I2: whether each decision is the policy's, by the entries that were walked."""
        from logos_graph.cores import in_parts
        from logos_graph.supervisor.decided_again import decided_again, look_again

        rows = stored_entries(self.system, self.head)
        again = decided_again(in_parts(look_again, rows, self.keys, self.head, out.counted))
        self.walk.judged_again(again.note, again.first)

    def _compare(self, out: Printer) -> Comparison | None:
        """That nothing differs, or None."""
        from logos_graph.ledger import Comparison
        from logos_graph.store import read_elements

        self.expected.finish()
        total = self.sums.count
        elements = out.counted(read_elements(self.system.reader), total, "comparing the graph")
        return Comparison(total, 0, ()) if self.sums.equals(elements) else None

    def _walk(self, out: Printer, done: Head | None) -> None:
        """The entries after `done`, up to the head."""
        from logos_graph.ledger import verify_chain

        first = 0 if done is None else done.index + 1
        rows = stored_entries(self.system, self.head, first)
        entries = self.prover.entries(rows, first=first, below=self.below if done is None else 0)
        chain = verify_chain(
            entries, self.trusted, after=done, until=self.head, keys=self.keys, proven=self.prover
        )
        total = self.head.index + 1 - first
        for entry in out.counted(self.tree.watch(chain), total, "verifying"):
            self.walk.take(entry)
            try:
                self.expected.take(entry, self.tree.completed())
            except NotVerified as error:
                self.walk.reproduction.refused(entry.index, "what a graph can hold", error)


class _Details:
    """In what the graph is not what the entries make, which were verified before."""

    def __init__(self, system: System, scratch: Scratch) -> None:
        from logos_graph.ledger import SupervisorKeys, TreeWatch
        from logos_graph.store import ExpectedGraph, GraphComparison

        self.system, self.tree = system, TreeWatch()
        self.done: Head | None = None
        self.keys = SupervisorKeys()
        self.comparison = GraphComparison(scratch)
        self.expected = ExpectedGraph(self.comparison, scratch.table("drafts in detail"))

    def compare(self, out: Printer, head: Head) -> Comparison:
        """All differences, as of the head."""
        from logos_graph.store import read_elements

        first = 0 if self.done is None else self.done.index + 1
        entries = self._entries(first, head)
        for entry in out.counted(
            self.tree.watch(entries), head.index + 1 - first, "looking for differences"
        ):
            with suppress(NotVerified):  # it was told when the entry was verified
                self.expected.take(entry, self.tree.completed())
        self.done = head
        self.expected.finish()
        found = read_elements(self.system.reader)
        total = self.comparison.count
        return self.comparison.compare(out.counted(found, total, "comparing the graph"))

    def _entries(self, first: int, head: Head) -> Iterator[Entry]:
        """The same entries as were verified, by their chain up to the same head."""
        from logos_graph.cores import Prover
        from logos_graph.ledger import verify_chain

        prover = Prover(lambda: self.keys.current, 0, cores=1)
        rows = stored_entries(self.system, head, first)
        entries = prover.entries(rows, first=first, below=head.index + 1)
        return verify_chain(
            entries, None, after=self.done, until=head, keys=self.keys, proven=prover
        )


def _covered(out: Printer, system: System, since: Path) -> Judged:
    """The checkpoint, once the entries that it covers are found to be its own.

    Raises what is wrong with the checkpoint, or with the ledger beside it (checkpoint.py).
    """
    from logos_graph.ledger import TreeWatch

    keys = system.reader.supervisor_keys()
    item = _covering(system, since, keys)
    if item.fault is not None:
        raise item.fault
    size, head = item.size, current_head(system)
    tree = TreeWatch([size])
    covered = min(size, head.index + 1)
    if covered > 0:
        last = replace(head, index=covered - 1)
        rows = out.counted(stored_entries(system, last), covered, "comparing with the checkpoint")
        for _ in tree.watch_leaves(rows):
            pass
    (judged,) = judge([item], tree, keys)
    if judged.fault is not None:
        raise judged.fault
    return item


def _confirm(covering: list[Judged], work: _Verification) -> None:
    """What was taken on a checkpoint's word is what was walked, under a key that was walked too.

    Until here the entries were compared as they were read a first time, and the supervisor's keys
    were those that the graph told, not the chain.
    """
    for item in judge(covering, work.tree, work.keys):
        if item.fault is not None:
            raise item.fault


def _covering(system: System, since: Path, keys: SupervisorKeys) -> Judged:
    """The file's checkpoint, or the largest one of the folder that the supervisor signed."""
    if not since.is_dir():
        return read_checkpoint(since, system.ledger)
    for item in reversed(_kept(since, system.ledger)):
        if item.signed is not None and item.signed.is_signed(keys):
            return item
    raise NotVerified(
        "E_NO_CHECKPOINT",
        f"no checkpoint in {since} is one of this ledger, signed by its supervisor",
        hint="`logos ledger verify --against DIR` says what is wrong with each",
        folder=str(since),
    )


def _trusted(system: System, supervisor: str | None) -> tuple[Did, str]:
    """Whose signatures count, and how that is known: a ledger cannot vouch for itself."""
    from logos_graph.identity import parse_key
    from logos_graph.keystore import SUPERVISOR

    if supervisor is not None:
        return parse_key(supervisor), "given"
    if system.keys.has(SUPERVISOR):
        return system.keys.load(SUPERVISOR).did, "this home's key"
    genesis = next(iter(system.store.entries(0)))
    return parse_key(str(genesis.body["supervisor"])), "genesis alone: give --supervisor to be sure"


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
