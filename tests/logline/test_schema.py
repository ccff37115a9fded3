"""The published schema of signed intents says what the parser does."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from logos_graph.errors import InvalidInput
from logos_graph.identity import Signer
from logos_graph.logline import FIELDS, parse_signed_intent

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas" / "signed-intent.schema.json").read_text()
)
VALIDATOR = Draft202012Validator(SCHEMA)
GOOD: dict[str, Any] = {
    "intent": {
        "ledger": "main",
        "logline": {
            "who": Signer.from_seed(bytes(32)).did,
            "did": "node.publish",
            "this": {},
            "when": "2026-11-22T05:38:00.000000000Z",
            "confirmed_by": None,
            "if_ok": "emit:published@did:key:x",
            "if_doubt": "retry:3",
            "if_not": "abort",
            "status": "PENDING",
        },
        "nonce": "0" * 26,
    },
    "signature": "0" * 128,
}


def changed(path: tuple[str, ...], value: object) -> Any:
    copy = deepcopy(GOOD)
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return copy


def test_the_schema_is_one_and_accepts_what_the_parser_accepts() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    VALIDATOR.validate(GOOD)
    parse_signed_intent(GOOD)
    assert tuple(SCHEMA["$defs"]["logline"]["required"]) == FIELDS


@pytest.mark.parametrize(
    "path",
    [("signature",), ("intent",), ("intent", "ledger"), ("intent", "nonce"), ("intent", "logline")]
    + [("intent", "logline", field) for field in FIELDS]
    + [("extra",), ("intent", "extra"), ("intent", "logline", "extra")],
)
@pytest.mark.parametrize(
    "value", [7, True, [], "", "x y", "a" * 65, "-DRAFT", "retry:0", "did:key:z6Mk", "A" * 128]
)
def test_what_the_schema_refuses_the_parser_refuses(path: tuple[str, ...], value: object) -> None:
    instance = changed(path, value)
    assert not VALIDATOR.is_valid(instance)
    with pytest.raises(InvalidInput):
        parse_signed_intent(instance)
