"""Further tries of one call: how long a run waits, what ends the waiting, who goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Conflict
from logos_graph.execution import NodeFailure
from logos_graph.ledger import EntryKind
from logos_graph.logline import parse_signed_intent
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.stopping import Stops
from logos_graph.supervisor.surroundings import Surroundings
from logos_graph.supervisor.told import read_told
from logos_graph.supervisor.world import LiveWorld
from tests.ledger.conftest import AGENT, POLICY, Book
from tests.supervisor.test_world import KEYS, LIMITS, NODE, REQUEST, RUN, Place, told_by

BUSY: Json = {"answered": {"status": 503, "headers": [], "body": ""}}
DONE: Json = {"answered": {"status": 200, "headers": [], "body": ""}}
CUT: Json = {"failed": "E_HTTP_BROKEN: x"}
S = 1_000_000_000


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    """Its grant of http has a policy: 4 tries, after 1, 2 and 4 seconds."""
    retry: Json = {"attempts": 4, "first_ms": 1000, "factor": 2, "ceiling_ms": 60_000}
    monkeypatch.setitem(LIMITS, "http", {**LIMITS["http"], "retry": retry})
    return Place()


@pytest.fixture
def pending(place: Place) -> PendingIntent:
    signed = parse_signed_intent(Book().signed(AGENT, "transfer", {"amount": 1}))
    waiting = PendingIntent(signed, {"outcome": "ALLOW"}, ContentId(POLICY["id"]), 0, "w")
    place.pending[waiting.cid] = waiting
    return waiting


class Asked(Stops):
    """Stops when it is asked to, beside what stops any run."""

    def __init__(
        self, view: Any, pending: PendingIntent, check_stopped: Callable[[ContentId], None]
    ) -> None:
        super().__init__(view, pending, lambda: 0, lambda: None)
        self._check, self._of = check_stopped, pending.cid

    def check(self) -> None:
        super().check()
        self._check(self._of)


def world(
    place: Place,
    pending: PendingIntent,
    check_stopped: Callable[[ContentId], None] = lambda _: None,
    watch: Callable[[str, ContentId], None] = lambda *_: None,
) -> LiveWorld:
    """Of whoever carries it on, with what the ledger tells by now."""
    here: Any = place
    now = place.pending[pending.cid]
    told = read_told(told_by(place.drafts), now, RUN, KEYS)
    around = Surroundings(here, here, here, place.commit, lambda *_: None, watch)
    return LiveWorld(around, now, RUN, told, Asked(here, now, check_stopped))


def pays(world: LiveWorld) -> Json:
    return world.answer("step", NODE, "http.request", dict(REQUEST))["outcome"]


def attempts(place: Place) -> list[Json]:
    return [each.body["attempt"] for each in place.drafts if each.kind is EntryKind.EFFECT]


def test_a_run_waits_longer_before_each_try_and_gives_the_last_answer(
    place: Place, pending: PendingIntent
) -> None:
    place.outcomes = [BUSY, BUSY, BUSY, DONE]
    assert pays(world(place, pending)) == DONE
    assert attempts(place) == [1, 2, 3, 4]
    assert place.waited == pytest.approx(1 + 2 + 4)
    assert len(set(place.sent)) == 1


def test_a_second_call_of_the_step_has_another_key(place: Place, pending: PendingIntent) -> None:
    place.outcomes = [BUSY, DONE, DONE]
    live = world(place, pending)
    assert [pays(live), pays(live)] == [DONE, DONE]
    assert [place.sent[0] == place.sent[1], place.sent[1] == place.sent[2]] == [True, False]
    assert [each.body.get("ordinal") for each in place.drafts[::2]] == [1, 1, 2]


def test_whoever_goes_on_waits_for_the_rest_only(place: Place, pending: PendingIntent) -> None:
    class Died(Exception):
        pass

    def dies(step: str, _of: ContentId) -> None:
        if step == "waiting":
            raise Died

    place.outcomes = [BUSY, DONE]
    with pytest.raises(Died):
        pays(world(place, pending, watch=dies))
    (recorded,) = (e.recorded_at for e in told_by(place.drafts) if e.kind is EntryKind.OUTCOME)
    place.time = recorded + S // 4
    assert pays(world(place, pending)) == DONE
    assert place.waited == pytest.approx(0.75)
    assert attempts(place) == [1, 2]


def test_a_clock_that_went_back_makes_no_wait_longer_than_the_delay(
    place: Place, pending: PendingIntent
) -> None:
    place.outcomes = [BUSY, DONE]
    place.time = -(10**6) * S
    assert pays(world(place, pending)) == DONE
    assert place.waited == pytest.approx(1)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_run_that_is_to_stop_stops_waiting_and_keeps_the_last_answer(
    place: Place, pending: PendingIntent, after: int
) -> None:
    steps, asked = list[str](), list[ContentId]()

    def check_stopped(intent: ContentId) -> None:
        asked.append(intent)
        if steps.count("waiting") and len(asked) > 1 + after:  # once before it was answered
            raise NodeFailure("E_RUN_CANCELLED", "somebody cancelled it")

    place.outcomes = [BUSY, DONE]
    live = world(place, pending, check_stopped, lambda step, _of: steps.append(step))
    assert pays(live) == BUSY
    assert (place.waited < 1, live.doubt, attempts(place)) == (True, False, [1])
    assert set(asked) == {pending.cid}


def _stops(_intent: ContentId) -> None:
    raise NodeFailure("E_RUN_TIME", "it took too long")


def test_a_run_that_is_to_stop_before_it_is_answered_sends_nothing(
    place: Place, pending: PendingIntent
) -> None:
    with pytest.raises(NodeFailure) as stopped:
        pays(live := world(place, pending, _stops))
    assert (stopped.value.code, live.doubt, place.sent) == ("E_RUN_TIME", False, [])


def test_a_lost_try_that_may_not_be_repeated_stays_in_doubt(
    place: Place, pending: PendingIntent
) -> None:
    place.outcomes = [CUT]
    assert pays(world(place, pending)) == CUT  # that it is not known is an answer
    place.drafts.pop()
    live = world(place, pending)
    with pytest.raises(NodeFailure) as unknown:
        pays(live)
    assert (unknown.value.code, live.doubt, len(place.sent)) == ("E_EFFECT_UNKNOWN", True, 1)


@pytest.fixture
def knows(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The same, and the service is said to know the key."""
    retry: Any = LIMITS["http"]["retry"]
    monkeypatch.setitem(LIMITS, "http", {**LIMITS["http"], "retry": {**retry, "unknown": True}})
    return place


def test_a_lost_try_is_told_with_the_next_one_and_never_alone(
    knows: Place, pending: PendingIntent
) -> None:
    knows.outcomes = [DONE, DONE]
    pays(world(knows, pending))
    knows.drafts.pop()  # it died before it could tell
    assert pays(world(knows, pending)) == DONE
    kinds = [each.kind.value for each in knows.drafts]
    assert kinds == ["effect", "outcome", "effect", "outcome"]
    assert "E_HTTP_LOST" in str(knows.drafts[1].body)
    assert knows.sent[0] == knows.sent[1]


@pytest.mark.parametrize(
    ("why", "code"),
    [
        ("grant", "E_EFFECT_UNKNOWN"),
        ("stop while it waits", "E_EFFECT_UNKNOWN"),
        ("stop", "E_RUN_TIME"),
    ],
)
def test_a_lost_try_that_is_not_repeated_after_all_is_not_told(
    knows: Place, pending: PendingIntent, why: str, code: str
) -> None:
    steps = list[str]()

    def check_stopped(intent: ContentId) -> None:
        if why == "stop" or (why != "grant" and steps.count("waiting")):
            _stops(intent)

    knows.outcomes = [DONE]
    pays(world(knows, pending))
    knows.drafts.pop()
    live = world(knows, pending, check_stopped, lambda step, _of: steps.append(step))
    if why == "grant":
        knows.granted.remove("http")
    with pytest.raises(NodeFailure) as unknown:
        pays(live)
    assert (unknown.value.code, live.doubt, len(knows.drafts)) == (code, True, 1)


def test_a_try_whose_own_process_tells_it_after_all_is_not_told_as_lost(
    knows: Place, pending: PendingIntent
) -> None:
    """Two are at it: the slow one's outcome arrives while the other one waits."""
    knows.outcomes = [DONE]
    pays(world(knows, pending))
    late = knows.drafts.pop()

    def arrives(step: str, _of: ContentId) -> None:
        if step == "announcing":
            knows.drafts.append(late)

    with pytest.raises(Conflict) as taken:
        pays(world(knows, pending, watch=arrives))
    assert (taken.value.code, len(knows.sent)) == ("E_TAKEN_OVER", 1)
    assert [each.kind.value for each in knows.drafts] == ["effect", "outcome"]


def test_a_value_that_changed_ends_the_tries_and_the_receipt_finds_it(
    place: Place, pending: PendingIntent
) -> None:
    def change(step: str, _of: ContentId) -> None:
        if step == "waiting":
            place.stored["n/k"] = "b25l"

    place.outcomes = [BUSY, DONE]
    live = world(place, pending, watch=change)
    live.answer("step", NODE, "kv.get", {"key": "k"})
    assert pays(live) == BUSY
    with pytest.raises(Conflict) as changed:
        live.check_current(place)  # type: ignore[arg-type]
    assert (changed.value.code, attempts(place)) == ("E_KV_CHANGED", [1])
