"""Proof files of real runs: made in the home of their ledger, verified in another, empty one."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import ContentId, content_id
from logos_graph.keystore import KeyStore
from logos_graph.ledger.merkle import nodes_of
from logos_graph.logline import format_when
from logos_graph.proof import NOT_SHOWN, parse_proof, proof_nodes
from logos_graph.wiring import open_system
from tests.integration.asking import Asking, grant, serving, set_up
from tests.integration.conftest import EXAMPLE

if TYPE_CHECKING:
    import subprocess

    from logos_graph.canon import Json
    from logos_graph.settings import Settings
    from logos_graph.supervisor import Outcome
    from logos_graph.wiring import System
    from tests.integration.conftest import Cast, Logos

Payment = Callable[[str], dict[str, "Json"]]
Start = Callable[..., "subprocess.Popen[str]"]
STEPS = [
    "form", "keys", "checkpoint", "entries", "signers", "decision", "consents", "run", "receipt",
    "again",
]  # fmt: skip


@dataclass(frozen=True)
class Prover:
    """`logos run prove` in the ledger's home, `logos verify` in an empty one."""

    logos: Logos
    folder: Path

    def make(self, run: str, *words: str) -> tuple[Any, Path]:
        file = self.folder / f"{len(list(self.folder.iterdir()))}.proof.json"
        ended = self.logos("run", "prove", run, "--output", file, "--json", *words)
        assert (ended.status, ended.err) == (0, ""), ended
        return ended.document, file

    def verify(self, file: Path, *words: str, status: int = 0) -> Any:
        home = self.folder.parent / "empty home"
        cache = str(home / "cache")
        ended = self.logos("verify", file, "--json", *words, home=home, LOGOS_CACHE=cache)
        assert (ended.status, ended.err) == (status, ""), ended
        assert not home.exists()
        return ended.document


@pytest.fixture(scope="module")
def prover(logos: Logos, tmp_path_factory: pytest.TempPathFactory) -> Prover:
    folder = tmp_path_factory.mktemp("proofs") / "files"
    folder.mkdir()
    return Prover(logos, folder)


@pytest.fixture(scope="module")
def asking(example: Cast) -> Iterator[Asking]:
    with serving() as server:
        yield set_up(example, server)


def run_of(outcome: Outcome) -> ContentId:
    assert outcome.result is not None, outcome
    return ContentId(str(outcome.result["run"]))


def approval(example: Cast, payment: dict[str, Json]) -> Outcome:
    """The payment approval, run by its operator: no consent is asked for."""
    flow = example.system.reader.resolve("payment-approval", ("Flow",))
    this: dict[str, Json] = {"flow": flow, "inputs": payment}
    return example.submit(example.operator, "flow.run", this)


def transfer(example: Cast, payment: dict[str, Json]) -> Outcome:
    """A transfer that takes two consents, and gets them."""
    waiting = example.submit(example.agent, "transfer", payment)
    assert waiting.status == "PENDING", waiting
    example.consent(example.treasury[0], waiting)
    (settled,) = example.consent(example.treasury[1], waiting).settled
    return settled


# --- what is proved -------------------------------------------------------------------------------


def test_a_run_is_proved_by_one_file_and_run_again_in_an_empty_home(
    example: Cast, payment: Payment, prover: Prover
) -> None:
    run = run_of(approval(example, payment("ok")))
    made, file = prover.make(run, "--with-modules")
    found = prover.verify(file)
    assert found["verified"]
    assert [step["name"] for step in found["steps"]] == STEPS
    assert [step["ok"] for step in found["steps"]] == [True] * 10
    assert (found["run"], found["intent"]) == (run, made["intent"])
    recorded: Any = example.system.reader.run(run)
    outputs = {port: recorded["values"][cid] for port, cid in recorded["outputs"].items()}
    assert (found["status"], found["outputs"]) == ("done", outputs)
    assert (found["who"], found["verb"]) == (example.operator.did, "flow.run")
    assert found["inputs"] == payment("ok")
    assert found["consents"] == []
    nodes = {step["node"] for step in recorded["steps"]}
    assert made["modules"] == len(parse_proof(file.read_bytes()).modules) == len(nodes)


def test_without_its_modules_it_is_not_run_again_and_that_is_said(
    example: Cast, payment: Payment, prover: Prover
) -> None:
    made, file = prover.make(run_of(approval(example, payment("ok"))))
    found = prover.verify(file)
    assert found["verified"]
    assert [step["ok"] for step in found["steps"]] == [True] * 9 + [None]
    assert made["modules"] == 0
    assert [step["ok"] for step in made["steps"]] == [step["ok"] for step in found["steps"]]


def test_a_transfer_is_proved_with_each_consent_and_whose_it_is(
    example: Cast, payment: Payment, prover: Prover
) -> None:
    _, file = prover.make(run_of(transfer(example, payment("large"))), "--with-modules")
    found = prover.verify(file)
    assert found["verified"]
    assert found["decision"]["outcome"] == "ALLOW"
    treasury = [each.did for each in example.treasury]
    assert [each["by"] for each in found["consents"]] == treasury
    (consents,) = (step["detail"] for step in found["steps"] if step["name"] == "consents")
    assert consents.startswith("2 of role treasury were asked for")
    assert all(f"treasury-{n} ({did})" in consents for n, did in enumerate(treasury, 1))


def test_a_delegation_that_lapsed_before_it_counted_is_proved_by_the_one_that_held(
    example: Cast, payment: Payment, prover: Prover
) -> None:
    """A consent names one delegation; by when the other consents, that one is over."""
    first, second = example.treasury

    def lent(seconds: float) -> str:
        until = format_when(time.time_ns() + int(seconds * 1e9))
        this: dict[str, Json] = {
            "to": example.operator.did, "role": "treasury", "verbs": None, "until": until,
        }  # fmt: skip
        return example.submit(first, "consent.delegate", this).intent

    over, holds = lent(4), lent(3600)
    begun = time.monotonic()
    waiting = example.submit(example.agent, "transfer", payment("large"))
    this = {**example.bound(waiting), "delegation": over}
    assert example.submit(example.operator, "consent.give", this).status == "COMMITTED"
    assert time.monotonic() - begun < 4, "too slow for this test"
    time.sleep(4.1)
    (settled,) = example.consent(second, waiting).settled
    assert settled.status == "COMMITTED"
    _, file = prover.make(run_of(settled))
    found = prover.verify(file)
    assert found["verified"]
    assert {over, holds} <= {each["id"] for each in delegations(file)}
    for each in (over, holds):
        example.submit(first, "consent.undelegate", {"delegation": each})


def delegations(file: Path) -> Iterator[Any]:
    """What the entries of a proof lend."""
    for entry in parse_proof(file.read_bytes()).entries:
        mutations: Any = entry.entry.body.get("mutations", [])
        yield from (each for each in mutations if each["kind"] == "delegation")


def test_a_failed_run_is_proved_with_its_failure(asking: Asking, prover: Prover) -> None:
    _, file = prover.make(run_of(asking.run("counts-forgets", 1000)), "--with-modules")
    found = prover.verify(file)
    assert found["verified"]
    assert (found["status"], found["outputs"], found["consequence"]) == ("failed", {}, "if_not")
    assert found["failure"]["code"] == "E_NODE_FAILED"


@pytest.mark.parametrize("flow", ["ticks-counts", "counts-forgets", "counts-pays", "pays-strays"])
def test_a_run_that_asked_the_outside_is_proved_and_run_again_without_asking(
    asking: Asking, prover: Prover, flow: str
) -> None:
    outcome = asking.run(flow)
    assert outcome.consequence == "if_ok", outcome
    sent = len(asking.server.bodies)
    _, file = prover.make(run_of(outcome), "--with-modules")
    found = prover.verify(file)
    assert found["verified"]
    assert found["steps"][9]["ok"]
    assert len(asking.server.bodies) == sent
    assert not found["steps"][7]["detail"].endswith(" 0 answers and log lines, each under a grant")


def test_a_run_that_ended_in_doubt_is_proved_to_have_done_so(
    asking: Asking, settings: Settings, start: Start, prover: Prover
) -> None:
    signed = asking.sign("counts-pays")
    worker = start("die", "announced", signed)
    worker.communicate()
    assert worker.returncode == -signal.SIGKILL
    with open_system(settings) as system:
        (outcome,) = (
            each for each in system.supervisor.recover() or system.recovered
            if each.intent == signed.intent.cid
        )  # fmt: skip
    asking.example.system.supervisor.catch_up()
    assert outcome.consequence == "if_doubt", outcome
    _, file = prover.make(run_of(outcome), "--with-modules")
    found = prover.verify(file)
    assert found["verified"]
    assert (found["consequence"], found["failure"]["code"]) == ("if_doubt", "E_EFFECT_UNKNOWN")


def test_a_run_is_proved_under_the_policy_that_was_in_force(
    example: Cast, payment: Payment, prover: Prover
) -> None:
    text = (EXAMPLE / "policy.cedar").read_text()
    before = run_of(approval(example, payment("ok")))
    example.activate(text + "\n// the same rules, in another text\n")
    try:
        after = run_of(approval(example, payment("ok")))
    finally:
        example.activate(text)
    told = [prover.verify(prover.make(run)[1]) for run in (before, after)]
    hashes = [re.findall("b3:[0-9a-f]{64}", each["steps"][5]["detail"]) for each in told]
    other = content_id((text + "\n// the same rules, in another text\n").encode())
    assert hashes == [[content_id(text.encode())], [other]]


def test_a_run_that_was_replayed_is_proved_as_before(
    example: Cast, payment: Payment, prover: Prover, logos: Logos
) -> None:
    run = run_of(approval(example, payment("ok")))
    _, before = prover.make(run)
    assert logos("run", "replay", run).status == 0
    _, after = prover.make(run)
    assert after.read_bytes() == before.read_bytes()  # nothing was recorded meanwhile
    assert prover.verify(after)["verified"]


def test_a_grant_that_was_revoked_afterwards_is_in_the_proof_as_it_was_used(
    asking: Asking, prover: Prover
) -> None:
    outcome = asking.run("ticks-counts")
    held = asking.held("ticks", "log")
    example = asking.example
    assert example.submit(example.operator, "capability.revoke", {"grant": held}).result
    try:
        _, file = prover.make(run_of(outcome))
        assert prover.verify(file)["verified"]
        assert NOT_SHOWN[1].startswith("what came after the checkpoint")
    finally:
        grant(example, asking.nodes["ticks"], "log")


# --- the file -------------------------------------------------------------------------------------


def test_the_entries_are_the_ledger_s_and_no_more_than_the_run_rests_on(
    example: Cast, payment: Payment, prover: Prover
) -> None:
    _, file = prover.make(run_of(transfer(example, payment("large"))))
    proof, entries = parse_proof(file.read_bytes()), example.entries()
    assert [each.entry for each in proof.entries] == [
        entries[each.entry.index] for each in proof.entries
    ]
    assert len(proof.entries) < len(entries)
    assert proof.entries[0].entry.kind == "genesis"
    kinds = [each.entry.kind.value for each in proof.entries]
    assert kinds.count("consent") >= 2
    assert all(len(each.path) <= len(entries).bit_length() for each in proof.entries)


def test_a_proof_needs_so_many_nodes_of_the_tree_as_its_paths_have() -> None:
    indexes = (0, 5, 77, 99_999)
    needed = proof_nodes(100_000, indexes)
    assert len(needed) <= (len(indexes) + 1) * 17 * 2
    nodes = nodes_of(bytes([n]) * 32 for n in range(100))
    assert proof_nodes(100, [3, 99]) <= nodes.keys()


def test_the_modules_in_it_are_the_nodes_binaries(
    example: Cast, payment: Payment, prover: Prover
) -> None:
    _, file = prover.make(run_of(approval(example, payment("ok"))), "--with-modules")
    for node, module in parse_proof(file.read_bytes()).modules.items():
        assert content_id(module) == node
        assert module == example.system.store.module(node)


# --- the commands ---------------------------------------------------------------------------------


def test_the_steps_are_printed_as_they_hold_and_so_is_what_no_proof_shows(
    example: Cast, payment: Payment, prover: Prover, logos: Logos, tmp_path: Path
) -> None:
    _, file = prover.make(run_of(approval(example, payment("ok"))))
    ended = logos("verify", file, home=tmp_path)
    assert (ended.status, ended.err) == (0, ""), ended
    lines = ended.out.splitlines()
    assert [line.split()[:3] for line in lines[:10]] == [
        [f"{n}.", name, "ok" if n < 10 else "-"] for n, name in enumerate(STEPS, 1)
    ]
    assert "give --supervisor to be sure" in lines[1]
    assert [line.strip("- ") for line in lines[-3:]] == [*NOT_SHOWN]


def test_whose_ledger_it_must_be_can_be_named(
    example: Cast, payment: Payment, prover: Prover
) -> None:
    _, file = prover.make(run_of(approval(example, payment("ok"))))
    found = prover.verify(file, "--supervisor", example.operator.did)
    assert found["verified"]
    assert found["known_from"] == "given"
    found = prover.verify(file, "--supervisor", example.agent.did, status=1)
    assert (found["verified"], found["error"]["code"]) == (False, "E_PROOF_SUPERVISOR")
    assert "logos key list" in found["error"]["hint"]
    assert [step["name"] for step in found["steps"]] == ["form"]


def test_a_step_that_does_not_hold_is_named_on_stderr_after_those_that_do(
    example: Cast, payment: Payment, prover: Prover, logos: Logos, tmp_path: Path
) -> None:
    _, file = prover.make(run_of(approval(example, payment("ok"))))
    ended = logos("verify", file, "--supervisor", example.agent.did, home=tmp_path)
    assert ended.status == 1
    assert [line.split()[1] for line in ended.out.splitlines()] == ["form"]
    assert ended.err.startswith("error[E_PROOF_SUPERVISOR]: step 2, keys: ")
    assert "hint: " in ended.err


def test_an_existing_file_is_not_overwritten_and_the_name_has_a_default(
    example: Cast, payment: Payment, logos: Logos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(approval(example, payment("ok")))
    monkeypatch.chdir(tmp_path)
    ended = logos("run", "prove", run)
    (file,) = tmp_path.iterdir()
    assert (ended.status, ended.err) == (0, "")
    assert file.name == f"run-{run[3:15]}.proof.json"
    data = file.read_bytes()
    again = logos("run", "prove", run, "--json")
    assert (again.status, again.document["error"]["code"]) == (2, "E_FILE_EXISTS")
    assert file.read_bytes() == data


def test_only_the_home_that_keeps_the_ledger_signs_proofs(
    example: Cast, payment: Payment, logos: Logos, system: System, tmp_path: Path
) -> None:
    run = run_of(approval(example, payment("ok")))
    KeyStore(tmp_path / "home" / "keys").create("supervisor")
    given = system.connection
    ended = logos(
        "run", "prove", run, "--output", tmp_path / "file", "--json", home=tmp_path / "home",
        NEO4J_URI=given.uri, NEO4J_USERNAME=given.username, NEO4J_PASSWORD=given.password,
    )  # fmt: skip
    assert (ended.status, ended.document["error"]["code"]) == (1, "E_NOT_SUPERVISOR")
    assert not (tmp_path / "file").exists()


def test_what_is_no_proof_is_refused_as_that(logos: Logos, tmp_path: Path) -> None:
    files = {
        "empty": (b"", "E_NOT_A_PROOF"),
        "text": (b"hello", "E_NOT_A_PROOF"),
        "other": (b'{"format":"logos-proof/2"}', "E_NOT_A_PROOF"),
        "brackets": (b"[" * 10_000_000, "E_NOT_A_PROOF"),
        "braces": (b'{"a":' * 2_000_000, "E_NOT_A_PROOF"),
        "integer": (b'{"format":' + b"9" * 10_000_000 + b"}", "E_NOT_A_PROOF"),
        "twice": (b'{"format":"logos-proof/1","format":"logos-proof/1"}', "E_NOT_A_PROOF"),
        "spaces": (b'{ "format":"logos-proof/1"}', "E_NOT_A_PROOF"),
        "utf-8": (b'{"format":"\xff"}', "E_NOT_A_PROOF"),
        "large": (b" " * (64 * 1024 * 1024 + 1), "E_FILE_SIZE"),
    }
    for name, (data, code) in files.items():
        (tmp_path / name).write_bytes(data)
        ended = logos("verify", tmp_path / name, "--json", home=tmp_path / "home")
        assert (ended.status, ended.document["error"]["code"]) == (2, code), (name, ended)
    ended = logos("verify", tmp_path / "nowhere", "--json", home=tmp_path / "home")
    assert (ended.status, ended.document["error"]["code"]) == (2, "E_FILE")
    (tmp_path / "bare").write_bytes(b'{"format":"logos-proof/1"}')
    ended = logos("verify", tmp_path / "bare", "--json", home=tmp_path / "home")
    assert (ended.status, ended.document["error"]["code"]) == (1, "E_PROOF_FORM")
