"""A run that does something outside, while its database goes away: cut at every message, killed.

What was sent is sent once; what may have been sent is not sent again, and ends in doubt.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

import pytest

from logos_graph.canon import ContentId, Json
from logos_graph.errors import EnvironmentFault
from logos_graph.logline import SignedIntent
from logos_graph.supervisor import Outcome, Runner
from logos_graph.wiring import System, open_system
from tests.counting_service import CountingService, counting_service
from tests.faults.account import Account
from tests.faults.conftest import Ground
from tests.faults.proxy import Fault, Proxy, Side
from tests.integration.asking import join, publish
from tests.integration.conftest import Cast
from tests.replays import replay_all

pytestmark = pytest.mark.usefixtures("verified")

CUTS: tuple[Literal["before", "after"], ...] = ("before", "after")
STEPS = (
    "admitted", "committed",
    *("announcing", "announced", "answered", "told") * 2,
    "performed", "receipted",
)  # fmt: skip
COMMITS = 6
"""The intent, two announced and two told requests, the receipt: each is two messages or more."""
KILLS = int(os.environ.get("LOGOS_RANDOM_KILLS", "2"))
SEED = int(os.environ.get("LOGOS_RANDOM_SEED") or secrets.randbelow(2**32))
POSTS = """
use logos_sdk::prelude::*;

node! {
    /// Posts the value.
    fn NAME(value: u32) -> out: u32 {
        u32::from(http::send(http::Request::post("URL/NAME", value.to_string()))?.status) + value
    }
}
"""


@dataclass(frozen=True)
class Posting:
    """A flow of two nodes that post to a service."""

    flow: ContentId
    service: CountingService

    def sign(self, system: System) -> SignedIntent:
        this: dict[str, Json] = {"flow": self.flow, "inputs": {"value": 5}}
        operator, end = system.keys.load("supervisor"), "abort"
        return system.compose(operator, "flow.run", this, if_ok=end, if_doubt=end, if_not=end)


@pytest.fixture(scope="module")
def posting(ground: Ground) -> Iterator[Posting]:
    with counting_service() as service, ground.opened() as system:
        operator = system.keys.load("supervisor")
        cast = Cast(system, operator, operator, (operator, operator))
        http: dict[str, Json] = {"allow": [f"POST {service.url}"], "private": True}
        for name in ("first-post", "second-post"):
            made = POSTS.replace("URL", service.url).replace("NAME", name.replace("-", "_"))
            publish(cast, name, made, {"http": http})
        yield Posting(join(cast, "two-posts", "first-post", "second-post"), service)


@pytest.fixture(autouse=True)
def counted(posting: Posting) -> None:
    posting.service.forget()


def check_sent(posting: Posting, system: System, outcome: Outcome, before: int) -> None:
    """It has ended; what it did outside it did once, or is in doubt, and it replays."""
    assert outcome.status == "COMMITTED", outcome
    assert outcome.result is not None
    sent = len(posting.service.calls) - before
    entries = system.store.effects(outcome.intent)
    announced = [str(each.body["key"]) for each in entries if each.kind == "effect"]
    known = sum(each.kind == "outcome" for each in entries)
    counts = posting.service.counts()
    assert {counts.get(key, 0) for key in announced} <= {0, 1}
    assert sum(counts.get(key, 0) for key in announced) == sent
    assert known <= sent <= len(announced) <= known + 1
    run = system.reader.run(str(outcome.result["run"]))
    assert Runner(system.store, system.host).replay(run).same
    if known == 2:
        assert (outcome.consequence, outcome.result["outputs"]) == ("if_ok", {"out": 405})
    else:
        assert outcome.consequence == "if_doubt"
        assert "E_EFFECT_UNKNOWN" in str(outcome.result)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("side", ["asked", "answered"])
def test_a_run_cut_at_any_message_sends_nothing_twice(
    ground: Ground, proxy: Proxy, posting: Posting, side: Side, cut: Literal["before", "after"]
) -> None:
    account = Account()
    with ground.opened(proxy) as system:
        supervisor = system.supervisor

        def act() -> Outcome:
            before, signed = len(posting.service.calls), posting.sign(system)
            account.insist(supervisor, signed)
            supervisor.recover()
            try:
                outcome = supervisor.recorded(signed.intent.cid)
            except EnvironmentFault:  # the last of the messages may be that of this question
                outcome = supervisor.recorded(signed.intent.cid)
            check_sent(posting, system, outcome, before)
            return outcome

        act()
        proxy.clear()
        signed = posting.sign(system)
        assert supervisor.execute(signed).consequence == "if_ok"
        messages = len(proxy.seen(side))
        for number in range(1, messages + 1):
            fault = proxy.inject(Fault(side, number, cut=cut))
            act()
            assert fault.reached.is_set()
    assert messages >= 2 * COMMITS
    with ground.opened() as system:
        assert not system.supervisor.view.pending


def test_a_run_whose_database_is_killed_at_any_step_is_finished_when_it_is_back(
    ground: Ground, posting: Posting
) -> None:
    print(f"LOGOS_RANDOM_SEED={SEED}")
    for at in Random(SEED).sample(range(1, len(STEPS)), KILLS):
        seen: list[str] = []

        def watch(step: str, _of: ContentId, at: int = at, seen: list[str] = seen) -> None:
            seen.append(step)
            if len(seen) == at + 1:
                ground.kill()

        before = len(posting.service.calls)
        with ground.opened() as quiet:
            signed = posting.sign(quiet)
        with open_system(ground.settings, watch=watch) as system:
            first = system.supervisor.execute(signed)
        assert tuple(seen[: at + 1]) == STEPS[: at + 1]
        assert first.status == ("COMMITTED" if STEPS[at] == "receipted" else "PENDING")
        ground.database.start()
        with ground.opened() as system:
            assert signed.intent.cid not in system.supervisor.view.pending
            check_sent(posting, system, system.supervisor.recorded(signed.intent.cid), before)


def test_whatever_was_done_to_them_they_replay(ground: Ground) -> None:
    with ground.opened() as system:
        assert replay_all(system) > 0
