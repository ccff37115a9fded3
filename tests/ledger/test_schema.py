"""The published schema of ledger entries says what the parser does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from logos_graph.ledger import MUTATION_KEYS, EntryKind

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas" / "ledger-entry.schema.json").read_text()
)
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_accepts_every_entry_that_is_made(story: Any) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for entry in story.entries:
        VALIDATOR.validate(json.loads(entry.text))


def test_the_schema_knows_the_same_kinds() -> None:
    assert SCHEMA["properties"]["kind"]["enum"] == list(EntryKind)
    assert SCHEMA["$defs"]["mutation"]["properties"]["kind"]["enum"] == list(MUTATION_KEYS)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"index": 0},
        {"index": -1},
        {"kind": "wish"},
        {"kind": "receipt"},
        {"ledger": ""},
        {"policy_hash": "b3:x"},
        {"prev_hash": None},
        {"trace_id": "x"},
        {"recorded_at": 2**63},
        {"extra": 1},
        {"body": {}},
    ],
)
def test_the_schema_refuses_what_the_parser_refuses(story: Any, change: dict[str, Any]) -> None:
    fields = json.loads(story.entries[1].text)
    assert not VALIDATOR.is_valid({**fields, **change})
