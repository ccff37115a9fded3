"""The supervisor's view: principals, verbs, policy, grants, pending intents as of one ledger head.

A decision is made on this view and committed only if the ledger's head is still the view's head
(compare and swap), so a decision can never rest on a policy, a role or a consent that has changed.
When somebody else wrote in between, the view reads the entries it has missed and the decision is
made again.

What it holds is persistent (a change makes another map and leaves the one before), so a fork costs
next to nothing: entries are composed on a fork, and the view adopts it once they are committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from rpds import HashTrieMap

from logos_graph.canon import ContentId, Json
from logos_graph.errors import NotVerified
from logos_graph.governance import People, Person, Policy, Verb, parse_verb
from logos_graph.graph.capabilities import Capability, Grant
from logos_graph.identity import Did
from logos_graph.ledger import (
    Delegation,
    Entry,
    EntryKind,
    Head,
    PrincipalKeys,
    SupervisorKeys,
    Voice,
    check_place,
)
from logos_graph.ledger.merkle import Frontier, hash_leaf, leaf_data
from logos_graph.logline import parse_when
from logos_graph.supervisor.entries import begun_by, check_entry, moved_on
from logos_graph.supervisor.ports import (
    GivenConsent,
    Mutation,
    OpenEscalation,
    PendingIntent,
    Snapshot,
)
from logos_graph.supervisor.standing import Standing
from logos_graph.supervisor.watched import Watched

__all__ = ["View"]


class View:
    """Mutable, owned by one supervisor, changed only by entries in the ledger's order.

    tree: the tree over all entries so far. conducts: what everybody's acts came to so far.
    Raises InvalidInput E_FRONTIER for a snapshot whose peaks are not those of a tree of its size.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.head: Head = snapshot.head
        self.keys: SupervisorKeys = snapshot.keys.copy()
        self.tree = Frontier(snapshot.head.index + 1, snapshot.peaks)
        self.principals: HashTrieMap[Did, Mutation] = HashTrieMap()
        self.principal_keys = PrincipalKeys()
        self.verbs: HashTrieMap[str, Verb] = HashTrieMap()
        self.policy: Policy = Policy(snapshot.policy)
        self.pending = HashTrieMap({each.cid: each for each in snapshot.pending})
        self.escalations = HashTrieMap({each.intent: each for each in snapshot.escalations})
        self._ended: PendingIntent | None = None
        self._stood: tuple[HashTrieMap[Did, Mutation], Standing] | None = None
        self.grants: HashTrieMap[ContentId, Mutation] = HashTrieMap()
        self._held: HashTrieMap[tuple[ContentId, Capability], Grant] = HashTrieMap()
        self.limits: HashTrieMap[str, Mutation] = HashTrieMap()
        self.watched = Watched.of(snapshot.watched)
        self._opened = HashTrieMap(Counter(each.who for each in snapshot.escalations))
        self.delegations: HashTrieMap[ContentId, Delegation] = HashTrieMap()
        tables = (snapshot.principals, snapshot.verbs, snapshot.grants, snapshot.limits)
        for mutation in chain.from_iterable(tables):
            self._mutate(mutation, 0)
        for index, mutation in (*snapshot.key_changes, *snapshot.delegations):
            self._mutate(mutation, index)
        self.conducts = snapshot.conducts

    def fork(self) -> View:
        """Another view of the same, which goes its own way; takes O(log n)."""
        other = object.__new__(View)
        other.__dict__.update(self.__dict__, keys=self.keys.copy(), tree=self.tree.copy())
        other.principal_keys = self.principal_keys.copy()
        return other

    def adopt(self, fork: View) -> None:
        """Becomes what the fork is, in one step. The fork is not to be changed any more."""
        self.__dict__.update(fork.__dict__)

    @property
    def ledger(self) -> str:
        """The ledger's id."""
        return self.head.ledger

    @property
    def supervisor(self) -> Did:
        """The key that signs the next entry."""
        return self.keys.current

    def roles(self, did: Did) -> frozenset[str]:
        """The roles of a principal; none for an unknown one, or one whose key has no authority."""
        if self.keys.is_retired(did) or self.principal_keys.current(did) is None:
            return frozenset()
        principal = self.principals.get(did)
        roles = principal["roles"] if principal else []
        return frozenset(map(str, roles)) if isinstance(roles, list) else frozenset()

    def name(self, did: Did) -> str | None:
        """What a principal is called; None for an unknown one."""
        principal = self.principals.get(did)
        return None if principal is None else str(principal["name"])

    @property
    def people(self) -> People:
        """Every principal, as a quorum sees it; made as they are asked for."""
        return _Registered(self)

    def holders(self, role: str) -> frozenset[Did]:
        """The principals that hold a role."""
        found = self._standing().roles.get(role, frozenset())
        return frozenset(did for did in found if role in self.roles(did))

    def called(self, word: str) -> frozenset[Did]:
        """The principals that a DID or a name means; one without a key in force is none."""
        found = self._standing().names.get(word, frozenset())
        return frozenset(
            did
            for did in found
            if not self.keys.is_retired(did) and self.principal_keys.current(did) is not None
        )

    def _standing(self) -> Standing:
        """Made once for each set of principals, so that no decision goes through all of them."""
        if self._stood is None or self._stood[0] is not self.principals:
            self._stood = (self.principals, Standing.of(self.principals))
        return self._stood[1]

    def open_escalations(self, who: Did) -> int:
        """How many escalations of what a principal submitted nobody has answered."""
        return self._opened.get(who, 0)

    def delegation(self, identity: ContentId) -> Delegation | None:
        """A delegation that counts: nobody has ended it, and no revoked key signed it."""
        found = self.delegations.get(identity)
        return found if found is not None and found.holds(self.principal_keys) else None

    def voices(self, consents: Iterable[GivenConsent], now_ns: int) -> list[Voice]:
        """Who consented, and in whose place, of what counts still at this instant.

        What rests on a delegation that was ended, or on a key that was revoked, counts no more;
        nor does what rests on a delegation that such a key made.
        """
        found = list[Voice]()
        for each in consents:
            lent = None if each.delegation is None else self.delegation(each.delegation)
            good = each.expires_at > now_ns and self.principal_keys.counts(each.by, each.index)
            if good and (each.delegation is None or lent is not None):
                found.append(Voice(each.by, each.by) if lent is None else lent.voice)
        return found

    def lent(self, voice: Voice, verb: str, now_ns: int) -> frozenset[str]:
        """The roles for which one may consent in the other's place to an act of this verb."""
        lent = frozenset[str]()
        for each in self.delegations.values():
            if each.voice == voice and each.holds(self.principal_keys):
                lent |= each.lent(self.roles(voice.seat), verb, now_ns)
        return lent

    def grant(self, node: ContentId, capability: Capability) -> Grant | None:
        """The grant of a capability to a node that is in force; a revoked one is none."""
        return self._held.get((node, capability))

    def granted(self, node: ContentId) -> frozenset[str]:
        """The capabilities that a node holds, by name."""
        return frozenset(each.value for each in Capability if (node, each) in self._held)

    def catch_up(self, entries: Iterable[Entry]) -> None:
        """Moves along entries that another process wrote, all of them or none.

        Raises NotVerified E_CHAIN_SIGNATURE, and what `apply` raises.
        """
        fork = self.fork()
        for entry in entries:
            check_entry(entry, fork.keys)
            fork.apply([entry])
        self.adopt(fork)

    def apply(self, entries: Iterable[Entry]) -> None:
        """Moves along the chain; NotVerified E_CHAIN_… for what does not continue it."""
        for entry in entries:
            check_place(entry, self.head)
            self.keys.apply(entry)
            self._apply(entry)
            self.conducts = self.conducts.after(entry)
            self.tree.append(hash_leaf(leaf_data(entry)))
            self.head = entry.head

    def _apply(self, entry: Entry) -> None:
        body = entry.body
        match entry.kind:
            case EntryKind.INTENT:
                begun = begun_by(entry)
                self._wait(begun)
                self._count(begun, entry)
            case EntryKind.CONSENT:
                self._consent(entry)
            case EntryKind.RECEIPT:
                self._end(ContentId(str(body["intent"])))
                for mutation in _array(body["mutations"]):
                    self._mutate(_object(mutation), entry.index)
            case EntryKind.EFFECT:
                waiting = self.pending[ContentId(str(body["intent"]))]
                self._wait(replace(waiting, effects=waiting.effects + 1))
            case EntryKind.CLAIM | EntryKind.ATTEMPT:
                self._wait(moved_on(self.pending[ContentId(str(body["intent"]))], entry))
            case EntryKind.GHOST:
                self._end(ContentId(str(body["intent"])))
                if self._ended is not None:
                    self.watched = self.watched.with_ghost(self._ended.who, entry)
            case EntryKind.ALARM:
                self.watched = self.watched.with_alarm(entry)
            case EntryKind.ESCALATION:
                self._escalate(entry)
            case EntryKind.EXPIRY:
                self._close(ContentId(str(body["intent"])))
            case _:
                pass  # a refusal is followed by its ghost; the other kinds do not concern decisions

    def _consent(self, entry: Entry) -> None:
        body = entry.body
        waiting = self.pending[ContentId(str(body["intent"]))]
        given = GivenConsent(
            Did(str(body["by"])),
            ContentId(str(body["cid"])),
            parse_when(body["expires_at"]),
            _id(body.get("delegation")),
            entry.index,
        )
        waiting = replace(waiting, consents=(*waiting.consents, given))
        if body["decision"] is not None:  # this one settles it, and who recorded it carries it out
            waiting = replace(
                waiting,
                decision=_object(body["decision"]),
                policy_hash=ContentId(str(entry.policy_hash)),
                index=entry.index,
                writer=str(body["writer"]),
                claimed=entry.index,
                claimed_at=entry.recorded_at,
            )
        self._wait(waiting)

    def _end(self, cid: ContentId) -> None:
        """What follows an end rests on whose it was."""
        self._ended = self.pending.get(cid)
        self.pending = self.pending.discard(cid)

    def _escalate(self, entry: Entry) -> None:
        body, ended = entry.body, self._ended
        intent = ContentId(str(body["intent"]))
        if ended is None or ended.cid != intent:
            raise NotVerified(
                "E_STATE",
                f"entry {entry.index} escalates what did not end just before it",
                hint="`logos ledger verify` says what is wrong with the ledger",
                index=entry.index,
                field="body.intent",
            )
        target = body["target"]
        opened = OpenEscalation(
            intent=intent,
            who=ended.signed.intent.logline.who,
            handler=str(body["handler"]),
            target=None if target is None else str(target),
            expires_at=parse_when(body["expires_at"]),
            index=entry.index,
        )
        self.escalations = self.escalations.insert(intent, opened)
        self._opened = self._opened.insert(opened.who, self.open_escalations(opened.who) + 1)

    def _close(self, intent: ContentId) -> None:
        closed = self.escalations.get(intent)
        if closed is not None:
            self.escalations = self.escalations.discard(intent)
            self._opened = self._opened.insert(closed.who, self.open_escalations(closed.who) - 1)

    def _wait(self, waiting: PendingIntent) -> None:
        self.pending = self.pending.insert(waiting.cid, waiting)

    def _count(self, begun: PendingIntent, entry: Entry) -> None:
        """Rates count what was not denied."""
        if begun.decision["outcome"] != "DENY":
            line = begun.signed.intent.logline
            self.watched = self.watched.with_act(line.who, line.did, entry)

    def _mutate(self, mutation: Mutation, index: int) -> None:
        self.principal_keys.apply(mutation, index)
        match mutation["kind"]:
            case "principal":
                self.principals = self.principals.insert(Did(str(mutation["did"])), mutation)
            case "verb":
                verb = parse_verb({k: v for k, v in mutation.items() if k != "kind"})
                self.verbs = self.verbs.insert(verb.name, verb)
            case "policy":
                self.policy = Policy(str(mutation["text"]))
            case "grant":
                self._grant(mutation)
            case "delegation":
                lent = Delegation.from_mutation(mutation, index)
                others = self.delegations.discard(lent.id)
                self.delegations = others.insert(lent.id, lent) if lent.ended is None else others
            case "limit":
                self.limits = self.limits.insert(str(mutation["id"]), mutation)
            case "cancellation":
                cancelled = self.pending[ContentId(str(mutation["intent"]))]
                self._wait(replace(cancelled, cancelled=mutation))
            case "resolution":
                self._close(ContentId(str(mutation["intent"])))
            case "lift":
                self.watched = self.watched.with_lift(mutation, index)
            case "rate":
                self.watched = self.watched.with_rate(mutation, index)
            case _:
                pass  # nodes, flows, names and runs are looked up in the graph

    def _grant(self, mutation: Mutation) -> None:
        grant = Grant.from_mutation(mutation)
        if mutation["revoked"] is None:
            self.grants = self.grants.insert(grant.id, mutation)
            self._held = self._held.insert((grant.node, grant.capability), grant)
        else:
            self.grants = self.grants.discard(grant.id)
            self._held = self._held.discard((grant.node, grant.capability))


class _Registered(Mapping[Did, Person]):
    """The principals of a view, as it stands whenever one is asked for."""

    def __init__(self, view: View) -> None:
        self._view = view

    def __getitem__(self, did: Did) -> Person:
        return Person(str(self._view.principals[did]["name"]), self._view.roles(did))

    def __iter__(self) -> Iterator[Did]:
        return iter(self._view.principals)

    def __len__(self) -> int:
        return len(self._view.principals)


def _id(told: object) -> ContentId | None:
    return None if told is None else ContentId(str(told))


def _array(value: object) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError(f"an array was expected, not {type(value).__name__}")
    return value


def _object(value: object) -> Mutation:
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected, not {type(value).__name__}")
    return value
