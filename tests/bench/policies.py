"""`logos policy diff` over past intents: all of them judged by another policy.

| figure | measured | floor | aim |
|---|---|---|---|
| policy_diff | the command, from its start to its end, on all cores | | 100,000 in 60 s |
| floor | bare `cedarpy.is_authorized`, as often, one core | | |

The ledger grows by payments that policy denies (an account that is blocked) or allows and that are
then given up: each an intent that its actor signed, with its decision, and a ghost. They are judged
and chained by the product's own functions, some hundred in one transaction, as in ledger.py.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import cedarpy

from logos_graph.cli.main import logos as program
from logos_graph.errors import LogosError
from logos_graph.governance import Policy, Request
from logos_graph.governance.request import cedar_entities, cedar_request
from logos_graph.supervisor import bodies
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.decide import decide
from tests.bench.ground import at_once
from tests.bench.noflows import NoFlows
from tests.bench.stage import SOURCES, Stage
from tests.bench.timing import Figures, timed
from tests.bench.workload import payment

__all__ = ["policy_diff"]

_AIM = 100_000
"""Intents that are to be judged again in 60 s."""

_AT_ONCE = 250
_GROWERS = 2
_SAMPLE = 5_000
"""Requests of the floor, again and again."""

_BLOCKED = "ACC66600666"


def policy_diff(stage: Stage) -> Figures:
    """Over so many intents, 250 for each round (400 rounds by default)."""
    intents = stage.rounds * _AT_ONCE
    start = time.perf_counter()
    _grow(stage, intents)
    grown = time.perf_counter() - start
    text = (SOURCES / "policy.cedar").read_text()
    new = stage.home / "new.cedar"
    # every third payment is over the new limit
    new.write_text(text.replace("> 10000000", "> 1300000"))
    found: dict[str, Any] = {}
    took = timed(lambda: found.update(_diff(stage, str(new))))
    judged = found["totals"]["judged"]
    if judged < intents or not found["totals"]["changed"]:
        raise RuntimeError(f"{intents} intents were to be judged again: {found['totals']}")
    floor = _bare(stage, Policy(new.read_text()))
    return {
        "policy_diff_grown_intents_per_s": intents / grown,
        "policy_diff_intents": float(judged),
        "policy_diff_changed": float(found["totals"]["changed"]),
        "policy_diff_s": took,
        "policy_diff_intents_per_s": judged / took,
        "policy_diff_100000_s": took * _AIM / judged,
        "floor_policy_diff_bare_cedarpy_us": floor * 1e6,
        "floor_policy_diff_bare_cedarpy_100000_s": floor * _AIM,
        "policy_diff_times_bare_cedarpy": took / judged / floor,
    }


def _diff(stage: Stage, new: str) -> dict[str, Any]:
    """The command in this process, as `logos` calls it, in the stage's home."""
    import os

    out, before = StringIO(), {**os.environ}
    os.environ |= {
        "LOGOS_HOME": str(stage.home), "LOGOS_CACHE": str(stage.settings.cache),
    }  # fmt: skip
    try:
        with redirect_stdout(out):
            program.main(["policy", "diff", new, "--json"], standalone_mode=False)
    finally:
        os.environ.clear()
        os.environ.update(before)
    document: dict[str, Any] = json.loads(out.getvalue())
    return document


def _grow(stage: Stage, intents: int) -> None:
    journal = stage.system.supervisor._journal
    lock, left = threading.Lock(), list(range(0, intents, _AT_ONCE))

    def grower() -> None:
        while True:
            with lock:
                if not left:
                    return
                first = left.pop()
                if first % 25_000 == 0:
                    print(f"… {intents - first} intents to be grown", file=sys.stderr, flush=True)
            drafts = [d for number in range(first, first + _AT_ONCE) for d in _act(stage, number)]
            journal.commit(lambda _view, _now_ns, drafts=drafts: drafts)  # type: ignore[misc]

    at_once([grower] * _GROWERS)


def _act(stage: Stage, number: int) -> tuple[Draft, Draft]:
    """A payment's intent and its ghost: every other one is denied, the others are given up."""
    given = payment(number)
    if number % 2:
        given["to-account"] = _BLOCKED
    system = stage.system
    view = system.supervisor.view
    signed = stage.sign(stage.agent, "pay", {"payment": given})
    judged = decide(view, signed, system.clock.now_ns(), NoFlows())
    cause = judged.cause or bodies.aborted(LogosError("E_GIVEN_UP", "it was given up"))
    return (
        bodies.intent(signed, judged, system.writers.own),
        bodies.ghost(signed, cause, view.policy.id),
    )


def _bare(stage: Stage, policy: Policy) -> float:
    """Seconds of one bare question to the engine: request and entities made, policy parsed."""
    view = stage.system.supervisor.view
    who = stage.agent.did
    roles, verb = view.roles(who), view.verbs["pay"]
    payloads: list[dict[str, Any]] = [{"payment": payment(number)} for number in range(_SAMPLE)]
    requests = [
        cedar_request(Request(who, roles, verb, this, view.ledger, view.head.index, 0))
        for this in payloads
    ]
    entities, parsed = cedar_entities(who, roles), cedarpy.PolicySet.from_str(policy.text)

    def ask() -> None:
        for request in requests:
            cedarpy.is_authorized(request, parsed, entities)

    ask()
    return timed(ask) / _SAMPLE
