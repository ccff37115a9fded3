"""The very same intent, submitted again: how it stands now; nothing is recorded or done twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.errors import LogosError
from logos_graph.logline import Intent, sign_intent
from logos_graph.wiring import open_system
from tests.integration.later import Start, held, kinds, opened_later

if TYPE_CHECKING:
    from logos_graph.canon import Json
    from logos_graph.settings import Settings
    from tests.integration.conftest import Cast

Payment = Callable[[str], dict[str, "Json"]]


@pytest.mark.parametrize(("name", "status"), [("ok", "COMMITTED"), ("refused", "GHOST")])
def test_an_ended_intent_submitted_again_is_told_as_it_ended(
    example: Cast, settings: Settings, payment: Payment, name: str, status: str
) -> None:
    signed = example.sign(example.agent, "transfer", payment(name))
    first = example.system.supervisor.execute(signed)
    length = len(example.entries())
    with open_system(settings) as other:
        for supervisor in (example.system.supervisor, other.supervisor):
            again = supervisor.execute(signed)
            assert (again.status, again.repeated, first.repeated) == (status, True, False)
            assert (again.result, again.cause, again.commitment) == (
                first.result, first.cause, first.commitment,
            )  # fmt: skip
    assert len(example.entries()) == length
    assert example.count("Run", intent=signed.intent.cid) == (status == "COMMITTED")


def test_an_old_intent_is_told_how_it_ended_though_a_new_one_of_that_time_is_refused(
    example: Cast, settings: Settings, payment: Payment
) -> None:
    signed = example.sign(example.agent, "transfer", payment("ok"))
    new = example.sign(example.agent, "transfer", payment("ok"))
    example.system.supervisor.execute(signed)
    with opened_later(settings, 360) as later:
        assert later.supervisor.execute(signed).repeated
        with pytest.raises(LogosError) as refused:
            later.supervisor.execute(new)
    assert refused.value.code == "E_CLOCK"


def test_one_that_waits_for_consent_waits_on_and_one_consent_is_enough_for_both(
    example: Cast, payment: Payment
) -> None:
    signed = example.sign(example.agent, "transfer", payment("large"))
    first = example.system.supervisor.execute(signed)
    again = example.system.supervisor.execute(signed)
    assert (first.status, again.status, again.repeated) == ("PENDING", "PENDING", True)
    assert again.verdict == "REQUIRE"
    for treasurer in example.treasury:
        example.consent(treasurer, first)
    assert example.system.supervisor.execute(signed).status == "COMMITTED"
    assert kinds(example, signed.intent.cid).count("receipt") == 1


def test_one_that_was_left_is_carried_on_by_who_submits_it_again(
    example: Cast, payment: Payment, start: Start
) -> None:
    signed = example.sign(example.agent, "transfer", payment("ok"))
    worker = held(start, "committed", signed)
    again = example.system.supervisor.execute(signed)  # a live process has it
    assert (again.status, again.verdict, again.repeated) == ("PENDING", "ALLOW", True)
    worker.kill()
    worker.wait()
    settled = example.system.supervisor.execute(signed)
    assert (settled.status, settled.repeated) == ("COMMITTED", True)
    assert kinds(example, signed.intent.cid) == ["intent", "claim", "receipt"]


def test_another_signature_of_the_same_intent_must_be_one(example: Cast, payment: Payment) -> None:
    """Nobody learns how an intent stands by an intent alone."""
    signed = example.sign(example.agent, "transfer", payment("ok"))
    example.system.supervisor.execute(signed)
    forged: Any = replace(signed, signature="0" * len(signed.signature))
    length = len(example.entries())
    with pytest.raises(LogosError) as refused:
        example.system.supervisor.execute(forged)
    assert refused.value.code == "E_SIGNATURE"
    assert len(example.entries()) == length


def test_another_intent_of_a_used_nonce_is_refused(example: Cast, payment: Payment) -> None:
    signed = example.sign(example.agent, "transfer", payment("ok"))
    example.system.supervisor.execute(signed)
    line = example.sign(example.agent, "transfer", payment("ok")).intent.logline
    other = Intent(signed.intent.ledger, signed.intent.nonce, line)
    with pytest.raises(LogosError) as refused:
        example.system.supervisor.execute(sign_intent(other, example.agent))
    assert refused.value.code == "E_NONCE_USED"
