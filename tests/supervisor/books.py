"""What a model knows of a ledger, and for which reasons an allowed act could still not be done.

Not a test itself; see auditor.py, which keeps these books by the ledger's entries.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from logos_graph.canon import content_id
from logos_graph.ledger import Entry
from logos_graph.logline import parse_when
from tests.supervisor.codes import ANSWERS, HOUR, LEVELS, Code, Verdict

DAY = 24 * HOUR
FREE = ("consent.give", "consent.refuse", "escalation.resolve", "run.cancel")
Voices = Iterable[tuple[str, str]]


@dataclass
class Act:
    """What was recorded of one intent, and where it stands."""

    cid: str
    line: dict[str, Any]
    index: int
    status: str = "open"
    question: Verdict | None = None
    policy: str = ""
    revision: int = 0
    expires: int = 0
    seen: dict[str, Any] = field(default_factory=dict)
    given: list[tuple[str, str, int, str | None]] = field(default_factory=list)
    """Consents: by whom, in whose place, until when, by which delegation."""
    refused: bool = False
    answered: bool = False

    @property
    def who(self) -> str:
        return str(self.line["who"])

    @property
    def verb(self) -> str:
        return str(self.line["did"])

    @property
    def this(self) -> dict[str, Any]:
        found: dict[str, Any] = self.line["this"]
        return found

    @property
    def amount(self) -> int | None:
        found = self.this.get("amount") if self.verb in LEVELS else None
        return found if isinstance(found, int) else None

    @property
    def allowed(self) -> bool:
        return self.status == "open" and self.question is None


class Books(ABC):
    """people, levels: who there is, and the risk of every verb. free: whom no breaker holds."""

    def __init__(
        self,
        people: Mapping[str, tuple[str, frozenset[str]]],
        levels: Mapping[str, int],
        code: Code,
        free: Iterable[str],
    ) -> None:
        self.people, self.levels, self.code, self.free = {**people}, {**levels}, code, {*free}
        self.codes: dict[str, Code] = {code.text: code}
        self.policy = ""
        self.acts: dict[str, Act] = {}
        self.ended: list[tuple[str, int, str, int | None, int]] = []
        self.ghosts: list[tuple[str, int, int, bool, int | None]] = []
        self.delegations: dict[str, dict[str, Any]] = {}
        self.rates: dict[str, tuple[dict[str, Any], int]] = {}
        self.counted: list[tuple[str, str, int, int]] = []
        self.alarms: list[dict[str, Any]] = []
        self.lifted: dict[str, int] = {}
        self.escalations: dict[str, tuple[str, str, int]] = {}
        self.next: list[tuple[str, str]] = []
        self.last, self.now, self.trace = 0, 0, ""

    @abstractmethod
    def judge(self, act: Act, now: int, voices: Voices = ()) -> Verdict:
        """What must be decided."""

    @abstractmethod
    def by_policy(self, act: Act, now: int, seen: dict[str, Any], voices: Voices) -> Verdict:
        """What the policy in force says."""

    @abstractmethod
    def seen(self, act: Act, now: int) -> dict[str, Any]:
        """What policy sees of the ledger."""

    def held_back(self, act: Act) -> bool:
        """Whether a breaker does."""
        stakes = self.levels[act.verb] > 0 and act.verb not in FREE
        return stakes and act.who not in self.free and bool(self.breaker(act.who))

    def roles(self, did: str) -> frozenset[str]:
        """Of a principal; none for a stranger."""
        return self.people.get(did, ("", frozenset[str]()))[1]

    def breaker(self, who: str) -> list[str]:
        """The alarms that hold it open."""
        return sorted(
            a["id"] for a in self.alarms
            if a["who"] == who and a["severity"] == "high" and not a["lifted"]
        )  # fmt: skip

    # what an effect rests on --------------------------------------------------------------------

    def faults(self, act: Act, now: int) -> set[str]:
        """For which of these reasons an allowed act cannot be done; none: it must be."""
        found = set[str]()
        if act.verb in self.levels and self.held_back(act):
            found.add("E_BREAKER_OPEN")
        if act.policy != self.policy:
            voices = self._voices(act, now)
            if self.by_policy(act, now, act.seen, voices).outcome != "ALLOW":
                found.add("E_POLICY_CHANGED")
        check = getattr(self, "_" + act.verb.replace(".", "_") + "_faults", None)
        return found | (check(act, now) if check else set())

    def _consent_give_faults(self, own: Act, now: int) -> set[str]:
        return self.consent_faults(own, now)

    def consent_faults(self, own: Act, now: int) -> set[str]:
        """Why a consent does not count; none: it does."""
        this, act = own.this, self.acts.get(own.this["intent"])
        if act is None or act.status != "open" or act.question is None:
            return {"E_NOT_WAITING"}
        seat, held, found = own.who, self.roles(own.who), set[str]()
        if "delegation" in this:
            lent = self.delegations.get(this["delegation"])
            if lent is None or lent["to"] != own.who:
                return {"E_DELEGATION_UNKNOWN"}
            seat, held = lent["by"], self._lent(lent, act.verb, now)
            if not held:
                found.add("E_DELEGATION_SCOPE")
        for wrong, code in (
            (this["policy_hash"] != act.policy, "E_CONSENT_POLICY"),
            (this["revision"] != act.revision, "E_CONSENT_REVISION"),
            (now >= act.expires, "E_CONSENT_LATE"),
            (now >= parse_when(this["expires_at"]), "E_CONSENT_EXPIRED"),
            (act.who in (own.who, seat), "E_CONSENT_SELF"),
            (not any(q.weight(seat, held) for q in act.question.quorums), "E_CONSENT_ROLE"),
            (act.verb == "breaker.lift" and act.this["who"] in (own.who, seat), "E_BREAKER_OWN"),
            (act.policy != self.policy, "E_CONSENT_STALE_POLICY"),
            (self._asks_others(act, now), "E_CONSENT_STALE_QUORUM"),
            (bool({own.who, seat} & self._took_part(act, now)), "E_CONSENT_TWICE"),
        ):
            found |= {code} if wrong else set()
        return found

    def _asks_others(self, act: Act, now: int) -> bool:
        seen, act.seen = act.seen, self.seen(act, now)
        verdict, act.seen = self.judge(act, now), seen
        assert act.question is not None
        return verdict.outcome == "REQUIRE" and verdict.quorums != act.question.quorums

    def _took_part(self, act: Act, now: int) -> set[str]:
        return {did for voice in self._voices(act, now) for did in voice}

    def _voices(self, act: Act, now: int) -> list[tuple[str, str]]:
        return [
            (by, seat) for by, seat, until, lent in act.given
            if until > now and (lent is None or lent in self.delegations)
        ]  # fmt: skip

    def _counted(
        self, act: Act, voices: Iterable[tuple[str, str]], now: int
    ) -> dict[str, frozenset[str]]:
        """Whose consents count, for which roles: each person once, nobody for its own act."""
        taken, found = {act.who}, dict[str, frozenset[str]]()
        for by, seat in voices:
            held = self.roles(seat)
            if by != seat:
                held = frozenset[str]().union(*(
                    self._lent(each, act.verb, now) for each in self.delegations.values()
                    if (each["to"], each["by"]) == (by, seat)
                ))  # fmt: skip
                if not held:
                    continue
            if not taken & {by, seat}:
                taken |= {by, seat}
                found[seat] = held
        return found

    def _lent(self, lent: dict[str, Any], verb: str, now: int) -> frozenset[str]:
        valid = now < parse_when(lent["until"]) and verb in (lent["verbs"] or [verb])
        return self.roles(lent["by"]) & {lent["role"]} if valid else frozenset()

    def _seat(self, own: Act) -> str:
        lent = own.this.get("delegation")
        return own.who if lent is None else str(self.delegations[lent]["by"])

    def _consent_refuse_faults(self, own: Act, now: int) -> set[str]:
        return self._refuse_faults(own, now)

    def _refuse_faults(self, own: Act, now: int) -> set[str]:
        act = self.acts.get(own.this["intent"])
        if act is None or act.status != "open" or act.question is None:
            return {"E_NOT_WAITING"}
        asked_ = any(q.weight(own.who, self.roles(own.who)) for q in act.question.quorums)
        late = {"E_CONSENT_LATE"} if now >= act.expires else set()
        return late | (set() if asked_ else {"E_CONSENT_ROLE"})

    def _consent_delegate_faults(self, act: Act, now: int) -> set[str]:
        this, until = act.this, parse_when(act.this["until"])
        wrong = {
            "E_DELEGATION_SELF": this["to"] == act.who,
            "E_UNKNOWN_PRINCIPAL": this["to"] not in self.people,
            "E_DELEGATION_ROLE": this["role"] not in self.roles(act.who),
            "E_DELEGATION_UNTIL": not now < until <= now + 90 * DAY,
        }
        return {code for code, is_so in wrong.items() if is_so}

    def _consent_undelegate_faults(self, act: Act, _now: int) -> set[str]:
        lent = self.delegations.get(act.this["delegation"])
        if lent is None:
            return {"E_DELEGATION_UNKNOWN"}
        return set() if act.who in (lent["by"], lent["to"]) else {"E_NOT_YOURS"}

    def _principal_register_faults(self, act: Act, _now: int) -> set[str]:
        names = {name for name, _ in self.people.values()}
        known = act.this["did"] in self.people or act.this["name"] in names
        return {"E_PRINCIPAL_EXISTS"} if known else set()

    def _policy_activate_faults(self, act: Act, now: int) -> set[str]:
        found = {"E_POLICY_LOCKOUT"} if self.codes[act.this["text"]].mute else set()
        given = self._counted(act, self._voices(act, now), now)
        met = any("approver" in held for held in given.values())
        return found | (set() if met else {"E_POLICY_HOLDERS"})

    def _breaker_lift_faults(self, act: Act, _now: int) -> set[str]:
        own = {"E_BREAKER_OWN"} if act.this["who"] == act.who else set()
        return own | (set() if self.breaker(act.this["who"]) else {"E_BREAKER_CLOSED"})

    def _escalation_resolve_faults(self, act: Act, now: int) -> set[str]:
        if act.this["intent"] not in self.escalations:
            return {"E_ESCALATION_UNKNOWN", "E_ESCALATION_CLOSED"}
        who, handler, until = self.escalations[act.this["intent"]]
        wrong = {
            "E_ESCALATION_CLOSED": until <= now,
            "E_ESCALATION_OWN": who == act.who,
            "E_ESCALATION_ROLE": handler not in self.roles(act.who),
        }
        return {code for code, is_so in wrong.items() if is_so}

    def _made(self, act: Act, entry: Entry) -> list[dict[str, Any]]:
        """What an act changes, and nothing else."""
        this = act.this
        match act.verb:
            case "principal.register":
                return [{"kind": "principal", **this, "roles": sorted(this["roles"])}]
            case "policy.activate":
                return [{"kind": "policy", "id": entry_policy(this["text"]), "text": this["text"]}]
            case "rate.limit":
                name = f"{this['who'] or 'everybody'}/{this['verb'] or 'everything'}"
                found: Any = entry.body["mutations"]
                assert len(found) == 1, name
                return [{"kind": "rate", "id": found[0]["id"], **this}]
            case "breaker.lift":
                told = {"who": this["who"], "by": act.cid, "note": this["note"]}
                return [{"kind": "lift", "alarm": a, **told} for a in self.breaker(this["who"])]
            case "consent.delegate":
                return [{"kind": "delegation", "id": act.cid, "by": act.who, **this, "ended": None}]
            case "consent.undelegate":
                return [{**self.delegations[this["delegation"]], "ended": act.cid}]
            case "escalation.resolve":
                told = {"by": act.cid, "answer": this["answer"], "note": "", "by_intent": None}
                return [{"kind": "resolution", "intent": this["intent"], **told}]
            case _:
                assert act.verb in (*LEVELS, *ANSWERS)
                return []


def entry_policy(text: str) -> str:
    """What names a policy."""
    return content_id(text.encode())
