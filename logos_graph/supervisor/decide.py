"""Step 2 of the gate: the verb's schema, then the policy; ALLOW, REQUIRE or DENY.

Pure: the same view, intent and instant give the same decision, so that an auditor can repeat it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from logos_graph.canon import ContentId, Json, recordable
from logos_graph.errors import InvalidInput, LogosError, Rejected
from logos_graph.governance import (
    Decision,
    Deny,
    DenyReason,
    Request,
    Require,
    Verb,
    check_this,
    resolve_signers,
)
from logos_graph.identity import Did
from logos_graph.logline import LogLine, SignedIntent
from logos_graph.supervisor.context import context_of
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["CheckInputs", "Judged", "decide", "denied", "flow_of", "revoked"]

_NAME_A_FLOW = ("flow.run", "run.fork")

CheckInputs = Callable[[ContentId, Mapping[str, Json]], None]
"""Raises if these are not the typed inputs of this flow."""


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
    check_inputs: CheckInputs,
    consents: Iterable[Did] = (),
    *,
    flow: ContentId | None = None,
) -> Judged:
    """Judges an admitted intent on this view, with the consents it has so far.

    flow: what it runs (`flow_of`), or what it stays on if it was recorded before.
    """
    line = signed.intent.logline
    verb = view.verbs.get(line.did)
    if verb is None:
        return _invalid_verb(view, line.did)
    try:
        check_this(verb, line.this)
        _check_flow_inputs(verb, flow, line.this, check_inputs)
    except (Rejected, InvalidInput) as misfit:
        return _misfit(view, misfit)
    request = Request(
        who=line.who,
        roles=view.roles(line.who),
        verb=verb,
        this=line.this,
        ledger=view.ledger,
        revision=view.head.index,
        now_ns=now_ns,
        context=context_of(view, line, now_ns),
    )
    try:
        decision = view.policy.judge(request, resolve_signers(consents, view.registered()))
    except Rejected as misfit:  # the payload holds what policy cannot judge
        return _misfit(view, misfit)
    decision = _reachable(view, decision, line.who)
    if isinstance(decision, Deny):
        return _denied(decision, line.did)
    return Judged(decision.to_json(), view.policy.id)


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
    return Judged(decision.to_json(), decision.policy_hash, cause, error)


def _reachable(view: View, decision: Decision, who: Did) -> Decision:
    """A consent that nobody could give is a denial, said at once."""
    if not isinstance(decision, Require):
        return decision
    others = len(view.holders(decision.role) - {who})
    if others >= decision.quorum:
        return decision
    return Deny(
        policies=decision.policies,
        policy_hash=decision.policy_hash,
        revision=decision.revision,
        context=decision.context,
        reason=DenyReason.POLICY_VIOLATION,
        detail=f"{decision.quorum} consent(s) of role {decision.role!r} are required, "
        f"and {others} other principal(s) hold it",
    )


def flow_of(view: View, line: LogLine) -> ContentId | None:
    """The flow that an intent of this moment runs: its verb's, or the one that it names itself.

    None for what is no run, and for what names no flow, whatever else it names.
    """
    verb = view.verbs.get(line.did)
    named = line.this.get("flow") if line.did in _NAME_A_FLOW else verb and verb.flow
    return ContentId(named) if isinstance(named, str) else None


def _check_flow_inputs(
    verb: Verb, flow: ContentId | None, this: Mapping[str, Json], check_inputs: CheckInputs
) -> None:
    """A verb that starts a flow carries the flow's inputs, whole and typed."""
    if flow is None or verb.name == "run.fork":  # its inputs are those of the run before it
        return
    inputs = this["inputs"] if verb.name == "flow.run" else this
    if not isinstance(inputs, Mapping):
        raise InvalidInput("E_THIS_SCHEMA", "`inputs` is not an object", path="$.inputs")
    check_inputs(flow, inputs)


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
