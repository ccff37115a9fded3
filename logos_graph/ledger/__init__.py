"""The ledger: signed entries in one chain, the state they add up to, and what must hold of them.

    bodies.py      what an entry of each kind says, and how its form is checked
    entry.py       one entry: its text, hash and signature
    keys.py        the supervisor's keys: which one signs at which index (principal_keys.py:
                   everybody's)
    chain.py       many entries: each in its place, none changed
    state.py       the state, folded from the entries alone (lines.py: its LogLines)
    invariants.py  I1 to I5 over entries and state (attribution.py is I3; acts.py, tally.py and
                   report.py hold what they remember, count and find; effects.py, followups.py
                   and rights.py look at what runs did, what followed, and who might)
    merkle.py      the tree over the entries, and proofs of what is in it
    checkpoint.py  the tree's root at a size, signed, to be kept elsewhere (note.py: the format)

Pure: what is read or written comes in and goes out as values.
"""

from logos_graph.ledger.bodies import (
    MUTATION_KEYS,
    Cause,
    EntryKind,
    Verdict,
    check_body,
    mutation_key,
)
from logos_graph.ledger.chain import check_place, verify_chain
from logos_graph.ledger.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    TreeWatch,
    checkpoint_key,
    ledger_origin,
    open_checkpoint,
    parse_checkpoint,
    read_checkpoint,
    sign_checkpoint,
)
from logos_graph.ledger.delegations import Delegation
from logos_graph.ledger.effects import effect_key
from logos_graph.ledger.entry import (
    GENESIS_PREV_HASH,
    MAX_ENTRY_BYTES,
    VERSION,
    Entry,
    Head,
    Stored,
    make_entry,
    no_head,
    parse_entry,
    trusted_entry,
)
from logos_graph.ledger.followups import (
    ESCALATION_NS,
    RETRY_CEILING_NS,
    RETRY_FACTOR,
    RETRY_FIRST_NS,
    retry_delay_ns,
)
from logos_graph.ledger.invariants import OPERATOR, Walk, check_invariants
from logos_graph.ledger.keys import (
    SupervisorKeys,
    accept_supervision,
    check_acceptance,
    founded,
    rotations,
)
from logos_graph.ledger.lines import JSON_PROPERTIES, LogLineState, escalated, raised
from logos_graph.ledger.memory import MemoryTable, Table
from logos_graph.ledger.merkle import Frontier, hash_leaf, leaf_data
from logos_graph.ledger.note import MAX_NOTE_BYTES, Note, parse_note
from logos_graph.ledger.principal_keys import PrincipalKeys, accept_principal
from logos_graph.ledger.proven import Proof, Proven, prove
from logos_graph.ledger.quorums import (
    MAX_QUORUM,
    Consents,
    Quorum,
    QuorumKind,
    Voice,
    counted,
    parse_quorum,
)
from logos_graph.ledger.report import (
    Check,
    Comparison,
    Counts,
    Finding,
    InvariantReport,
    Offender,
)
from logos_graph.ledger.state import Difference, State

__all__ = [
    "ESCALATION_NS",
    "GENESIS_PREV_HASH",
    "JSON_PROPERTIES",
    "MAX_ENTRY_BYTES",
    "MAX_NOTE_BYTES",
    "MAX_QUORUM",
    "MUTATION_KEYS",
    "OPERATOR",
    "RETRY_CEILING_NS",
    "RETRY_FACTOR",
    "RETRY_FIRST_NS",
    "VERSION",
    "Cause",
    "Check",
    "Checkpoint",
    "Comparison",
    "Consents",
    "Counts",
    "Delegation",
    "Difference",
    "Entry",
    "EntryKind",
    "Finding",
    "Frontier",
    "Head",
    "InvariantReport",
    "LogLineState",
    "MemoryTable",
    "Note",
    "Offender",
    "PrincipalKeys",
    "Proof",
    "Proven",
    "Quorum",
    "QuorumKind",
    "SignedCheckpoint",
    "State",
    "Stored",
    "SupervisorKeys",
    "Table",
    "TreeWatch",
    "Verdict",
    "Voice",
    "Walk",
    "accept_principal",
    "accept_supervision",
    "check_acceptance",
    "check_body",
    "check_invariants",
    "check_place",
    "checkpoint_key",
    "counted",
    "effect_key",
    "escalated",
    "founded",
    "hash_leaf",
    "leaf_data",
    "ledger_origin",
    "make_entry",
    "mutation_key",
    "no_head",
    "open_checkpoint",
    "parse_checkpoint",
    "parse_entry",
    "parse_note",
    "parse_quorum",
    "prove",
    "raised",
    "read_checkpoint",
    "retry_delay_ns",
    "rotations",
    "sign_checkpoint",
    "trusted_entry",
    "verify_chain",
]
