"""A node's life: published, forked, deprecated, promoted, rebuilt."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from neo4j import Auth, GraphDatabase

from logos_graph.canon import Json, content_id
from logos_graph.ledger import check_invariants
from logos_graph.store import read_state
from logos_graph.supervisor import Supervisor
from logos_graph.wasm import admission
from logos_graph.wiring import SystemOutside
from tests.integration.publishing import (
    FLOW,
    TOO_LARGE,
    check_ledger,
    code,
    code_of,
    draft,
    published,
    result,
)

if TYPE_CHECKING:
    from pathlib import Path

    from logos_graph.wasm.builder import Builder, Built
    from tests.integration.conftest import Cast, Logos


class AnotherMachine:
    """The builder of a machine with another toolchain: the same module, and a note in it."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder

    def build(self, source: bytes) -> Built:
        """As the builder here; then a custom section of five bytes."""
        built = self._builder.build(source)
        module = built.module + b"\0\5\4note"
        return replace(built, module=module, toolchain="rustc of another machine")


# --- documentation ---------------------------------------------------------------------------


def test_what_a_node_says_of_itself_is_in_the_ledger_and_on_its_ports(
    example: Cast, logos: Logos
) -> None:
    shown = logos("node", "show", "validate-amount", "--json")
    assert shown.status == 0, shown
    node = shown.document
    assert node["docs"]
    assert "--crate-type" in node["flags"]
    assert node["docs"].splitlines()[0] in logos("node", "show", "validate-amount").out
    stored = read_state(example.system.reader).get("node", node["id"])
    assert stored is not None
    assert stored["inputs"] == node["inputs"]


# --- standing --------------------------------------------------------------------------------


def test_a_deprecated_node_goes_on_in_old_flows_and_is_placed_in_no_new_one(
    example: Cast, logos: Logos, tmp_path: Path
) -> None:
    node = published(example, "old-way", "value / 2")
    text = FLOW.format(name="old-flow", used="old-way")
    flow = result(example.publish_flow(text, "old-flow"))["flow"]
    done = logos("node", "deprecate", "old-way", "--reason", "it rounds down", "--json")
    assert (done.status, done.document["status"]) == (0, "COMMITTED")
    example.system.supervisor.catch_up()

    ran = example.submit(example.operator, "flow.run", {"flow": flow, "inputs": {"value": 7}})
    assert result(ran)["outputs"] == {"out": 3}
    assert not result(example.publish_flow(text, "old-flow-again"))["new"]
    other = FLOW.format(name="new-flow", used="old-way").replace("only", "another")
    refused = example.publish_flow(other, "new-flow")
    assert code(refused) == "E_DEPRECATED"
    assert refused.error is not None
    assert (refused.error.data["placement"], refused.error.data["node"]) == ("another", node)
    assert "it rounds down" in refused.error.message

    (tmp_path / "new.toml").write_text(other)
    checked = logos("flow", "check", tmp_path / "new.toml", "--json")
    assert (checked.status, checked.document["error"]["code"]) == (1, "E_DEPRECATED")

    again = logos("node", "deprecate", "old-way", "--reason", "again", "--json")
    assert (again.status, again.document["error"]["code"]) == (1, "E_DEPRECATED")
    example.system.supervisor.catch_up()
    assert "it rounds down" in logos("node", "list").out
    (said,) = logos("node", "show", "old-way", "--json").document["standing"]
    assert (said["kind"], said["reason"]) == ("deprecation", "it rounds down")
    check_ledger(example)


def test_a_fork_names_its_origin(example: Cast, logos: Logos, tmp_path: Path) -> None:
    origin = published(example, "original", "value.rotate_left(3)")
    file = tmp_path / "variant.rs"
    file.write_text(code_of("variant", "value.rotate_left(4)"))
    done = logos("node", "fork", "original", file, "--json")
    assert done.status == 0, done
    example.system.supervisor.catch_up()
    shown = logos("node", "show", "variant", "--json").document
    assert shown["forked_from"] == origin
    assert shown["id"] != origin
    check_ledger(example)

    same = code_of("original", "value.rotate_left(3)")
    this: dict[str, Json] = {"node": origin, "name": "same", "source": same}
    assert code(example.submit(example.operator, "node.fork", this)) == "E_FORK_SAME"
    assert example.system.reader.rows("read/names", name="same") == []


def test_a_node_is_promoted_by_consent_and_once(example: Cast, logos: Logos) -> None:
    node = published(example, "settled", "value.swap_bytes()")
    waiting = logos("node", "promote", "settled", "--reason", "reviewed", "--json")
    assert (waiting.status, waiting.document["status"]) == (4, "PENDING")
    example.system.supervisor.catch_up()
    intent = waiting.document["intent"]
    given = logos("consent", "give", intent, "--as", "treasury-1", "--json")
    assert given.status == 0, given
    example.system.supervisor.catch_up()
    shown = logos("node", "show", "settled", "--json").document
    assert (shown["id"], shown["layer"]) == (node, "Bedrock")
    assert [said["kind"] for said in shown["standing"]] == ["promotion"]
    check_ledger(example)

    this: dict[str, Json] = {"node": node, "reason": "again"}
    (settled,) = example.consent(
        example.treasury[0], example.submit(example.operator, "node.promote", this)
    ).settled
    assert code(settled) == "E_BEDROCK"


@pytest.mark.parametrize("verb", ["node.deprecate", "node.fork"])
def test_only_a_node_can_be_deprecated_or_forked(example: Cast, verb: str) -> None:
    flow = example.system.reader.resolve("payment-approval", ("Flow",))
    for target in (flow, "b3:" + "0" * 64):
        this: dict[str, Json] = {"node": target}
        if verb == "node.fork":
            this |= {"name": "x", "source": TOO_LARGE}
        else:
            this |= {"reason": "why not"}
        assert code(example.submit(example.operator, verb, this)) == "E_UNKNOWN_NODE"


# --- I4 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "key", "change"),
    [
        ("draft", "id", {"status": "built"}),
        ("draft", "id", {"diagnostics": []}),
        ("deprecation", "node", {"reason": "another"}),
        ("node", "id", {"layer": "Bedrock"}),
        ("node", "id", {"flags": []}),
    ],
)
def test_i4_tells_what_was_changed_in_a_draft_or_in_a_node_s_standing(
    example: Cast, kind: str, key: str, change: dict[str, Json]
) -> None:
    node = example.system.reader.resolve("validate-amount", ("Node",))
    if kind == "deprecation" and not example.system.store.deprecated([node]):
        this: dict[str, Json] = {"node": node, "reason": "for this test"}
        assert example.submit(example.operator, "node.deprecate", this).status == "COMMITTED"
    broken = code_of("i4", "missing")
    made = result(draft(example, broken, "i4"))["draft"] if kind == "draft" else node
    stored = read_state(example.system.reader)
    thing = stored.get(kind, made)
    assert thing is not None
    assert thing[key] == made
    stored.apply({**thing, **change})
    report = check_invariants(example.entries(), stored)
    assert not report.I4.ok
    assert report.I4.first_offender is not None
    assert report.I4.first_offender.message.endswith(f"in {next(iter(change))}")


# --- the commands ----------------------------------------------------------------------------


def test_check_and_show_print_what_the_author_wrote_alike(
    example: Cast, logos: Logos, tmp_path: Path
) -> None:
    source = code_of("two-lines", "value + 22", "One line.\n    ///\n    /// Another.")
    assert result(example.publish_node(source, "two-lines"))["new"]
    file = tmp_path / "two-lines.rs"
    file.write_text(source)
    for command, named in (("check", str(file)), ("show", "two-lines")):
        assert "\n\nOne line.\n\nAnother.\n\nPORT" in logos("node", command, named).out


def test_the_reader_of_browser_sees_what_the_author_wrote(example: Cast, logos: Logos) -> None:
    known = logos("node", "show", "validate-amount", "--json").document
    connection = example.system.connection
    user = Auth("basic", connection.explorer_username, connection.explorer_password)
    with GraphDatabase.driver(connection.uri, auth=user) as explorer:
        rows, _, _ = explorer.execute_query(
            "MATCH (node:Node {id: $id})-[:HAS_PORT]->(port) RETURN node.docs AS docs, "
            "port.name AS name, port.docs AS port, port.members AS members",
            {"id": known["id"]},
            database_=connection.database,
        )
    assert {row["docs"] for row in rows} == {known["docs"]}
    ports = {port["name"]: port for port in known["inputs"] + known["outputs"]}
    assert {row["name"] for row in rows} == set(ports)
    for row in rows:
        assert row["port"] == ports[row["name"]].get("docs")
        assert json.loads(row["members"] or "[]") == ports[row["name"]].get("members", [])
    assert any(row["members"] for row in rows)


def test_a_node_is_rebuilt_from_its_recorded_source(example: Cast, echo: str, logos: Logos) -> None:
    rebuilt = logos("node", "rebuild", "echo", "--json")
    assert rebuilt.status == 0, rebuilt
    document = rebuilt.document
    assert (document["node"], document["rebuilt"], document["same"]) == (echo, echo, True)
    assert document["recorded"] == document["here"]
    assert document["differs"] == []
    told = logos("node", "rebuild", echo[:15])
    assert told.status == 0
    assert "make the same module" in told.out
    source = logos("node", "source", "echo", "--json").document
    assert source["source"] == content_id(source["text"].encode())
    assert logos("node", "source", "echo").out == source["text"]


def test_a_node_that_another_machine_made_differently_is_told_and_not_promoted(
    example: Cast, logos: Logos
) -> None:
    system = example.system
    elsewhere = Supervisor(
        store=system.store,
        signers=system.signer_of,
        clock=system.clock,
        writers=system.writers,
        builder=AnotherMachine(system.builder),
        admission=admission,
        host=system.host,
        outside=SystemOutside(),
    )
    source = code_of("made-elsewhere", "value.reverse_bits()")
    this: dict[str, Json] = {"name": "made-elsewhere", "source": source}
    node = result(elsewhere.execute(example.sign(example.operator, "node.publish", this)))["node"]
    system.supervisor.catch_up()

    rebuilt = logos("node", "rebuild", "made-elsewhere", "--json")
    assert rebuilt.status == 1, rebuilt
    document = rebuilt.document
    assert (document["node"], document["same"], document["differs"]) == (node, False, ["toolchain"])
    assert document["recorded"]["toolchain"] == "rustc of another machine"
    told = logos("node", "rebuild", "made-elsewhere")
    assert told.status == 1
    assert "not as recorded: toolchain;" in told.out

    reviewed: dict[str, Json] = {"node": node, "reason": "reviewed"}
    (settled,) = example.consent(
        example.treasury[0], example.submit(example.operator, "node.promote", reviewed)
    ).settled
    assert code(settled) == "E_NOT_REBUILT"
    assert settled.error is not None
    assert settled.error.data["rebuilt"] == document["rebuilt"]


@pytest.mark.parametrize(
    ("words", "status", "error"),
    [
        ("draft no-such-file.rs", 2, "E_FILE"),
        ("drafts --principal nobody", 1, "E_UNKNOWN_PRINCIPAL"),
        ("drafts --limit 0", 2, "E_USAGE"),
        ("deprecate no-such-node --reason x", 1, "E_UNKNOWN_NODE"),
        ("deprecate validate-amount", 2, "E_USAGE"),
        ("fork no-such-node no-such-file.rs", 2, "E_FILE"),
        ("promote no-such-node --reason x", 1, "E_UNKNOWN_NODE"),
        ("rebuild no-such-node", 1, "E_UNKNOWN_NODE"),
        ("rebuild payment-approval", 1, "E_UNKNOWN_NODE"),
        ("source no-such-node", 1, "E_UNKNOWN_NODE"),
        ("show b3:0000000000", 1, "E_UNKNOWN_NODE"),
    ],
)
def test_a_wrong_command_fails_with_its_code(
    example: Cast, logos: Logos, words: str, status: int, error: str
) -> None:
    ended = logos("node", *words.split(), "--json")
    assert (ended.status, ended.document["error"]["code"]) == (status, error), ended
    told = logos("node", *words.split())
    assert (told.status, told.out) == (status, "")
    assert f"error[{error}]: " in told.err
