"""Every way in which a LogLine can be wrong has its own error; what can be attributed is kept."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import Json, Tag
from logos_graph.errors import LogosError
from logos_graph.identity import Signer
from logos_graph.logline import Intent, sign_intent

if TYPE_CHECKING:
    from logos_graph.logline import SignedIntent
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast

FIELDS = ("who", "did", "this", "when", "confirmed_by", "if_ok", "if_doubt", "if_not", "status")
NOBODY = Signer.from_seed(bytes(range(32)))

Payment = Callable[[str], dict[str, Json]]


def error_of(example: Cast, submitted: Any) -> LogosError:
    with pytest.raises(LogosError) as caught:
        example.system.supervisor.execute(submitted)
    return caught.value


def good(example: Cast) -> SignedIntent:
    return example.sign(
        example.operator, "capability.grant", {"node": "b3:" + "0" * 64, "capability": "log"}
    )


@pytest.fixture
def unrecorded(example: Cast, ledger_length: Callable[[], int]) -> Iterator[None]:
    """The test adds no entry to the ledger."""
    before = ledger_length()
    yield
    assert ledger_length() == before


@pytest.fixture
def kept(example: Cast, ledger_length: Callable[[], int]) -> Callable[[Outcome], Outcome]:
    """Checks that an outcome's intent and ghost, and at most their alarm, were recorded."""
    before = ledger_length()

    def check(outcome: Outcome) -> Outcome:
        assert (outcome.verdict, outcome.status) == ("DENY", "GHOST")
        recorded = example.system.store.intent(outcome.intent)
        assert recorded is not None
        assert (recorded.status, recorded.cause) == ("GHOST", outcome.cause)
        assert recorded.decision == outcome.decision
        assert (recorded.consequence, recorded.commitment) == ("if_not", "emit:failed")
        intent, ghost, *alarms = example.entries(before)
        assert [each.kind for each in alarms] in ([], ["alarm"])
        assert (intent.kind, intent.body["cid"]) == ("intent", outcome.intent)
        assert (ghost.kind, ghost.body["intent"]) == ("ghost", outcome.intent)
        assert ghost.body["cause"] == outcome.cause
        assert example.count("Run", intent=outcome.intent) == 0
        return outcome

    return check


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_named(example: Cast, field: str) -> None:
    submitted: Any = copy.deepcopy(good(example).json)
    del submitted["intent"]["logline"][field]
    error = error_of(example, submitted)
    assert error.code == "E_MISSING_FIELD"
    assert error.data["field"] == field


@pytest.mark.usefixtures("unrecorded")
def test_a_bad_signature_is_refused(example: Cast) -> None:
    submitted: Any = copy.deepcopy(good(example).json)
    submitted["intent"]["logline"]["this"]["capability"] = "http"
    assert error_of(example, submitted).code == "E_SIGNATURE"


@pytest.mark.usefixtures("unrecorded")
def test_an_unknown_principal_is_refused(example: Cast) -> None:
    assert error_of(example, example.sign(NOBODY, "flow.run", {})).code == "E_UNKNOWN_PRINCIPAL"


@pytest.mark.usefixtures("unrecorded")
def test_somebody_elses_signature_is_refused(example: Cast) -> None:
    signed = good(example)
    forged = {**signed.json, "signature": NOBODY.sign(Tag.INTENT, signed.intent.text)}
    assert error_of(example, forged).code == "E_SIGNATURE"


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize("offset_s", [60, 3600, -360, -86400])
def test_a_clock_too_far_off_is_refused(example: Cast, payment: Payment, offset_s: int) -> None:
    signed = example.sign_at(example.agent, "transfer", payment("ok"), offset_s)
    error = error_of(example, signed)
    assert error.code == "E_CLOCK"
    assert ("ahead of" if offset_s > 0 else "behind") in error.message


@pytest.mark.parametrize("offset_s", [20, -280])
def test_a_clock_within_its_limits_is_accepted(
    example: Cast, payment: Payment, offset_s: int
) -> None:
    signed = example.sign_at(example.agent, "transfer", payment("ok"), offset_s)
    assert example.system.supervisor.execute(signed).status == "COMMITTED"


@pytest.mark.usefixtures("unrecorded")
def test_an_intent_for_another_ledger_is_refused(example: Cast) -> None:
    signed = good(example)
    intent = Intent("another-ledger", signed.intent.nonce, signed.intent.logline)
    assert error_of(example, sign_intent(intent, example.operator)).code == "E_LEDGER"


def test_a_used_nonce_is_refused_and_the_first_intent_stays_as_it_was(
    example: Cast, payment: Payment, ledger_length: Callable[[], int]
) -> None:
    signed = example.sign(example.agent, "transfer", payment("ok"))
    assert example.system.supervisor.execute(signed).status == "COMMITTED"
    first, length = example.system.store.intent(signed.intent.cid), ledger_length()
    assert first is not None
    again = example.system.supervisor.execute(signed)
    assert (again.repeated, again.status, again.result) == (True, "COMMITTED", first.result)
    other = Intent(
        signed.intent.ledger,
        signed.intent.nonce,
        example.sign(example.agent, "transfer", payment("reject")).intent.logline,
    )
    assert error_of(example, sign_intent(other, example.agent)).code == "E_NONCE_USED"
    assert ledger_length() == length
    assert example.system.store.intent(signed.intent.cid) == first
    assert example.system.store.intent(other.cid) is None
    assert example.count("Run", intent=signed.intent.cid) == 1


def test_an_invented_verb_is_kept_as_a_ghost(
    example: Cast, kept: Callable[[Outcome], Outcome]
) -> None:
    this: dict[str, Json] = {"amount": "1000000.00"}
    outcome = kept(example.submit(example.operator, "money.print", this))
    assert outcome.cause == {"type": "InvalidVerb", "verb": "money.print"}
    assert outcome.error is not None
    assert outcome.error.code == "E_UNKNOWN_VERB"


def test_a_payload_that_misses_its_schema_is_kept_as_a_ghost_with_the_path(
    example: Cast, kept: Callable[[Outcome], Outcome]
) -> None:
    this: dict[str, Json] = {"node": "not-an-id", "capability": "log"}
    outcome = kept(example.submit(example.operator, "capability.grant", this))
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.data["path"]) == ("E_THIS_SCHEMA", "$.node")


def test_what_policy_does_not_permit_is_kept_as_a_ghost(
    example: Cast, kept: Callable[[Outcome], Outcome]
) -> None:
    this: dict[str, Json] = {
        "did": NOBODY.did, "name": "nobody", "type": "person", "roles": ["operator"],
    }  # fmt: skip
    outcome = kept(example.submit(example.agent, "principal.register", this))
    assert outcome.error is not None
    assert outcome.error.code == "E_DENIED"
    assert NOBODY.did not in example.system.supervisor.view.principals
    assert example.count("Principal", did=NOBODY.did) == 0


def test_a_transfer_that_misses_its_schema_is_kept_as_a_ghost(
    example: Cast, payment: Any, kept: Callable[[Outcome], Outcome]
) -> None:
    this = payment("ok")
    this["payment"]["amount"] = "12.5"
    outcome = kept(example.submit(example.agent, "transfer", this))
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.data["path"]) == (
        "E_THIS_SCHEMA",
        "$.payment.amount",
    )


@pytest.fixture(scope="session")
def loose(example: Cast) -> str:
    """A verb that starts the flow, and whose schema lets every object pass."""
    verb: dict[str, Json] = {
        "name": "transfer_loosely",
        "docs": "Transfer money, checked by the flow's own types alone.",
        "risk": "L1",
        "schema": {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"},
        "flow": example.system.reader.resolve("payment-approval", ("Flow",)),
    }
    assert example.submit(example.operator, "verb.register", verb).status == "COMMITTED"
    return "transfer_loosely"


def _with(change: Callable[[Any], object]) -> Callable[[dict[str, Json]], dict[str, Json]]:
    def changed(this: dict[str, Json]) -> dict[str, Json]:
        change(this)
        return this

    return changed


@pytest.mark.parametrize("by", ["bound verb", "flow.run"])
@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        (_with(lambda this: this["payment"].update(amount="12.5")), "E_VALUE_", "payment.amount"),
        (
            _with(lambda this: this["payment"]["history"][0].update({"minutes-ago": 1 << 32})),
            "E_VALUE_",
            "payment.history[0].minutes-ago",
        ),
        (_with(lambda this: this["payment"].pop("currency")), "E_VALUE_", "currency"),
        (_with(lambda this: this.pop("payment")), "E_RUN_INPUT_MISSING", "payment"),
        (_with(lambda this: this.update(tip="1.00")), "E_RUN_INPUT_UNKNOWN", "tip"),
    ],
    ids=["scale", "range", "field", "missing", "unknown"],
)
def test_values_that_do_not_fit_the_flow_are_refused_by_the_flow_and_kept_as_a_ghost(
    example: Cast,
    payment: Payment,
    loose: str,
    kept: Callable[[Outcome], Outcome],
    by: str,
    change: Callable[[dict[str, Json]], dict[str, Json]],
    code: str,
    where: str,
) -> None:
    values = change(payment("ok"))
    if by == "flow.run":
        flow = example.system.reader.resolve("payment-approval", ("Flow",))
        run: dict[str, Json] = {"flow": flow, "inputs": values}
        outcome = kept(example.submit(example.operator, "flow.run", run))
    else:
        outcome = kept(example.submit(example.operator, loose, values))
    assert outcome.error is not None
    assert outcome.error.code.startswith(code)
    assert where in outcome.error.message
    assert outcome.cause is not None
    assert outcome.cause["code"] == outcome.error.code
