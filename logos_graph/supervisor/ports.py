"""What the supervisor needs of the outside world, as Protocols; adapters implement them.

The supervisor itself has no database, no compiler, no clock and no randomness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from logos_graph.canon import ContentId, Json
from logos_graph.governance import Conducts
from logos_graph.graph import Component
from logos_graph.graph.capabilities import HttpLimits
from logos_graph.identity import Did, Signer
from logos_graph.ledger import Entry, Head, SupervisorKeys
from logos_graph.ledger.merkle import Frontier
from logos_graph.logline import SignedIntent
from logos_graph.supervisor.watched import WatchedSnapshot

__all__ = [
    "NOT_WRITTEN",
    "Clock",
    "GivenConsent",
    "IntentRecord",
    "Mutation",
    "OpenEscalation",
    "Outside",
    "PendingIntent",
    "Request",
    "Signers",
    "Snapshot",
    "Store",
    "Writers",
]

Signers = Callable[[Did], Signer]
"""This home's key by its DID; raises Rejected E_NOT_SUPERVISOR if it does not have it."""
NOT_WRITTEN = "E_NOT_WRITTEN"
"""The code of an append that certainly did not take hold, and may when it is tried again."""

Mutation = dict[str, Json]
"""One change to the graph, as data: what the ledger records is what the store applies."""


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """One consent to a pending intent. expires_at: ns since the epoch; it does not count after.

    delegation: by which it was given in another's place; None if it is `by`'s own.
    index: of its entry, at which the key that signed it was `by`'s.
    """

    by: Did
    cid: ContentId
    expires_at: int
    delegation: ContentId | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class PendingIntent:
    """An intent that is recorded and has not ended.

    decision: the ledger's DECISION object, the youngest one; policy_hash: the policy that made it.
    index: of the entry that holds that decision. writer: the process that recorded it, and whose
    business it is to carry it out. consents: in the ledger's order. effects: how many the ledger
    tells of; once there is one, it no longer ends as a ghost. past_effects: those of them that
    attempts made which failed.
    claimed: the index of the entry that gave it to its writer: whoever carries it out has that, and
    stops when it has changed. attempts: how many failed and are to be made again; attempt_index: of
    the last of these (0: none), so that what the ledger tells of the present one comes after it;
    wake_at: before then (ns) there is no other. claimed_at: when it was given to him (ns).
    flow: what it runs, as it was when the intent was recorded; None for what is no run.
    cancelled: the `cancellation` that asks whoever has it in hand to stop; None if nobody asked.
    key: which one signed it, as its entry tells; None where `who` is its own.
    """

    signed: SignedIntent
    decision: Mapping[str, Json]
    policy_hash: ContentId
    index: int
    writer: str
    consents: tuple[GivenConsent, ...] = ()
    effects: int = 0
    past_effects: int = 0
    claimed: int = 0
    attempts: int = 0
    attempt_index: int = 0
    wake_at: int | None = None
    claimed_at: int = 0
    flow: ContentId | None = None
    cancelled: Mapping[str, Json] | None = None
    key: Did | None = None

    @property
    def begun_at(self) -> int:
        """When whoever has it in hand began, or is to begin (ns): his time is counted from here."""
        return max(self.claimed_at, self.wake_at or 0)

    @property
    def who(self) -> Did:
        """Who submitted it."""
        return self.signed.intent.logline.who

    @property
    def cid(self) -> ContentId:
        """The intent's content id."""
        return self.signed.intent.cid

    @property
    def allowed(self) -> bool:
        """Whether it is to be carried out; else it waits for consent."""
        return self.decision["outcome"] == "ALLOW"

    @property
    def fresh_effects(self) -> int:
        """How many effects the present attempt has had."""
        return self.effects - self.past_effects


@dataclass(frozen=True, slots=True)
class OpenEscalation:
    """An end that somebody is to look at, and nobody has answered.

    who: whose intent it was. handler: the role that may answer. target: a DID or a name, or None.
    expires_at: until when (ns since the epoch). index: of the entry that says so.
    """

    intent: ContentId
    who: Did
    handler: str
    target: str | None
    expires_at: int
    index: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What decisions are made on, as of one head.

    peaks: of the tree over all entries, as `ledger.merkle.Frontier` has them.
    """

    head: Head
    keys: SupervisorKeys
    peaks: Sequence[bytes]
    principals: Sequence[Mutation]
    verbs: Sequence[Mutation]
    policy: str
    pending: Sequence[PendingIntent]
    grants: Sequence[Mutation] = ()
    limits: Sequence[Mutation] = ()
    delegations: Sequence[tuple[int, Mutation]] = ()
    """Those that nobody has ended, with the indexes of the entries that made them."""
    key_changes: Sequence[tuple[int, Mutation]] = ()
    """What became of principals' keys since they were registered, with the entries' indexes."""
    escalations: Sequence[OpenEscalation] = ()
    conducts: Conducts = field(default_factory=Conducts)
    """Of the days that are looked back on, and what is pending."""
    watched: WatchedSnapshot = field(default_factory=WatchedSnapshot)


@dataclass(frozen=True, slots=True)
class IntentRecord:
    """What became of a recorded intent."""

    cid: ContentId
    did: str
    status: str
    decision: Mapping[str, Json]
    consequence: str | None
    commitment: str | None
    cause: Mapping[str, Json] | None
    result: Mapping[str, Json] | None


class Store(Protocol):
    """The ledger and the graph, changed only together."""

    def snapshot(self) -> Snapshot | None:
        """The governance tables as of one head; None before genesis."""

    def entries(self, first: int) -> Iterable[Entry]:
        """Entries in order, from this index on."""

    def append(
        self,
        expected: Head | None,
        entries: Sequence[Entry],
        blobs: Mapping[ContentId, bytes],
        tree: Frontier,
        conducts: Conducts,
    ) -> None:
        """Stores entries and what they change in one durable transaction.

        tree, conducts: of the entries up to `expected`; they are not changed.

        Raises Conflict E_HEAD_MOVED if `expected` is no longer the head, Rejected E_NONCE_USED if a
        nonce was used before, E_EXISTS if something is there already that the entries make,
        E_PROJECTION, E_GUARD, and EnvironmentFault: E_QUEUE_TIMEOUT (it was ended after its time
        limit) and NOT_WRITTEN (a deadlock, a lost connection or leader, …) when it certainly did
        not take hold, E_UNKNOWN_OUTCOME when even looking the last entry up is not possible, and
        others if the database cannot do it.
        """

    def entry(self, index: int) -> Entry | None:
        """One entry."""

    def component(self, identity: ContentId) -> Component | None:
        """A stored node or flow."""

    def module(self, node: ContentId) -> bytes:
        """A stored node's binary."""

    def source(self, identity: ContentId) -> str:
        """The source of a stored node or draft."""

    def drafted(self, node: ContentId) -> bool:
        """Whether a draft was built to this module."""

    def open_drafts(self, who: Did, since_ns: int) -> int:
        """How many drafts of a principal, made since then, have not become nodes."""

    def deprecated(self, nodes: Iterable[ContentId]) -> Mapping[ContentId, str]:
        """Those of these nodes that are deprecated, each with the reason."""

    def promoted(self, node: ContentId) -> bool:
        """Whether a node lies in Bedrock."""

    def intent(self, cid: ContentId) -> IntentRecord | None:
        """A recorded intent."""

    def run(self, identity: ContentId) -> Mutation:
        """A run, as the ledger's mutation. Raises Rejected E_UNKNOWN_RUN."""

    def escalation(self, intent: ContentId) -> str | None:
        """How the escalation of an intent's end stands: open, resolved, expired; None: no such."""

    def effects(self, intent: ContentId) -> Sequence[Entry]:
        """The effects and outcomes of an intent, in the ledger's order."""

    def ghosts_of(
        self, statement: str, who: Did, *, since_ns: int, after: int, threshold: int
    ) -> Sequence[ContentId]:
        """The ghosts of a principal that a pattern finds, in the ledger's order; or none.

        statement: of cypher/alarms. since_ns: ended after then; after: and after this entry.
        """

    def values(self, identities: Sequence[str]) -> Mapping[str, str]:
        """Stored values (base64) by id; those of which nothing is stored are not there."""


class Request(Protocol):
    """A request that a grant allows."""

    def send(self, key: str) -> dict[str, Json]:
        """Sends it once, under this idempotency key; the outcome, whatever goes wrong."""


class Outside(Protocol):
    """The world outside, for nodes that hold a grant."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""

    def random(self, count: int) -> bytes:
        """So many bytes that nobody can predict."""

    def http(self, request: Mapping[str, Json], limits: HttpLimits) -> Request:
        """A request as OPERATIONS["http.request"] types it; nothing of it is sent yet.

        Raises Rejected E_HTTP_…, or InvalidInput, for one that is not allowed within the limits.
        """

    def wait(self, seconds: float) -> None:
        """Returns when so much time has passed."""


class Clock(Protocol):
    """Time and fresh identifiers, captured at the edge."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""

    def fresh_id(self) -> str:
        """A new ULID."""


class Writers(Protocol):
    """Which processes are at work, so that nobody takes a live one's intent from it."""

    @property
    def own(self) -> str:
        """This process's id, recorded with every intent that it commits."""

    def alive(self, writer: str) -> bool:
        """Whether the process that recorded an intent still lives."""
