"""Policies that ask in several ways, or look at what changes, are asked the same again."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.ledger import EntryKind
from tests.supervisor.again import again, audited
from tests.supervisor.codes import Code
from tests.supervisor.guarded import (
    CLERK,
    GUARD,
    OPEN,
    OTHER,
    Body,
    Guarded,
    at_of,
    decision,
    found,
    retold,
)


@pytest.fixture
def world() -> Guarded:
    return Guarded()


class Several(Code):
    """A policy whose rules ask one role in several ways; the engine names them in any order."""

    @property
    def text(self) -> str:
        """It in Cedar."""
        return super().text + "".join(
            f'@id("{name}") @require("guard") @quorum("{kind}")'
            ' forbid(principal, action == Action::"pay.out", resource);\n'
            for name, kind in (("z", "all"), ("y", "majority"), ("x", "weighted:1;role:guard=1"))
        )


def test_what_is_asked_in_several_ways_is_asked_so_again_in_the_order_of_the_text(
    world: Guarded,
) -> None:
    world.activate(Several(OPEN.rules))
    for _ in range(5):
        cid = world.pay(7)
        told: Any = world.supervisor.view.pending[cid].decision
        asked = [each["quorum"]["kind"] for each in (told, *told["also"])]
        assert asked == ["All", "Majority", "Weighted"]
        world.consent(GUARD, cid)
        world.consent(OTHER, cid)
        assert cid not in world.supervisor.view.pending
    assert audited(world.entries(), world.store.state).ok
    at = at_of(world, world.pay(7))
    told = world.entries()[at].body["decision"]
    *also, last = told["also"]
    first = {name: told[name] for name in ("role", "quorum")}
    body = decision(world, at, also=[*also, first], **last)
    assert again(retold(world.entries(), at, body)).first is None


class Wary(Code):
    """A policy that asks two guards about a payment while an alarm about its clerk is open."""

    @property
    def text(self) -> str:
        """It in Cedar."""
        return super().text + (
            '@id("wary") @require("guard") @quorum("2") @expires("72h") forbid('
            'principal, action == Action::"pay.out", resource) when { context.alarms > 0 };'
        )


def test_what_was_asked_is_asked_still_when_the_policy_asks_for_nothing_any_more(
    world: Guarded,
) -> None:
    world.activate(Wary(OPEN.rules))
    for _ in range(6):
        world.done(CLERK, "no.such.verb", {})
    assert world.entries()[-1].kind is EntryKind.ALARM
    cid = world.pay(7)
    world.advance(3601)
    assert world.consent(GUARD, cid).status == "COMMITTED"
    assert cid in world.supervisor.view.pending
    assert audited(world.entries(), world.store.state).ok
    world.consent(OTHER, cid)
    assert cid not in world.supervisor.view.pending
    told: Any = world.entries()[at_of(world, cid, EntryKind.CONSENT)].body["decision"]
    assert told["policies"] == ["pay.out-clerk"]
    assert audited(world.entries(), world.store.state).ok


class Guarding(Code):
    """A policy that looks whether there is what every request has."""

    @property
    def text(self) -> str:
        """It in Cedar."""
        return super().text + (
            '@id("wary") forbid(principal, action == Action::"pay.out", resource)'
            " when { context has alarms && context.alarms > 0 };"
        )


@pytest.mark.parametrize("context", [{"alarms": None}, {"other": 1}])
def test_a_policy_is_told_all_that_there_is_to_see_and_nothing_else(
    world: Guarded, context: Body
) -> None:
    world.activate(Guarding(OPEN.rules))
    at = at_of(world, world.pay(7))
    told: Any = world.entries()[at].body["decision"]
    seen = {name: each for name, each in {**told["context"], **context}.items() if each is not None}
    assert found(retold(world.entries(), at, decision(world, at, context=seen))) == (
        at, "body.decision",
    )  # fmt: skip
