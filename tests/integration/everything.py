"""A ledger that has one of everything that entries can make; not a test itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from logos_graph.canon import Json
from logos_graph.cli.output import Printer
from logos_graph.cli.waiting import wait_for_end
from logos_graph.errors import EnvironmentFault
from logos_graph.identity import did_logline
from logos_graph.ledger import accept_principal
from logos_graph.logline import format_when
from tests.integration.asking import Asking, serving, set_up
from tests.integration.conftest import EXAMPLE, Cast

if TYPE_CHECKING:
    from logos_graph.supervisor import Outcome
    from logos_graph.wiring import System

DOCUMENTED = """
use logos_sdk::prelude::*;

record! {
    /// A payment.
    pub struct Payment {
        /// In cents.
        amount: u64,
    }
}

node! {
    /// Tells what is paid.
    fn told(
        /// What is to be paid.
        payment: Payment,
    ) -> amount: u64 { payment.amount }
}
"""
BROKEN = "use logos_sdk::prelude::*;\nnode! { fn broken(n: u8) -> m: u8 { nothing } }\n"


def tell_everything(system: System) -> Cast:
    """Every kind of entry, of mutation, and of ending; each label and type, each property.

    The system's supervisor is not yet made.
    """
    hand = Hand()
    system.watch = hand.watch
    operator = system.keys.load("supervisor")
    bare = Cast(system, operator, operator, (operator, operator))
    roles = ["treasury", "approver"]
    treasury = (bare.register("treasury-1", roles), bare.register("treasury-2", roles))
    cast = Cast(system, operator, bare.register("agent-1", ["agent"], "agent"), treasury)
    with serving() as server:
        asking = set_up(cast, server)
        flows = ("ticks-counts", "counts-pays", "counts-forgets")
        runs = [asking.run(flow) for flow in flows]
        assert {run.status for run in runs} == {"COMMITTED"}, runs
        failed = asking.run("ticks-counts", 999_999)
        asking.run("counts-pays", 1000)
        assert runs[1].result is not None
        done_run = runs[1].result
        fork: dict[str, Json] = {
            "run": done_run["run"], "flow": done_run["flow"], "at": "second",
        }  # fmt: skip
        done(cast, "run.fork", fork)
        done(cast, "run.fork", {**fork, "at": "first", "set": {"value": 1000}})
        assert failed.status == "COMMITTED", failed
        done(cast, "capability.revoke", {"grant": asking.held("ticks", "random")})
        left_and_cancelled(cast, hand, asking.sign("counts-forgets"))
        limits(cast, asking.flows["counts-pays"])
    lives_of_nodes(cast, asking.nodes["ticks"], asking.nodes["forgets"])
    answers(cast)
    keys_of_a_principal(cast)
    follow_ups(cast, asking)
    alarms(cast)
    verb: dict[str, Any] = json.loads((EXAMPLE / "transfer.verb.json").read_text())
    starts = {**verb, "name": "tick", "amount": "/value", "flow": asking.flows["ticks-counts"]}
    starts["schema"] = {"type": "object", "properties": {"value": {"type": "integer"}}}
    for flow in ("counts-forgets", "ticks-counts"):  # bound, and bound to another
        done(cast, "verb.register", {**starts, "flow": asking.flows[flow]})
    ghost = cast.submit(cast.agent, "principal.register", {"did": "x"})
    assert ghost.status == "GHOST", ghost
    waiting = cast.submit(cast.operator, "policy.activate", {"text": policy() + "// waits\n"})
    assert waiting.status == "PENDING", waiting
    return cast


def keys_of_a_principal(cast: Cast) -> None:
    """One that takes another key, loses that, is given a third, and is then revoked."""
    keys, ledger, did = cast.system.keys, cast.system.ledger, did_logline("person", "nadia")
    signers = [keys.create(f"nadia-{n}", did=did) for n in range(3)]
    this: dict[str, Json] = {"name": "nadia", "type": "person", "roles": []}
    done(cast, "principal.register", {**this, "did": did, "key": signers[0].key})

    def follows(n: int) -> dict[str, Json]:
        old, new = signers[n - 1], signers[n]
        accepted = accept_principal(ledger, did, old.key, new)
        return {"principal": did, "key": new.key, "previous": old.key, "signature": accepted}

    assert cast.submit(signers[0], "principal.rotate_key", follows(1)).status == "COMMITTED"
    revoked: dict[str, Json] = {"principal": did, "reason": "stolen"}
    done(cast, "principal.revoke", {**revoked, "id": signers[1].key})
    waiting = cast.submit(cast.operator, "principal.rekey", follows(2))
    assert [each.status for each in cast.consent(cast.treasury[0], waiting).settled] == [
        "COMMITTED"
    ]
    done(cast, "principal.revoke", {**revoked, "id": did})


class Hand:
    """Meddles with one intent when it is performed: it is left once, and then cancelled."""

    def __init__(self) -> None:
        self.acts: list[Any] = []
        self.about: Any = None

    def watch(self, step: str, intent: Any) -> None:
        if (step, intent) == ("performed", self.about) and self.acts:
            self.acts.pop(0)()


def left_and_cancelled(cast: Cast, hand: Hand, signed: Any) -> None:
    """A run that is left, claimed, and cancelled while it is carried out."""
    hand.about = signed.intent.cid
    this: dict[str, Json] = {"intent": hand.about, "reason": "not wanted"}

    def leave() -> None:
        raise EnvironmentFault("E_TEST", "it is left")

    hand.acts = [leave, lambda: done(cast, "run.cancel", this)]
    assert cast.system.supervisor.execute(signed).status == "PENDING"
    (ended,) = cast.system.supervisor.recover()
    assert (ended.status, ended.cause and ended.cause["code"]) == ("GHOST", "E_RUN_CANCELLED")
    assert not hand.acts


def limits(cast: Cast, flow: str) -> None:
    """Of each scope, and one of them twice."""
    for scope, of, most in (
        ("ledger", None, 100), ("flow", flow, 1), ("flow", flow, 7),
        ("principal", cast.agent.did, 3),
    ):  # fmt: skip
        numbers: dict[str, Json] = {"concurrent": most, "run_seconds": 500, "step_seconds": 50}
        done(cast, "run.limit", {"scope": scope, "of": of, **numbers})


def lives_of_nodes(cast: Cast, deprecated: str, promoted: str) -> None:
    """Drafted, published, forked, renamed, deprecated, promoted."""
    drafts = [("broken", BROKEN), ("told", DOCUMENTED)]
    for name, source in drafts:
        done(cast, "node.draft", {"name": name, "source": source})
    node = done(cast, "node.publish", {"name": "told", "source": DOCUMENTED})
    forked = DOCUMENTED.replace("{ payment.amount }", "{ payment.amount + 1 }")
    assert node.result is not None
    done(cast, "node.fork", {"name": "told", "node": node.result["node"], "source": forked})
    done(cast, "node.draft", {"name": "told", "source": DOCUMENTED})
    done(cast, "node.deprecate", {"node": deprecated, "reason": "old"})
    waiting = cast.submit(cast.operator, "node.promote", {"node": promoted, "reason": "reviewed"})
    settled = cast.consent(cast.treasury[0], waiting).settled
    assert [each.status for each in settled] == ["COMMITTED"], (waiting, settled)


def answers(cast: Cast) -> None:
    """A policy is refused, and one is consented to."""
    transfer: dict[str, Json] = json.loads((EXAMPLE / "transfer.verb.json").read_text())
    done(cast, "verb.register", {**transfer, "flow": None})  # of which the policy speaks
    text = policy()
    refused = cast.submit(cast.operator, "policy.activate", {"text": text})
    done(cast, "consent.refuse", {"intent": refused.intent, "reason": "no"}, cast.treasury[1])
    cast.activate(text)
    until = format_when(cast.system.clock.now_ns() + 10**15)
    scopes: tuple[tuple[str, list[Json] | None], ...] = (
        ("approver", None), ("treasury", ["flow.run", "run.fork"]),
    )  # fmt: skip
    lent = [
        done(
            cast, "consent.delegate",
            {"to": cast.agent.did, "role": role, "verbs": verbs, "until": until}, cast.treasury[0],
        ).intent
        for role, verbs in scopes
    ]  # fmt: skip
    done(cast, "consent.undelegate", {"delegation": lent[1]}, cast.agent)
    waiting = cast.submit(cast.operator, "policy.activate", {"text": text + "// lent\n"})
    given: dict[str, Json] = {**cast.bound(waiting), "delegation": lent[0]}
    done(cast, "consent.give", given, cast.agent)


def follow_ups(cast: Cast, asking: Asking) -> None:
    """A run attempted twice; three ends that were escalated: one is open, two were answered."""
    this: dict[str, Json] = {"flow": asking.flows["counts-forgets"], "inputs": {"value": 1000}}
    escalate = "escalate:approver@treasury-1"
    tried = cast.system.compose(
        cast.operator, "flow.run", this,
        if_ok="emit:done", if_doubt="abort", if_not="retry:1",
    )  # fmt: skip
    outcome = cast.system.supervisor.execute(tried)
    assert outcome.waiting is not None, outcome
    ended = wait_for_end(Printer(as_json=True), cast.system, outcome)
    assert ended.failed, ended
    ghosts = [
        cast.system.supervisor.execute(
            cast.system.compose(
                cast.agent, "principal.register", {"did": "x"},
                if_ok="abort", if_doubt="abort", if_not=text,
            )
        )
        for text in (escalate, "escalate:approver", "escalate:approver")
    ]  # fmt: skip
    first, second, _ = (ghost.intent for ghost in ghosts)
    answer: dict[str, Json] = {"intent": first, "answer": "redone", "by_intent": ended.intent}
    done(cast, "escalation.resolve", {**answer, "note": "see there"}, cast.treasury[0])
    done(cast, "escalation.resolve", {"intent": second, "answer": "accepted"}, cast.treasury[1])


def alarms(cast: Cast) -> None:
    """One that is noted, one that opens a breaker which is lifted; rates, one of them twice."""
    for amount in range(6):
        ghost = cast.submit(cast.agent, "principal.register", {"amount": amount})
        assert ghost.status == "GHOST", ghost
    who: dict[str, Json] = {"who": cast.agent.did}
    waiting = cast.submit(cast.operator, "breaker.lift", {**who, "note": "a test"})
    for each in cast.treasury:
        settled = cast.consent(each, waiting).settled
    assert [each.status for each in settled] == ["COMMITTED"], (waiting, settled)
    for verb, count in (("node.draft", 1000), ("node.draft", 900), (None, 800)):
        done(cast, "rate.limit", {**who, "verb": verb, "count": count, "seconds": 1})
    everybody: dict[str, Json] = {"who": None, "verb": None, "count": None, "seconds": 1}
    done(cast, "rate.limit", everybody)


def policy() -> str:
    """The example's."""
    return (EXAMPLE / "policy.cedar").read_text()


def done(cast: Cast, verb: str, this: dict[str, Json], who: Any = None) -> Outcome:
    """Submits what must be committed."""
    outcome = cast.submit(who or cast.operator, verb, this)
    assert outcome.status == "COMMITTED", (verb, outcome)
    return outcome
