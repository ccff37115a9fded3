"""Makes the proof file of a run: gathered, proved against a fresh checkpoint, and verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logos_graph.cli.session import current_head
from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.canon import ContentId
    from logos_graph.cli.known import Watch
    from logos_graph.proof import ProofFile, Step
    from logos_graph.wiring import System

__all__ = ["Proved", "prove_run"]


@dataclass(frozen=True, slots=True)
class Proved:
    """A proof file that was verified as anybody will verify it. data: its bytes."""

    proof: ProofFile
    data: bytes
    size: int
    steps: tuple[Step, ...]


def prove_run(
    system: System, run: ContentId, *, with_modules: bool, watch: Watch | None = None
) -> Proved:
    """The proof of a recorded run. watch: sees the entries that are verified before (known.py).

    Raises Rejected E_NOT_SUPERVISOR where the supervisor's key is not in this home, E_PROOF_FORK
    for a what-if, NotVerified E_PROOF_… where the ledger does not bear the run out, E_CHAIN_…,
    E_CHECKPOINT_…, E_TREE where there is nothing to sign, InvalidInput E_SIZE for one too large.
    """
    from logos_graph.canon import ContentId
    from logos_graph.cli.known import known_tree
    from logos_graph.proof import Verification, encode_proof, gather_run, make_proof
    from logos_graph.store import GraphEvidence

    head = current_head(system)
    size, keys = head.index + 1, system.reader.supervisor_keys()
    signer = system.signer_of(keys.at(size))
    known = known_tree(system, head, signer.did, watch or (lambda entries, _: iter(entries)))
    signer = system.signer_of(known.keys.at(size))
    recorded = system.reader.run(run)
    if "forked_from" in recorded:
        raise Rejected(
            "E_PROOF_FORK",
            f"{run} is a fork: it did nothing, and rests on the run whose past it shares",
            hint="prove the run that it was forked from: `logos run show` names it",
            run=run,
        )
    intent = ContentId(str(recorded["intent"]))
    found, nodes = gather_run(GraphEvidence(system.reader, head.ledger), intent)
    entries = [entry for entry in found if entry.index < size]
    modules = {node: system.store.module(node) for node in nodes} if with_modules else {}
    proof = make_proof(
        intent, run, entries, modules,
        tree=known.tree, tree_nodes=system.store.tree_nodes, supervisor=signer,
    )  # fmt: skip
    data = encode_proof(proof)
    steps = tuple(Verification(data, signer.did, lambda: system.host).steps())
    return Proved(proof, data, size, steps)
