"""Proof files: what a run rests on, in one file that anybody can verify by itself.

    form.py     the file: its format, read strictly and written
    gather.py   which entries a run rests on
    make.py     those entries with their inclusion proofs and a checkpoint
    verify.py   the steps of the verification (facts.py: what the entries say together; judged.py:
                the policy's decisions, made again; ran.py: the run, made again)

Pure: entries, the tree's nodes and the host come in as values and Protocols.
"""

from logos_graph.proof.form import (
    FORMAT,
    MAX_PROOF_BYTES,
    ProofFile,
    ProvedEntry,
    encode_proof,
    parse_proof,
)
from logos_graph.proof.gather import Evidence, gather_run
from logos_graph.proof.make import TreeNodes, make_proof, proof_nodes
from logos_graph.proof.verify import NOT_SHOWN, Step, Verification

__all__ = [
    "FORMAT",
    "MAX_PROOF_BYTES",
    "NOT_SHOWN",
    "Evidence",
    "ProofFile",
    "ProvedEntry",
    "Step",
    "TreeNodes",
    "Verification",
    "encode_proof",
    "gather_run",
    "make_proof",
    "parse_proof",
    "proof_nodes",
]
