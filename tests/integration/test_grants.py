"""Capabilities: granted to one node each, within limits, revoked once; I4 compares all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import ContentId, Json
from logos_graph.graph.capabilities import Capability, HttpLimits, KvLimits, Target
from logos_graph.ledger import check_invariants
from logos_graph.store import Neo4jStore, read_state
from logos_graph.supervisor.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast, Logos

KV: dict[str, Json] = {"namespace": "velocity", "write": True}


def grant(example: Cast, node: str, capability: str, **limits: Json) -> Outcome:
    this: dict[str, Json] = {"node": node, "capability": capability, "limits": limits}
    return example.submit(example.operator, "capability.grant", this)


def revoke(example: Cast, grant: str) -> Outcome:
    return example.submit(example.operator, "capability.revoke", {"grant": grant})


def code(outcome: Outcome) -> str:
    assert outcome.status == "GHOST", outcome
    assert outcome.error is not None
    return outcome.error.code


def view(example: Cast) -> View:
    return example.system.supervisor.view


def fresh_view(example: Cast) -> View:
    """The view of a process that starts now, from the graph alone."""
    system = example.system
    snapshot = Neo4jStore(system.driver, system.connection).snapshot()
    assert snapshot is not None
    return View(snapshot)


@pytest.fixture(autouse=True)
def none_is_left(example: Cast, echo: str) -> Iterator[None]:
    yield
    for identity in list(view(example).grants):
        assert revoke(example, identity).status == "COMMITTED"


def test_a_grant_is_in_force_until_it_is_revoked(example: Cast, echo: str) -> None:
    node = ContentId(echo)
    granted = grant(example, echo, "kv", **KV)
    assert granted.status == "COMMITTED"
    assert granted.result is not None
    identity = granted.result["grant"]
    assert identity == granted.intent
    for known in (view(example), fresh_view(example)):
        found = known.grant(node, Capability.KV)
        assert found is not None
        assert (found.id, found.limits) == (identity, KvLimits("velocity", True))
        assert known.granted(node) == {"kv"}
        assert known.grant(node, Capability.CLOCK) is None
    assert revoke(example, str(identity)).status == "COMMITTED"
    for known in (view(example), fresh_view(example)):
        assert known.grant(node, Capability.KV) is None
        assert known.granted(node) == frozenset()


def test_what_is_granted_and_revoked_is_what_the_ledger_tells(example: Cast, echo: str) -> None:
    kept = grant(example, echo, "http", allow=["POST https://api.example.com:8443"])
    gone = revoke(example, grant(example, echo, "kv", **KV).intent)
    state = read_state(example.system.reader)
    report = check_invariants(example.verified(), state)
    assert report.ok, report.I4
    stored = state.get("grant", kept.intent)
    assert stored is not None
    assert stored["limits"] == {"allow": ["POST https://api.example.com:8443"]}
    assert stored["revoked"] is None
    assert gone.result is not None
    revoked = state.get("grant", str(gone.result["grant"]))
    assert revoked is not None
    assert revoked["revoked"] == gone.intent
    found = view(example).grant(ContentId(echo), Capability.HTTP)
    assert found is not None
    assert isinstance(found.limits, HttpLimits)
    assert found.limits.allow == (Target("POST", "https", "api.example.com", 8443),)


def test_a_grant_that_somebody_revoked_beside_the_gate_is_told_by_i4(
    example: Cast, echo: str
) -> None:
    granted = grant(example, echo, "clock")
    stored = read_state(example.system.reader)
    forged = stored.get("grant", granted.intent)
    assert forged is not None
    stored.apply({**forged, "revoked": granted.intent})
    report = check_invariants(example.entries(), stored)
    assert not report.I4.ok
    assert report.I4.first_offender is not None
    assert report.I4.first_offender.message.endswith("in revoked")


def test_the_same_capability_is_not_granted_twice_but_again_after_its_end(
    example: Cast, echo: str
) -> None:
    first = grant(example, echo, "clock")
    second = grant(example, echo, "clock")
    assert code(second) == "E_GRANT_EXISTS"
    assert second.error is not None
    assert str(first.intent) in str(second.error.hint)
    assert grant(example, echo, "random").status == "COMMITTED"
    assert revoke(example, first.intent).status == "COMMITTED"
    assert grant(example, echo, "clock").status == "COMMITTED"


def test_a_grant_is_revoked_once(example: Cast, echo: str) -> None:
    granted = grant(example, echo, "log")
    assert revoke(example, granted.intent).status == "COMMITTED"
    assert code(revoke(example, granted.intent)) == "E_UNKNOWN_GRANT"
    assert code(revoke(example, "b3:" + "0" * 64)) == "E_UNKNOWN_GRANT"


def test_another_process_sees_a_revocation_with_the_entry(example: Cast, echo: str) -> None:
    granted = grant(example, echo, "clock")
    other = fresh_view(example)
    assert revoke(example, granted.intent).status == "COMMITTED"
    other.catch_up(example.entries(other.head.index + 1))
    assert other.grant(ContentId(echo), Capability.CLOCK) is None


@pytest.mark.parametrize(
    ("capability", "limits", "expected"),
    [
        ("telepathy", {}, "E_CAPABILITY"),
        ("clock", {"namespace": "x"}, "E_GRANT_LIMITS"),
        ("kv", {}, "E_GRANT_LIMITS"),
        ("kv", {"namespace": "../other"}, "E_GRANT_LIMITS"),
        ("http", {"allow": []}, "E_GRANT_LIMITS"),
        ("http", {"allow": ["POST https://user@host"]}, "E_GRANT_LIMITS"),
        ("http", {"allow": ["GET https://a.example"], "seconds": 0}, "E_GRANT_LIMITS"),
    ],
)
def test_what_cannot_be_granted_leaves_a_ghost_and_no_grant(
    example: Cast, echo: str, capability: str, limits: dict[str, Json], expected: str
) -> None:
    assert code(grant(example, echo, capability, **limits)) == expected
    assert view(example).granted(ContentId(echo)) == frozenset()


def test_only_nodes_hold_grants(example: Cast) -> None:
    flow = example.system.reader.resolve("payment-approval", ("Flow",))
    for target in (flow, "b3:" + "0" * 64):
        assert code(grant(example, target, "clock")) == "E_UNKNOWN_NODE"


# --- the commands ----------------------------------------------------------------------------


def in_force(logos: Logos, *words: str) -> list[dict[str, Any]]:
    ended = logos("capability", "list", *words, "--json")
    assert ended.status == 0, ended
    grants = ended.document["grants"]
    assert isinstance(grants, list)
    return grants


def test_a_capability_is_granted_listed_and_revoked_by_commands(
    example: Cast, echo: str, logos: Logos
) -> None:
    target = "POST https://api.example.com"
    words = ("capability", "grant", "echo", "http", "--allow", target, "--private")
    granted = logos(*words, "--json")
    assert granted.status == 0, granted
    (found,) = in_force(logos, "--node", "echo")
    assert found["limits"] == {"allow": [target], "private": True}
    assert (found["node"], found["capability"], found["revoked"]) == (echo, "http", None)
    told = logos("capability", "list").out
    assert "allow POST https://api.example.com; private true" in told
    (shown,) = logos("node", "show", "echo", "--json").document["grants"]
    assert shown == {key: found[key] for key in ("grant", "capability", "limits")}
    assert "http (allow" in logos("node", "show", "echo").out
    revoked = logos("capability", "revoke", found["grant"][:15], "--json")
    assert (revoked.status, revoked.document["result"]["grant"]) == (0, found["grant"])
    assert in_force(logos, "--node", "echo") == []
    ended = {each["grant"]: each["revoked"] for each in in_force(logos, "--all")}
    assert ended[found["grant"]] == revoked.document["intent"]
    example.system.supervisor.catch_up()


def test_limits_come_from_a_file(example: Cast, echo: str, logos: Logos, tmp_path: Any) -> None:
    file = tmp_path / "limits.json"
    file.write_text('{"namespace": "velocity"}')
    done = logos("capability", "grant", "echo", "kv", "--limits", file, "--json")
    assert done.status == 0, done
    assert [found["limits"] for found in in_force(logos)] == [{"namespace": "velocity"}]
    example.system.supervisor.catch_up()


def test_who_holds_what_by_whom_and_until_when_is_one_question_to_the_graph(
    example: Cast, echo: str, logos: Logos
) -> None:
    held = grant(example, echo, "clock")
    ended = grant(example, echo, "kv", **KV)
    assert revoke(example, ended.intent).status == "COMMITTED"
    asked = logos("audit", "capabilities", "--json")
    assert asked.status == 0, asked
    rows = {row["grant"]: row for row in asked.document["rows"]}
    kept, gone = rows[held.intent], rows[ended.intent]
    for row in (kept, gone):
        assert (row["node"], row["names"], row["layer"]) == (echo, ["echo"], "Sediment")
        assert (row["granted_by"], row["consented_by"]) == ("supervisor", [])
    assert (kept["capability"], gone["capability"]) == ("clock", "kv")
    assert (kept["revoked_by"], kept["revoked_entry"], kept["revoked_at"]) == (None, None, None)
    assert gone["revoked_by"] == "supervisor"
    assert gone["entry"] < gone["revoked_entry"]
    assert gone["recorded_at"] < gone["revoked_at"]


def test_a_list_of_grants_says_how_many_it_leaves_out(
    example: Cast, echo: str, logos: Logos
) -> None:
    ended = grant(example, echo, "clock")
    assert revoke(example, ended.intent).status == "COMMITTED"
    told = logos("capability", "list", "--node", "echo")
    assert "REVOKED" not in told.out
    assert "revoked: --all shows them" in told.out
    every = logos("capability", "list", "--node", "echo", "--all")
    assert "REVOKED BY" in every.out
    assert "--all" not in every.out


def test_an_id_of_something_else_is_called_what_it_is(
    example: Cast, echo: str, logos: Logos
) -> None:
    granted = grant(example, echo, "clock")
    error = logos("node", "show", granted.intent, "--json").document["error"]
    assert error["code"] == "E_UNKNOWN_NODE"
    assert error["message"].endswith("; it names a grant and an intent")
    assert "logos node drafts" in error["hint"]
    error = logos("capability", "revoke", echo[:15], "--json").document["error"]
    assert error["code"] == "E_UNKNOWN_GRANT"
    assert "it names a node" in error["message"]
    error = logos("capability", "grant", "no-such-node", "clock", "--json").document["error"]
    assert "no node or draft or module of a draft" in error["message"]
    error = logos("node", "show", "payment-approval", "--json").document["error"]
    assert error["message"] == "there is no node or draft 'payment-approval'; it names a flow"


@pytest.mark.parametrize(
    ("words", "status", "error"),
    [
        ("grant echo telepathy", 2, "E_CAPABILITY"),
        ("grant echo kv", 2, "E_GRANT_LIMITS"),
        ("grant echo clock --namespace x", 2, "E_GRANT_LIMITS"),
        ("grant echo kv --namespace x --limits none.json", 2, "E_USAGE"),
        ("grant echo kv --limits none.json", 2, "E_FILE"),
        ("grant no-such-node clock", 1, "E_UNKNOWN_NODE"),
        ("revoke b3:0000000000", 1, "E_UNKNOWN_GRANT"),
        ("list --node no-such-node", 1, "E_UNKNOWN_NODE"),
    ],
)
def test_a_wrong_command_is_refused_before_anything_is_signed(
    example: Cast, echo: str, logos: Logos, words: str, status: int, error: str
) -> None:
    before = example.system.reader.head()
    ended = logos("capability", *words.split(), "--json")
    assert (ended.status, ended.document["error"]["code"]) == (status, error), ended
    told = logos("capability", *words.split())
    assert (told.status, told.out) == (status, "")
    assert f"error[{error}]: " in told.err
    assert example.system.reader.head() == before
