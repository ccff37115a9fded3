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
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from logos_graph.errors import LogosError
from logos_graph.identity import Signer
from logos_graph.ledger import Entry, State, verify_chain
from logos_graph.logline import SignedIntent, format_when
from tests.supervisor.auditor import SECOND, Auditor
from tests.supervisor.codes import LEVELS, Ask, Code, Rule

KEYS = 8
ROLES = (("clerk",), ("clerk", "guard"), ("guard",), ("guard", "approver"), ("approver",))
"""Of the first of the keys; the others are registered later, or never."""
FIRST = Code(
    (
        Rule("eye.look", ("clerk", "guard")),
        Rule("pay.out", ("clerk",), over=100, ask=Ask("guard", "2"), most=350, trusting=True),
        Rule("pay.big", ("clerk", "guard"), over=0, ask=Ask("guard", "majority")),
        Rule("all.wipe", ("guard",)),
    )
)
RECORDS = ("logline", "alarm", "escalation")
"""What tells of attempts, and of nothing that was done."""
DEATHS = ("committed", "performed", "receipted")

whos = st.integers(0, KEYS - 1)
holders = st.integers(0, len(ROLES) - 1)
picks = st.integers(0, 1_000)
amounts = st.integers(0, 400)
ends = st.sampled_from(("emit:failed", "abort", "escalate:guard"))
kinds = st.sampled_from(("1", "2", "all", "majority", "weighted:5;k1=3,k2=2,k3=2,k6=9"))
asks = st.builds(Ask, st.sampled_from(("guard", "approver")), kinds, st.sampled_from((5, 60)))
rules = st.builds(
    Rule, st.just(""),
    st.sampled_from((("clerk", "guard"), ("clerk", "guard"), ("clerk",), ("guard",), ())),
    st.none() | st.integers(0, 200), asks, st.none() | st.integers(100, 300), st.booleans(),
    st.booleans(),
)  # fmt: skip
drawn = st.tuples(*(rules for _ in LEVELS))


def waits(machine: FiveProperties) -> bool:
    """Whether anything waits for consent."""
    return bool(machine.auditor.waiting())


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
        seeds = (f"{self.prefix}{number}".encode().rjust(32) for number in range(KEYS))
        self.keys = tuple(map(Signer.from_seed, seeds))
        view = self.world.supervisor.view
        people = {
            str(did): (str(each["name"]), frozenset(each["roles"]))
            for did, each in view.principals.items()
        }
        levels = {name: view.verbs[name].risk.level for name in view.verbs}
        first = Code(FIRST.rules, extra=self.extra)
        self.auditor = Auditor(people, levels, first, free)
        self.auditor.policy = view.policy.id
        for name, each in view.watched.rates.items():
            self.auditor.rates[name] = (each.mutation, each.index)
        self.foreign = {*map(str, view.pending), *map(str, view.escalations)}
        self.length, self.left, self.numbers = len(self.world.entries()), set[str](), 0
        self.state, self.signed = State(), list[SignedIntent]()
        for entry in self.world.entries():
            self.state.apply_entry(entry)
            self.auditor.last, self.head = entry.recorded_at, entry
        self.digest = self.effects()
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
            self.state.apply_entry(entry)
            digest = self.effects()
            if entry.kind != "receipt" or not entry.body["mutations"]:
                assert digest == self.digest, ("no effect but by a receipt", entry)
            self.digest = digest
            if str(entry.body.get("intent")) not in self.foreign:
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
        self.submit(self.keys[who], verb, {"amount": amount}, if_not=if_not)

    @rule(who=holders, verb=st.sampled_from(sorted(LEVELS)), at=st.sampled_from(DEATHS))
    def act_and_die(self, who: int, verb: str, at: str) -> None:
        self.submit(self.keys[who], verb, {"amount": 50}, die_at=at)

    @rule(who=holders, wrong=st.sampled_from(("money.print", "pay.out")), if_not=ends)
    def invent(self, who: int, wrong: str, if_not: str) -> None:
        self.submit(self.keys[who], wrong, {"amount": "much"}, if_not=if_not)

    @rule(who=holders, count=st.integers(4, 7))
    def probe(self, who: int, count: int) -> None:
        for more in range(count):
            self.submit(self.keys[who], "pay.out", {"amount": 400 + more})

    @rule(who=whos, roles=st.lists(st.sampled_from(("clerk", "guard", "approver")), unique=True))
    def register(self, who: int, roles: list[str]) -> None:
        this = {"did": self.keys[who].did, "name": f"{self.prefix}k{who}", "type": "person"}
        self.submit(self.world.operator, "principal.register", {**this, "roles": roles})

    @rule(who=holders)
    def usurp(self, who: int) -> None:
        this: Any = {
            "did": self.keys[7].did,
            "name": "own",
            "type": "person",
            "roles": ["operator"],
        }
        self.submit(self.keys[who], "principal.register", this)

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
            self.give(self.keys[4], waiting[-1], die_at=at)

    @rule(who=st.none() | holders, verb=st.none() | st.sampled_from(sorted(LEVELS)),
          count=st.none() | st.integers(0, 3), seconds=st.sampled_from((9, 4001)))  # fmt: skip
    def rate(self, who: int | None, verb: str | None, count: int | None, seconds: int) -> None:
        if who is None and verb is None:
            return
        whose = None if who is None else self.keys[who].did
        this = {"who": whose, "verb": verb, "count": count, "seconds": seconds}
        self.submit(self.world.operator, "rate.limit", this)

    @precondition(lambda self: self.auditor.alarms)
    @rule(who=holders)
    def lift(self, who: int) -> None:
        this = {"who": self.keys[who].did, "note": "looked at"}
        self.submit(self.world.operator, "breaker.lift", this)
        for each in (3, 4):
            if waiting := [a for a in self.auditor.waiting() if a.verb == "breaker.lift"]:
                self.give(self.keys[each], waiting[-1])

    def give(self, who: Signer, act: Any, *, die_at: str = "", **changed: Any) -> None:
        this = {
            "intent": act.cid, "policy_hash": act.policy, "revision": act.revision,
            "expires_at": format_when(act.expires), **changed,
        }  # fmt: skip
        self.submit(who, "consent.give", this, die_at=die_at)

    @precondition(waits)
    @rule(who=whos, pick=picks, fit=st.booleans(), at=st.sampled_from(("", "", "", *DEATHS)))
    def consent(self, who: int, pick: int, fit: bool, at: str) -> None:
        waiting = self.auditor.waiting()
        act = waiting[-1 - pick % len(waiting)]
        assert act.question is not None
        role = act.question.quorums[0].role
        asked = [each for each in self.keys if role in self.auditor.roles(each.did)]
        self.give(asked[who % len(asked)] if fit else self.keys[who], act, die_at=at)

    @precondition(waits)
    @rule(pick=picks)
    def everybody_consents(self, pick: int) -> None:
        waiting = self.auditor.waiting()
        for who in self.keys[1:5]:
            self.give(who, waiting[-1 - pick % len(waiting)])

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
            self.give(self.keys[who], act, **changes[wrong])

    @precondition(lambda self: waits(self) and self.auditor.delegations)
    @rule(who=whos, pick=picks, other=picks, fit=st.booleans())
    def consent_for_another(self, who: int, pick: int, other: int, fit: bool) -> None:
        waiting, lent = self.auditor.waiting(), list(self.auditor.delegations.values())
        by = lent[other % len(lent)]
        fitting = [each for each in self.keys if each.did == by["to"]]
        giver = fitting[0] if fit and fitting else self.keys[who]
        self.give(giver, waiting[-1 - pick % len(waiting)], delegation=by["id"])

    @precondition(waits)
    @rule(who=holders, pick=picks, if_not=ends)
    def refuse(self, who: int, pick: int, if_not: str) -> None:
        acts = self.auditor.waiting()
        this = {"intent": acts[-1 - pick % len(acts)].cid, "reason": "no"}
        self.submit(self.keys[who], "consent.refuse", this, if_not=if_not)

    @rule(by=st.integers(1, 4), to=whos, role=st.sampled_from(("guard", "approver")),
          verbs=st.none() | st.just(["pay.out"]), days=st.sampled_from((0, 1, 89, 91)))  # fmt: skip
    def delegate(self, by: int, to: int, role: str, verbs: list[str] | None, days: int) -> None:
        until = format_when(self.auditor.last + days * 86_400 * SECOND + 30 * 60 * SECOND)
        this = {"to": self.keys[to].did, "role": role, "verbs": verbs, "until": until}
        self.submit(self.keys[by], "consent.delegate", this)

    @precondition(lambda self: self.auditor.delegations)
    @rule(who=holders, pick=picks)
    def undelegate(self, who: int, pick: int) -> None:
        known = [*self.auditor.delegations, *self.auditor.acts][: len(self.auditor.delegations) + 1]
        self.submit(self.keys[who], "consent.undelegate", {"delegation": known[pick % len(known)]})

    @precondition(lambda self: self.auditor.escalations)
    @rule(who=holders, pick=picks)
    def resolve(self, who: int, pick: int) -> None:
        known = [*self.auditor.escalations, *self.auditor.acts][: len(self.auditor.escalations) + 1]
        this = {"intent": known[pick % len(known)], "answer": "accepted"}
        self.submit(self.keys[who], "escalation.resolve", this)

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
        sign = partial(self.world.sign, self.keys[who], "eye.look", this)
        if wrong == "ledger":
            self.refused(sign(ledger="another"), "E_LEDGER")
        elif wrong == "late":
            self.refused(sign(when=now - 301 * SECOND), "E_CLOCK")
        elif wrong == "early":
            self.refused(sign(when=now + 90 * SECOND), "E_CLOCK")
        elif who != other:
            signed = sign()
            forged = self.world.sign(self.keys[other], "eye.look", this).signature
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
            assert view.policy.text == self.auditor.code.text or not self.numbers
            entries = self.world.entries()
            assert len(list(verify_chain(entries, self.world.operator.did))) == len(entries)
            self.world.close()
