"""Which entries a run rests on: everything that was recorded of each intent that it needs.

    the run's intent          its decision, consents, effects and their outcomes, its receipt
    who was asked             whoever a quorum of all, of a majority or by weights names
    in whose place            the delegations by which consents were given, others by and to the
                              same two, and how those ended
    who signed                genesis, or the intent that registered them, and every change of
                              their keys since
    what judged               each policy that decided, as it was put in force; the verb
    what ran                  the publication of the flow, of the flows in it, and of their nodes
    by which right            the grants of those nodes that were in force while it ran, and how
                              they ended, where they ended meanwhile
    who kept the ledger       every change of the supervisor's key up to the checkpoint

Of each of these the whole story is taken: an intent with all that was recorded about it, and so on
for whom and what that rests on. So what is gathered is a small ledger of its own, of which I1 to I3
hold, with gaps where it is about something else. (Which policy judged, and which verb was meant, is
gathered for the run's own intent alone.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from logos_graph.canon import ContentId
from logos_graph.errors import NotVerified
from logos_graph.ledger import Entry, EntryKind

__all__ = ["Evidence", "gather_run"]


class Evidence(Protocol):
    """Looks entries up; each answer is one question to the database, however long the ledger is."""

    def genesis(self) -> Entry:
        """The first entry."""

    def stories(self, intents: Iterable[str]) -> Sequence[Entry]:
        """Every entry about these intents."""

    def stories_at(self, indexes: Iterable[int]) -> Sequence[Entry]:
        """Every entry about the intents that the entries at these indexes are about."""

    def made_at(self, kind: str, keys: Iterable[str]) -> Mapping[str, int]:
        """Where these were made: principals (DIDs), verbs (names), flows or nodes (ids)."""

    def delegated_at(self, delegations: Iterable[str]) -> Sequence[int]:
        """Where these delegations were made and ended, and others by and to the same two."""

    def in_force_at(self, policy: str, before: int) -> int | None:
        """Where this policy was last put in force before that index."""

    def grants_at(self, nodes: Iterable[str], first: int, last: int) -> Sequence[int]:
        """Where the grants of these nodes that were in force meanwhile began and ended."""

    def key_changes_at(self, principals: Iterable[str]) -> Sequence[int]:
        """Where these principals took another key, or had one revoked."""

    def rotations_at(self) -> Sequence[int]:
        """Where the supervisor's key was changed."""


def gather_run(evidence: Evidence, intent: ContentId) -> tuple[list[Entry], list[ContentId]]:
    """The entries that a run rests on, in the ledger's order, and the nodes it uses.

    Raises NotVerified E_PROOF_EVIDENCE when the graph does not have what the entries tell of.
    """
    gathered = _Gathered(evidence)
    gathered.take([evidence.genesis(), *evidence.stories([intent])])
    about = [each for each in gathered.entries if each.body.get("intent") == intent]
    begun = next((each for each in gathered.entries if each.body.get("cid") == intent), None)
    receipt = next((each for each in about if each.kind is EntryKind.RECEIPT), None)
    if begun is None or receipt is None:
        raise _missing(f"the receipt of {intent}")
    nodes = gathered.flows({each["flow"] for each in _mutations(receipt, "run")})
    gathered.at(evidence.grants_at(nodes, begun.index, receipt.index))
    gathered.made("Verb", [_line(begun)["did"]])
    for each in (begun, *about):
        gathered.policy(each)
    gathered.at(evidence.rotations_at())
    return gathered.whole(), nodes


class _Gathered:
    """What was found so far, and what that rests on."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._found: dict[int, Entry] = {}
        self._principals: set[str] = set()
        self._policies: set[str] = set()
        self._delegations: set[str] = set()

    @property
    def entries(self) -> list[Entry]:
        """In the ledger's order."""
        return [self._found[index] for index in sorted(self._found)]

    def take(self, entries: Iterable[Entry]) -> None:
        """These too."""
        for entry in entries:
            self._found[entry.index] = entry

    def at(self, indexes: Iterable[int]) -> None:
        """The stories that these entries are part of; genesis is no part of one."""
        new = {index for index in indexes if index > 0} - self._found.keys()
        if new:
            self.take(self._evidence.stories_at(sorted(new)))
        if not new <= self._found.keys():
            raise _missing(f"entry {min(new - self._found.keys())}")

    def made(self, kind: str, keys: Iterable[str]) -> None:
        """How these came to be."""
        wanted = sorted(set(keys))
        made = self._evidence.made_at(kind, wanted) if wanted else {}
        for key in wanted:
            if key not in made:
                raise _missing(f"the {kind} {key}")
        self.at(made.values())

    def flows(self, flows: set[str]) -> list[ContentId]:
        """How these flows came to be, and all that they use; gives the nodes among that."""
        known, nodes = set[str](), set[str]()
        while flows:
            known |= flows
            self.made("Flow", flows)
            used = {
                placement["uses"]
                for entry in self.entries
                for flow in _mutations(entry, "flow")
                if flow["id"] in flows
                for placement in flow["placements"]
            }
            inner = self._evidence.made_at("Flow", sorted(used)).keys() if used else set[str]()
            nodes |= used - inner
            flows = {*inner} - known
        self.made("Node", nodes)
        return [ContentId(node) for node in sorted(nodes)]

    def policy(self, entry: Entry) -> None:
        """How the policy came in force that judged in this entry."""
        policy = entry.policy_hash
        if policy is None or policy in self._policies:
            return
        self._policies.add(policy)
        index = self._evidence.in_force_at(policy, entry.index)
        if index is None:
            raise _missing(f"the policy {policy}")
        self.at([index])

    def whole(self) -> list[Entry]:
        """With what the stories rest on: whoever signed in them, and the intents of consents."""
        while True:
            bodies: list[tuple[EntryKind, Any]] = [(e.kind, e.body) for e in self._found.values()]
            told = {body["cid"] for kind, body in bodies if kind is EntryKind.INTENT}
            answers = {
                body["cid"]
                for kind, body in bodies
                if kind in (EntryKind.CONSENT, EntryKind.REFUSAL)
            }
            signers = {
                body["intent"]["logline"]["who"]
                for kind, body in bodies
                if kind is EntryKind.INTENT
            }
            asked = {did for kind, body in bodies for did in _asked(kind, body)}
            new = (signers | asked) - self._principals
            lent = {body["delegation"] for _, body in bodies if body.get("delegation")}
            if answers <= told and not new and lent <= self._delegations:
                return self.entries
            self.at(self._evidence.delegated_at(sorted(lent - self._delegations)))
            self._delegations |= lent
            if not answers <= told:
                self.take(self._evidence.stories(sorted(answers - told)))
            self._principals |= new
            self.made("Principal", new)
            self.at(self._evidence.key_changes_at(sorted(new)))


def _asked(kind: EntryKind, body: Any) -> Iterable[str]:
    """The principals that a decision names, whose consents it waits for."""
    decision = body.get("decision") if kind is EntryKind.INTENT else None
    for each in [decision, *decision.get("also", [])] if decision else ():
        quorum = each.get("quorum", {})
        yield from quorum.get("of", quorum.get("weights", ()))


def _mutations(entry: Entry, kind: str) -> list[dict[str, Any]]:
    """The mutations of this kind in a receipt."""
    mutations: Any = entry.body.get("mutations", [])
    return [each for each in mutations if each["kind"] == kind]


def _line(entry: Entry) -> dict[str, Any]:
    body: Any = entry.body
    line: dict[str, Any] = body["intent"]["logline"]
    return line


def _missing(what: str) -> NotVerified:
    return NotVerified(
        "E_PROOF_EVIDENCE",
        f"the graph has no entry for {what}",
        hint="`logos ledger verify` says what is missing",
    )
