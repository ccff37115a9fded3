"""Step 2 of the gate: the verb's schema, then the policy; ALLOW, REQUIRE or DENY.

Pure: the same view, intent and instant give the same decision, so that an auditor can repeat it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from logos_graph.canon import ContentId, Json, recordable
from logos_graph.errors import InvalidInput, LogosError, Rejected
from logos_graph.governance import (
    Decision,
    Deny,
    DenyReason,
    People,
    Policy,
    Request,
    Require,
    Verb,
    check_this,
    judge,
    resolve_signers,
)
from logos_graph.graph.capabilities import grant_command
from logos_graph.identity import Did
from logos_graph.ledger import Voice
from logos_graph.logline import LogLine, SignedIntent
from logos_graph.supervisor.breakers import held_back
from logos_graph.supervisor.context import context_of
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.view import View

__all__ = [
    "Flows",
    "Ground",
    "Judged",
    "Question",
    "decide",
    "denied",
    "flow_by",
    "flow_of",
    "judge_by_policy",
    "revoked",
    "seen_by",
]

_NAME_A_FLOW = ("flow.run", "run.fork")


class Flows(Protocol):
    """What a judgement asks of the flow that an act runs. A Runner is one."""

    def check_inputs(self, flow: ContentId, inputs: Mapping[str, Json]) -> None:
        """Raises if these are not the typed inputs of this flow."""

    def needs(self, flow: ContentId) -> Mapping[ContentId, frozenset[str]]:
        """Which capabilities its nodes ask for, nested ones too; but for those of none."""


class Ground(Protocol):
    """What a judgement rests on beside the act: the ledger's state at one index. A View is one."""

    def roles(self, did: Did) -> frozenset[str]:
        """The roles of a principal; none for an unknown one, and for a retired key."""

    @property
    def people(self) -> People:
        """Every principal, as a quorum sees it."""

    def lent(self, voice: Voice, verb: str, now_ns: int) -> frozenset[str]:
        """The roles for which one may consent in the other's place to an act of this verb."""


@dataclass(frozen=True, slots=True)
class Question:
    """What policy is asked of an act. verb: as registered at that revision; `this` fits it.

    context: what policy sees of the ledger (context.py). now_ns, revision: see Request.
    """

    line: LogLine
    verb: Verb
    ledger: str
    revision: int
    now_ns: int
    context: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision as the ledger records it; `cause` is there when it makes a ghost."""

    decision: dict[str, Json]
    policy_hash: ContentId
    cause: dict[str, Json] | None = None
    error: LogosError | None = None

    @property
    def outcome(self) -> str:
        """ALLOW, REQUIRE or DENY."""
        return str(self.decision["outcome"])


def decide(
    view: View,
    signed: SignedIntent,
    now_ns: int,
    flows: Flows,
    consents: Iterable[Voice] = (),
    *,
    flow: ContentId | None = None,
    context: Mapping[str, Json] | None = None,
) -> Judged:
    """Judges an admitted intent on this view, with the consents it has so far.

    flow: what it runs (`flow_of`), or what it stays on if it was recorded before.
    context: what policy saw of the ledger when it was decided, for an act whose decision stands and
    which is only asked again because the policy is another (carry.py); None to look now.
    """
    line = signed.intent.logline
    verb = view.verbs.get(line.did)
    if verb is None:
        return _invalid_verb(view, line.did)
    held = held_back(view, line.who, verb, line.this)
    if held is not None:
        return denied(view, "CircuitBreakerOpen", held, {"code": held.code})
    try:
        check_this(verb, line.this)
        _check_flow_inputs(verb, flow, line.this, flows)
    except (Rejected, InvalidInput) as misfit:
        return _misfit(view, misfit)
    missing = _missing(view, line.did, flow, flows) if context is None else None
    if missing is not None:
        return missing
    judged = signed.intent.cid
    seen = context_of(view, line, now_ns, judged=judged) if context is None else context
    question = Question(line, verb, view.ledger, view.head.index, now_ns, seen)
    try:
        decision = judge_by_policy(view.policy, view, question, consents)
    except Rejected as misfit:  # the payload holds what policy cannot judge
        return _misfit(view, misfit)
    if isinstance(decision, Deny):
        return _denied(decision, line.did)
    return Judged(decision.to_json(), view.policy.id)


def judge_by_policy(
    policy: Policy, ground: Ground, question: Question, consents: Iterable[Voice] = ()
) -> Decision:
    """What a policy says to an act, of this ledger or of another moment of it.

    Raises Rejected E_POLICY_VALUE, E_CONSENT_UNKNOWN.
    """
    line = question.line
    request = Request(
        who=line.who,
        roles=ground.roles(line.who),
        verb=question.verb,
        this=line.this,
        ledger=question.ledger,
        revision=question.revision,
        now_ns=question.now_ns,
        context=question.context,
        people=ground.people,
    )
    given = resolve_signers(
        consents,
        ground.people,
        line.who,
        lambda voice: ground.lent(voice, line.did, question.now_ns),
    )
    return _reachable(ground.people, judge(policy, request, given), line.who)


def revoked(view: View, waiting: PendingIntent) -> Judged | None:
    """A DENY for what waits for consent, and was signed by a key that was revoked meanwhile."""
    if view.principal_keys.counts(waiting.who, waiting.index):
        return None
    error = Rejected(
        "E_KEY_REVOKED",
        f"the key that signed it for {waiting.who} was revoked while it waited for consent",
        hint="its principal submits it again, by a key in force",
        who=waiting.who,
    )
    return denied(view, "ExplicitDeny", error, {"code": error.code})


def _denied(decision: Deny, verb: str) -> Judged:
    error = Rejected(
        "E_DENIED",
        f"policy denies {verb}: {decision.detail}",
        hint="`logos policy show` prints the policy in force, `logos key list` who has which role",
        policies=list(decision.policies),
    )
    cause: dict[str, Json] = {
        "type": "PolicyDeny",
        "reason": decision.reason.value,
        "detail": decision.detail,
    }
    if decision.reason is DenyReason.INSUFFICIENT_TRAJECTORY:
        cause |= {"required": decision.detail, "actual": decision.context.get("trajectory")}
    return Judged(decision.to_json(), decision.policy_hash, cause, error)


def _reachable(people: People, decision: Decision, who: Did) -> Decision:
    """A consent that nobody could give is a denial, said at once."""
    if not isinstance(decision, Require):
        return decision
    held = {did: person.roles for did, person in people.items()}
    missed = next((each for each in decision.quorums if not each.is_met(held, who)), None)
    if missed is None:
        return decision
    return Deny(
        policies=decision.policies,
        policy_hash=decision.policy_hash,
        revision=decision.revision,
        context=decision.context,
        reason=DenyReason.POLICY_VIOLATION,
        detail=f"the consents of {missed.text} are required, and {missed.count(held, who)}"
        " could be given by others",
    )


def seen_by(decision: Mapping[str, Json]) -> Mapping[str, Json]:
    """What policy saw of the ledger when it made a decision, as the entry of it tells."""
    context = decision.get("context")
    return context if isinstance(context, Mapping) else {}


def flow_of(view: View, line: LogLine) -> ContentId | None:
    """The flow that an intent of this moment runs: its verb's, or the one that it names itself.

    None for what is no run, and for what names no flow, whatever else it names.
    """
    return flow_by(view.verbs.get(line.did), line)


def flow_by(verb: Verb | None, line: LogLine) -> ContentId | None:
    """The same by the verb, as it is bound at that moment; None if there is no such verb."""
    named = line.this.get("flow") if line.did in _NAME_A_FLOW else verb and verb.flow
    return ContentId(named) if isinstance(named, str) else None


def _check_flow_inputs(
    verb: Verb, flow: ContentId | None, this: Mapping[str, Json], flows: Flows
) -> None:
    """A verb that starts a flow carries the flow's inputs, whole and typed."""
    if flow is None or verb.name == "run.fork":  # its inputs are those of the run before it
        return
    inputs = this["inputs"] if verb.name == "flow.run" else this
    if not isinstance(inputs, Mapping):
        raise InvalidInput("E_THIS_SCHEMA", "`inputs` is not an object", path="$.inputs")
    flows.check_inputs(flow, inputs)


def _missing(view: View, verb: str, flow: ContentId | None, flows: Flows) -> Judged | None:
    """A DENY if a node of the flow holds no grant of what it asks for.

    Said before the first node is called, not by the last when others have had their effects. A fork
    may have been told by the run before it whatever its nodes ask for.
    """
    if flow is None or verb == "run.fork":
        return None
    for node, required in flows.needs(flow).items():
        granted = view.granted(node)
        missing = sorted(required - granted)
        if missing:
            error = Rejected(
                "E_CAPABILITY_MISSING",
                f"the node {node} of this flow holds no grant of {', '.join(missing)}",
                hint="\n".join(grant_command(node, each) for each in missing),
                node=node,
                capabilities=missing,
            )
            cause: dict[str, Json] = {
                "node": node, "required": [*sorted(required)], "granted": [*sorted(granted)],
                "code": error.code,
            }  # fmt: skip
            return denied(view, "CapabilityMissing", error, cause)
    return None


def _deny(view: View, reason: str, detail: str) -> dict[str, Json]:
    return {
        "outcome": "DENY",
        "reason": reason,
        "detail": recordable(detail),
        "policies": [],
        "revision": view.head.index,
        "context": {},
    }


def _invalid_verb(view: View, name: str) -> Judged:
    detail = f"no verb {name!r} is registered"
    error = Rejected(
        "E_UNKNOWN_VERB",
        detail,
        hint="`logos verb list` shows what is registered; the attempt stays as a ghost",
        verb=name,
    )
    return Judged(
        _deny(view, "ExplicitDeny", detail),
        view.policy.id,
        {"type": "InvalidVerb", "verb": name},
        error,
    )


def _misfit(view: View, error: LogosError) -> Judged:
    return denied(view, "PolicyViolation", error, {"code": error.code})


def denied(view: View, reason: str, error: LogosError, cause: Mapping[str, Json]) -> Judged:
    """A DENY that no policy made. reason: of DenyReason. cause: more of what the ghost tells."""
    told: dict[str, Json] = {
        "type": "PolicyDeny", "reason": reason, "detail": error.message, **cause,
    }  # fmt: skip
    return Judged(_deny(view, reason, error.message), view.policy.id, told, error)
