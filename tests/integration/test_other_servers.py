"""A server that NEO4J_URI names: the guarded one, one without the guard, and wrong addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import Json
from logos_graph.database import GUARD_VERSION
from logos_graph.errors import LogosError, NotVerified
from logos_graph.identity import Signer
from logos_graph.keystore import SUPERVISOR
from logos_graph.ledger import Entry, EntryKind, make_entry
from logos_graph.settings import ExternalServer, Settings
from logos_graph.wiring import System, open_system, start_database
from tests.plain_server import plain_server, unguarded_server, variables

if TYPE_CHECKING:
    from tests.integration.conftest import Cast, Ended, Logos

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "payment-approval"
WARNING = "warning: the database is not guarded"
LEADS = ("--if-ok", "emit:done", "--if-doubt", "escalate:approver", "--if-not", "emit:failed")
ECHO_FLOW = """[flow]
name = "echo-flow"
[inputs]
value = "u32"
[placements]
only = "echo"
[[edges]]
from = "input.value"
to = "only.value"
[outputs]
out = "only.out"
"""


def external(settings: Settings, **changed: str) -> Settings:
    """The shared server, as NEO4J_URI and its companions would name it."""
    with open_system(settings) as system:
        given = system.connection
    server = ExternalServer(given.uri, given.username, given.password, None)
    return replace(settings, external=replace(server, **changed))


def test_the_same_server_by_its_address_is_guarded_and_takes_intents(
    example: Cast, settings: Settings, payment: Callable[[str], Any]
) -> None:
    with open_system(external(settings)) as system:
        assert not system.connection.managed
        assert system.guard.active
        signed = system.compose(
            example.agent, "transfer", payment("ok"),
            if_ok="emit:a", if_doubt="abort", if_not="emit:b",
        )  # fmt: skip
        outcome = system.supervisor.execute(signed)
        assert (outcome.status, system.ledger) == ("COMMITTED", example.system.ledger)
    assert example.count("Run", intent=outcome.intent) == 1


def test_founding_a_server_that_has_a_ledger_changes_nothing(
    settings: Settings, ledger_length: Callable[[], int]
) -> None:
    before = ledger_length()
    start_database(external(settings), lambda _line: None)
    assert ledger_length() == before


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"username": "stranger", "password": "not the password"}, "E_PASSWORD"),
        ({"database": "nowhere"}, "E_DATABASE_NAME"),
        ({"uri": "bolt://127.0.0.1:1"}, "E_DATABASE_UNREACHABLE"),
        ({"uri": "http://127.0.0.1"}, "E_NEO4J_URI"),
        ({"password": ""}, "E_NEO4J_CREDENTIALS"),
    ],
)
def test_a_server_that_cannot_be_used_is_a_named_error(
    settings: Settings, logos: Logos, changed: dict[str, str], code: str
) -> None:
    given = external(settings, **changed)
    with pytest.raises(LogosError) as caught, open_system(given) as system:
        system.reader.head()
    assert caught.value.code == code
    ended = logos("run", "list", "--json", **variables(given))
    assert (ended.status, ended.document["error"]["code"]) == (caught.value.exit_status, code)


def test_a_home_that_did_not_found_the_ledger_cannot_write_to_it(
    example: Cast, settings: Settings, tmp_path: Path
) -> None:
    with open_system(replace(external(settings), home=tmp_path)) as system:
        system.keys.create("supervisor")
        with pytest.raises(LogosError) as caught:
            _ = system.supervisor
    assert caught.value.code == "E_NOT_SUPERVISOR"
    assert example.operator.did in caught.value.message


@pytest.fixture(scope="module")
def unguarded(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Settings]:
    """A home whose ledger is in a running server without the guard."""
    with unguarded_server(tmp_path_factory.mktemp("unguarded"), cache) as settings:
        yield settings


def test_without_the_guard_every_command_that_writes_says_so(
    unguarded: Settings, logos: Logos, tmp_path: Path, broken: Callable[[System], dict[str, Any]]
) -> None:
    def run(*words: str | Path) -> Ended:
        return logos(*words, home=unguarded.home, **variables(unguarded))

    def write(*words: str | Path, status: int = 0) -> dict[str, Any]:
        ended = run(*words, "--json")
        assert ended.status == status, (words, ended)
        assert ended.err.startswith(WARNING), words
        document: dict[str, Any] = ended.document
        assert document["guard"] is False
        return document

    source, flow, value = (tmp_path / name for name in ("echo.rs", "echo.toml", "value.json"))
    source.write_text(
        "use logos_sdk::prelude::*;\nnode! { fn echo(value: u32) -> out: u32 { value } }\n"
    )
    flow.write_text(ECHO_FLOW)
    value.write_text('{"value": 7}')
    write("key", "new", "approver-1", "--role", "approver")
    node = write("node", "publish", source)["result"]["node"]
    write("flow", "publish", flow)
    assert write("run", "echo-flow", "--input", value)["outputs"] == {"out": 7}
    write("capability", "grant", node, "log")
    write("verb", "register", EXAMPLE / "transfer.verb.json")
    waiting = write("policy", "activate", EXAMPLE / "policy.cedar", status=4)["intent"]
    write("consent", "refuse", waiting, "--reason", "not yet", "--as", "approver-1")
    waiting = write("policy", "activate", EXAMPLE / "policy.cedar", status=4)["intent"]
    write("consent", "give", waiting, "--as", "approver-1")
    submitted = ("tuple", "create", "--did", "money.print", "--this", "{}", *LEADS)
    write(*submitted, "--submit", status=1)
    signed = tmp_path / "signed.json"
    signed.write_text(run(*submitted).out)
    write("tuple", "submit", signed, status=1)

    told = run("run", "echo-flow", "--input", value)
    assert (told.status, told.err.splitlines()[0].startswith(WARNING)) == (0, True)
    with open_system(unguarded) as system:
        assert broken(system) == {}


def test_without_the_guard_every_report_says_so(unguarded: Settings, logos: Logos) -> None:
    environment = variables(unguarded)
    found = logos("ledger", "verify", "--json", home=unguarded.home, **environment)
    assert (found.status, found.document["verified"], found.document["guard"]) == (0, True, False)
    told = logos("ledger", "verify", home=unguarded.home, **environment)
    assert ["guard", "missing"] in [line.split() for line in told.out.splitlines()]
    missing = {"active": False, "state": "missing", "version": None, "expected": GUARD_VERSION}
    assert found.document["guard_status"] == missing
    for command in ("up", "status"):
        status = logos(command, "--json", home=unguarded.home, **environment)
        assert status.document["guard"] == missing
        assert status.err.startswith(WARNING) == (command == "up")
    doctor = logos("doctor", "--json", home=unguarded.home, **environment)
    [check] = [each for each in doctor.document["checks"] if each["name"] == "guard"]
    assert (doctor.status, check["ok"], check["detail"]) == (3, False, "missing")
    assert "deploy/guard" in check["mend"]
    for words in (("down",), ("browse", "--print")):
        ended = logos(*words, "--json", home=unguarded.home, **environment)
        assert ended.status == 3, ended


def forged(system: System, stranger: Signer) -> list[Entry]:
    """An intent and its receipt, which make a stranger an operator, signed by himself."""
    head, operator = system.reader.head(), system.keys.load(SUPERVISOR)
    assert head is not None
    this: dict[str, Json] = {
        "did": stranger.did, "name": "stranger", "type": "person", "roles": ["operator"],
    }  # fmt: skip
    signed = system.compose(
        operator, "principal.register", this, if_ok="abort", if_doubt="abort", if_not="abort"
    )
    allowed: dict[str, Json] = {"outcome": "ALLOW", "policies": [], "revision": 0}
    intent: dict[str, Json] = {
        "cid": signed.intent.cid, "intent": signed.intent.json, "signature": "0" * 128,
        "decision": allowed, "writer": "w",
    }  # fmt: skip
    receipt: dict[str, Json] = {
        "intent": signed.intent.cid, "outcome": "done", "consequence": "if_ok",
        "commitment": "abort", "mutations": [{"kind": "principal", **this}], "result": {},
    }  # fmt: skip
    entries: list[Entry] = []
    for kind, body in ((EntryKind.INTENT, intent), (EntryKind.RECEIPT, receipt)):
        entry = make_entry(
            entries[-1].head if entries else head, kind, body,
            trace_id=system.clock.fresh_id(), now_ns=system.clock.now_ns(),
            policy_hash=system.supervisor.view.policy.id, signer=stranger, ledger=head.ledger,
        )  # fmt: skip
        entries.append(entry)
    return entries


def test_entries_that_the_supervisor_did_not_sign_are_refused_by_the_guard(
    example: Cast, ledger_length: Callable[[], int]
) -> None:
    before, system = ledger_length(), example.system
    entries = forged(system, Signer.from_seed(b"s" * 32))
    with pytest.raises(LogosError) as refused:
        system.store.append(
            system.reader.head(),
            entries,
            {},
            system.supervisor.view.tree,
            system.supervisor.view.conducts,
        )
    assert refused.value.code == "E_GUARD"
    assert "logos.guard: signature: " in refused.value.message
    assert ledger_length() == before


def test_without_the_guard_they_are_stored_and_not_believed(cache: Path, tmp_path: Path) -> None:
    with plain_server(tmp_path / "server", cache) as server:
        address = ExternalServer(server.uri, server.username, server.password, None)
        settings = Settings(tmp_path, cache, SUPERVISOR, address)
        start_database(settings, lambda _line: None)
        with open_system(settings) as system:
            entries = forged(system, Signer.from_seed(b"s" * 32))
            system.store.append(
                system.reader.head(),
                entries,
                {},
                system.supervisor.view.tree,
                system.supervisor.view.conducts,
            )
            assert [each["name"] for each in system.reader.principals()][-1] == "stranger"
        with open_system(settings) as later, pytest.raises(NotVerified) as refused:
            _ = later.supervisor
    assert (refused.value.code, refused.value.data["index"]) == ("E_CHAIN_SIGNATURE", 2)
