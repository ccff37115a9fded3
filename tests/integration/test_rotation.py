"""The supervisor's key is rotated on a living ledger; who has the old one can do nothing with it.

One ledger of its own, whose tests are in the order of its life.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import encode
from logos_graph.errors import LogosError
from logos_graph.identity import Did, Signer
from logos_graph.keystore import NEXT_SUPERVISOR, SUPERVISOR, KeyStore
from logos_graph.ledger import (
    EntryKind,
    SupervisorKeys,
    accept_supervision,
    make_entry,
    verify_chain,
)
from logos_graph.logline import SignedIntent
from logos_graph.settings import Settings
from logos_graph.wiring import System, open_system, stop_database
from tests.homes import running_home
from tests.integration.conftest import ECHO, Logos, logos_of
from tests.replays import replay_all

if TYPE_CHECKING:
    from logos_graph.supervisor import Outcome

WORKER = Path(__file__).with_name("worker.py")
APPROVER, RETIRED = "approver", "supervisor-retired-1"
ALL = "permit (principal, action, resource);\n"
FLOW = """
[flow]
name = "echo-flow"

[inputs]
value = "u32"

[placements]
echo = "echo"

[[edges]]
from = "input.value"
to = "echo.value"

[outputs]
out = "echo.out"
"""


@dataclass(frozen=True)
class Home:
    """A ledger, two processes that keep it open, and commands beside them."""

    settings: Settings
    one: System
    other: System
    logos: Logos
    kept: Path
    first: Did

    @property
    def keys(self) -> KeyStore:
        """The keys of this home."""
        return self.one.keys

    def run(self, *words: str | Path, status: int = 0) -> Any:
        """A command, in a process of its own, that ends so; what it prints."""
        ended = self.logos(*words, "--json")
        assert ended.status == status, ended
        return ended.document

    def sign(self, who: str, did: str, this: dict[str, Any]) -> SignedIntent:
        """A signed intent of this moment, by a key of this home."""
        return self.one.compose(
            self.one.principal(who), did, this, if_ok="emit:a", if_doubt="abort", if_not="emit:b"
        )

    def service(self, name: str) -> dict[str, Any]:
        """`this` of the registration of a service."""
        did = Signer.from_seed(name.encode().ljust(32, b"-")).did
        return {"did": did, "name": name, "type": "service", "roles": []}

    def register(self, system: System, name: str, who: str = SUPERVISOR) -> Outcome:
        """One more principal, by the supervisor's key in force unless another signs."""
        return system.supervisor.execute(self.sign(who, "principal.register", self.service(name)))

    def verified(self) -> SupervisorKeys:
        """The ledger's keys, once it is verified."""
        keys = SupervisorKeys()
        assert list(verify_chain(self.one.store.entries(0), self.first, keys=keys))
        return keys

    def consent(self, intent: str) -> SignedIntent:
        """The approver's consent to what waits."""
        self.one.supervisor.catch_up()
        (waiting,) = (p for p in self.one.supervisor.view.pending.values() if p.cid == intent)
        this = {
            "intent": waiting.cid,
            "policy_hash": waiting.policy_hash,
            "revision": waiting.decision["revision"],
            "expires_at": waiting.decision["expires_at"],
        }
        return self.sign(APPROVER, "consent.give", this)

    def die(self, step: str, signed: SignedIntent, about: str, folder: Path) -> None:
        """A process of this home that takes an intent through the gate, and is killed at a step."""
        file = folder / f"{signed.intent.nonce}.json"
        file.write_bytes(encode(signed.json))
        places = (str(self.settings.home), str(self.settings.cache))
        words = (sys.executable, str(WORKER), *places, "die", step, str(file), about)
        assert subprocess.run(words, check=False).returncode == -9


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Home]:
    """A founded ledger with an approver, and a checkpoint of it."""
    base = tmp_path_factory.mktemp("rotation")
    with (
        running_home(base / "home", cache) as settings,
        open_system(settings) as one,
        open_system(settings) as other,
    ):
        first = one.keys.load(SUPERVISOR).did
        home = Home(settings, one, other, logos_of(settings), base / "kept elsewhere", first)
        home.run("key", "new", APPROVER, "--role", "approver")
        home.run("ledger", "checkpoint", "--to", home.kept)
        assert one.supervisor.view.supervisor == other.supervisor.view.supervisor == first
        yield home
        replay_all(one)


@pytest.fixture(scope="module")
def ran_before(home: Home) -> str:
    """A run by the first key."""
    source, flow, given = (home.kept.parent / name for name in ("echo.rs", "flow.toml", "in.json"))
    source.write_text(ECHO)
    flow.write_text(FLOW)
    given.write_text('{"value": 7}')
    home.run("node", "publish", source, "--name", "echo")
    home.run("flow", "publish", flow)
    return str(home.run("run", "echo-flow", "--input", given)["run"])


@pytest.fixture(scope="module")
def waiting(home: Home, ran_before: str) -> str:
    """A rotation that waits for its consent."""
    return str(home.run("key", "rotate", SUPERVISOR, status=4)["intent"])


@pytest.fixture(scope="module")
def rotated(home: Home, waiting: str) -> Any:
    """What the consent led to, and a checkpoint after it."""
    # What the old key asked for, and nobody has consented to, when it loses its roles.
    home.one.supervisor.execute(home.sign(SUPERVISOR, "policy.activate", {"text": ALL}))
    consented = home.run("consent", "give", waiting, "--as", APPROVER)
    home.run("ledger", "checkpoint", "--to", home.kept)
    return consented


@pytest.fixture(autouse=True)
def invariants(home: Home, broken: Callable[[System], dict[str, Any]]) -> Iterator[None]:
    """Every rule of cypher/invariants holds in this ledger after every test."""
    yield
    assert broken(home.one) == {}


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(LogosError) as raised:
        call()
    return raised.value.code


# --- a rotation takes consent ---------------------------------------------------------------------


def test_a_rotation_waits_for_consent_and_changes_nothing_until_then(
    home: Home, waiting: str
) -> None:
    again = home.run("key", "rotate", SUPERVISOR, status=4)
    assert again["intent"] == waiting
    assert again["key"] == {
        "did": home.keys.load(NEXT_SUPERVISOR).did, "name": NEXT_SUPERVISOR, "in_force": False,
    }  # fmt: skip
    told = home.logos("key", "rotate", SUPERVISOR)
    assert told.status == 4
    assert "logos consent give" in told.out
    assert NEXT_SUPERVISOR in told.err
    assert "logos ledger checkpoint" in told.err
    assert home.keys.load(SUPERVISOR).did == home.first
    assert home.verified().dids == (home.first,)
    assert home.register(home.one, "before").status == "COMMITTED"


def test_with_the_consent_the_new_key_signs_the_next_entry(home: Home, rotated: Any) -> None:
    (settled,) = rotated["settled"]
    assert (settled["did"], settled["status"]) == ("supervisor.rotate_key", "COMMITTED")
    keys = home.verified()
    new = home.keys.load(SUPERVISOR).did
    assert keys.dids == (home.first, new)
    assert settled["result"] == {"did": new, "name": "supervisor-2", "previous": home.first}
    assert home.keys.load(RETIRED).did == home.first
    assert not home.keys.has(NEXT_SUPERVISOR)
    rotating, following = keys.first[1] - 1, keys.first[1]
    assert [keys.at(rotating), keys.at(following)] == [home.first, new]


def test_every_process_of_the_home_goes_on_with_the_new_key(home: Home, rotated: Any) -> None:
    for system, name in ((home.one, "by-one"), (home.other, "by-other"), (home.one, "by-one-2")):
        assert home.register(system, name).status == "COMMITTED"
        assert system.supervisor.view.supervisor == home.keys.load(SUPERVISOR).did
    home.run("key", "new", "by-command", "--type", "service")
    assert home.verified().dids == home.one.supervisor.view.keys.dids


def test_runs_before_and_after_a_rotation_are_proved_and_exported(
    home: Home, rotated: Any, ran_before: str, tmp_path: Path
) -> None:
    given, exported, empty = home.kept.parent / "in.json", tmp_path / "export", tmp_path / "empty"
    ran_after = home.run("run", "echo-flow", "--input", given)["run"]
    new = home.keys.load(SUPERVISOR).did
    for number, run in enumerate((ran_before, ran_after)):
        file = tmp_path / f"{number}.json"
        home.run("run", "prove", run, "--with-modules", "--output", file)
        for trusted in (home.first, new):
            told = home.run("verify", file, "--supervisor", trusted)
            assert (told["verified"], told["outputs"]) == (True, {"out": 7})
    home.run("ledger", "export", exported)
    verified = home.run("verify", exported, "--supervisor", new)
    assert verified["verified"]
    assert [each["did"] for each in verified["supervisor"]["keys"]] == [home.first, new]
    copy = replace(home.settings, home=empty)
    try:
        rebuilt = logos_of(copy)("ledger", "rebuild", exported, "--json")
        assert rebuilt.document["state"] == verified["state"]
        again = logos_of(copy)("ledger", "verify", "--supervisor", new, "--json").document
        assert (again["verified"], again["differences"]["total"]) == (True, 0)
    finally:
        stop_database(copy)


def test_ledger_and_export_tell_their_keys_and_head_in_the_same_words(
    home: Home, rotated: Any, tmp_path: Path
) -> None:
    exported = home.run("ledger", "export", tmp_path / "copy")
    offline, online = home.run("verify", tmp_path / "copy"), home.run("ledger", "verify")
    for name in ("did", "keys"):
        assert offline["supervisor"][name] == online["supervisor"][name]
    shown = home.run("ledger", "show", "--limit", "1")
    assert exported["head"] == offline["head"] == online["head"] == shown["head"]
    for command in (("verify", tmp_path / "copy"), ("ledger", "verify")):
        assert home.logos(*command).out.splitlines()[-1] == "verified"


def test_the_ledger_verifies_by_each_of_its_keys_and_says_which(home: Home, rotated: Any) -> None:
    new = home.keys.load(SUPERVISOR).did
    report = home.run("ledger", "verify")
    told = report["supervisor"]
    assert report["verified"]
    assert [told[name] for name in ("did", "known_by", "known_from")] == [
        new, new, "this home's key",
    ]  # fmt: skip
    assert [each["did"] for each in told["keys"]] == [home.first, new]
    assert home.run("ledger", "verify", "--supervisor", new)["supervisor"]["known_from"] == "given"
    retired = home.run("ledger", "verify", "--supervisor", home.first)["supervisor"]
    assert (retired["did"], retired["known_by"]) == (new, home.first)
    at = told["keys"][1]["first"]
    assert retired["known_from"] == f"given: its key 1 of 2, retired at entry {at}"
    stranger = Signer.from_seed(b"s" * 32).did
    code = home.run("ledger", "verify", "--supervisor", stranger, status=1)["error"]["code"]
    assert code == "E_CHAIN_SUPERVISOR"


def test_checkpoints_of_both_keys_lie_in_one_folder(home: Home, rotated: Any) -> None:
    report = home.run("ledger", "verify", "--against", home.kept)
    assert report["verified"]
    assert [item["ok"] for item in report["checkpoints"]] == [True, True]
    sizes, turn = [item["size"] for item in report["checkpoints"]], home.verified().first[1]
    assert sizes[0] < turn <= sizes[1]


def test_a_checkpoint_by_a_key_that_was_not_valid_then_is_found(
    home: Home, rotated: Any, tmp_path: Path
) -> None:
    from logos_graph.ledger import TreeWatch, sign_checkpoint

    entries, keys = list(home.one.store.entries(0)), home.verified()
    early, late = 2, keys.first[1] + 1
    tree = TreeWatch()
    roots = [tree.root()] + [tree.root() for _ in tree.watch(entries)]
    for size, name in ((early, SUPERVISOR), (late, RETIRED)):
        note = sign_checkpoint(home.one.ledger, size, roots[size], home.keys.load(name))
        (tmp_path / f"{size}.checkpoint").write_bytes(note.data)
    report = home.run("ledger", "verify", "--against", tmp_path, status=1)
    assert [item["error"]["code"] for item in report["checkpoints"]] == ["E_CHECKPOINT_KEY"] * 2


# --- the retired key ------------------------------------------------------------------------------


def test_a_retired_key_is_refused_as_a_principal(home: Home, rotated: Any) -> None:
    home.one.supervisor.catch_up()
    length = home.one.supervisor.view.head.index
    assert refused(lambda: home.register(home.one, "never", RETIRED)) == "E_KEY_RETIRED"
    ended = home.run("key", "new", "never", "--as", RETIRED, status=1)
    assert ended["error"]["code"] == "E_KEY_RETIRED"
    assert home.one.supervisor.view.roles(home.first) == frozenset()
    assert not home.one.supervisor.catch_up()
    assert home.one.supervisor.view.head.index == length


def test_what_a_retired_key_had_asked_for_is_judged_without_its_roles(
    home: Home, rotated: Any
) -> None:
    (pending,) = home.one.supervisor.view.pending.values()
    assert pending.signed.intent.logline.who == home.first
    (settled,) = home.run("consent", "give", pending.cid, "--as", APPROVER)["settled"]
    assert (settled["status"], settled["cause"]["type"]) == ("GHOST", "PolicyDeny")


def test_the_list_of_keys_tells_the_retired_one(home: Home, rotated: Any) -> None:
    known = {each["name"]: each for each in home.run("key", "list")["principals"]}
    old, new = known["supervisor"], known["supervisor-2"]
    assert (old["retired"], old["roles"], old["key_file"]) == (True, [], RETIRED)
    assert (new["retired"], new["roles"], new["key_file"]) == (False, ["operator"], SUPERVISOR)
    assert home.run("key", "show", SUPERVISOR) == new
    assert home.run("key", "show", home.first) == old
    assert home.run("key", "show", "supervisor-2") == new
    signed = home.sign("supervisor-2", "principal.register", home.service("by-principal-s-name"))
    assert signed.intent.logline.who == new["did"]


def test_a_home_without_the_new_key_keeps_the_ledger_no_more(
    home: Home, rotated: Any, tmp_path: Path
) -> None:
    shutil.copytree(home.settings.home / "keys", tmp_path / "keys")
    for path in (tmp_path / "keys").glob("*.json"):
        if KeyStore(tmp_path / "keys").load(path.stem).did == home.one.supervisor.view.supervisor:
            path.unlink()
    (tmp_path / "keys" / f"{RETIRED}.json").rename(tmp_path / "keys" / f"{SUPERVISOR}.json")
    given = home.one.connection
    for words in (("key", "new", "x"), ("ledger", "checkpoint", "--to", tmp_path / "kept")):
        ended = home.logos(
            *words, "--json", home=tmp_path,
            NEO4J_URI=given.uri, NEO4J_USERNAME=given.username, NEO4J_PASSWORD=given.password,
        )  # fmt: skip
        assert (ended.status, ended.document["error"]["code"]) == (1, "E_NOT_SUPERVISOR")


# --- rotations that are refused -------------------------------------------------------------------


def ghost_of(home: Home, this: dict[str, Any]) -> str:
    """The code with which a rotation ends that was consented to."""
    waiting = home.one.supervisor.execute(home.sign(SUPERVISOR, "supervisor.rotate_key", this))
    assert waiting.status == "PENDING", waiting
    (settled,) = home.one.supervisor.execute(home.consent(waiting.intent)).settled
    assert settled.status == "GHOST"
    assert settled.error is not None
    return settled.error.code


def test_a_rotation_to_a_key_in_use_or_without_its_signature_is_a_ghost(
    home: Home, rotated: Any
) -> None:
    view, fresh = home.one.supervisor.view, Signer.from_seed(b"f" * 32)

    def this(new: Signer, previous: Did = view.supervisor) -> dict[str, Any]:
        signature = accept_supervision(view.ledger, previous, new)
        return {"did": new.key, "previous": previous, "signature": signature}

    assert ghost_of(home, this(home.keys.load(RETIRED))) == "E_KEY_USED"
    assert ghost_of(home, this(home.keys.load(SUPERVISOR))) == "E_KEY_USED"
    assert ghost_of(home, this(home.keys.load(APPROVER))) == "E_KEY_USED"
    assert ghost_of(home, this(fresh, home.first)) == "E_ROTATION_STALE"
    other = this(home.keys.load(APPROVER))["signature"]
    assert ghost_of(home, this(fresh) | {"signature": other}) == "E_SIGNATURE"
    assert len(home.verified().dids) == 2


def test_only_an_operator_rotates(home: Home, rotated: Any) -> None:
    view, fresh = home.one.supervisor.view, Signer.from_seed(b"f" * 32)
    this = {
        "did": fresh.did,
        "previous": view.supervisor,
        "signature": accept_supervision(view.ledger, view.supervisor, fresh),
    }
    denied = home.one.supervisor.execute(home.sign(APPROVER, "supervisor.rotate_key", this))
    assert (denied.verdict, denied.status) == ("DENY", "GHOST")


# --- interrupted ----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["committed", "performed", "receipted"])
def test_a_rotation_that_is_interrupted_is_finished_by_the_next_process(
    home: Home, rotated: Any, step: str, tmp_path: Path
) -> None:
    before = home.verified().dids
    # The key is made, and the process dies before it says so: the command goes on with the same.
    made = home.keys.create(NEXT_SUPERVISOR)
    asked = home.run("key", "rotate", SUPERVISOR, status=4)
    assert asked["key"]["did"] == made.did
    consent, about = home.consent(asked["intent"]), asked["intent"]
    if step == "committed":  # of the consent's own intent: that is before anything else
        about = consent.intent.cid
    home.die(step, consent, about, tmp_path)
    home.run("key", "new", f"after-{step}", "--type", "service")
    assert home.verified().dids == (*before, made.did)
    assert home.keys.load(SUPERVISOR).did == made.did
    retired = [home.keys.load(f"supervisor-retired-{n}").did for n in range(1, len(before) + 1)]
    assert tuple(retired) == before
    for system in (home.one, home.other):
        name = f"after-{step}-{'one' if system is home.one else 'other'}"
        assert home.register(system, name).status == "COMMITTED"
    assert home.run("ledger", "verify", "--against", home.kept)["verified"]


# --- stolen: the last test, since it breaks the ledger where nothing guards it --------------------


def test_an_entry_by_a_stolen_key_after_its_rotation_is_found(home: Home, rotated: Any) -> None:
    system, thief = home.one, home.keys.load(RETIRED)
    asked = system.supervisor.execute(home.sign(SUPERVISOR, "policy.activate", {"text": ALL}))
    assert asked.status == "PENDING"
    head = system.supervisor.view.head
    forged = make_entry(
        head,
        EntryKind.GHOST,
        {
            "intent": asked.intent,
            "cause": {"type": "PolicyDeny"},
            "consequence": "if_not",
            "commitment": "emit:b",
        },
        trace_id=system.clock.fresh_id(),
        now_ns=system.clock.now_ns(),
        policy_hash=system.supervisor.view.policy.id,
        signer=thief,
        ledger=head.ledger,
    )

    def intrude() -> None:
        system.store.append(
            head, [forged], {}, system.supervisor.view.tree, system.supervisor.view.conducts
        )
        system.supervisor.catch_up()

    assert refused(intrude) == "E_GUARD"
