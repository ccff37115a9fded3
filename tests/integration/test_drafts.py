"""Drafts: sources that are kept before there is a node, and what is granted to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import Json, content_id
from logos_graph.supervisor.handlers import drafts
from tests.integration.publishing import (
    CLOCK,
    FLOW,
    TOO_LARGE,
    check_ledger,
    code,
    code_of,
    draft,
    result,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.conftest import Cast, Logos

# --- drafts ----------------------------------------------------------------------------------


def test_a_source_that_does_not_compile_is_kept_with_what_the_compiler_said(
    example: Cast,
) -> None:
    source = code_of("half-done", "value + missing")
    made = result(draft(example, source, "half-done"))
    assert (made["status"], made["node"], made["failure"]["code"]) == ("unbuilt", None, "E_COMPILE")
    (stored,) = example.system.reader.rows("read/drafts", ids=[made["draft"]], who=None, limit=1)
    assert stored["who"] == "supervisor"
    assert "cannot find value `missing`" in stored["draft"]["diagnostics"]
    assert example.system.store.source(made["draft"]) == source
    assert example.count("Module", id=content_id(b"")) == 0
    check_ledger(example)


def test_a_source_whose_binary_is_refused_is_kept_with_the_check_that_failed(example: Cast) -> None:
    made = result(draft(example, TOO_LARGE, "too-large"))
    assert (made["status"], made["node"]) == ("refused", None)
    assert made["failure"]["code"] == "E_ADMIT_SIZE"
    assert code(example.submit(example.operator, "capability.grant",
        {"node": made["draft"], "capability": "clock"})) == "E_UNKNOWN_NODE"  # fmt: skip


def test_a_draft_leaves_no_module_and_cannot_be_placed(example: Cast) -> None:
    made = result(draft(example, code_of("not-yet", "value + 41"), "not-yet"))
    assert made["status"] == "built"
    assert example.count("Module", id=made["node"]) == 0
    assert example.count("Node", id=made["node"]) == 0
    assert example.system.reader.rows("read/names", name="not-yet") == []
    for used in (made["node"], made["draft"]):
        this: dict[str, Json] = {
            "name": "too-early", "text": FLOW.format(name="too-early", used="it"),
            "uses": {"it": used},
        }  # fmt: skip
        outcome = example.submit(example.operator, "flow.publish", this)
        assert code(outcome) == "E_UNKNOWN_COMPONENT"


@pytest.mark.parametrize("draft_first", [True, False])
def test_a_node_leads_to_the_drafts_it_came_from(example: Cast, draft_first: bool) -> None:
    name = f"came-{draft_first}".lower()
    source = code_of(name, f"value ^ {100 + draft_first}")
    acts: list[Callable[[], dict[str, Any]]] = [
        lambda: result(draft(example, source, name)),
        lambda: result(example.publish_node(source, name)),
    ]
    done = [act() for act in (acts if draft_first else reversed(acts))]
    (node,) = {each["node"] for each in done}
    (found,) = [
        row
        for row in example.system.reader.rows("read/drafts", ids=None, who=None, limit=100)
        if row["draft"].get("node") == node
    ]
    assert found["published"]
    assert node == example.system.reader.resolve(name, ("Node",))
    check_ledger(example)


def test_the_same_source_drafted_by_two_is_two_drafts(example: Cast) -> None:
    source = code_of("twice", "value | 77")
    first = result(draft(example, source, "twice"))
    second = result(draft(example, source, "twice", example.agent))
    assert first["draft"] != second["draft"]
    assert first["node"] == second["node"]


def test_attack_flood_of_drafts(example: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MAX_OPEN", 2)
    flooder = example.register("flooder", ["agent"], "agent")
    broken = code_of("flood", "missing")
    source = code_of("flood", "value & 15")
    assert result(draft(example, broken, "flood", flooder))["status"] == "unbuilt"
    assert result(draft(example, source, "flood", flooder))["status"] == "built"
    assert code(draft(example, broken, "flood", flooder)) == "E_DRAFT_LIMIT"
    assert result(draft(example, broken, "flood", example.agent))["status"] == "unbuilt"
    assert result(example.publish_node(source, "flood"))["new"]
    assert result(draft(example, broken, "flood", flooder))["status"] == "unbuilt"
    assert code(draft(example, broken, "flood", flooder)) == "E_DRAFT_LIMIT"
    check_ledger(example)


def test_attack_flood_of_drafts_of_a_node_that_is_there(
    example: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "MAX_OPEN", 2)
    parrot = example.register("parrot", ["agent"], "agent")
    source = code_of("parroted", "value & 31")
    assert result(example.publish_node(source, "parroted"))["new"]
    for _ in range(2):
        assert result(draft(example, source, "parroted", parrot))["status"] == "built"
    assert code(draft(example, source, "parroted", parrot)) == "E_DRAFT_LIMIT"
    check_ledger(example)


# --- grants before the node ------------------------------------------------------------------


def test_a_node_that_needs_a_capability_is_published_once_its_draft_was_granted_it(
    example: Cast,
) -> None:
    refused = example.publish_node(CLOCK, "tells-time")
    assert code(refused) == "E_ADMIT_GRANT"
    assert refused.error is not None
    node = refused.error.data["node"]
    assert f"logos capability grant {node} clock" in refused.error.hint
    assert "logos node draft" in refused.error.hint
    clock: dict[str, Json] = {"node": str(node), "capability": "clock"}
    assert code(example.submit(example.operator, "capability.grant", clock)) == "E_UNKNOWN_NODE"

    made = result(draft(example, CLOCK, "tells-time", example.agent))
    assert (made["status"], made["node"], made["needs"]) == ("built", node, ["clock"])
    other = example.submit(example.operator, "capability.grant", {**clock, "capability": "random"})
    assert other.status == "COMMITTED"
    assert code(example.publish_node(CLOCK, "tells-time")) == "E_ADMIT_GRANT"
    granted = example.submit(example.operator, "capability.grant", clock)
    assert result(example.publish_node(CLOCK, "tells-time"))["node"] == node
    held, _, _ = example.system.driver.execute_query(
        "MATCH (:Node {id: $node})-[:HOLDS]->(:Grant)-[:OF]->(c) RETURN c.id AS id ORDER BY id",
        {"node": node},
        database_=example.system.connection.database,
    )
    assert [row["id"] for row in held] == ["clock", "random"]
    revoked = example.submit(example.operator, "capability.revoke", {"grant": granted.intent})
    assert revoked.status == "COMMITTED"
    assert code(example.publish_node(CLOCK, "tells-time")) == "E_ADMIT_GRANT"
    check_ledger(example)


# --- the commands ----------------------------------------------------------------------------


def test_drafts_are_made_listed_shown_and_granted_by_commands(
    example: Cast, logos: Logos, tmp_path: Path
) -> None:
    file = tmp_path / "by-hand.rs"
    file.write_text(code_of("by-hand", "value + nothing"))
    failed = logos("node", "draft", file, "--as", "agent-1", "--json")
    assert failed.status == 0, failed
    assert failed.document["draft"]["status"] == "unbuilt"
    assert failed.document["draft"]["diagnostics"][0]["line"] == 6
    told = logos("node", "draft", file)
    assert told.status == 0
    assert "cannot find value `nothing`" in told.out
    first = failed.document["draft"]["id"]
    refused = logos("capability", "grant", first, "clock", "--json")
    assert (refused.status, refused.document["error"]["code"]) == (1, "E_DRAFT_NOT_BUILT")

    file.write_text(code_of("by-hand", "value + 1234"))
    made = logos("node", "draft", file, "--name", "by-hand", "--json").document["draft"]
    shown = logos("node", "show", made["id"][:15], "--json")
    assert (shown.status, shown.document) == (0, made)
    assert logos("node", "source", made["id"]).out == file.read_text()
    listed = logos("node", "drafts", "--json").document["drafts"]
    assert made["id"] in {each["id"] for each in listed}
    own = logos("node", "drafts", "--principal", "agent-1", "--json").document["drafts"]
    assert {each["who"] for each in own} == {"agent-1"}
    granted = logos("capability", "grant", made["id"], "clock", "--json")
    assert granted.document["result"]["node"] == made["node"]
    assert logos("capability", "revoke", granted.document["intent"]).status == 0
    example.system.supervisor.catch_up()


def test_check_names_the_grants_that_a_source_needs(
    example: Cast, logos: Logos, tmp_path: Path
) -> None:
    file = tmp_path / "tells-time.rs"
    file.write_text(CLOCK)
    checked = logos("node", "check", file, "--json")
    assert (checked.status, checked.document["needs"]) == (0, ["clock"])
    assert (
        f"logos capability grant {checked.document['node']} clock"
        in logos("node", "check", file).out
    )


def test_a_draft_tells_what_it_still_needs_and_then_that_it_can_be_published(
    example: Cast, logos: Logos
) -> None:
    source = code_of("two-needs", "value + u32::from(kv::get(&clock::now().to_string()).is_some())")
    refused = example.publish_node(source, "two-needs")
    assert refused.error is not None
    node = str(refused.error.data["node"])
    commands = [
        f"logos capability grant {node} clock",
        f"logos capability grant {node} kv --namespace NAME [--write]",
    ]
    assert refused.error.hint.split("\n")[1:] == commands
    made = result(draft(example, source, "two-needs", example.agent))["draft"]
    assert logos("node", "show", made).out.splitlines()[-2:] == [f"  {each}" for each in commands]
    first = logos("capability", "grant", made, "clock", "--json").document["intent"]
    left = logos("node", "show", made).out
    assert (commands[0] in left, left.splitlines()[-1]) == (False, f"  {commands[1]}")
    second = logos("capability", "grant", node, "kv", "--namespace", "two", "--json")
    assert "It can be published" in logos("node", "show", made).out
    for grant in (first, second.document["intent"]):
        assert logos("capability", "revoke", grant).status == 0
    example.system.supervisor.catch_up()
