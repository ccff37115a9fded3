"""What is read back from the graph is what is there, not what it says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import Json, content_id, encode_text
from logos_graph.store.components import (
    draft_mutation,
    grant_mutation,
    logline_state,
    node_mutation,
    with_contents,
    with_source,
)

BINARY, SOURCE = b"\0asm", "node! {}"
NODE: dict[str, Any] = {
    "kind": "node",
    "id": content_id(BINARY),
    "source": content_id(SOURCE.encode()),
}
LINE: dict[str, Any] = {
    "cid": "b3:line",
    "text": encode_text({"nonce": "n"}),
    "decision": encode_text({"outcome": "ALLOW"}),
    "status": "PENDING",
}


def row(line: dict[str, Any], *answers: dict[str, Any]) -> dict[str, Any]:
    return {"line": line, "pending": True, "submitted_by": ["did:a"], "answers": list(answers)}


def test_a_node_whose_contents_are_what_it_names_is_told_as_it_is() -> None:
    assert with_contents(NODE, [BINARY], [SOURCE]) == NODE


@pytest.mark.parametrize("binaries", [[BINARY + b"\0"], [], [BINARY, BINARY], [None]])
def test_a_binary_that_is_not_the_one_it_is_named_by_is_told(binaries: list[Any]) -> None:
    told = with_contents(NODE, binaries, [SOURCE])
    assert told != NODE
    assert told["module"] != NODE["id"]


@pytest.mark.parametrize("sources", [["node! { }"], [], [SOURCE, SOURCE], [None]])
def test_a_source_that_is_not_the_one_it_is_named_by_is_told(sources: list[Any]) -> None:
    assert with_contents(NODE, [BINARY], sources)["source"] != NODE["source"]


def test_a_source_that_was_renamed_is_told_though_its_text_is_the_old_one() -> None:
    renamed = {**NODE, "source": content_id(b"other")}
    assert with_contents(renamed, [BINARY], [SOURCE])["source"] != NODE["source"]


def test_a_line_is_told_with_all_that_the_graph_holds_of_it() -> None:
    late = {"edge": {"cid": "b3:2", "ledger_index": 10}, "principal": "did:c"}
    early = {"edge": {"cid": "b3:1", "ledger_index": 9}, "principal": "did:b"}
    assert logline_state(row({**LINE, "stranger": 1}, late, early)) == {
        "kind": "logline",
        "cid": "b3:line",
        "text": {"nonce": "n"},
        "decision": {"outcome": "ALLOW"},
        "status": "PENDING",
        "stranger": 1,
        "pending": True,
        "submitted_by": ["did:a"],
        "answers": [
            {"cid": "b3:1", "ledger_index": 9, "principal": "did:b"},
            {"cid": "b3:2", "ledger_index": 10, "principal": "did:c"},
        ],
    }


@pytest.mark.parametrize("text", ['{"nonce": "n"}', "", "no JSON", 7])
def test_a_text_that_is_not_the_canonical_one_does_not_pass_for_its_value(text: Any) -> None:
    assert logline_state(row({**LINE, "text": text}))["text"] == text


def test_a_port_is_told_with_its_docs_and_what_its_type_consists_of() -> None:
    members: list[Json] = [{"docs": "In cents.", "path": "amount"}]
    port = {"direction": "input", "position": 0, "name": "paid", "text": "u32"}
    documented = {**port, "docs": "To be paid.", "members": encode_text(members)}
    node: dict[str, Any] = {
        **dict.fromkeys(("id", "name", "docs", "size", "toolchain", "sdk")),
        "flags": [],
    }
    row = {"node": node, "source": "s", "layer": "Sediment", "forked_from": None}
    plain = {**port, "docs": None, "members": None}
    assert node_mutation({**row, "ports": [plain]})["inputs"] == [{"name": "paid", "type": "u32"}]
    assert node_mutation({**row, "ports": [documented]})["inputs"] == [
        {"name": "paid", "type": "u32", "docs": "To be paid.", "members": members}
    ]
    assert "forked_from" not in node_mutation({**row, "ports": []})
    assert node_mutation({**row, "ports": [], "forked_from": "b3:o"})["forked_from"] == "b3:o"


def test_a_draft_whose_source_is_another_is_told() -> None:
    draft = {"id": "b3:d", "name": "n", "by": "did:a", "status": "unbuilt", "diagnostics": "[]"}
    told = draft_mutation({"draft": draft, "source": content_id(SOURCE.encode())})
    assert (told["node"], told["failure"], told["imports"]) == (None, None, [])
    assert with_source(told, [SOURCE]) == told
    assert with_source(told, ["another"])["source"] != told["source"]
    assert with_source(told, [])["source"] != told["source"]


@pytest.mark.parametrize("revoked", [None, "b3:r"])
def test_a_grant_is_told_with_the_intent_that_revoked_it(revoked: str | None) -> None:
    row = {"grant": "b3:g", "node": "b3:n", "capability": "kv", "limits": '{"namespace":"v"}'}
    told = grant_mutation({**row, "revoked": revoked, "index": 3})
    assert told == {"kind": "grant", **row, "limits": {"namespace": "v"}, "revoked": revoked}
