"""The nine fields, the signed form, and what is refused of both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import Json, Tag, content_id, encode, parse
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.identity import Signer
from logos_graph.logline import (
    FIELDS,
    MAX_INTENT_BYTES,
    Intent,
    SignedIntent,
    Status,
    parse_intent,
    parse_logline,
    parse_signed_intent,
    sign_intent,
    verify_intent,
    verify_recorded_intent,
)

AGENT, OTHER = (Signer.from_seed(bytes([n]) * 32) for n in (1, 2))
NONCE = "01JBCDEFGHJKMNPQRSTVWXYZ00"


def line(**changes: Any) -> dict[str, Any]:
    """The paper's example, in the form that is signed."""
    fields = {
        "who": AGENT.did,
        "did": "transfer",
        "this": {"from": "account:operating", "to": "account:external:9f8a2c", "amount": 47500},
        "when": "2024-03-14T14:23:07.847000000Z",
        "confirmed_by": None,
        "if_ok": "emit:transfer.completed",
        "if_doubt": "escalate:treasury.human",
        "if_not": "emit:transfer.denied",
        "status": "PENDING",
    }
    return {**fields, **changes}


def intent(**changes: Any) -> dict[str, Any]:
    return {"ledger": "main", "logline": line(), "nonce": NONCE, **changes}


def refused(read: Any, value: Any) -> tuple[str, object]:
    with pytest.raises(InvalidInput) as raised:
        read(value)
    return raised.value.code, raised.value.data.get("field")


# --- the nine fields -------------------------------------------------------------------------


@pytest.mark.parametrize("status", Status)
def test_the_nine_fields_are_read_and_written_back(status: Status) -> None:
    value = line(status=status.value, confirmed_by=OTHER.did)
    assert parse_logline(value).json == value
    assert parse_logline(parse_logline(value).json) == parse_logline(value)


@pytest.mark.parametrize("field", FIELDS)
def test_each_missing_field_is_named(field: str) -> None:
    value = line()
    del value[field]
    assert refused(parse_logline, value) == ("E_MISSING_FIELD", field)


@given(st.text(max_size=12).filter(lambda name: name not in FIELDS))
def test_an_unknown_field_is_named(name: str) -> None:
    assert refused(parse_logline, line(**{name: 1})) == ("E_UNKNOWN_FIELD", name)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [7, True, [], "NULL"])
def test_a_field_of_the_wrong_type_or_text_is_named(field: str, value: Json) -> None:
    code, named = refused(parse_logline, line(**{field: value}))
    assert named == field
    if not isinstance(value, str):
        assert code == "E_FIELD_TYPE"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("who", "did:key:z6Mk", "E_DID"),
        ("who", None, "E_FIELD_TYPE"),
        ("confirmed_by", "treasury", "E_DID"),
        ("did", "Transfer", "E_VERB"),
        ("did", "transfer.", "E_VERB"),
        ("did", "a..b", "E_VERB"),
        ("did", "1up", "E_VERB"),
        ("did", "transfer\n", "E_VERB"),
        ("did", "a" * 65, "E_VERB"),
        ("did", "", "E_VERB"),
        ("this", None, "E_FIELD_TYPE"),
        ("this", [1], "E_FIELD_TYPE"),
        ("when", "2024-03-14T14:23:07.847Z", "E_WHEN"),
        ("if_ok", "emit", "E_COMMITMENT"),
        ("if_doubt", "", "E_COMMITMENT"),
        ("if_not", None, "E_FIELD_TYPE"),
        ("status", "pending", "E_STATUS"),
    ],
)
def test_each_field_has_its_own_refusal(field: str, value: Json, code: str) -> None:
    assert refused(parse_logline, line(**{field: value})) == (code, field)


@pytest.mark.parametrize("value", [None, [], "x", 3])
def test_a_logline_is_an_object(value: Json) -> None:
    assert refused(parse_logline, value)[0] == "E_FIELD_TYPE"


# --- the signed form -------------------------------------------------------------------------


def test_an_intent_s_text_and_id_are_canonical() -> None:
    parsed = parse_intent(intent())
    assert parsed.text == encode(intent())
    assert parsed.cid == content_id(parsed.text)
    assert parse_intent(parse(parsed.text)) == parsed
    assert parsed.json == intent()


@pytest.mark.parametrize(
    ("value", "code", "field"),
    [
        (intent(nonce="short"), "E_NONCE", None),
        (intent(nonce="a" * 65), "E_NONCE", None),
        (intent(nonce="a" * 25 + "-"), "E_NONCE", None),
        (intent(nonce=7), "E_NONCE", None),
        (intent(ledger=""), "E_LEDGER_ID", None),
        (intent(ledger="a/b"), "E_LEDGER_ID", None),
        (intent(ledger="a" * 65), "E_LEDGER_ID", None),
        (intent(logline=line(status="DRAFT")), "E_INTENT_FORM", "status"),
        (intent(logline=line(status="COMMITTED")), "E_INTENT_FORM", "status"),
        (intent(logline=line(confirmed_by=OTHER.did)), "E_INTENT_FORM", "confirmed_by"),
        (intent(extra=1), "E_UNKNOWN_FIELD", "extra"),
        ({"ledger": "main", "nonce": NONCE}, "E_MISSING_FIELD", "logline"),
        ([], "E_FIELD_TYPE", "intent"),
        (intent(logline=line(this={"x": "e\u0301"})), "E_NFC", None),
        (intent(logline=line(this={"x": 1.5})), "E_FLOAT", None),
        (intent(logline=line(this={"x": "a" * MAX_INTENT_BYTES})), "E_SIZE", None),
    ],
)
def test_each_fault_of_an_intent_has_its_own_refusal(
    value: Json, code: str, field: str | None
) -> None:
    assert refused(parse_intent, value) == (code, field)
    if code not in ("E_NFC", "E_FLOAT"):  # which no entry that was parsed can hold
        assert refused(lambda given: verify_recorded_intent(given, "0" * 128), value) == (
            code,
            field,
        )


def test_a_signed_intent_verifies_and_reads_back() -> None:
    signed = sign_intent(parse_intent(intent()), AGENT)
    verify_intent(signed)
    assert parse_signed_intent(parse(encode(signed.json))) == signed
    told = verify_recorded_intent(signed.intent.json, signed.signature)
    assert told == (signed.intent.ledger, signed.intent.cid)


def test_nobody_signs_for_another() -> None:
    with pytest.raises(Rejected) as raised:
        sign_intent(parse_intent(intent()), OTHER)
    assert raised.value.code == "E_SIGNER"


CHANGES: list[dict[str, Any]] = [
    intent(ledger="other"),
    intent(nonce=NONCE[:-1] + "1"),
    intent(logline=line(who=OTHER.did)),
    intent(logline=line(did="transfer2")),
    intent(logline=line(this={"amount": 47501})),
    intent(logline=line(when="2024-03-14T14:23:07.847000001Z")),
    intent(logline=line(if_ok="abort")),
    intent(logline=line(if_doubt="abort")),
    intent(logline=line(if_not="abort")),
]


@pytest.mark.parametrize("changed", CHANGES)
def test_any_change_of_what_was_signed_breaks_the_signature(changed: Json) -> None:
    signed = sign_intent(parse_intent(intent()), AGENT)
    other = parse_intent(changed)
    assert other.cid != signed.intent.cid
    with pytest.raises(Rejected) as raised:
        verify_intent(SignedIntent(other, signed.signature))
    assert raised.value.code == "E_SIGNATURE"
    with pytest.raises(Rejected) as raised:
        verify_recorded_intent(changed, signed.signature)
    assert raised.value.code == "E_SIGNATURE"


def test_a_signature_for_another_purpose_is_refused() -> None:
    parsed = parse_intent(intent())
    signature = AGENT.sign(Tag.ENTRY_SIGNATURE, parsed.text)
    with pytest.raises(Rejected):
        verify_intent(SignedIntent(parsed, signature))


@pytest.mark.parametrize("signature", ["", "0" * 127, "0" * 129, "A" * 128, "g" * 128, None, 7])
def test_a_signature_s_form_is_checked_before_its_truth(signature: Json) -> None:
    value = {"intent": intent(), "signature": signature}
    assert refused(parse_signed_intent, value) == ("E_FIELD_TYPE", "signature")
    recorded = refused(lambda given: verify_recorded_intent(intent(), given), signature)
    assert recorded == ("E_FIELD_TYPE", "signature")


def test_an_intent_s_text_does_not_follow_later_changes_of_the_payload() -> None:
    value = intent()
    parsed = parse_intent(value)
    value["logline"]["this"]["amount"] = 1
    assert parsed.text == encode(intent())


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26))
def test_the_same_act_meant_twice_has_two_ids(nonce: str) -> None:
    one = parse_intent(intent())
    two = replace(one, nonce=nonce)
    assert isinstance(two, Intent)
    assert (one.cid == two.cid) == (nonce == NONCE)
