"""A run that goes on: what the ledger tells is read back in order, and nothing is done twice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from logos_graph.canon import ContentId, Json, content_id
from logos_graph.errors import Conflict, NotVerified
from logos_graph.execution import NodeFailure
from logos_graph.graph.capabilities import Capability, Grant, parse_limits
from logos_graph.identity import Signer
from logos_graph.ledger import Entry, EntryKind, SupervisorKeys, effect_key, make_entry
from logos_graph.logline import parse_signed_intent
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.stopping import Stops
from logos_graph.supervisor.surroundings import Surroundings
from logos_graph.supervisor.told import Told, Try, effect, outcome, read_told
from logos_graph.supervisor.world import LiveWorld
from tests.ledger.conftest import AGENT, POLICY, SUPERVISOR, Book

KEYS = SupervisorKeys((SUPERVISOR.did,), (0,))
NODE, RUN, GRANT = content_id(b"node"), content_id(b"run"), content_id(b"grant")
REQUEST: dict[str, Json] = {"request": {"method": "POST", "url": "http://a.example/"}}
ANSWER: dict[str, Json] = {"outcome": {"failed": "E_HTTP_CONNECT"}}
LIMITS: dict[str, dict[str, Json]] = {
    "clock": {},
    "kv": {"namespace": "n", "write": True},
    "http": {"allow": ["POST http://a.example"]},
}


@dataclass
class Place:
    """A ledger, a store and an outside of one process, as far as a world asks for them."""

    pending: dict[ContentId, PendingIntent] = field(default_factory=dict)
    stored: dict[str, str] = field(default_factory=dict)
    granted: set[str] = field(default_factory=lambda: set(LIMITS))
    drafts: list[Draft] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    outcomes: list[Json] = field(default_factory=list)
    waited: float = 0
    time: int = 0
    limits: dict[str, Any] = field(default_factory=dict)
    policy: Any = field(default_factory=lambda: type("Policy", (), {"id": POLICY["id"]}))

    def grant(self, node: ContentId, capability: Capability) -> Grant | None:
        if node != NODE or capability.value not in self.granted:
            return None
        return Grant(GRANT, node, capability, parse_limits(capability, LIMITS[capability.value]))

    def values(self, identities: Any) -> dict[str, str]:
        return {each: self.stored[each] for each in identities if each in self.stored}

    def now_ns(self) -> int:
        self.time += 1
        return self.time

    def http(self, *_request: Any) -> Any:
        return self

    def send(self, key: str) -> Json:
        self.sent.append(key)
        return self.outcomes.pop(0) if self.outcomes else ANSWER["outcome"]

    def wait(self, seconds: float) -> None:
        self.waited += seconds

    def effects(self, _intent: ContentId) -> list[Entry]:
        return told_by(self.drafts)

    def commit(self, compose: Any, *, asks_store: bool = False) -> None:
        for draft in compose(self, 0):
            self.drafts.append(draft)
            if draft.kind is EntryKind.EFFECT:
                cid = draft.body["intent"]
                self.pending[cid] = replace(
                    self.pending[cid], effects=self.pending[cid].effects + 1
                )

    def world(self, pending: PendingIntent, told: Any = ()) -> LiveWorld:
        here: Any = self
        around = Surroundings(here, here, here, self.commit, lambda *_: None, lambda *_: None)
        stops = Stops(here, pending, lambda: 0, lambda: None)
        return LiveWorld(around, pending, RUN, told, stops)


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def pending(place: Place) -> PendingIntent:
    signed = parse_signed_intent(Book().signed(AGENT, "transfer", {"amount": 1}))
    waiting = PendingIntent(signed, {"outcome": "ALLOW"}, ContentId(POLICY["id"]), 0, "w")
    place.pending[waiting.cid] = waiting
    return waiting


def asks(world: LiveWorld) -> list[dict[str, Json]]:
    """A node that looks at the clock and a value, posts, and looks at the clock again."""
    return [
        world.answer("step", NODE, operation, dict(arguments))
        for operation, arguments in (
            ("clock.now", {}), ("kv.get", {"key": "k"}), ("http.request", REQUEST),
            ("clock.now", {}),
        )
    ]  # fmt: skip


def told_by(drafts: list[Draft]) -> list[Entry]:
    """The entries as the supervisor signs them."""
    entries: list[Entry] = []
    head = Book().head
    for draft in drafts:
        entry = make_entry(
            head, draft.kind, draft.body,
            trace_id="0" * 26, now_ns=0, policy_hash=draft.policy_hash,
            signer=SUPERVISOR, ledger="main",
        )  # fmt: skip
        entries.append(entry)
        head = entry.head
    return entries


def again(place: Place, pending: PendingIntent) -> LiveWorld:
    """The world of the next process, which knows what the ledger tells."""
    now = place.pending[pending.cid]
    return place.world(now, read_told(told_by(place.drafts), now, RUN, KEYS))


def test_what_the_ledger_tells_is_answered_again_and_then_the_outside(
    place: Place, pending: PendingIntent
) -> None:
    place.stored["n/k"] = "b25l"
    first = asks(place.world(pending))
    assert [draft.kind for draft in place.drafts] == [EntryKind.EFFECT, EntryKind.OUTCOME]
    place.stored["n/k"] = "dHdv"
    world = again(place, pending)
    second = asks(world)
    assert second[:3] == first[:3]
    assert second[3] != first[3]  # it was not told when the process died
    assert (len(place.sent), world.doubt, world.effects) == (1, False, 1)
    with pytest.raises(Conflict) as changed:  # it rests on what it read then
        world.check_current(place)  # type: ignore[arg-type]
    assert changed.value.code == "E_KV_CHANGED"


def test_an_effect_without_its_outcome_is_not_sent_again(
    place: Place, pending: PendingIntent
) -> None:
    asks(place.world(pending))
    place.drafts.pop()
    world = again(place, pending)
    with pytest.raises(NodeFailure) as unknown:
        asks(world)
    assert (unknown.value.code, len(place.sent), world.doubt) == ("E_EFFECT_UNKNOWN", 1, True)


@pytest.mark.parametrize(
    ("step", "operation", "arguments"),
    [("other", "clock.now", {}), ("step", "kv.get", {"key": "k"}), ("step", "clock.now", {"x": 1})],
)
def test_a_run_that_asks_otherwise_than_the_ledger_tells_has_diverged(
    place: Place, pending: PendingIntent, step: str, operation: str, arguments: dict[str, Json]
) -> None:
    asks(place.world(pending))
    world = again(place, pending)
    with pytest.raises(NodeFailure) as diverged:
        world.answer(step, NODE, operation, arguments)
    assert (diverged.value.code, world.diverged, world.doubt) == ("E_RUN_DIVERGED", True, True)


def test_a_run_that_ends_before_it_asked_what_the_ledger_tells_has_diverged(
    place: Place, pending: PendingIntent
) -> None:
    asks(place.world(pending))
    world = again(place, pending)
    assert world.answer("step", NODE, "clock.now", {}) == {"time": 1}
    assert world.diverged


def test_of_two_that_carry_out_one_intent_only_one_sends(
    place: Place, pending: PendingIntent
) -> None:
    one = place.world(pending)
    place.pending[pending.cid] = replace(pending, claimed=7, writer="other")
    other = place.world(place.pending[pending.cid])
    asks(other)
    with pytest.raises(Conflict) as taken:
        asks(one)
    assert (taken.value.code, len(place.sent)) == ("E_TAKEN_OVER", 1)
    with pytest.raises(Conflict):
        one.check_in_hand(place)  # type: ignore[arg-type]
    del place.pending[pending.cid]
    with pytest.raises(Conflict) as settled:
        other.check_in_hand(place)  # type: ignore[arg-type]
    assert settled.value.code == "E_SETTLED"


def test_a_value_that_changed_before_an_effect_stops_it(
    place: Place, pending: PendingIntent
) -> None:
    world = place.world(pending)
    world.answer("step", NODE, "kv.get", {"key": "k"})
    place.stored["n/k"] = "b25l"
    with pytest.raises(Conflict) as changed:
        world.answer("step", NODE, "http.request", dict(REQUEST))
    assert (changed.value.code, place.sent, place.drafts) == ("E_KV_CHANGED", [], [])


@pytest.mark.parametrize(("before", "after"), [("b25l", "dHdv"), ("b25l", None), (None, "b25l")])
def test_write_skew_what_a_run_writes_rests_on_every_key_it_read(
    place: Place, pending: PendingIntent, before: str | None, after: str | None
) -> None:
    """Changed, deleted, or there now though it was not: the key that it wrote is another one."""
    if before is not None:
        place.stored["n/read"] = before
    world = place.world(pending)
    assert world.answer("step", NODE, "kv.get", {"key": "read"}) == {"value": before}
    world.answer("step", NODE, "kv.put", {"key": "written", "value": "b25l"})
    world.check_current(place)  # type: ignore[arg-type]
    place.stored.pop("n/read", None)
    if after is not None:
        place.stored["n/read"] = after
    with pytest.raises(Conflict) as changed:
        world.check_current(place)  # type: ignore[arg-type]
    assert (changed.value.code, changed.value.data["value"]) == ("E_KV_CHANGED", "n/read")


def test_a_write_rests_on_the_grant_until_it_takes_hold(
    place: Place, pending: PendingIntent
) -> None:
    world = place.world(pending)
    assert world.answer("step", NODE, "kv.put", {"key": "k", "value": "b25l"}) == {}
    assert world.answer("step", NODE, "kv.get", {"key": "k"}) == {"value": "b25l"}
    world.check_current(place)  # type: ignore[arg-type]
    assert [(each["id"], each["value"]) for each in world.mutations] == [("n/k", "b25l")]
    place.granted.remove("kv")
    with pytest.raises(Conflict):
        world.check_current(place)  # type: ignore[arg-type]


def test_values_that_do_not_fit_a_receipt_are_not_written(
    place: Place, pending: PendingIntent
) -> None:
    world, value = place.world(pending), "A" * 87_000
    for number in range(9):
        world.answer("step", NODE, "kv.put", {"key": str(number), "value": value})
    with pytest.raises(NodeFailure) as large:
        world.answer("step", NODE, "kv.put", {"key": "9", "value": value})
    assert large.value.code == "E_RUN_SIZE"


def entries_of(pending: PendingIntent) -> list[Draft]:
    before = Told("s", "clock.now", {}, {"time": 1})
    one, other = (
        Told("s", "http.request", REQUEST, None, Try(n, 1, effect_key(RUN, "s", n), GRANT))
        for n in (1, 2)
    )
    policy = ContentId(POLICY["id"])
    return [
        effect(pending.cid, RUN, 1, one, [before], policy),
        outcome(pending.cid, 1, ANSWER, policy),
        effect(pending.cid, RUN, 2, other, [], policy),
    ]


@pytest.mark.parametrize(
    ("keep", "effects"), [((0, 1, 2), 1), ((0, 1), 2), ((0, 2), 2), ((1, 2), 1), ((0, 1, 1), 1)]
)
def test_effects_that_are_not_whole_are_not_believed(
    pending: PendingIntent, keep: tuple[int, ...], effects: int
) -> None:
    drafts = entries_of(pending)
    known = replace(pending, effects=2)
    whole = read_told(told_by(drafts), known, RUN, KEYS)
    assert [each.answer for each in whole] == [{"time": 1}, ANSWER, None]
    entries, known = told_by([drafts[index] for index in keep]), replace(pending, effects=effects)
    with pytest.raises(NotVerified):
        read_told(entries, known, RUN, KEYS)


def test_effects_that_the_supervisor_did_not_sign_are_not_believed(pending: PendingIntent) -> None:
    known, drafts = replace(pending, effects=2), told_by(entries_of(pending))
    others = SupervisorKeys((Signer.from_seed(b"x" * 32).did,), (0,))
    for keys, run in ((others, RUN), (KEYS, NODE)):
        with pytest.raises(NotVerified):
            read_told(drafts, known, run, keys)
