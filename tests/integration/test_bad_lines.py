"""Each of the nine fields in each way in which it can be wrong, properly signed, on the real gate.

Nothing of such a line is recorded: what is not a LogLine says nothing. What is one, and names an
act that is none, is kept as a ghost; see also test_bad_intents.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import Json, Tag, encode
from logos_graph.errors import LogosError
from logos_graph.identity import Signer, base58
from logos_graph.logline.logline import FIELDS, MAX_VERB_LENGTH

if TYPE_CHECKING:
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast, Logos

OTHER = Signer.from_seed(bytes(range(32))).did
DIGITS = OTHER.removeprefix("did:key:z")
LOW_ORDER = "did:key:z" + base58.encode(b"\xed\x01" + b"\x01" + bytes(31))
"""The neutral element: any signature by it would verify."""
SECOND_SPELLING = "did:key:z" + base58.encode(b"\xed\x01" + b"\xee" + b"\xff" * 30 + b"\x7f")
"""y = p + 1, which is 1 written otherwise."""
DECOMPOSED = "cafe\u0301"
DEEP: Any = 0
for _ in range(80):
    DEEP = [DEEP]

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "who": {
        "type": (7, "E_FIELD_TYPE"),
        "null": (None, "E_FIELD_TYPE"),
        "long": (OTHER + "z" * 10_000, "E_DID"),
        "empty": ("", "E_DID"),
        "name": ("supervisor", "E_DID"),
        "case": (OTHER.upper(), "E_DID"),
        "space": (OTHER + "\n", "E_DID"),
        "zero": ("did:key:z1" + DIGITS[:-1], "E_DID"),
        "look-alike": (OTHER.replace("z6Mk", "z6M\u043a", 1), "E_DID"),
        "low order": (LOW_ORDER, "E_KEY"),
        "second spelling": (SECOND_SPELLING, "E_KEY"),
    },
    "did": {
        "type": (["transfer"], "E_FIELD_TYPE"),
        "null": (None, "E_FIELD_TYPE"),
        "long": ("t" * (MAX_VERB_LENGTH + 1), "E_VERB"),
        "empty": ("", "E_VERB"),
        "case": ("Transfer", "E_VERB"),
        "space": ("transfer ", "E_VERB"),
        "newline": ("transfer\n", "E_VERB"),
        "dots": ("node..publish", "E_VERB"),
        "look-alike": ("tr\u0430nsfer", "E_VERB"),
    },
    "this": {
        "type": ([], "E_FIELD_TYPE"),
        "text": ("{}", "E_FIELD_TYPE"),
        "null": (None, "E_FIELD_TYPE"),
        "long": ({"a": "x" * (4 * 1024 * 1024)}, "E_SIZE"),
        "not NFC": ({"a": DECOMPOSED}, "E_NFC"),
        "key not NFC": ({DECOMPOSED: 1}, "E_NFC"),
        "float": ({"a": 1.5}, "E_FLOAT"),
        "half a pair": ({"a": "\ud800"}, "E_UTF8"),
        "deep": ({"a": DEEP}, "E_DEPTH"),
    },
    "when": {
        "type": (1_790_000_000_000_000_000, "E_FIELD_TYPE"),
        "null": (None, "E_FIELD_TYPE"),
        "long": ("2026-11-22T05:38:00." + "0" * 10_000 + "Z", "E_WHEN"),
        "seconds": ("2026-11-22T05:38:00Z", "E_WHEN"),
        "offset": ("2026-11-22T05:38:00.000000000+00:00", "E_WHEN"),
        "small z": ("2026-11-22t05:38:00.000000000z", "E_WHEN"),
        "no such day": ("2026-02-30T05:38:00.000000000Z", "E_WHEN"),
        "leap second": ("2026-12-31T23:59:60.000000000Z", "E_WHEN"),
        "before 1970": ("1969-12-31T23:59:59.999999999Z", "E_WHEN"),
        "after 2262": ("2262-04-11T23:47:16.854775808Z", "E_WHEN"),
        "past": ("1970-01-01T00:00:00.000000000Z", "E_CLOCK"),
        "future": ("2262-04-11T23:47:16.854775807Z", "E_CLOCK"),
    },
    "confirmed_by": {
        "type": (True, "E_FIELD_TYPE"),
        "long": (OTHER + "z" * 10_000, "E_DID"),
        "name": ("treasury-1", "E_DID"),
        "confirmed by itself": (OTHER, "E_INTENT_FORM"),
    },
    "status": {
        "type": (1, "E_FIELD_TYPE"),
        "null": (None, "E_FIELD_TYPE"),
        "long": ("PENDING" * 1000, "E_STATUS"),
        "case": ("pending", "E_STATUS"),
        "draft": ("DRAFT", "E_INTENT_FORM"),
        "committed": ("COMMITTED", "E_INTENT_FORM"),
        "ghost": ("GHOST", "E_INTENT_FORM"),
    },
}  # fmt: skip
WRONG |= {
    field: {
        "type": ({"action": "emit"}, "E_FIELD_TYPE"),
        "null": (None, "E_FIELD_TYPE"),
        "long": ("emit:" + "x" * 129, "E_COMMITMENT"),
        "long target": ("abort@" + "x" * 129, "E_COMMITMENT"),
        "empty": ("", "E_COMMITMENT"),
        "case": ("Emit:done", "E_COMMITMENT"),
        "unknown": ("explode:now", "E_COMMITMENT"),
        "no event": ("emit:", "E_COMMITMENT"),
        "no handler": ("escalate", "E_COMMITMENT"),
        "never": ("retry:0", "E_COMMITMENT"),
        "leading zero": ("retry:01", "E_COMMITMENT"),
        "too often": ("retry:100", "E_COMMITMENT"),
        "argument": ("abort:now", "E_COMMITMENT"),
        "two targets": ("emit:a@b@c", "E_COMMITMENT"),
        "newline": ("emit:done\n", "E_COMMITMENT"),
        "nobody": ("escalate:nobody-has-this", "E_COMMITMENT_NOBODY"),
    }
    for field in ("if_ok", "if_doubt", "if_not")
}  # fmt: skip
ENVELOPE: dict[str, dict[str, tuple[Any, str]]] = {
    "nonce": {
        "type": (26, "E_NONCE"),
        "short": ("0" * 25, "E_NONCE"),
        "long": ("0" * 65, "E_NONCE"),
        "letters": ("0" * 25 + "\u0661", "E_NONCE"),
    },
    "ledger": {
        "type": (None, "E_LEDGER_ID"),
        "long": ("x" * 65, "E_LEDGER_ID"),
        "space": ("main ", "E_LEDGER_ID"),
        "another": ("another", "E_LEDGER"),
    },
}


def cases(table: dict[str, dict[str, tuple[Any, str]]]) -> list[Any]:
    return [
        pytest.param(field, value, code, id=f"{field}: {way}")
        for field, ways in table.items()
        for way, (value, code) in ways.items()
    ]


@pytest.fixture(scope="module")
def fitting(example: Cast) -> dict[str, Any]:
    """A signed intent that the gate would take, as JSON."""
    this: dict[str, Json] = {"intent": "b3:" + "0" * 64, "reason": "no"}
    return example.sign(example.agent, "run.cancel", this).json


@pytest.fixture
def unrecorded(ledger_length: Callable[[], int]) -> Iterator[None]:
    """The test adds no entry to the ledger."""
    before = ledger_length()
    yield
    assert ledger_length() == before


def signed(example: Cast, intent: dict[str, Any]) -> dict[str, Any]:
    """Signed whatever it says, as far as it has a canonical text at all."""
    try:
        text = encode(intent)
    except LogosError:
        text = b"no text"
    return {"intent": intent, "signature": example.agent.sign(Tag.INTENT, text)}


def refused(example: Cast, submitted: Any) -> LogosError:
    with pytest.raises(LogosError) as caught:
        example.system.supervisor.execute(submitted)
    return caught.value


def test_every_field_is_there_in_each_way() -> None:
    assert set(WRONG) == set(FIELDS)
    assert all({"type", "long"} <= set(ways) for ways in WRONG.values())


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize(("field", "value", "code"), cases(WRONG))
def test_a_wrong_field_is_refused_by_its_own_code_and_leaves_nothing(
    example: Cast, fitting: dict[str, Any], field: str, value: Any, code: str
) -> None:
    intent = copy.deepcopy(fitting["intent"])
    intent["logline"][field] = value
    error = refused(example, signed(example, intent))
    assert error.code == code, error
    if code in ("E_SIZE", "E_CLOCK"):
        return  # of the whole, and of a line that is well-formed
    where: Any = error.data["path"] if field == "this" and code != "E_FIELD_TYPE" else None
    assert where is None or where.startswith("$.logline.this.")
    assert where is not None or error.data["field"] == field
    assert len(error.message) < 400
    assert json.dumps(error.to_json(), ensure_ascii=False).encode()  # it can be told


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_named_though_the_rest_is_signed(
    example: Cast, fitting: dict[str, Any], field: str
) -> None:
    intent = copy.deepcopy(fitting["intent"])
    del intent["logline"][field]
    error = refused(example, signed(example, intent))
    assert (error.code, error.data["field"]) == ("E_MISSING_FIELD", field)


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize("part", ["signed", "intent", "logline"])
def test_a_tenth_field_is_refused_and_named(
    example: Cast, fitting: dict[str, Any], part: str
) -> None:
    intent = copy.deepcopy(fitting["intent"])
    if part != "signed":
        (intent if part == "intent" else intent["logline"])["why"] = "because"
    submitted = signed(example, intent)
    if part == "signed":
        submitted["why"] = "because"
    error = refused(example, submitted)
    assert (error.code, error.data["field"]) == ("E_UNKNOWN_FIELD", "why")


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize(("field", "value", "code"), cases(ENVELOPE))
def test_what_stands_around_the_line_is_as_strict(
    example: Cast, fitting: dict[str, Any], field: str, value: Any, code: str
) -> None:
    intent = copy.deepcopy(fitting["intent"])
    intent[field] = value
    assert refused(example, signed(example, intent)).code == code


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.upper(), "E_FIELD_TYPE"),
        (lambda text: text[:-1], "E_FIELD_TYPE"),
        (lambda text: text + "00", "E_FIELD_TYPE"),
        (lambda text: [text], "E_FIELD_TYPE"),
        (lambda text: "0" * 128, "E_SIGNATURE"),
        (lambda text: text[:64] + "f" * 64, "E_SIGNATURE"),  # S above the group's order
    ],
    ids=["case", "short", "long", "type", "zero", "high S"],
)
def test_a_signature_has_one_text(
    example: Cast, fitting: dict[str, Any], change: Callable[[str], Any], code: str
) -> None:
    submitted = {**fitting, "signature": change(fitting["signature"])}
    assert refused(example, submitted).code == code


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace('"did":', '"did":"run.limit","did":', 1), "E_DUP_KEY"),
        (lambda text: text.replace('"reason":"no"', '"reason":1e2', 1), "E_NUM_FMT"),
        (lambda text: text.replace('"reason":"no"', f'"reason":"{DECOMPOSED}"', 1), "E_NFC"),
    ],
    ids=["key twice", "number", "not NFC"],
)
def test_a_file_that_is_no_canonical_value_is_refused_before_it_is_a_line(
    fitting: dict[str, Any], logos: Logos, tmp_path: Path, change: Callable[[str], str], code: str
) -> None:
    text = encode(fitting).decode()
    assert change(text) != text
    (tmp_path / "line.json").write_text(change(text))
    ended = logos("tuple", "submit", tmp_path / "line.json", "--json")
    assert (ended.status, ended.document["error"]["code"]) == (2, code)


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("$", lambda this: this.pop("payment")),
        ("$.payment.currency", lambda this: this["payment"].update(currency="usd")),
        ("$.payment.amount", lambda this: this["payment"].update(amount=1250)),
        ("$.payment.history[2].amount", lambda this: this["payment"]["history"][2].update(
            amount="1e3")),
        ("$.payment.history[0]", lambda this: this["payment"]["history"][0].pop("minutes-ago")),
        ("$.payment.history[1].minutes-ago", lambda this: this["payment"]["history"][1].update(
            {"minutes-ago": 2**64})),
        ("$", lambda this: this.update(tip="1.00")),
    ],
)  # fmt: skip
def test_a_payload_that_misses_its_schema_is_a_ghost_that_says_where(
    example: Cast, payment: Callable[[str], Any], where: str, change: Callable[[Any], object]
) -> None:
    this = payment("ok")
    change(this)
    outcome = example.submit(example.agent, "transfer", this)
    error = outcome.error
    assert error is not None
    assert (outcome.status, error.code) == ("GHOST", "E_THIS_SCHEMA")
    assert error.data["path"] == where
    recorded = example.system.store.intent(outcome.intent)
    assert recorded is not None
    assert recorded.cause == outcome.cause
    assert outcome.cause is not None
    assert outcome.cause["code"] == "E_THIS_SCHEMA"
    assert f"at {where} expected" in str(outcome.cause["detail"])


@pytest.mark.parametrize("name", ["transfers", "transfer.now", "x" * MAX_VERB_LENGTH, "policy.off"])
def test_an_unknown_verb_is_kept_as_a_ghost_whoever_invents_it(
    example: Cast, logos: Logos, name: str
) -> None:
    outcome: Outcome = example.submit(example.agent, name, {"everything": True})
    assert (outcome.status, outcome.cause) == ("GHOST", {"type": "InvalidVerb", "verb": name})
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.data["verb"]) == ("E_UNKNOWN_VERB", name)
    listed = json.dumps(logos("ghost", "list", "--json").document)
    assert outcome.intent in listed
