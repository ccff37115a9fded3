"""A ledger on paper with the whole gate over it: founded, entered, left by processes that die.

Not a test itself. The store keeps entries in lists and answers from them alone what the gate asks
of it; nothing here knows flows or nodes, so only acts that are recorded, and those that govern.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from logos_graph.canon import ContentId, parse
from logos_graph.errors import Conflict, Rejected
from logos_graph.governance import Conducts, Policy, Verb, parse_verb
from logos_graph.identity import Did, Signer
from logos_graph.ledger import Entry, EntryKind, Head, State, SupervisorKeys
from logos_graph.ledger.merkle import Frontier
from logos_graph.logline import Intent, LogLine, SignedIntent, Status, parse_commitment, sign_intent
from logos_graph.resources import read_text
from logos_graph.supervisor import Outcome, Supervisor, found_ledger
from logos_graph.supervisor.ports import IntentRecord, Snapshot
from tests.ledger.conftest import SUPERVISOR
from tests.supervisor.paper import Ticking, leaf

SECOND = 1_000_000_000


class DeadError(BaseException):
    """This process is no more; nothing catches it on its way."""


def compose(
    who: Signer, did: str, this: dict[str, Any], *, ledger: str, nonce: str, when: int, **ends: str
) -> SignedIntent:
    """A signed intent. ends: its commitments."""
    usual = {"if_ok": "emit:done", "if_doubt": "emit:doubted", "if_not": "emit:failed"}
    bound: Any = {name: parse_commitment(text) for name, text in {**usual, **ends}.items()}
    line = LogLine(
        who=who.did, did=did, this=this, when=when, confirmed_by=None, status=Status.PENDING,
        **bound,
    )  # fmt: skip
    return sign_intent(Intent(ledger, nonce, line), who)


class Archive:
    """The store: entries, and what follows from them."""

    def __init__(self) -> None:
        self.written: list[Entry] = []
        self.alive = True
        self.state = State()

    def append(self, expected: Head | None, entries: Sequence[Entry], *_rest: object) -> None:
        if not self.alive:
            raise DeadError
        if expected != (self.written[-1].head if self.written else None):
            raise Conflict("E_HEAD_MOVED", "another was first")
        nonces = [_nonce(each) for each in (*self.written, *entries) if each.kind == "intent"]
        if len(nonces) != len(set(nonces)):
            raise Rejected("E_NONCE_USED", "recorded before")
        for entry in entries:
            self.state.apply_entry(entry)
        self.written += entries

    def snapshot(self) -> Snapshot:
        """As of genesis; a process reads on from there."""
        genesis, tree = self.written[0], Frontier()
        tree.append(leaf(genesis))
        body: Any = genesis.body
        return Snapshot(
            genesis.head, SupervisorKeys((SUPERVISOR.did,), (0,)), tree.peaks,
            [{"kind": "principal", **each} for each in body["principals"]],
            [{"kind": "verb", **each} for each in body["verbs"]],
            body["policy"]["text"], [], conducts=Conducts().after(genesis),
        )  # fmt: skip

    def entries(self, first: int) -> Iterable[Entry]:
        return list(self.written[first:])

    def entry(self, index: int) -> Entry | None:
        return self.written[index] if 0 <= index < len(self.written) else None

    def effects(self, _intent: ContentId) -> Sequence[Entry]:
        return ()

    def escalation(self, intent: ContentId) -> str | None:
        found = self.state.get("escalation", intent)
        return None if found is None else str(found["status"])

    def intent(self, cid: ContentId) -> IntentRecord | None:
        line: Any = self.state.get("logline", cid)
        if line is None:
            return None
        told = [e.body for e in self.written if e.kind == "intent" and e.body["cid"] == cid]
        ends: list[Any] = [
            e.body for e in self.written
            if e.kind in ("receipt", "ghost") and e.body["intent"] == cid
        ]  # fmt: skip
        end = ends[0] if ends else {}
        decision: Any = told[0]["decision"]
        intent: Any = told[0]["intent"]
        return IntentRecord(
            cid, intent["logline"]["did"], str(line["status"]), decision, end.get("consequence"),
            end.get("commitment"), end.get("cause"), end.get("result"),
        )  # fmt: skip

    def ghosts_of(
        self, statement: str, who: Did, *, since_ns: int, after: int, threshold: int
    ) -> Sequence[ContentId]:
        """What the statement of that name asks of the graph."""
        actors: dict[str, str] = {}
        found: list[tuple[ContentId, int | None, bool]] = []
        for entry in self.written:
            body: Any = entry.body
            if entry.kind is EntryKind.INTENT:
                actors[body["cid"]] = body["intent"]["logline"]["who"]
            if entry.kind is not EntryKind.GHOST or actors[body["intent"]] != who:
                continue
            cause, denied = body["cause"], body["cause"]["type"] in ("PolicyDeny", "InvalidVerb")
            held = cause.get("reason") in ("RateLimitExceeded", "CircuitBreakerOpen")
            if entry.recorded_at > since_ns and entry.index > after and not held:
                found.append((ContentId(body["intent"]), body["amount"], denied))
        found = found[-64:]
        if statement != "alarms/burst":
            found = [each for each in found if each[2]]
        if statement == "alarms/escalating_probes":
            found = [each for each in found if each[1] is not None][-threshold:]
            if any((one[1] or 0) >= (two[1] or 0) for one, two in pairwise(found)):
                return ()
        return [cid for cid, _, _ in found] if len(found) >= threshold else ()


def _nonce(entry: Entry) -> tuple[str, str]:
    intent: Any = entry.body["intent"]
    return intent["logline"]["who"], intent["nonce"]


class _Process:
    """One process: its id; no other one lives."""

    def __init__(self, number: int) -> None:
        self.own = f"process-{number}"

    def alive(self, writer: str) -> bool:
        return writer == self.own


class PaperWorld:
    """The gate over a ledger on paper, and its clock."""

    movable = True
    """Whether its clock may be moved."""

    def __init__(self, policy: str, verbs: Sequence[Verb]) -> None:
        self.clock, self.store, self.processes = Ticking(), Archive(), 0
        store: Any = self.store
        found_ledger(store, SUPERVISOR, self.clock, verbs, Policy(policy))
        self.operator, self._die_at = SUPERVISOR, ""
        self.restart()

    @property
    def ledger(self) -> str:
        return self.store.written[0].ledger

    def restart(self) -> None:
        """Another process, which knows nothing but the ledger."""
        self.store.alive, self.processes = True, self.processes + 1
        parts: Any = dict.fromkeys(("builder", "admission", "host", "outside"))
        store: Any = self.store
        self.supervisor = Supervisor(
            store=store, signers=lambda _did: SUPERVISOR, clock=self.clock,
            writers=_Process(self.processes), watch=self._watch, **parts,
        )  # fmt: skip
        self.supervisor.catch_up()

    def _watch(self, step: str, _of: ContentId) -> None:
        if step == self._die_at:
            self.store.alive, self._die_at = False, ""
            raise DeadError

    def execute(self, signed: SignedIntent, die_at: str = "") -> Outcome | None:
        """Through the gate; None if the process died at this step, and another began."""
        self._die_at = die_at
        try:
            return self.supervisor.execute(signed)
        except DeadError:
            self.restart()
            return None
        finally:
            self._die_at = ""

    def sign(self, who: Signer, did: str, this: dict[str, Any], **fields: Any) -> SignedIntent:
        told: dict[str, Any] = {
            "ledger": self.ledger, "nonce": self.clock.fresh_id(), "when": self.clock.now_ns(),
        } | fields  # fmt: skip
        return compose(who, did, this, **told)

    def bound(self, cid: ContentId) -> dict[str, Any]:
        """`this` of a consent to what waits, bound as the protocol asks."""
        waiting = self.supervisor.view.pending[cid]
        return {
            "intent": cid, "policy_hash": waiting.policy_hash,
            "revision": waiting.decision["revision"], "expires_at": waiting.decision["expires_at"],
        }  # fmt: skip

    def entries(self, first: int = 0) -> list[Entry]:
        return self.store.written[first:]

    def advance(self, seconds: int) -> None:
        self.clock.time += seconds * SECOND

    def close(self) -> None:
        """What the process read is what another one reads."""
        old = self.supervisor.view
        self.restart()
        new = self.supervisor.view
        for name in ("principals", "verbs", "policy", "pending", "delegations", "escalations"):
            assert getattr(old, name) == getattr(new, name), name
        assert old.watched.rates == new.watched.rates
        assert old.watched.alarms == new.watched.alarms
        assert old.tree.root() == new.tree.root()


def bundled(names: Iterable[str]) -> list[Verb]:
    """These of the verbs that every ledger begins with."""
    return [parse_verb(parse(read_text(f"schemas/verbs/{name}.schema.json"))) for name in names]
