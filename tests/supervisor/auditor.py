"""A model of what must be true of a ledger: reads its entries in order, and judges each anew.

Not a test itself. It knows who was registered in the beginning, what was submitted, and the
policies as rules in Python (codes.py); everything else it works out from scratch at every entry,
with no code of the gate's. An entry that should not be, or should be another, fails; so does one
that should be there and is not (`settled`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

from logos_graph.ledger import Entry
from logos_graph.logline import format_when, parse_when
from tests.supervisor.books import DAY, Act, Books
from tests.supervisor.codes import DENY, HOUR, LEVELS, Ask, Quorum, Verdict, asked

WEIGHTS = (0, 1, 2, 5, 10, 20)
SECOND = 10**9
HELD_OFF = ("RateLimitExceeded", "CircuitBreakerOpen")


class Auditor(Books):
    """See the head of this module."""

    # the entries ------------------------------------------------------------------------------

    def read(self, entry: Entry) -> None:
        """Moves along by one entry, which must be what it is."""
        body: Any = entry.body
        assert entry.recorded_at > self.last, "temporal consistency"
        self.last = entry.recorded_at
        if entry.trace_id != self.trace:  # what is written together was judged at one instant
            self.trace, self.now = entry.trace_id, entry.recorded_at
        about = str(body.get("cid") if entry.kind == "intent" else body.get("intent", ""))
        if self.next:
            assert self.next.pop(0) == (str(entry.kind), about), entry
        getattr(self, f"_{entry.kind}")(body, entry)

    def _intent(self, body: Any, entry: Entry) -> None:
        act = Act(body["cid"], body["intent"]["logline"], entry.index)
        assert act.cid not in self.acts, "recorded twice"
        act.seen = self.seen(act, self.now)
        verdict = self._within_rates(act, self.judge(act, self.now), self.now)
        self.acts[act.cid] = act
        self._decided(act, verdict, body["decision"], entry)
        if verdict.outcome == "DENY":
            act.status = "denied"
            self.next.append(("ghost", act.cid))
        else:
            self.counted.append((act.who, act.verb, entry.recorded_at, entry.index))

    def _decided(self, act: Act, verdict: Verdict, told: Any, entry: Entry) -> None:
        assert told["outcome"] == verdict.outcome, (act, verdict, told)
        assert (entry.policy_hash, told["revision"]) == (self.policy, entry.index - 1)
        if verdict.by_policy and act.verb in LEVELS:
            assert told["context"] == act.seen, (told["context"], act.seen)
        act.policy, act.revision = self.policy, entry.index - 1
        act.question = verdict if verdict.outcome == "REQUIRE" else None
        if verdict.outcome == "DENY":
            assert told["reason"] == verdict.reason, (act, verdict, told)
        if act.question is not None:
            act.expires = self.now + verdict.expires
            assert told["expires_at"] == format_when(act.expires), (told, verdict)
            quorums = [told, *told["also"]]
            found = [_quorum(each["role"], each["quorum"]) for each in quorums]
            assert found == list(verdict.quorums), (found, verdict)

    def _consent(self, body: Any, entry: Entry) -> None:
        own, act, now = self.acts[body["cid"]], self.acts[body["intent"]], self.now
        assert own.allowed
        assert self.consent_faults(own, now) == set(), (own, act)
        own.answered = True
        act.given.append(
            (own.who, self._seat(own), parse_when(body["expires_at"]), body["delegation"])
        )
        assert body["by"] == own.who
        act.seen = self.seen(act, now)
        verdict = self.judge(act, now, self._voices(act, now))
        told = body["decision"]
        if verdict.outcome == "REQUIRE":
            assert told is None, (act, told)
        else:
            assert told is not None, (act, verdict, self._voices(act, now))
            self._decided(act, verdict, told, entry)
        if verdict.outcome == "DENY":
            act.status = "denied"
            self.next.append(("ghost", act.cid))
        self.next.append(("receipt", own.cid))

    def _refusal(self, body: Any, entry: Entry) -> None:
        own, act = self.acts[body["cid"]], self.acts[body["intent"]]
        assert own.allowed
        assert body["by"] == own.who
        assert self._refuse_faults(own, self.now) == set()
        own.answered = act.refused = True
        self.next += [("ghost", act.cid), ("receipt", own.cid)]

    def _receipt(self, body: Any, entry: Entry) -> None:
        act, now = self.acts[body["intent"]], self.now
        assert act.allowed, "an effect of what was not allowed, or had ended"
        faults = set() if act.answered else self.faults(act, now)
        assert faults == set(), (act, faults)
        assert (body["outcome"], body["consequence"]) == ("done", "if_ok")
        made = self._made(act, entry)
        assert body["mutations"] == made, (body["mutations"], made)
        self._end(act, "done", "if_ok", body, entry.recorded_at)
        for each in made:
            self._apply(each, entry)

    def _ghost(self, body: Any, entry: Entry) -> None:
        act, now, cause = self.acts[body["intent"]], self.now, body["cause"]
        kind, field_ = cause["type"], "if_not"
        if act.status == "denied":
            known = act.verb in self.levels
            assert kind == ("PolicyDeny" if known else "InvalidVerb"), cause
        elif kind == "ConsentRefused":
            assert act.refused
        elif kind == "ConsentTimeout":
            assert act.question is not None
            assert act.expires <= now
            field_ = "if_doubt"
        else:
            assert kind == "AgentAbort"
            assert act.allowed
            assert not act.answered
            assert cause["code"] in self.faults(act, now), (act, cause, self.faults(act, now))
        assert body["amount"] == (act.amount if act.verb in self.levels else None)
        self._end(act, kind, field_, body, entry.recorded_at)
        if cause.get("reason") not in HELD_OFF:
            denied = kind in ("PolicyDeny", "InvalidVerb")
            self.ghosts.append((act.who, entry.recorded_at, entry.index, denied, act.amount))

    def _end(self, act: Act, kind: str, field_: str, body: Any, at: int) -> None:
        """One end, in the commitment that was signed for it."""
        assert body["consequence"] == field_, (act, body)
        assert body["commitment"] == act.line[field_], (act, body)
        act.status = "done" if kind == "done" else "ghost"
        self.ended.append((act.who, at, kind, self.levels.get(act.verb), act.amount or 0))
        if self._escalates(act, field_) and (kind == "done" or self._room(act)):
            self.next.insert(0, ("escalation", act.cid))

    def _escalates(self, act: Act, field_: str) -> bool:
        return str(act.line[field_]).startswith("escalate:")

    def _room(self, act: Act) -> bool:
        return sum(who == act.who for who, _, _ in self.escalations.values()) < 20

    def _escalation(self, body: Any, entry: Entry) -> None:
        act, until = self.acts[body["intent"]], self.now + 72 * HOUR
        assert body["expires_at"] == format_when(until)
        assert f"escalate:{body['handler']}" == act.line[body["consequence"]]
        self.escalations[act.cid] = (act.who, body["handler"], until)

    def _expiry(self, body: Any, entry: Entry) -> None:
        _, _, until = self.escalations.pop(body["intent"])
        assert until <= self.now

    def _claim(self, body: Any, _entry: Entry) -> None:
        assert self.acts[body["intent"]].allowed

    def _alarm(self, body: Any, entry: Entry) -> None:
        assert body["pattern"] in self.due_alarms(body["who"], self.now)
        self.alarms.append({**body, "at": entry.recorded_at, "lifted": False})

    def _apply(self, mutation: Any, entry: Entry) -> None:
        match mutation["kind"]:
            case "principal":
                held = frozenset(mutation["roles"])
                self.people[mutation["did"]] = (mutation["name"], held)
            case "policy":
                self.code, self.policy = self.codes[mutation["text"]], mutation["id"]
            case "delegation":
                self.delegations.pop(mutation["id"], None)
                if mutation["ended"] is None:
                    self.delegations[mutation["id"]] = mutation
            case "rate":
                self.rates[mutation["id"]] = (mutation, entry.index)
            case "resolution":
                del self.escalations[mutation["intent"]]
            case "lift":
                self.lifted[mutation["who"]] = entry.index
                for alarm in self.alarms:
                    alarm["lifted"] |= alarm["id"] == mutation["alarm"]

    # what must be decided -----------------------------------------------------------------------

    def judge(self, act: Act, now: int, voices: Iterable[tuple[str, str]] = ()) -> Verdict:
        """By the state as it is, with these consents (by whom, in whose place)."""
        if act.verb not in self.levels:
            return Verdict("DENY", "ExplicitDeny", by_policy=False)
        if self.held_back(act):
            return Verdict("DENY", "CircuitBreakerOpen", by_policy=False)
        if act.verb in LEVELS and act.amount is None:
            return Verdict("DENY", "PolicyViolation", by_policy=False)
        return self.by_policy(act, now, act.seen, voices)

    def by_policy(
        self, act: Act, now: int, seen: dict[str, Any], voices: Iterable[tuple[str, str]]
    ) -> Verdict:
        """By the policy in force alone."""
        found = self.code.judge(act.verb, self.roles(act.who), act.this, seen)
        if isinstance(found, Verdict):
            return found
        if found is None and self.levels[act.verb] >= 3:
            found = Ask("approver", "1")
        if found is None:
            return Verdict("ALLOW")
        # Every code asks the same of policy.activate, so its old and new holders are asked once.
        quorums = [asked(found, self.people, act.who)]
        everybody = {did: held for did, (_, held) in self.people.items() if did != act.who}
        if not all(_met(each, everybody) for each in quorums):
            return DENY
        given = self._counted(act, voices, now)
        if all(_met(each, given) for each in quorums):
            return Verdict("ALLOW")
        return Verdict("REQUIRE", "", tuple(quorums), found.minutes * 60 * SECOND)

    def _within_rates(self, act: Act, verdict: Verdict, now: int) -> Verdict:
        if verdict.outcome == "DENY" or act.verb in ("rate.limit", "breaker.lift"):
            return verdict
        for rate, since in self.rates.values():
            whose, which = rate["who"] in (None, act.who), rate["verb"] in (None, act.verb)
            if rate["count"] is None or not whose or not which:
                continue
            acts = sum(
                who == act.who and rate["verb"] in (None, verb) and index > since
                and at > now - rate["seconds"] * SECOND
                for who, verb, at, index in self.counted
            )  # fmt: skip
            if acts >= rate["count"]:
                return Verdict("DENY", "RateLimitExceeded", by_policy=False)
        return verdict

    def seen(self, act: Act, now: int) -> dict[str, Any]:
        """What policy sees of the ledger."""
        alarms = sum(
            not a["lifted"] if a["severity"] == "high" else now < a["at"] + a["window_s"] * SECOND
            for a in self.alarms
            if a["who"] == act.who
        )
        breaker = bool(self.breaker(act.who))
        return {"alarms": alarms, "breaker": breaker, "trajectory": self.trajectory(act, now)}

    def trajectory(self, act: Act, now: int) -> dict[str, int]:
        """From scratch, over everything that ever ended."""
        days = [each for each in self.ended if each[0] == act.who
                and now // DAY - 90 < each[1] // DAY <= now // DAY]  # fmt: skip
        done = [(level or 0, at, amount) for _, at, kind, level, amount in days if kind == "done"]
        bad = [level or 0 for _, _, kind, level, _ in days
               if kind in ("PolicyDeny", "ConsentRefused", "InvalidVerb")]  # fmt: skip
        acts, good = sum(level > 0 for level, _, _ in done), sum(WEIGHTS[each[0]] for each in done)
        worse = sum(1 + WEIGHTS[level] for level in bad)
        volume = min(Fraction(good, 500), Fraction(1)) if acts >= 50 else Fraction(0)
        share = Fraction(good + 1, good + worse + 1)
        score = int(10_000 * (Fraction(1, 10) + Fraction(9, 10) * volume) * share**2)
        hour = now // HOUR
        spent = sum(amount for _, at, amount in done if hour - 24 <= at // HOUR <= hour)
        spent += sum(
            other.amount or 0 for other in self.acts.values()
            if other.allowed and other.who == act.who and other.cid != act.cid
        )  # fmt: skip
        return {
            "score": score, "limit": 100 + 99_900 * score // 10_000, "acts": acts,
            "ghosts": len(bad), "spent": spent,
        }  # fmt: skip

    def due_alarms(self, who: str, now: int) -> set[str]:
        """The patterns that this one's ghosts make, and of which no alarm is open."""
        mine = [g for g in self.ghosts if g[0] == who and g[2] > self.lifted.get(who, -1)]
        hour = [g for g in mine if g[1] > now - 3600 * SECOND and g[3]]
        amounts = [g[4] for g in hour if g[4] is not None][-5:]
        found = set[str]()
        if len(hour) > 5:
            found.add("RepeatedDenials")
        if len(amounts) == 5 and all(one < two for one, two in pairwise(amounts)):
            found.add("EscalatingProbes")
        if sum(g[1] > now - 47 * 60 * SECOND for g in mine) >= 47:
            found.add("Burst")
        for alarm in self.alarms:
            over = alarm["lifted"] if alarm["severity"] == "high" else (
                now >= alarm["at"] + alarm["window_s"] * SECOND)  # fmt: skip
            if alarm["who"] == who and not over:
                found.discard(alarm["pattern"])
        return found

    # what must be there -------------------------------------------------------------------------

    def settled(self) -> None:
        """Nothing that should have followed is missing."""
        assert self.next == [], self.next

    def unfinished(self) -> list[Act]:
        """What is allowed and has not ended."""
        return [act for act in self.acts.values() if act.allowed]

    def waiting(self) -> list[Act]:
        """What waits for consent."""
        return [a for a in self.acts.values() if a.status == "open" and a.question is not None]


def _met(quorum: Quorum, given: Mapping[str, frozenset[str]]) -> bool:
    return sum(quorum.weight(did, held) for did, held in given.items()) >= quorum.needed


def _quorum(role: str, told: dict[str, Any]) -> Quorum:
    """As a decision has it."""
    match told:
        case {"kind": "KOfN", "k": k}:
            return Quorum(role, k)
        case {"kind": "Weighted", "threshold": threshold, "weights": weights}:
            return Quorum(role, threshold, tuple(sorted(weights.items())))
        case {"kind": kind, "of": of}:
            needed = len(of) if kind == "All" else len(of) // 2 + 1
            return Quorum(role, needed, tuple((did, 1) for did in of))
        case _:
            raise AssertionError(told)
