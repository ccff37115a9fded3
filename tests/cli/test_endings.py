"""How commands end: statuses, error documents, wrong use, bugs, Ctrl-C, no database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from logos_graph.canon import ContentId
from logos_graph.cli.program import run_program
from logos_graph.cli.submit import exit_status
from logos_graph.errors import (
    EnvironmentFault,
    InvalidInput,
    LogosError,
    NotVerified,
    Rejected,
    Waiting,
)
from logos_graph.supervisor import Outcome

if TYPE_CHECKING:
    from tests.cli.conftest import Logos

CID = ContentId("b3:" + "0" * 64)


def ending_in(error: BaseException) -> click.Command:
    @click.command()
    @click.option("--json", "as_json", is_flag=True)
    def command(as_json: bool) -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("kind", "status"),
    [(InvalidInput, 2), (Rejected, 1), (NotVerified, 1), (EnvironmentFault, 3), (Waiting, 4)],
)
def test_an_errors_class_decides_the_exit_status(
    kind: type[LogosError], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    error = kind("E_THING", "the thing is wrong", hint="mend it", thing="this")
    assert run_program(ending_in(error), "logos", []) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "error[E_THING]: the thing is wrong\nhint: mend it\n"


def test_an_error_is_one_json_document_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    error = Rejected("E_THING", "the thing is wrong", hint="mend it", thing="this")
    assert run_program(ending_in(error), "logos", ["--json"]) == 1
    captured = capsys.readouterr()
    assert captured.err == ""
    assert json.loads(captured.out) == {
        "error": {
            "code": "E_THING",
            "message": "the thing is wrong",
            "hint": "mend it",
            "thing": "this",
        }
    }


def test_a_compilers_own_words_are_shown_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    rendered = "error[E0308]: mismatched types\n --> src/node.rs:3:5\n\x1b[2J3 |\t1\n"
    error = Rejected("E_COMPILE", "line 3: mismatched", diagnostics=[{"rendered": rendered}])
    run_program(ending_in(error), "logos", [])
    lines = capsys.readouterr().err.splitlines()
    assert lines[1:3] == ["error[E0308]: mismatched types", " --> src/node.rs:3:5"]
    assert "\x1b" not in lines[3]


def test_a_bug_is_called_a_bug_and_shows_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(ending_in(KeyError("gone")), "logos", []) == 70
    error = capsys.readouterr().err
    assert error.startswith("error[E_INTERNAL]: KeyError: 'gone'")
    assert "Traceback" not in error


def test_a_bug_shows_where_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOGOS_DEBUG", "1")
    assert run_program(ending_in(KeyError("gone")), "logos", []) == 70
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(ending_in(KeyboardInterrupt()), "logos", ["--json"]) == 130
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "E_INTERRUPTED"


WRONG_USE = [
    ("nod",),
    ("node", "lst"),
    ("node", "show"),
    ("node", "list", "--wrong"),
    ("run", "some-flow"),
    ("run", "replay"),
    ("ledger", "show", "--limit", "0"),
    ("flow", "draw", "f", "--format", "png"),
    ("key", "new", "n", "--type", "robot"),
    ("tuple", "create", "--did", "transfer"),
    ("consent", "refuse", "b3:0123456789ab"),
    ("node", "check", "there-is-no-such-file.rs"),
    ("node", "draft", __file__, "--name", "Wrong Name"),
    ("capability", "grant", "some-node", "kv"),
    ("capability", "grant", "some-node", "telepathy"),
    ("ghost", "list", "--since", "yesterday"),
    ("run", "list", "--until", "yesterday"),
    ("audit", "no-such-question"),
    ("audit", "ghosts"),
    ("audit", "ghosts", "--param", "whom=agent"),
    ("audit", "attempts", "--param", "since=yesterday"),
    ("tuple", "submit", "there-is-no-such-file.json"),
    ("tuple", "create", "--did", "Transfer!", "--this", "{}", "--if-ok", "abort",
     "--if-doubt", "abort", "--if-not", "abort"),
    ("tuple", "create", "--did", "transfer", "--this", "[1]", "--if-ok", "abort",
     "--if-doubt", "abort", "--if-not", "abort"),
    ("tuple", "create", "--did", "transfer", "--this", '{"amount": 1.5}', "--if-ok", "abort",
     "--if-doubt", "abort", "--if-not", "abort"),
]  # fmt: skip


@pytest.mark.parametrize("arguments", WRONG_USE, ids=" ".join)
def test_wrong_use_ends_with_2_before_anything_is_asked(
    logos: Logos, arguments: tuple[str, ...]
) -> None:
    told = logos(*arguments)
    assert told.status == 2
    assert told.out == ""
    assert told.err.startswith("error[E_")
    as_json = logos(*arguments, "--json")
    assert as_json.status == 2
    assert as_json.err == ""
    assert as_json.document["error"]["code"].startswith("E_")


def test_a_mistyped_command_gets_a_suggestion(logos: Logos) -> None:
    assert "Did you mean 'ledger'?" in logos("leger").err


@pytest.mark.parametrize("arguments", [(), ("node",), ("run",)], ids=" ".join)
def test_no_command_at_all_shows_the_help_on_stderr(
    logos: Logos, arguments: tuple[str, ...]
) -> None:
    ended = logos(*arguments)
    assert ended.status == 2
    assert ended.out == ""
    assert ended.err.startswith("Usage: logos")


NEED_A_DATABASE = [
    ("node", "list"),
    ("flow", "show", "payment-approval"),
    ("run", "list"),
    ("key", "list"),
    ("key", "new", "agent"),
    ("ledger", "verify"),
    ("consent", "list"),
    ("policy", "show"),
    ("audit", "ghosts", "--param", "who=agent"),
    ("audit", "attempts", "--param", "who=agent"),
    ("browse", "--print"),
]


@pytest.mark.parametrize("arguments", NEED_A_DATABASE, ids=" ".join)
def test_without_a_database_the_environment_is_at_fault(
    logos: Logos, arguments: tuple[str, ...]
) -> None:
    ended = logos(*arguments, "--json")
    assert ended.status == 3
    assert ended.document["error"]["code"] == "E_DATABASE_DOWN"
    assert "logos up" in ended.document["error"]["hint"]


def test_a_key_is_not_made_where_it_cannot_be_registered(logos: Logos, tmp_path: Path) -> None:
    assert logos("key", "new", "agent").status == 3
    assert list(tmp_path.rglob("agent*")) == []


def test_status_of_a_stopped_database_is_3_and_says_how_to_start_it(logos: Logos) -> None:
    told = logos("status")
    assert told.status == 3
    assert "logos up" in told.out
    document = logos("status", "--json").document
    assert document["database"]["running"] is False


def test_half_given_settings_of_a_server_are_named(
    logos: Logos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")
    monkeypatch.delenv("NEO4J_PASSWORD", raising=False)
    ended = logos("node", "list", "--json")
    assert ended.status == 2
    assert "NEO4J_PASSWORD" in ended.document["error"]["message"]


def outcome(status: str, **fields: Any) -> Outcome:
    return Outcome(CID, "flow.run", {"outcome": "ALLOW"}, status, **fields)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (outcome("COMMITTED", result={"status": "done"}), 0),
        (outcome("COMMITTED"), 0),
        (outcome("COMMITTED", result={"status": "failed"}), 1),
        (outcome("PENDING"), 4),
        (outcome("GHOST", error=Rejected("E_DENIED", "no")), 1),
        (outcome("GHOST", error=InvalidInput("E_SOURCE_UTF8", "no")), 1),
        (outcome("GHOST", error=EnvironmentFault("E_TOOLCHAIN", "no")), 3),
        (outcome("GHOST"), 1),
    ],
)
def test_an_outcome_decides_the_exit_status(given: Outcome, status: int) -> None:
    assert exit_status(given) == status


@pytest.mark.parametrize("words", [("node", "publish"), ("run", "list"), ("ledger", "verify")])
def test_a_server_that_does_not_answer_is_named_by_every_command(
    logos: Logos, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:9")
    monkeypatch.setenv("NEO4J_PASSWORD", "xxxxxxxx")
    file = tmp_path / "f.rs"
    file.write_text("")
    ended = logos(*words, *([str(file)] if words[0] == "node" else []))
    assert (ended.status, ended.out) == (3, "")
    assert ended.err.startswith("error[E_DATABASE_UNREACHABLE]: ")
