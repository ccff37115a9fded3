"""The installed command in a process of its own: documents, exit statuses, errors, on a real home.

Exit statuses: 0 done, 1 refused or not verified, 2 wrong use, 3 environment, 4 waiting.
"""

from __future__ import annotations

import json
import shlex
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.identity import Signer

if TYPE_CHECKING:
    import subprocess

    from tests.integration.conftest import Cast, Ended, Logos

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "payment-approval"
NOBODY = Signer.from_seed(bytes(range(32))).did
LEADS = ("--if-ok", "emit:done", "--if-doubt", "escalate:operator", "--if-not", "emit:failed")
NODE = """use logos_sdk::prelude::*;

node! {{
    fn {name}(value: u32) -> out: u32 {{ {body} }}
}}
"""
FLOW = """[flow]
name = "{name}-flow"
[inputs]
value = "u32"
[placements]
only = "{name}"
[[edges]]
from = "input.value"
to = "only.value"
[outputs]
out = "only.out"
"""


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ("up", lambda found: found["database"]["running"]),
        ("status", lambda found: found["guard"]["active"] and found["counts"]),
        ("doctor", lambda found: found["healthy"]),
        ("browse --print", lambda found: found["username"] == "explorer"),
        ("key list", lambda found: "treasury-1" in {p["name"] for p in found["principals"]}),
        ("key show agent-1", lambda found: found["registered"] and found["roles"] == ["agent"]),
        ("node list", lambda found: len(found["nodes"]) >= 9),
        ("node show approve", lambda found: found["names"] == ["approve"]),
        (f"node check '{EXAMPLE}/nodes/approve.rs'", lambda found: found["node"][:3] == "b3:"),
        ("flow list", lambda found: len(found["flows"]) >= 2),
        ("flow show payment-approval", lambda found: len(found["edges"]) > 10),
        ("flow draw risk-score", lambda found: "velocity" in found["text"]),
        (f"flow check '{EXAMPLE}/risk-score.toml'", lambda found: found["names"] == ["risk-score"]),
        ("run list", lambda found: isinstance(found["runs"], list)),
        ("consent list", lambda found: isinstance(found["waiting"], list)),
        ("ghost list --since 7d", lambda found: isinstance(found["ghosts"], list)),
        ("capability list", lambda found: isinstance(found["grants"], list)),
        ("policy show", lambda found: "agents-may-transfer" in found["text"]),
        (f"policy check '{EXAMPLE}/policy.cedar'", lambda found: len(found["rules"]) == 10),
        ("verb list", lambda found: "transfer" in {verb["name"] for verb in found["verbs"]}),
        ("verb show transfer", lambda found: found["risk"] == "L2"),
        ("ledger show --limit 3", lambda found: len(found["entries"]) == 3),
        ("ledger verify", lambda found: found["verified"] and found["guard"]),
        ("audit", lambda found: len(found["questions"]) >= 3),
        ("audit impact --param id=approve", lambda found: found["rows"][0]["verbs"]),
        (f"json canonize '{EXAMPLE}/payments/ok.json'", lambda found: found["id"][:3] == "b3:"),
    ],
)
def test_a_command_that_succeeds_exits_0_with_one_json_document(
    example: Cast, logos: Logos, words: str, holds: Callable[[Any], object]
) -> None:
    ended = logos(*shlex.split(words), "--json")
    assert (ended.status, ended.err) == (0, "")
    assert holds(ended.document), ended.document


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        ("key show nobody", 1, "E_UNKNOWN_PRINCIPAL"),
        ("key new treasury-1", 1, "E_KEY_EXISTS"),
        ("node show no-such-node", 1, "E_UNKNOWN_NODE"),
        ("node publish no-such-file.rs", 2, "E_FILE"),
        ("flow show no-such-flow", 1, "E_UNKNOWN_FLOW"),
        ("flow check no-such-file.toml", 2, "E_FILE"),
        ("run payment-approval --input no-such-file.json", 2, "E_FILE"),
        (f"run risk-score --input '{EXAMPLE}/payments/ok.json'", 2, "E_RUN_INPUT_MISSING"),
        ("run show b3:0000000000", 1, "E_UNKNOWN_RUN"),
        ("tuple submit no-such-file.json", 2, "E_FILE"),
        ("tuple create --did transfer", 2, "E_USAGE"),
        ("consent give b3:0000000000", 1, "E_UNKNOWN_LOGLINE"),
        ("ghost list --who nobody", 1, "E_UNKNOWN_PRINCIPAL"),
        ("capability grant no-such-node log", 1, "E_UNKNOWN_NODE"),
        (f"policy check '{EXAMPLE}/payments/ok.json'", 1, "E_POLICY_SYNTAX"),
        (f"verb register '{EXAMPLE}/transfer.verb.json'", 1, "E_VERB_EXISTS"),
        (f"ledger verify --supervisor {NOBODY}", 1, "E_CHAIN_SUPERVISOR"),
        ("audit no-such-question", 2, "E_UNKNOWN_QUESTION"),
        ("json canonize no-such-file.json", 2, "E_FILE"),
        ("no-such-command", 2, "E_USAGE"),
        ("status --no-such-option", 2, "E_USAGE"),
    ],
)
def test_a_command_that_fails_exits_with_its_status_and_one_error_document(
    example: Cast, logos: Logos, words: str, status: int, code: str
) -> None:
    ended = logos(*shlex.split(words), "--json")
    error = ended.document["error"]
    assert (ended.status, error["code"]) == (status, code), error
    assert error["message"]
    told = logos(*shlex.split(words))
    assert (told.status, told.out) == (status, "")
    assert f"error[{code}]: " in told.err


def transfer(logos: Logos, name: str, *more: str) -> Ended:
    this = f"@{EXAMPLE}/payments/{name}.json"
    words = ("--who", "agent-1", "--did", "transfer", "--this", this, *LEADS, "--submit", *more)
    return logos("tuple", "create", *words)


def test_an_allowed_intent_exits_0_and_its_run_can_be_shown_and_replayed(
    example: Cast, logos: Logos
) -> None:
    done = transfer(logos, "ok", "--json")
    assert (done.status, done.err) == (0, "")
    assert (done.document["status"], done.document["guard"]) == ("COMMITTED", True)
    run = done.document["result"]["run"]
    shown = logos("run", "show", run, "--json")
    assert (shown.status, shown.document["intent"]) == (0, done.document["intent"])
    replayed = logos("run", "replay", run, "--json")
    assert (replayed.status, replayed.document["same"]) == (0, True)
    assert replayed.document["steps"] == 9
    assert replayed.document["compared"] >= len(shown.document["carried"])
    rows = logos("audit", "who-allowed", "--param", f"run={run}", "--json").document["rows"]
    assert {(row["run"], row["who"]) for row in rows} == {(run, "agent-1")}


def test_a_required_consent_exits_4_and_the_quorum_lets_the_intent_through(
    example: Cast, logos: Logos
) -> None:
    waiting = transfer(logos, "large", "--json")
    assert (waiting.status, waiting.document["status"]) == (4, "PENDING")
    intent = waiting.document["intent"]
    listed = logos("consent", "list", "--json").document["waiting"]
    assert intent in {item["intent"] for item in listed}
    first = logos("consent", "give", intent, "--as", "treasury-1", "--json")
    assert (first.status, first.document["settled"]) == (0, [])
    twice = logos("consent", "give", intent, "--as", "treasury-1", "--json")
    assert (twice.status, twice.document["error"]["code"]) == (1, "E_CONSENT_TWICE")
    second = logos("consent", "give", intent, "--as", "treasury-2", "--json")
    assert second.status == 0
    (settled,) = second.document["settled"]
    assert (settled["intent"], settled["status"]) == (intent, "COMMITTED")


def test_a_refused_consent_leaves_a_ghost_and_nothing_to_consent_to(
    example: Cast, logos: Logos
) -> None:
    waiting = transfer(logos, "large")
    assert waiting.status == 4
    assert "requires  the consents of 2 of role treasury" in waiting.out
    intent = next(line.split()[1] for line in waiting.out.splitlines() if line[:6] == "intent")
    words = ("--as", "treasury-1", "--json")
    refused = logos("consent", "refuse", intent, "--reason", "not this month", *words)
    assert refused.status == 0
    late = logos("consent", "give", intent, *words)
    assert (late.status, late.document["error"]["code"]) == (1, "E_NOT_WAITING")
    ghost = logos("ghost", "list", "--limit", "1", "--json").document["ghosts"][0]
    assert ghost["cause"]["type"] == "ConsentRefused"


def test_a_denied_intent_exits_1_and_says_which_rule_forbids_it(
    example: Cast, logos: Logos
) -> None:
    denied = transfer(logos, "refused", "--json")
    assert (denied.status, denied.document["status"]) == (1, "GHOST")
    assert denied.document["decision"]["policies"] == ["blocked-account"]
    told = transfer(logos, "refused")
    assert (told.status, told.out) == (1, "")
    assert "error[E_DENIED]" in told.err
    assert "blocked-account" in told.err
    assert "stays in the ledger as a ghost" in told.err


def test_a_signed_logline_is_submitted_once(example: Cast, logos: Logos, tmp_path: Path) -> None:
    this = f"@{EXAMPLE}/payments/ok.json"
    words = ("--who", "agent-1", "--did", "transfer", "--this", this, *LEADS)
    created = logos("tuple", "create", *words)
    assert (created.status, created.err) == (0, "")
    (tmp_path / "signed.json").write_text(created.out)
    first = logos("tuple", "submit", tmp_path / "signed.json", "--json")
    assert (first.status, first.document["status"]) == (0, "COMMITTED")
    again = logos("tuple", "submit", tmp_path / "signed.json", "--json")
    assert (again.status, again.document["repeated"]) == (0, True)
    assert again.document["result"] == first.document["result"]


def test_a_source_that_does_not_compile_exits_1_with_rustcs_own_words(
    example: Cast, logos: Logos, tmp_path: Path
) -> None:
    source = tmp_path / "wrong.rs"
    source.write_text(NODE.format(name="wrong", body="value + missing"))
    for command in ("check", "publish"):
        told = logos("node", command, source)
        assert (told.status, told.out) == (1, "")
        assert "error[E_COMPILE]" in told.err
        assert "error[E0425]: cannot find value `missing` in this scope" in told.err
        assert "node.rs:4:" in told.err
    document = logos("node", "publish", source, "--json").document
    assert document["status"] == "GHOST"
    assert document["error"]["diagnostics"][0]["line"] == 4


def test_a_run_of_a_failing_node_exits_1_and_names_the_step(
    example: Cast, logos: Logos, tmp_path: Path
) -> None:
    source, flow, value = (tmp_path / name for name in ("picky.rs", "picky.toml", "value.json"))
    body = 'if value < 9 { fail!("{} is too small", value) } value'
    source.write_text(NODE.format(name="picky", body=body))
    flow.write_text(FLOW.format(name="picky"))
    assert logos("node", "publish", source, "--json").document["status"] == "COMMITTED"
    assert logos("flow", "publish", flow, "--json").document["status"] == "COMMITTED"

    value.write_text('{"value": 9}')
    done = logos("run", "picky-flow", "--input", value, "--json")
    assert (done.status, done.document["outputs"]) == (0, {"out": 9})
    value.write_text('{"value": 7}')
    failed = logos("run", "picky-flow", "--input", value, "--json")
    assert (failed.status, failed.document["status"]) == (1, "failed")
    assert failed.document["failure"] == {
        "step": "only",
        "code": "E_NODE_FAILED",
        "reason": "7 is too small",
    }
    told = logos("run", "picky-flow", "--input", value)
    assert told.status == 1
    assert "E_NODE_FAILED" in told.err
    assert "7 is too small" in told.err


def test_a_binary_that_is_no_node_exits_1_with_the_check_that_failed(
    logos: Logos, tmp_path: Path
) -> None:
    (tmp_path / "empty.wasm").write_bytes(b"\0asm\1\0\0\0")
    ended = logos("node", "inspect", tmp_path / "empty.wasm", "--json")
    assert (ended.status, ended.document["admitted"]) == (1, False)
    assert [check["name"] for check in ended.document["checks"] if not check["ok"]]


@pytest.mark.parametrize("words", ["ledger verify", "run list", "key new somebody", "consent list"])
def test_a_home_without_a_database_exits_3(logos: Logos, tmp_path: Path, words: str) -> None:
    ended = logos(*shlex.split(words), "--json", home=tmp_path / "new")
    assert (ended.status, ended.document["error"]["code"]) == (3, "E_DATABASE_DOWN")
    assert ended.document["error"]["hint"] == "logos up"


@pytest.mark.parametrize(("words", "running"), [("status", False), ("doctor", None)])
def test_what_describes_a_home_without_a_database_exits_3(
    logos: Logos, tmp_path: Path, words: str, running: bool | None
) -> None:
    ended = logos(words, "--json", home=tmp_path / "new")
    assert ended.status == 3
    assert ended.document.get("database", {}).get("running") is running


def test_what_a_killed_command_left_is_finished_by_the_next_and_the_ledger_verifies(
    example: Cast, logos: Logos, start: Callable[..., subprocess.Popen[str]]
) -> None:
    this = json.loads((EXAMPLE / "payments" / "ok.json").read_text())
    signed = example.sign(example.agent, "transfer", this)
    worker = start("die", "committed", signed)
    _, errors = worker.communicate()
    assert worker.returncode == -signal.SIGKILL, errors
    assert logos("ledger", "verify", "--json").document["verified"]
    following = logos("key", "new", "whoever-comes-next")
    assert following.status == 0
    assert f"transfer {signed.intent.cid} was left unfinished; it is COMMITTED" in following.err
    assert example.count("Run", intent=signed.intent.cid) == 1
    assert logos("ledger", "verify", "--json").document["verified"]
