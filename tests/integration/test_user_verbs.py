"""Verbs of one's own: bound to no flow they are only recorded; what they say is true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import Json
from logos_graph.governance import parse_verb
from logos_graph.resources import list_files, read_text

if TYPE_CHECKING:
    from tests.integration.conftest import Cast, Logos

SCHEMA: dict[str, Json] = {
    "type": "object", "required": ["text"], "additionalProperties": False,
    "properties": {"text": {"type": "string", "maxLength": 50, "description": "The note."}},
    "examples": [{"text": "the door was open"}],
}  # fmt: skip


def note(name: str, **changed: Json) -> dict[str, Json]:
    return {
        "name": name, "docs": "Keep a note.", "risk": "L0", "schema": SCHEMA, "flow": None,
        **changed,
    }  # fmt: skip


@pytest.fixture(scope="module")
def noted(example: Cast) -> Iterator[str]:
    """A registered verb that is bound to no flow, and a policy that lets everybody use it."""
    text = example.system.supervisor.view.policy.text
    outcome = example.submit(example.operator, "verb.register", note("note.keep", idempotent=True))
    assert outcome.status == "COMMITTED", outcome
    open_to_all = '@id("notes") permit (principal, action == Action::"note.keep", resource);\n'
    example.activate(text + open_to_all)
    yield "note.keep"
    example.activate(text)


def test_a_verb_bound_to_no_flow_is_recorded_with_a_receipt_and_without_a_run(
    example: Cast, noted: str
) -> None:
    before = len(example.entries())
    outcome = example.submit(example.agent, noted, {"text": "it rained"})
    assert (outcome.status, outcome.verdict, outcome.consequence) == (
        "COMMITTED", "ALLOW", "if_ok",
    )  # fmt: skip
    intent, receipt = example.entries(before)
    assert (intent.kind, intent.body["flow"]) == ("intent", None)
    assert (receipt.kind, receipt.body["intent"]) == ("receipt", outcome.intent)
    assert (receipt.body["mutations"], receipt.body["result"]) == ([], {})
    assert example.count("Run", intent=outcome.intent) == 0


def test_what_it_says_of_itself_is_in_the_graph_and_read_back_the_same(
    example: Cast, noted: str
) -> None:
    seen = example.system.supervisor.view.verbs[noted]
    assert (seen.effect, seen.idempotent) == ("record", True)
    (row,) = [row for row in example.system.reader.verbs() if row["name"] == noted]
    assert (row["effect"], row["idempotent"]) == ("record", True)
    assert parse_verb({key: value for key, value in row.items() if key != "kind"}) == seen
    transfer = example.system.supervisor.view.verbs["transfer"]
    assert (transfer.effect, transfer.idempotent) == ("flow", False)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"effect": "flow"}, "E_VERB_EFFECT"),
        ({"effect": "graph"}, "E_THIS_SCHEMA"),
        ({"idempotent": "yes"}, "E_THIS_SCHEMA"),
        ({"schema": {**SCHEMA, "examples": [{"txt": "?"}]}}, "E_VERB_EXAMPLE"),
    ],
    ids=["flow without one", "a product's", "no bool", "example"],
)
def test_a_verb_that_says_what_is_not_so_is_refused(
    example: Cast, changed: dict[str, Any], code: str
) -> None:
    outcome = example.submit(example.operator, "verb.register", note("note.wrong", **changed))
    assert outcome.error is not None
    assert (outcome.status, outcome.error.code) == ("GHOST", code)
    assert "note.wrong" not in example.system.supervisor.view.verbs


def test_a_verb_that_runs_a_flow_is_not_only_recorded(example: Cast) -> None:
    flow = example.system.reader.resolve("payment-approval", ("Flow",))
    wrong = note("note.wrong", flow=flow, effect="record")
    outcome = example.submit(example.operator, "verb.register", wrong)
    assert outcome.error is not None
    assert outcome.error.code == "E_VERB_EFFECT"


def test_show_prints_what_a_verb_takes_and_an_example(
    example: Cast, noted: str, logos: Logos, tmp_path: Path
) -> None:
    shown = logos("verb", "show", noted)
    assert shown.status == 0, shown.err
    for words in ("record: it is recorded", "at most 50 characters", "The note.", "the door was"):
        assert words in shown.out
    document = logos("verb", "show", noted, "--json").document
    assert document["example"] == {"text": "the door was open"}
    assert [field["path"] for field in document["fields"]] == ["text"]
    own = tmp_path / "own.json"
    own.write_text(
        json.dumps({key: each for key, each in note("note.own").items() if key != "flow"})
    )
    made = logos("verb", "register", own, "--json")
    assert made.document["status"] == "COMMITTED", made
    example.system.supervisor.catch_up()
    assert example.system.supervisor.view.verbs["note.own"].effect == "record"


def test_every_verb_of_the_product_is_in_the_ledger_as_its_file_says(example: Cast) -> None:
    for file in list_files("schemas/verbs", ".schema.json"):
        verb = parse_verb(json.loads(read_text(file)))
        assert example.system.supervisor.view.verbs[verb.name] == verb
