"""The real cast cannot shut itself out: no activated policy leaves nobody to replace it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Cast

ACTIVATE = '@id("activate") permit (principal, action == Action::"policy.activate", resource);\n'
ANSWER = '@id("answer") permit (principal, action == Action::"consent.give", resource);\n'
ASK = 'forbid (principal, action == Action::"policy.activate", resource);\n'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ACTIVATE, id="nobody may consent"),
        pytest.param(
            f'{ACTIVATE}{ANSWER}@id("ask") @require("nobody") @quorum("2") {ASK}',
            id="nobody has the role",
        ),
    ],
)
def test_a_policy_that_would_lock_everybody_out_ends_as_a_ghost_and_another_can_follow(
    example: Cast, text: str
) -> None:
    own = example.system.supervisor.view.policy
    waiting = example.submit(example.operator, "policy.activate", {"text": text})
    assert waiting.status == "PENDING"
    (refused,) = example.consent(example.treasury[0], waiting).settled
    assert refused.status == "GHOST"
    assert refused.error is not None
    assert refused.error.code == "E_POLICY_LOCKOUT"
    assert example.system.supervisor.view.policy.id == own.id
    example.activate(own.text + "\n// and this one still comes into force\n")
    example.activate(own.text)
