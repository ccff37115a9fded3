"""The five formal properties as a state machine: random principals, policies and intents.

Not a test itself: it is run on paper (test_five_properties.py) and on the real server
(tests/integration/test_five_properties.py). After each rule:

completeness             every attempt that was admitted is an intent of the ledger, and nothing of
                         the state changed but by the receipt of one that was allowed
temporal consistency     each entry is later than the one before, whatever the clock does
hash chain               each entry continues the one before; in the end the whole is verified
consequence completeness each intent has one end, in the commitment that was signed for it
ghosts have no effects   a ghost leaves the digest of the state as it was

What must be decided, and what must follow, is said by auditor.py.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from logos_graph.errors import LogosError
from logos_graph.identity import Signer
from logos_graph.ledger import Entry, State, verify_chain
from logos_graph.logline import SignedIntent, format_when
from tests.supervisor.auditor import SECOND, Auditor
from tests.supervisor.codes import LEVELS, Ask, Code, Rule

KEYS = tuple(Signer.from_seed(b"five properties " + bytes([n]) * 16) for n in range(8))
ROLES = (("clerk",), ("clerk", "guard"), ("guard",), ("guard", "approver"), ("approver",))
"""Of the first keys; the others are registered later, or never."""
FIRST = Code((Rule("pay.out", ("clerk",), over=100, ask=Ask("guard", "2")),))
RECORDS = ("logline", "alarm", "escalation")
"""What tells of attempts, and of nothing that was done."""
DEATHS = ("committed", "performed", "receipted")

whos = st.integers(0, len(KEYS) - 1)
holders = st.integers(0, len(ROLES) - 1)
picks = st.integers(0, 1_000)
amounts = st.integers(0, 400)
ends = st.sampled_from(("emit:failed", "abort", "escalate:guard"))
kinds = st.sampled_from(("1", "2", "all", "majority", "weighted:5;k1=3,k2=2,k3=2,k6=9"))
asks = st.builds(Ask, st.sampled_from(("guard", "approver")), kinds, st.sampled_from((5, 60)))
rules = st.builds(
    Rule, st.just(""),
    st.lists(st.sampled_from(("clerk", "guard")), max_size=2, unique=True).map(tuple),
    st.none() | st.integers(0, 200), asks, st.none() | st.integers(100, 300), st.booleans(),
    st.booleans(),
)  # fmt: skip
drawn = st.tuples(*(rules for _ in LEVELS))


class FiveProperties(RuleBasedStateMachine):
    """world: a PaperWorld, or what is like it. prefix: before every name of its own."""

    world: Any
    prefix = ""
    sound = False
    """Whether everything so far was as it must be."""

    def begin(self) -> tuple[Any, str, set[str]]:
        """The world, the text before its policies' rules, and whom no breaker holds."""
        raise NotImplementedError

    @initialize()
    def found(self) -> None:
        self.world, self.extra, free = self.begin()
        view = self.world.supervisor.view
        people = {
            str(did): (str(each["name"]), frozenset(each["roles"]))
            for did, each in view.principals.items()
        }
        levels = {name: view.verbs[name].risk.level for name in view.verbs}
        first = Code(FIRST.rules, extra=self.extra)
        self.auditor = Auditor(people, levels, first, free)
        self.auditor.policy = view.policy.id
        self.length, self.left, self.numbers = len(self.world.entries()), set[str](), 0
        self.state, self.signed = State(), list[SignedIntent]()
        for entry in self.world.entries():
            self.state.apply_entry(entry)
            self.auditor.last, self.head = entry.recorded_at, entry
        for number, roles in enumerate(ROLES):
            self.register(number, list(roles))

    # what is done -----------------------------------------------------------------------------

    def submit(self, who: Signer, did: str, this: Any, *, die_at: str = "", **fields: Any) -> None:
        """One intent, whoever it is by; and what must come of it."""
        signed = self.world.sign(who, did, this, **fields)
        if who.did not in self.auditor.people:
            self.refused(signed, "E_UNKNOWN_PRINCIPAL")
            return
        if not self._answerable(who, fields):
            self.refused(signed, "E_COMMITMENT_NOBODY")
            return
        self.signed.append(signed)
        outcome = self.world.execute(signed, die_at)
        first = self.read()
        assert first is not None, "completeness: the attempt was not recorded"
        assert first.body["cid"] == signed.intent.cid
        act = self.auditor.acts[signed.intent.cid]
        if outcome is None:
            self.left |= {each.cid for each in self.auditor.unfinished()}
        else:
            stands = {"open": "PENDING", "done": "COMMITTED", "ghost": "GHOST"}[act.status]
            assert outcome.status == stands, (outcome, act)
            self.nothing_left(who.did)

    def _answerable(self, who: Signer, fields: Any) -> bool:
        others = self.auditor.people.items()
        told = fields.get("if_not", "").startswith("escalate:guard")
        return not told or any("guard" in held for did, (_, held) in others if did != who.did)

    def refused(self, signed: SignedIntent, *codes: str) -> None:
        """Not admitted: nothing is recorded."""
        try:
            self.world.execute(signed)
        except LogosError as error:
            assert error.code in codes, error  # noqa: PT017 - any other is raised on
        else:
            raise AssertionError(signed)
        assert self.read() is None

    def read(self) -> Entry | None:
        """The new entries, each judged; the first of them."""
        new, self.sound = self.world.entries(self.length), False
        for entry in new:
            before = self.head
            assert (entry.index, entry.prev_hash) == (before.index + 1, before.hash), "hash chain"
            digest = self.effects()
            self.state.apply_entry(entry)
            if entry.kind != "receipt" or not entry.body["mutations"]:
                assert self.effects() == digest, ("no effect but by a receipt", entry)
            self.auditor.read(entry)
            self.head = entry
        self.length += len(new)
        self.auditor.settled()
        self.sound = True
        return new[0] if new else None

    def effects(self) -> str:
        """The digest of all that was ever done."""
        held = {kind: each for kind, each in self.state.objects.items() if kind not in RECORDS}
        return State(held).digest()

    def nothing_left(self, who: str) -> None:
        """What is allowed is done, but for what died; alarms that are due were raised."""
        assert {each.cid for each in self.auditor.unfinished()} <= self.left
        assert self.auditor.due_alarms(who, self.auditor.last) == set()

    # rules ------------------------------------------------------------------------------------

    @rule(who=whos, verb=st.sampled_from(sorted(LEVELS)), amount=amounts, if_not=ends)
    def act(self, who: int, verb: str, amount: int, if_not: str) -> None:
        self.submit(KEYS[who], verb, {"amount": amount}, if_not=if_not)

    @rule(who=holders, verb=st.sampled_from(sorted(LEVELS)), at=st.sampled_from(DEATHS))
    def act_and_die(self, who: int, verb: str, at: str) -> None:
        self.submit(KEYS[who], verb, {"amount": 50}, die_at=at)

    @rule(who=holders, wrong=st.sampled_from(("money.print", "pay.out")), if_not=ends)
    def invent(self, who: int, wrong: str, if_not: str) -> None:
        self.submit(KEYS[who], wrong, {"amount": "much"}, if_not=if_not)

    @rule(who=holders, count=st.integers(4, 7))
    def probe(self, who: int, count: int) -> None:
        for more in range(count):
            self.submit(KEYS[who], "pay.out", {"amount": 400 + more})

    @rule(who=whos, roles=st.lists(st.sampled_from(("clerk", "guard", "approver")), unique=True))
    def register(self, who: int, roles: list[str]) -> None:
        this = {"did": KEYS[who].did, "name": f"{self.prefix}k{who}", "type": "person"}
        self.submit(self.world.operator, "principal.register", {**this, "roles": roles})

    @rule(who=holders)
    def usurp(self, who: int) -> None:
        this: Any = {"did": KEYS[7].did, "name": "own", "type": "person", "roles": ["operator"]}
        self.submit(KEYS[who], "principal.register", this)

    @rule(rules=drawn, mute=st.integers(0, 9), at=st.sampled_from(("", "", *DEATHS)))
    def change_policy(self, rules: tuple[Rule, ...], mute: int, at: str) -> None:
        named = tuple(
            Rule(verb, *(getattr(each, name) for name in list(Rule.__annotations__)[1:]))
            for verb, each in zip(LEVELS, rules, strict=True)
        )
        self.numbers += 1
        code = Code(named, mute == 0, self.numbers, self.extra)
        self.auditor.codes[code.text] = code
        self.submit(self.world.operator, "policy.activate", {"text": code.text})
        waiting = self.auditor.waiting()
        if waiting and waiting[-1].this.get("text") == code.text:
            self.give(KEYS[4], waiting[-1], die_at=at)

    @rule(who=st.none() | holders, verb=st.none() | st.sampled_from(sorted(LEVELS)),
          count=st.none() | st.integers(0, 3), seconds=st.sampled_from((9, 4001)))  # fmt: skip
    def rate(self, who: int | None, verb: str | None, count: int | None, seconds: int) -> None:
        if who is None and verb is None:
            return
        whose = None if who is None else KEYS[who].did
        this = {"who": whose, "verb": verb, "count": count, "seconds": seconds}
        self.submit(self.world.operator, "rate.limit", this)

    @rule(who=holders)
    def lift(self, who: int) -> None:
        this = {"who": KEYS[who].did, "note": "looked at"}
        self.submit(self.world.operator, "breaker.lift", this)
        for each in (3, 4):
            if waiting := [a for a in self.auditor.waiting() if a.verb == "breaker.lift"]:
                self.give(KEYS[each], waiting[-1])

    def give(self, who: Signer, act: Any, *, die_at: str = "", **changed: Any) -> None:
        this = {
            "intent": act.cid, "policy_hash": act.policy, "revision": act.revision,
            "expires_at": format_when(act.expires), **changed,
        }  # fmt: skip
        self.submit(who, "consent.give", this, die_at=die_at)

    @rule(who=whos, pick=picks, at=st.sampled_from(("", "", "", *DEATHS)))
    def consent(self, who: int, pick: int, at: str) -> None:
        if waiting := self.auditor.waiting():
            self.give(KEYS[who], waiting[-1 - pick % len(waiting)], die_at=at)

    @rule(pick=picks)
    def everybody_consents(self, pick: int) -> None:
        if waiting := self.auditor.waiting():
            act = waiting[-1 - pick % len(waiting)]
            for who in KEYS[:5]:
                self.give(who, act)

    @rule(who=holders, pick=picks, wrong=st.sampled_from(("revision", "policy", "time", "intent")))
    def consent_wrongly(self, who: int, pick: int, wrong: str) -> None:
        acts = [each for each in self.auditor.acts.values() if each.expires]
        if acts:
            act = acts[-1 - pick % len(acts)]
            changes: dict[str, dict[str, Any]] = {
                "revision": {"revision": act.revision + 1},
                "policy": {"policy_hash": "b3:" + "1" * 64},
                "time": {"expires_at": format_when(self.auditor.last - SECOND)},
                "intent": {"intent": acts[pick % len(acts)].cid},
            }
            self.give(KEYS[who], act, **changes[wrong])

    @rule(who=holders, pick=picks, other=picks)
    def consent_for_another(self, who: int, pick: int, other: int) -> None:
        waiting, lent = self.auditor.waiting(), list(self.auditor.delegations)
        if waiting and lent:
            act = waiting[-1 - pick % len(waiting)]
            self.give(KEYS[who], act, delegation=lent[other % len(lent)])

    @rule(who=holders, pick=picks, if_not=ends)
    def refuse(self, who: int, pick: int, if_not: str) -> None:
        acts = self.auditor.waiting() or list(self.auditor.acts.values())
        this = {"intent": acts[-1 - pick % len(acts)].cid, "reason": "no"}
        self.submit(KEYS[who], "consent.refuse", this, if_not=if_not)

    @rule(by=holders, to=whos, role=st.sampled_from(("guard", "approver")),
          verbs=st.none() | st.just(["pay.out"]), days=st.sampled_from((0, 1, 89, 91)))  # fmt: skip
    def delegate(self, by: int, to: int, role: str, verbs: list[str] | None, days: int) -> None:
        until = format_when(self.auditor.last + days * 86_400 * SECOND + 30 * 60 * SECOND)
        this = {"to": KEYS[to].did, "role": role, "verbs": verbs, "until": until}
        self.submit(KEYS[by], "consent.delegate", this)

    @rule(who=holders, pick=picks)
    def undelegate(self, who: int, pick: int) -> None:
        known = [*self.auditor.delegations] or [*self.auditor.acts]
        self.submit(KEYS[who], "consent.undelegate", {"delegation": known[pick % len(known)]})

    @rule(who=holders, pick=picks)
    def resolve(self, who: int, pick: int) -> None:
        known = [*self.auditor.escalations] or [*self.auditor.acts]
        this = {"intent": known[pick % len(known)], "answer": "accepted"}
        self.submit(KEYS[who], "escalation.resolve", this)

    @rule(pick=picks)
    def replay(self, pick: int) -> None:
        """What was submitted before is recorded no second time."""
        signed = self.signed[-1 - pick % len(self.signed)]
        old = self.world.clock.now_ns() - signed.intent.logline.when
        known = {*self.auditor.acts}
        outcome = self.world.execute(signed)
        assert outcome is not None, old
        assert outcome.repeated
        self.read()
        assert {*self.auditor.acts} == known
        self.left &= {each.cid for each in self.auditor.unfinished()}

    @rule(who=holders, other=holders, wrong=st.sampled_from(("ledger", "key", "late", "early")))
    def forge(self, who: int, other: int, wrong: str) -> None:
        now = self.world.clock.now_ns()
        this = {"amount": 1}
        sign = partial(self.world.sign, KEYS[who], "eye.look", this)
        if wrong == "ledger":
            self.refused(sign(ledger="another"), "E_LEDGER")
        elif wrong == "late":
            self.refused(sign(when=now - 301 * SECOND), "E_CLOCK")
        elif wrong == "early":
            self.refused(sign(when=now + 90 * SECOND), "E_CLOCK")
        elif who != other:
            signed = sign()
            forged = self.world.sign(KEYS[other], "eye.look", this).signature
            self.refused(SignedIntent(signed.intent, forged), "E_SIGNATURE")

    @rule(seconds=st.sampled_from((1, 7, 67, 1867, 3671, 90_061, 300_007, 7_900_003)))
    def later(self, seconds: int) -> None:
        if self.world.movable:
            self.world.advance(seconds)

    @rule(seconds=st.sampled_from((1, 40, 3600)))
    def clock_goes_back(self, seconds: int) -> None:
        if self.world.movable:
            self.world.advance(-seconds)

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule()
    def recover(self) -> None:
        """What is due is done."""
        self.world.supervisor.recover()
        self.read()
        assert self.auditor.unfinished() == []
        self.left.clear()
        now = self.world.clock.now_ns()
        assert all(each.expires > now for each in self.auditor.waiting())
        assert all(until > now for _, _, until in self.auditor.escalations.values())

    @invariant()
    def each_intent_has_one_end_or_waits(self) -> None:
        if hasattr(self, "auditor"):
            waits = {cid for cid, act in self.auditor.acts.items() if act.status == "open"}
            found = self.world.supervisor.view.pending
            assert waits == {cid for cid in found if cid in self.auditor.acts}

    def teardown(self) -> None:
        if self.sound:
            view = self.world.supervisor.view
            assert {str(did) for did in view.principals} == {*self.auditor.people}
            assert view.policy.text == self.auditor.code.text or not self.auditor.numbers
            entries = self.world.entries()
            assert len(list(verify_chain(entries, self.world.operator.did))) == len(entries)
            self.world.close()
