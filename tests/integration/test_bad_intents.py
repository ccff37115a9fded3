"""Every way in which a LogLine can be wrong has its own error; what can be attributed is kept."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from logos_graph.canon import Json, Tag
from logos_graph.errors import LogosError
from logos_graph.identity import Signer
from logos_graph.logline import Intent, sign_intent

FIELDS = ("who", "did", "this", "when", "confirmed_by", "if_ok", "if_doubt", "if_not", "status")
NOBODY = Signer.from_seed(bytes(range(32)))


def error_of(cast: Any, submitted: Any) -> LogosError:
    with pytest.raises(LogosError) as caught:
        cast.system.supervisor.execute(submitted)
    return caught.value


def good(cast: Any) -> Any:
    return cast.sign(
        cast.operator, "capability.grant", {"node": "b3:" + "0" * 64, "capability": "log"}
    )


@pytest.fixture(autouse=True)
def nothing_unattributable_is_recorded(
    request: pytest.FixtureRequest, ledger_length: Callable[[], int]
) -> Any:
    before = ledger_length()
    yield
    if "kept" not in request.node.name:
        assert ledger_length() == before


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_named(cast: Any, field: str) -> None:
    submitted = copy.deepcopy(good(cast).json)
    del submitted["intent"]["logline"][field]
    error = error_of(cast, submitted)
    assert error.code == "E_MISSING_FIELD"
    assert error.data["field"] == field


def test_a_bad_signature_is_refused(cast: Any) -> None:
    submitted = copy.deepcopy(good(cast).json)
    submitted["intent"]["logline"]["this"]["capability"] = "http"
    assert error_of(cast, submitted).code == "E_SIGNATURE"


def test_an_unknown_principal_is_refused(cast: Any) -> None:
    assert error_of(cast, cast.sign(NOBODY, "flow.run", {})).code == "E_UNKNOWN_PRINCIPAL"


def test_somebody_elses_signature_is_refused(cast: Any) -> None:
    signed = good(cast)
    forged = {**signed.json, "signature": NOBODY.sign(Tag.INTENT, signed.intent.text)}
    assert error_of(cast, forged).code == "E_SIGNATURE"


@pytest.mark.parametrize("offset_s", [31, 3600, -301, -86400])
def test_a_clock_too_far_off_is_refused(cast: Any, offset_s: int) -> None:
    signed = good(cast)
    line = signed.intent.logline
    moved = type(line)(**{
        **{field: getattr(line, field) for field in FIELDS},
        "when": line.when + offset_s * 1_000_000_000,
    })  # fmt: skip
    intent = Intent(signed.intent.ledger, signed.intent.nonce, moved)
    assert error_of(cast, sign_intent(intent, cast.operator)).code == "E_CLOCK"


def test_an_intent_for_another_ledger_is_refused(cast: Any) -> None:
    signed = good(cast)
    intent = Intent("another-ledger", signed.intent.nonce, signed.intent.logline)
    assert error_of(cast, sign_intent(intent, cast.operator)).code == "E_LEDGER"


def test_a_used_nonce_is_refused_and_the_first_intent_is_kept(cast: Any) -> None:
    signed = cast.sign(cast.operator, "no.such.verb", {})
    assert cast.system.supervisor.execute(signed).status == "GHOST"
    assert error_of(cast, signed).code == "E_NONCE_USED"
    other = Intent(signed.intent.ledger, signed.intent.nonce, good(cast).intent.logline)
    assert error_of(cast, sign_intent(other, cast.operator)).code == "E_NONCE_USED"


def test_an_invented_verb_is_kept_as_a_ghost(cast: Any) -> None:
    outcome = cast.submit(cast.operator, "money.print", {"amount": "1000000.00"})
    assert (outcome.verdict, outcome.status) == ("DENY", "GHOST")
    assert outcome.cause == {"type": "InvalidVerb", "verb": "money.print"}
    assert outcome.error.code == "E_UNKNOWN_VERB"
    assert cast.system.store.intent(outcome.intent).cause == outcome.cause


def test_a_payload_that_misses_its_schema_is_kept_as_a_ghost_with_the_path(cast: Any) -> None:
    this: dict[str, Json] = {"node": "not-an-id", "capability": "log"}
    outcome = cast.submit(cast.operator, "capability.grant", this)
    assert (outcome.status, outcome.error.code) == ("GHOST", "E_THIS_SCHEMA")
    assert "node" in str(outcome.error.data["path"])


def test_what_policy_does_not_permit_is_kept_as_a_ghost(cast: Any) -> None:
    this: dict[str, Json] = {
        "did": NOBODY.did, "name": "nobody", "type": "person", "roles": ["operator"],
    }  # fmt: skip
    outcome = cast.submit(cast.agent, "principal.register", this)
    assert (outcome.verdict, outcome.status, outcome.error.code) == ("DENY", "GHOST", "E_DENIED")
    assert NOBODY.did not in cast.system.supervisor.view.principals


def test_a_transfer_whose_values_do_not_fit_the_flow_is_kept_as_a_ghost(
    example: Any, payment: Callable[[str], Any]
) -> None:
    this = payment("ok")
    this["payment"]["amount"] = "12.50"
    this["payment"]["history"][0]["minutes-ago"] = 4294967295
    assert example.submit(example.agent, "transfer", this).status == "COMMITTED"
    this["payment"]["amount"] = "12.5"
    outcome = example.submit(example.agent, "transfer", this)
    assert outcome.status == "GHOST"
    assert outcome.error.code == "E_THIS_SCHEMA"
