"""The verbs and the policy that the product brings: complete, bounded, least authority."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from logos_graph import resources
from logos_graph.canon import content_id, parse
from logos_graph.cli.verb_shown import fields_of
from logos_graph.errors import Rejected
from logos_graph.governance import (
    RESERVED_FAMILIES,
    Allow,
    Deny,
    Policy,
    Request,
    Require,
    Verb,
    check_this,
    examples_of,
    parse_verb,
)
from logos_graph.identity import Signer
from logos_graph.logline import format_when

DOCS = Path(__file__).resolve().parents[2] / "docs"
FILES = resources.list_files("schemas/verbs", ".schema.json")
VERBS = {
    verb.name: verb for verb in (parse_verb(parse(resources.read_text(file))) for file in FILES)
}
DID = Signer.from_seed(bytes([1]) * 32).did
ID = content_id(b"x")
FITTING: dict[str, dict[str, Any]] = {
    "principal.register": {"did": DID, "name": "Ann", "type": "person", "roles": ["treasury"]},
    "principal.rotate_key": {
        "principal": "did:logline:person:ann",
        "key": DID,
        "previous": DID,
        "signature": "0" * 128,
    },
    "principal.rekey": {
        "principal": "did:logline:person:ann",
        "key": DID,
        "previous": DID,
        "signature": "0" * 128,
    },
    "principal.revoke": {"principal": "did:logline:person:ann", "id": DID, "reason": "stolen"},
    "node.draft": {"name": "validate-amount", "source": "fn main() {}"},
    "node.publish": {"name": "validate-amount", "source": "fn main() {}"},
    "node.fork": {"node": ID, "name": "validate-amount", "source": "fn main() {}"},
    "node.deprecate": {"node": ID, "reason": "it rounds down"},
    "node.promote": {"node": ID, "reason": "reviewed"},
    "flow.publish": {"name": "payment-approval", "text": '[flow]\nname = "x"\n', "uses": {"a": ID}},
    "capability.grant": {"node": ID, "capability": "clock"},
    "capability.revoke": {"grant": ID},
    "policy.activate": {"text": "permit (principal, action, resource);"},
    "supervisor.rotate_key": {"did": DID, "previous": DID, "signature": "0" * 128},
    "verb.register": {
        "name": "transfer",
        "docs": "Move money.",
        "risk": "L1",
        "schema": {"type": "object"},
        "flow": None,
    },
    "consent.give": {
        "intent": ID,
        "policy_hash": ID,
        "revision": 3,
        "expires_at": format_when(10**18),
    },
    "consent.refuse": {"intent": ID, "reason": "no"},
    "consent.delegate": {
        "to": DID,
        "role": "treasury",
        "verbs": ["transfer"],
        "until": format_when(10**18),
    },
    "consent.undelegate": {"delegation": ID},
    "run.cancel": {"intent": ID, "reason": "no longer wanted"},
    "run.limit": {
        "scope": "flow",
        "of": ID,
        "concurrent": 8,
        "run_seconds": None,
        "step_seconds": 5,
    },
    "rate.limit": {"who": DID, "verb": None, "count": 10, "seconds": 60},
    "breaker.lift": {"who": DID, "note": "the key was changed"},
    "escalation.resolve": {"intent": ID, "answer": "redone"},
    "flow.run": {"flow": ID, "inputs": {"payment": {"amount": "1.00", "history": [1, None]}}},
    "run.fork": {"run": ID, "flow": ID, "at": "score/total"},
}
RISKS = {
    "principal.register": "L2",
    "principal.rotate_key": "L1",
    "principal.rekey": "L4",
    "principal.revoke": "L2",
    "node.draft": "L0",
    "node.publish": "L1",
    "node.fork": "L1",
    "node.deprecate": "L2",
    "node.promote": "L3",
    "flow.publish": "L1",
    "capability.grant": "L2",
    "capability.revoke": "L1",
    "policy.activate": "L4",
    "supervisor.rotate_key": "L5",
    "verb.register": "L2",
    "consent.give": "L0",
    "consent.refuse": "L0",
    "consent.delegate": "L2",
    "consent.undelegate": "L0",
    "escalation.resolve": "L0",
    "flow.run": "L1",
    "run.cancel": "L1",
    "run.limit": "L1",
    "rate.limit": "L1",
    "breaker.lift": "L4",
    "run.fork": "L1",
}


ONCE_MORE = {"node.draft", "flow.run", "run.fork", "rate.limit", "consent.delegate"}
"""Those of which the same once more is a second act."""


def test_each_file_is_named_for_its_verb() -> None:
    assert [f"schemas/verbs/{name}.schema.json" for name in sorted(VERBS)] == list(FILES)
    assert {name.split(".")[0] for name in VERBS} <= RESERVED_FAMILIES


def test_each_verb_carries_its_risk() -> None:
    assert {name: verb.risk.value for name, verb in VERBS.items()} == RISKS


@pytest.mark.parametrize("name", sorted(VERBS))
def test_a_fitting_payload_is_accepted_and_a_changed_one_is_not(name: str) -> None:
    verb, this = VERBS[name], FITTING[name]
    fraction: Any = 1.5  # no value of the ledger's JSON
    check_this(verb, this)
    with pytest.raises(Rejected):
        check_this(verb, {**this, "extra": 1})
    for field in this:
        with pytest.raises(Rejected):
            check_this(verb, {key: value for key, value in this.items() if key != field})
        with pytest.raises(Rejected):
            check_this(verb, {**this, field: fraction})


@pytest.mark.parametrize("name", sorted(VERBS))
def test_each_verb_is_documented_whole(name: str) -> None:
    """Its file says everything that `logos verb show` prints: each field, and an example."""
    verb = VERBS[name]
    stated = parse(resources.read_text(f"schemas/verbs/{name}.schema.json"))
    assert isinstance(stated, dict)
    assert (
        stated["effect"] == verb.effect == ("flow" if name in ("flow.run", "run.fork") else "graph")
    )
    assert stated["idempotent"] is verb.idempotent is (name not in ONCE_MORE)
    assert verb.docs[0].isupper()
    assert verb.docs[-1] == "."
    fields = fields_of(verb.schema)
    assert {field.path for field in fields} == set(properties(verb))
    assert [field.path for field in fields if not field.meaning] == []
    (example,) = examples_of(verb)
    check_this(verb, example)
    assert set(properties(verb)) >= set(FITTING[name])


def properties(verb: Verb) -> dict[str, Any]:
    found = verb.schema["properties"]
    assert isinstance(found, dict)
    return found


def _unbounded(schema: Any, path: str) -> list[str]:
    if not isinstance(schema, dict):
        return []
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    missing = [
        f"{path}: {kind}"
        for kind, bounds in {
            "string": ("maxLength",),
            "array": ("maxItems",),
            "object": ("maxProperties", "additionalProperties"),
        }.items()
        if kind in kinds and not any(bound in schema for bound in bounds)
    ]
    if "object" in kinds and "maxProperties" not in schema:
        missing += [path] if schema.get("additionalProperties") is not False else []
    for name, part in schema.get("properties", {}).items():
        missing += _unbounded(part, f"{path}.{name}")
    return missing + _unbounded(schema.get("items"), f"{path}[]")


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_everything_a_payload_may_hold_is_bounded(verb: Verb) -> None:
    assert _unbounded(verb.schema, "$") == []
    assert verb.schema["additionalProperties"] is False


def test_a_supervisor_cannot_be_registered() -> None:
    with pytest.raises(Rejected):
        check_this(
            VERBS["principal.register"], {**FITTING["principal.register"], "type": "supervisor"}
        )


BOOTSTRAP = Policy(resources.read_text("schemas/policies/bootstrap.cedar"))
EXAMPLE = Policy((DOCS / "examples" / "payment-approval" / "policy.cedar").read_text())
ANSWERS = {
    "consent.give", "consent.refuse", "consent.delegate", "consent.undelegate",
    "escalation.resolve", "run.cancel", "principal.rotate_key", "principal.revoke",
}  # fmt: skip


def _ask(name: str, *roles: str) -> Request:
    return Request(DID, frozenset(roles), VERBS[name], FITTING[name], "main", 0, 10**18)


@pytest.mark.parametrize("name", sorted(VERBS))
def test_an_operator_sets_up_and_nobody_else_does(name: str) -> None:
    operator = BOOTSTRAP.judge(_ask(name, "operator"))
    if RISKS[name] >= "L3":
        assert isinstance(operator, Require)
        assert operator.role == "approver"
    else:
        assert isinstance(operator, Allow)
    for roles in ((), ("agent",), ("approver", "treasury")):
        decision = BOOTSTRAP.judge(_ask(name, *roles))
        assert isinstance(decision, Allow if name in ANSWERS else Deny)


@pytest.mark.parametrize("name", sorted(VERBS))
def test_the_example_s_policy_leaves_an_operator_what_the_first_one_gave(name: str) -> None:
    asked = _ask(name, "operator")
    assert type(EXAMPLE.judge(asked)) is type(BOOTSTRAP.judge(asked))


def test_bootstrap_permits_nothing_but_the_products_own_verbs() -> None:
    other = parse_verb(
        {"name": "transfer", "docs": "d", "risk": "L0", "schema": {"type": "object"}}
    )
    request = Request(DID, frozenset({"operator"}), other, {}, "main", 0, 10**18)
    assert isinstance(BOOTSTRAP.judge(request), Deny)
