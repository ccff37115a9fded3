"""Commands that need no database: json, policy check, the list of audit questions, node inspect."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from logos_graph.canon import content_id
from logos_graph.cli.audit import questions
from logos_graph.resources import locate, read_text

if TYPE_CHECKING:
    from tests.cli.conftest import Logos

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "payment-approval"
VECTORS = Path(__file__).resolve().parents[1] / "canon" / "vectors"


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_canonize_prints_exactly_the_canonical_bytes(
    logos: Logos, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, '{"b": 1, "a": ["é"]}\n'.encode())
    ended = logos("json", "canonize", "-")
    assert ended.status == 0
    assert ended.out == '{"a":["é"],"b":1}'


def test_what_canonize_prints_verifies_and_nothing_else_does(logos: Logos, tmp_path: Path) -> None:
    file = tmp_path / "value.json"
    file.write_text('{"b": 1, "a": 2}')
    refused = logos("json", "verify", str(file), "--json")
    assert refused.status == 1
    assert refused.document["error"]["code"] == "E_NOT_CANONICAL"
    canonical = logos("json", "canonize", str(file), "--json").document
    file.write_text(canonical["canonical"])
    assert logos("json", "verify", str(file), "--json").document["id"] == canonical["id"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"1.5", "E_FLOAT"),
        (b"1e2", "E_NUM_FMT"),
        (b'"\xff"', "E_UTF8"),
        (b'{"a":1,"a":2}', "E_DUP_KEY"),
        ('"e\u0301"'.encode(), "E_NFC"),
        (b"[" * 100 + b"]" * 100, "E_DEPTH"),
        (b"[", "E_JSON"),
        (b" " * (4 * 1024 * 1024 + 1), "E_FILE_SIZE"),
    ],
)
def test_each_refusal_of_json_has_its_code(
    logos: Logos, monkeypatch: pytest.MonkeyPatch, text: bytes, code: str
) -> None:
    stdin(monkeypatch, text)
    ended = logos("json", "canonize", "-", "--json")
    assert ended.status == 2
    assert ended.document["error"]["code"] == code


def test_compare_looks_at_values_and_not_at_texts(logos: Logos, tmp_path: Path) -> None:
    one, same, other = (tmp_path / name for name in ("one", "same", "other"))
    one.write_text('{"a": 1, "b": 2}')
    same.write_text('{"b":2,"a":1}')
    other.write_text('{"a": 1, "b": 3}')
    assert logos("json", "compare", str(one), str(same)).status == 0
    ended = logos("json", "compare", str(one), str(other), "--json")
    assert ended.status == 1
    assert ended.document["offset"] == len('{"a":1,"b":')


@pytest.mark.parametrize("file", sorted(VECTORS.glob("*.jsonl")), ids=lambda file: file.stem)
def test_the_projects_own_vectors_hold(logos: Logos, file: Path) -> None:
    ended = logos("json", "test-vectors", str(file), "--json")
    assert ended.status == 0
    assert ended.document["vectors"] > 0
    assert ended.document["faults"] == {}


@pytest.mark.parametrize(
    "vector",
    [
        {"name": "x", "input": "[1, 2]", "canonical": "[1, 2]"},
        {"name": "x", "input": "[1]", "canonical": "[1]", "id": "b3:" + "0" * 64},
        {"name": "x", "input": "[1]", "error": "E_FLOAT"},
        {"name": "x", "input_hex": "312e35", "error": "E_NUM_FMT"},
        {"name": "x", "input": "[1]", "offset": 0},
        {"name": "x", "input": "[1, 2]", "offset": 2},
    ],
)
def test_a_vector_that_does_not_hold_is_named(
    logos: Logos, tmp_path: Path, vector: dict[str, object]
) -> None:
    file = tmp_path / "vectors.jsonl"
    file.write_text(json.dumps(vector) + "\n")
    ended = logos("json", "test-vectors", str(file), "--json")
    assert ended.status == 1
    assert list(ended.document["faults"]) == ["x"]


def test_what_is_no_vector_is_refused_with_its_line(logos: Logos, tmp_path: Path) -> None:
    file = tmp_path / "vectors.jsonl"
    file.write_text('{"name": "a", "input": "1", "canonical": "1"}\n{"name": "b"}\n')
    ended = logos("json", "test-vectors", str(file), "--json")
    assert ended.status == 2
    assert ended.document["error"]["line"] == 2


def test_policy_check_lists_the_rules_and_names_the_policy(logos: Logos, tmp_path: Path) -> None:
    text = read_text("schemas/policies/bootstrap.cedar")
    file = tmp_path / "policy.cedar"
    file.write_text(text)
    document = logos("policy", "check", str(file), "--offline", "--json").document
    assert document["id"] == content_id(text.encode())
    assert document["rules"]
    assert {rule["effect"] for rule in document["rules"]} <= {"permit", "forbid"}


def test_a_policy_that_speaks_of_what_there_is_not_is_refused_with_the_line(
    logos: Logos, tmp_path: Path
) -> None:
    file = tmp_path / "policy.cedar"
    file.write_text(
        'permit (principal, action == Action::"node.draft", resource);\n\n'
        '@id("typo")\nforbid (principal, action == Action::"tranfer", resource);\n'
    )
    ended = logos("policy", "check", str(file), "--offline", "--json")
    error = ended.document["error"]
    assert (ended.status, error["code"]) == (1, "E_POLICY_SCHEMA")
    assert (error["rule"], error["line"]) == ("typo", 3)
    assert "tranfer" in error["message"]


def test_a_verb_s_file_makes_its_rules_fit(logos: Logos) -> None:
    policy = str(EXAMPLE / "policy.cedar")
    assert logos("policy", "check", policy, "--offline").status == 1
    verb = str(EXAMPLE / "transfer.verb.json")
    assert logos("policy", "check", policy, "--verb", verb).status == 0
    schema = logos("policy", "schema", "--verb", verb, "--json").document
    context = schema[""]["actions"]["transfer"]["appliesTo"]["context"]["attributes"]
    assert context["this"]["attributes"]["payment"]["attributes"]["amount"]["name"] == "decimal"


@pytest.mark.parametrize(
    "table",
    [EXAMPLE / "policy.cases.toml", locate("schemas/policies/bootstrap.cases.toml")],
    ids=["example", "bootstrap"],
)
def test_the_cases_beside_a_bundled_policy_hold_and_leave_no_rule_out(
    logos: Logos, table: Path
) -> None:
    document = logos("policy", "test", str(table), "--json").document
    assert [case["name"] for case in document["cases"] if not case["holds"]] == []
    assert (document["failed"], document["untested"]) == (0, [])


def test_a_policy_with_another_limit_fails_the_case_that_says_where_it_is(
    logos: Logos, tmp_path: Path
) -> None:
    """The table notices a change: it is not one that passes whatever the policy says."""
    other = tmp_path / "other.cedar"
    text = (EXAMPLE / "policy.cedar").read_text()
    other.write_text(text.replace('decimal("5000.00")', 'decimal("4999.99")'))
    ended = logos(
        "policy", "test", str(EXAMPLE / "policy.cases.toml"), "--policy", str(other), "--json"
    )
    assert ended.status == 1
    failed = [case for case in ended.document["cases"] if not case["holds"]]
    assert [case["name"] for case in failed] == ["an agent may transfer up to the limit"]
    assert "outcome: expected ALLOW, decided REQUIRE" in failed[0]["differences"]


def test_a_policy_that_does_not_parse_is_refused(logos: Logos, tmp_path: Path) -> None:
    file = tmp_path / "policy.cedar"
    file.write_text("permit (everything)")
    ended = logos("policy", "check", str(file), "--json")
    assert ended.status == 1
    assert ended.document["error"]["code"] == "E_POLICY_SYNTAX"


def test_every_audit_question_says_what_it_asks_and_takes_what_its_statement_uses() -> None:
    asked = questions()
    assert asked
    for question in asked:
        assert question.what.endswith(".")
        text = read_text(f"cypher/{question.statement}.cypher")
        used = set(re.findall(r"\$([a-z_]+)", re.sub(r"//.*", "", text)))
        assert set(question.parameters) == used, question.name


def test_audit_without_a_name_lists_the_questions(logos: Logos) -> None:
    document = logos("audit", "--json").document
    assert [each["name"] for each in document["questions"]] == [q.name for q in questions()]
    assert "ghosts" in logos("audit").out


def test_what_is_no_module_is_refused_by_a_named_check(logos: Logos, tmp_path: Path) -> None:
    file = tmp_path / "node.wasm"
    file.write_bytes(b"\0asm\1\0\0\0 and then nothing of the kind")
    ended = logos("node", "inspect", str(file), "--json")
    assert ended.status == 1
    assert ended.document["admitted"] is False
    assert ended.document["descriptor"] is None
    failed = [check for check in ended.document["checks"] if not check["ok"]]
    assert failed
    assert all(check["code"].startswith("E_ADMIT_") for check in failed)


@pytest.mark.parametrize("command", ["publish", "draft", "fork origin"])
def test_a_source_from_stdin_has_no_name_of_its_own(
    logos: Logos, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    stdin(monkeypatch, b"source")
    error = logos("node", *command.split(), "-", "--json").document["error"]
    assert (error["code"], "--name" in error["hint"]) == ("E_NODE_NAME", True)


def test_a_file_that_is_no_webassembly_is_told_so(logos: Logos, tmp_path: Path) -> None:
    file = tmp_path / "node.rs"
    file.write_text("fn main() {}")
    ended = logos("node", "inspect", str(file))
    assert (ended.status, ended.err) == (1, "")
    assert "no WebAssembly" in ended.out.splitlines()[-1]


def test_the_next_step_is_told_for_a_path_with_spaces_too(logos: Logos, tmp_path: Path) -> None:
    file = tmp_path / "a node.rs"
    assert f"logos node test '{file}'" in logos("node", "new", "share", "--output", str(file)).out


def test_doctor_names_what_mends_each_thing_that_is_missing(
    logos: Logos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    ended = logos("doctor", "--json")
    assert ended.status == 3
    checks = {check["name"]: check for check in ended.document["checks"]}
    assert checks["bubblewrap"]["ok"] is False
    assert "bubblewrap" in checks["bubblewrap"]["mend"]
    assert checks["database"]["mend"] == "logos up"
    assert all(check["mend"] for check in checks.values() if not check["ok"])


@pytest.mark.parametrize("what", ["nothing", "a file"])
def test_a_rebuild_of_what_is_no_folder_is_wrong_use(
    logos: Logos, tmp_path: Path, what: str
) -> None:
    named = tmp_path / "named"
    if what == "a file":
        named.touch()
    ended = logos("ledger", "rebuild", str(named), "--json")
    assert (ended.status, ended.document["error"]["code"]) == (2, "E_USAGE")
    assert not (tmp_path / "home").exists()
