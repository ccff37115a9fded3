"""The connection is cut at every message of an append, before it is passed on and after."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.faults.account import Account
from tests.faults.conftest import Ground
from tests.faults.proxy import Fault, Proxy, Side
from tests.faults.writer import registration

pytestmark = pytest.mark.usefixtures("verified")

CUTS: tuple[Literal["before", "after"], ...] = ("before", "after")


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("side", ["asked", "answered"])
def test_an_act_cut_at_any_message_is_done_once_and_its_client_is_told_the_truth(
    ground: Ground, proxy: Proxy, side: Side, cut: Literal["before", "after"]
) -> None:
    account, told = Account(), []
    with ground.opened(proxy) as system:
        operator, supervisor = system.keys.load("supervisor"), system.supervisor

        def act(name: str) -> list[str]:
            signed = registration(system, operator, f"{side}-{cut}-{name}")
            return account.insist(supervisor, signed)

        act("warm")
        proxy.clear()
        assert act("undisturbed") == ["COMMITTED"]
        messages = [message.kind for message in proxy.seen(side)]
        for number in range(1, len(messages) + 1):
            fault = proxy.inject(Fault(side, number, cut=cut))
            told.append(act(f"cut-{number}"))
            assert fault.reached.is_set()
            supervisor.recover()
    assert len(told) == len(messages) >= 8, messages
    ground.check(account)
