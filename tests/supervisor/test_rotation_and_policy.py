"""A rotation leaves somebody who may mend the policy, and rotate again."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import ContentId, parse
from logos_graph.errors import Rejected
from logos_graph.governance import Policy, parse_verb
from logos_graph.identity import Signer
from logos_graph.ledger import accept_supervision
from logos_graph.logline import parse_signed_intent
from logos_graph.resources import list_files, read_text
from logos_graph.supervisor.handlers.keys import rotate
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.view import View
from tests.ledger.conftest import ALLOW, POLICY, SUPERVISOR, Book
from tests.supervisor.paper import PERMIT, START, Paper

NEW = Signer.from_seed(b"n" * 32)
OLD_ALONE = f'principal == Principal::"{SUPERVISOR.did}"'
OPERATORS = 'principal in Role::"operator"'
REST = '@id("rest") permit (principal, action, resource) unless {{ action == Action::"{}" }};\n'


@pytest.fixture
def view() -> View:
    """A ledger with the verbs that every ledger has."""
    found = Paper().journal().view
    files = list_files("schemas/verbs", ".schema.json")
    for verb in (parse_verb(parse(read_text(file))) for file in files):
        found.verbs = found.verbs.insert(verb.name, verb)
    return found


def rotated(view: View, policy: str) -> Any:
    """What rotating to the new key leads to under this policy."""
    view.policy = Policy(policy)
    signature = accept_supervision(view.ledger, SUPERVISOR.did, NEW)
    this = {"did": NEW.did, "previous": SUPERVISOR.did, "signature": signature}
    signed = parse_signed_intent(Book().signed(SUPERVISOR, "supervisor.rotate_key", this))
    pending = PendingIntent(signed, ALLOW, ContentId(POLICY["id"]), 1, "w")
    context: Any = type("Context", (), {"view": view, "now_ns": START})()
    return rotate(context, pending)


@pytest.mark.parametrize("verb", ["policy.activate", "supervisor.rotate_key"])
def test_a_policy_that_names_the_key_that_goes_is_changed_first(view: View, verb: str) -> None:
    def rule(who: str) -> str:
        return f'@id("it") permit ({who}, action == Action::"{verb}", resource);\n'

    with pytest.raises(Rejected) as refused:
        rotated(view, REST.format(verb) + rule(OLD_ALONE))
    assert (refused.value.code, refused.value.data["verb"]) == ("E_POLICY_LOCKOUT", verb)
    either = rule(f'principal == Principal::"{NEW.did}"').replace('"it"', '"new"')
    for policy in (rule(OPERATORS), rule(OLD_ALONE) + either):
        assert rotated(view, REST.format(verb) + policy).result["did"] == NEW.did


def test_what_the_key_that_goes_may_not_the_new_one_need_not(view: View) -> None:
    assert rotated(view, REST.format("policy.activate")).result["did"] == NEW.did


def test_the_policy_is_that_in_force_when_the_rotation_takes_hold(view: View) -> None:
    effect = rotated(view, PERMIT)
    view.policy = Policy(
        REST.format("policy.activate")
        + f'@id("it") permit ({OLD_ALONE}, action == Action::"policy.activate", resource);'
    )
    with pytest.raises(Rejected) as refused:
        effect.check(view)
    assert refused.value.code == "E_POLICY_LOCKOUT"
