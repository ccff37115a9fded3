"""Past intents judged by another policy: which decisions would have been others.

The ledger is cut into parts, each of which can be looked at apart (on another core): it carries the
ground on which its first entry stands, and the entry before it. Of each part, in this order:

1. every entry is in form, hashes to its hash, is signed by the supervisor's key of its index, and
   continues the one before it
2. the ground moves along (past.py)
3. an intent that a policy decided is signed by its actor, and is judged again: by the new policy,
   on the roles and verbs as of that index, with the context that its decision records

An intent that no policy decided (an unknown verb, a payload that does not fit, a limit or a breaker
of the gate's) is counted as such: another policy would not have been asked either. Such a denial is
known by its ghost, which follows it. What is compared is the first decision on each intent, when it
was submitted: consents came later and to that question.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast

from logos_graph.canon import ContentId, Json
from logos_graph.errors import LogosError, NotVerified, Rejected
from logos_graph.governance import POLICY_REASONS, Policy
from logos_graph.ledger import Entry, EntryKind, Head, SupervisorKeys, check_place, parse_entry
from logos_graph.ledger.entry import no_head, trusted_entry
from logos_graph.ledger.proven import signed_by
from logos_graph.ledger.quorums import parse_quorum
from logos_graph.logline import Intent, parse_signed_intent, verify_intent
from logos_graph.supervisor.decide import Question, judge_by_policy, seen_by
from logos_graph.supervisor.past import Past

__all__ = [
    "PART",
    "Changed",
    "Found",
    "Kept",
    "Part",
    "Tally",
    "asked_for",
    "cut",
    "in_words",
    "judge_part",
]

PART: Final = 512
"""Entries that are looked at together."""

_ASKED: Final = ("outcome", "role", "quorum", "also")
"""In which members two decisions differ if they are not the same decision."""


class Kept(NamedTuple):
    """An entry as it is stored."""

    text: str
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the ledger. ground: a pickled `Past.mutations`, as of the first entry.

    before, after: the entries next to it, if any. since: intents recorded earlier (ns) are not
    judged. policy: the text of the new one. keys: the supervisor's DIDs, and from where each signs.
    """

    rows: tuple[Kept, ...]
    before: Kept | None
    after: Kept | None
    ground: bytes
    policy: str
    since: int
    keys: tuple[tuple[Any, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Changed:
    """An intent of which the new policy says something else. was, would: decisions (JSON)."""

    intent: ContentId
    index: int
    recorded_at: int
    who: str
    name: str
    verb: str
    was: dict[str, Json]
    would: dict[str, Json]

    @property
    def json(self) -> dict[str, Json]:
        """As the command prints it."""
        return {
            "intent": self.intent, "index": self.index, "recorded_at": self.recorded_at,
            "who": self.who, "name": self.name, "did": self.verb,
            "was": self.was, "would": self.would,
        }  # fmt: skip


@dataclass(slots=True)
class Found:
    """What a part comes to. undecided: intents that no policy decided.

    other_rules: the same decision, by other rules.
    """

    entries: int = 0
    judged: int = 0
    undecided: int = 0
    other_rules: int = 0
    changed: list[Changed] = field(default_factory=list)


class Tally:
    """All parts together; of the changed intents only the youngest are kept, so that it stays flat.

    limit: how many.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.entries = self.judged = self.undecided = self.other_rules = self.changed = 0
        self.kinds = Counter[tuple[str, str, str]]()
        self.rows: list[Changed] = []

    def take(self, found: Found) -> None:
        """The next part's."""
        self.entries += found.entries
        self.judged += found.judged
        self.undecided += found.undecided
        self.other_rules += found.other_rules
        self.changed += len(found.changed)
        for each in found.changed:
            self.kinds[each.verb, in_words(each.was), in_words(each.would)] += 1
        self.rows = [*self.rows, *found.changed][-self._limit :]


def in_words(decision: Mapping[str, Json]) -> str:
    """A decision's outcome, with what is asked for: `REQUIRE 2 of role treasury`."""
    if decision["outcome"] != "REQUIRE":
        return str(decision["outcome"])
    return f"REQUIRE {asked_for(decision)}"


def asked_for(decision: Mapping[str, Json]) -> str:
    """Whose consents a REQUIRE waits for: `2 of role treasury`."""
    told = [decision, *cast(Any, decision.get("also") or [])]
    texts = (parse_quorum(each["quorum"], each["role"]).text for each in told)
    return ", and ".join(dict.fromkeys(texts))


def cut(
    rows: Iterable[Kept], policy: Policy, since: int, keys: SupervisorKeys, head: Head
) -> Iterator[Part]:
    """The parts of a ledger from its genesis on, in order; one part is held at a time.

    head: of the last one. Raises NotVerified E_CHAIN_HEAD if there are not, and
    E_ENTRY_FORM, E_CHAIN_HASH for what changes the ground and is no entry.
    """
    past, before, ground = Past(), None, b""
    told = (keys.dids, keys.first)
    stale, held, count = True, list[Kept](), 0
    for row in rows:
        if len(held) == PART:
            if stale:
                ground = pickle.dumps(past.mutations)
            stale = _moved(past, held)
            yield Part(tuple(held), before, row, ground, policy.text, since, told)
            before, held = held[-1], []
        held.append(row)
        count += 1
    if count != head.index + 1 or held[-1].hash != head.hash:
        raise NotVerified(
            "E_CHAIN_HEAD",
            f"the {count} entries that are there do not end in the ledger's head, {head.index}",
            hint="`logos ledger verify` says what is wrong with the ledger",
            index=head.index,
            expected=head.hash,
        )
    if held:
        ground = pickle.dumps(past.mutations) if stale else ground
        yield Part(tuple(held), before, None, ground, policy.text, since, told)


def _moved(past: Past, rows: Iterable[Kept]) -> bool:
    """Moves the ground by these; whether it is another. Whoever has the part verifies them."""
    changed = False
    for row in rows:
        if Past.may_change(row.text):
            changed = past.apply(parse_entry(*row)) or changed
    return changed


def judge_part(part: Part) -> Found:
    """Steps 1 to 3. Raises NotVerified E_ENTRY_FORM, E_CHAIN_…, for what is no such entry."""
    past, policy = Past(_ground(part.ground)), _policy(part.policy)
    keys = SupervisorKeys(*part.keys)
    entries = [_verified(row, keys) for row in part.rows]
    following = None if part.after is None else trusted_entry(*part.after)
    head = None if part.before is None else trusted_entry(*part.before).head
    found = Found(entries=len(entries))
    for entry, after in zip(entries, [*entries[1:], following], strict=True):
        check_place(entry, no_head(entry.ledger) if head is None else head)  # 1
        head = entry.head
        if entry.kind is EntryKind.INTENT and entry.recorded_at >= part.since:
            _judge(found, policy, past, entry, after)  # 3
        past.apply(entry)  # 2
    return found


@lru_cache(maxsize=1)
def _ground(data: bytes) -> dict[tuple[str, str], dict[str, Json]]:
    """It was pickled by this program's own other process."""
    found: dict[tuple[str, str], dict[str, Json]] = pickle.loads(data)  # noqa: S301
    return found


@lru_cache(maxsize=1)
def _policy(text: str) -> Policy:
    return Policy(text)


def _verified(row: Kept, keys: SupervisorKeys) -> Entry:
    entry = parse_entry(*row)
    signer = keys.signer_of(entry)
    if signer is None or not signed_by(signer, entry):
        raise NotVerified(
            "E_CHAIN_SIGNATURE",
            f"entry {entry.index} is not signed by the supervisor",
            hint="`logos ledger verify` says what is wrong with the ledger",
            index=entry.index,
            expected=signer,
        )
    return entry


def _judge(found: Found, policy: Policy, past: Past, entry: Entry, after: Entry | None) -> None:
    body: Any = entry.body
    was: dict[str, Json] = body["decision"]
    if not _by_policy(was, body["cid"], after):
        found.undecided += 1
        return
    intent = _signed(past, entry)
    line = intent.logline
    verb = past.verb(line.did)
    if verb is None:
        raise NotVerified(
            "E_STATE",
            f"entry {entry.index} was judged by a policy, and there was no verb {line.did}",
            index=entry.index,
        )
    revision = was["revision"]
    assert isinstance(revision, int)  # the entry's form was checked when it was read
    question = Question(line, verb, entry.ledger, revision, entry.recorded_at, seen_by(was))
    try:
        would = judge_by_policy(policy, past, question).to_json()
    except Rejected as error:
        would = {
            "outcome": "DENY", "policies": [], "reason": "PolicyViolation", "detail": error.message,
        }  # fmt: skip
    found.judged += 1
    if any(was.get(name) != would.get(name) for name in _ASKED):
        change = Changed(
            intent.cid, entry.index, entry.recorded_at, line.who, past.name(line.who), line.did,
            _shown(was), _shown(would),
        )  # fmt: skip
        found.changed.append(change)
    elif was["policies"] != would["policies"]:
        found.other_rules += 1


def _by_policy(was: Mapping[str, Json], cid: str, after: Entry | None) -> bool:
    """Whether a policy made this decision, and not the gate before it."""
    if was["outcome"] != "DENY":
        return True
    if was["reason"] not in POLICY_REASONS:
        return False
    if after is None or after.kind is not EntryKind.GHOST or after.body["intent"] != cid:
        return True
    cause: Any = after.body["cause"]
    return cause["type"] == "PolicyDeny" and "code" not in cause


def _signed(past: Past, entry: Entry) -> Intent:
    """The intent, signed by the key that its actor had then; NotVerified E_CHAIN_INTENT."""
    body = entry.body
    try:
        signed = parse_signed_intent({"intent": body["intent"], "signature": body["signature"]})
        key = past.keys.at(signed.intent.logline.who, entry.index)
        if key is not None:
            verify_intent(signed, key)
        if key and signed.intent.cid == body["cid"] and signed.intent.ledger == entry.ledger:
            return signed.intent
        reason = "it is recorded under another id" if key else "it had no key then"
    except LogosError as error:
        reason = error.message
    raise NotVerified(
        "E_CHAIN_INTENT",
        f"the intent in entry {entry.index} is not its actor's: {reason}",
        hint="`logos ledger verify` says what is wrong with the ledger",
        index=entry.index,
    )


def _shown(decision: Mapping[str, Json]) -> dict[str, Json]:
    names = ("outcome", "policies", "role", "quorum", "also", "reason", "detail")
    return {name: decision[name] for name in names if name in decision}
