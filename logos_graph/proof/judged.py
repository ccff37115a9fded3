"""Whether the decisions are those of the policies: each is made again from what is in the proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from logos_graph.canon import ContentId, Json
from logos_graph.errors import LogosError, NotVerified
from logos_graph.governance import (
    Allow,
    Decision,
    People,
    Person,
    Policy,
    Request,
    Require,
    check_this,
    parse_decision,
    parse_verb,
    resolve_signers,
    same_decision,
)
from logos_graph.identity import Did
from logos_graph.ledger import Delegation, Entry, EntryKind, PrincipalKeys, State, Voice
from logos_graph.ledger.state import ACTIVE
from logos_graph.proof.facts import Consented, Facts

__all__ = ["check_decision", "check_settlement"]


def check_decision(facts: Facts) -> str:
    """The first decision is the one of the policy in force.

    Raises NotVerified E_PROOF_POLICY, E_PROOF_DECISION.
    """
    entry = facts.begun
    made = _judge(facts, entry, [])
    _compare(entry, made)
    rules = ", ".join(made.policies) or "none"
    return f"{_outcome(made)} by policy {made.policy_hash}, rules: {rules}; judged again: the same"


def check_settlement(facts: Facts) -> str:
    """What was carried out was allowed by the policy, with the consents that there were.

    The decision that a consent led to is made again; and where another policy was in force when
    the act took effect, that one allows it too. Raises as `check_decision`.
    """
    deciding = facts.deciding
    if deciding is not facts.begun:
        _compare(deciding, _judge(facts, deciding, _given(facts, deciding, also=deciding)))
    others = [each for each in _performed(facts) if each.policy_hash != deciding.policy_hash]
    for entry in others:
        if not isinstance(_judge(facts, entry, _given(facts, entry), deciding), Allow):
            _refuse("E_PROOF_DECISION", entry, "the policy in force did not allow it any more")
    if not facts.waited:
        return "none was asked for"
    asked = parse_decision(facts.begun.body["decision"], _policy_hash(facts.begun))
    assert isinstance(asked, Require)  # as `waited` says
    given = ", ".join(_given_by(facts, each) for each in facts.consents)
    return f"{asked.text} were asked for; consented: {given}"


def _given_by(facts: Facts, consent: Consented) -> str:
    told = f"{facts.name(consent.by)} at {consent.entry.index}"
    if consent.delegation is None:
        return told
    lent = facts.before(consent.entry.index).get("delegation", consent.delegation) or {}
    return f"{told}, in the place of {facts.name(str(lent.get('by')))}"


def _performed(facts: Facts) -> list[Entry]:
    """The entries before which the policy in force was asked again: effects, else the receipt."""
    return [*facts.about(EntryKind.EFFECT)] or [facts.receipt]


def _given(facts: Facts, at: Entry, *, also: Entry | None = None) -> list[Consented]:
    """Whose consents counted when an entry was recorded; `also` is a consent by itself."""
    counts = facts.keys_before(at.index).counts
    return [
        each
        for each in facts.consents
        if each.entry is also
        or (
            each.entry.index < at.index
            and each.expires_at > at.recorded_at
            and counts(each.by, each.entry.index)
        )
    ]


def _judge(
    facts: Facts, entry: Entry, consents: Sequence[Consented], seen_at: Entry | None = None
) -> Decision:
    """The decision at an entry, by the policy that it names and the revision that it saw.

    seen_at: the entry whose decision tells the context, where this one holds none: another policy
    that is asked before an effect sees what the one saw whose decision is carried out.
    """
    state, line = facts.before(entry.index), facts.line
    keys = facts.keys_before(entry.index)
    policy = _policy(state, entry)
    verb = state.get("verb", line.did)
    if verb is None:
        _refuse("E_PROOF_DECISION", entry, f"the verb {line.did} is not registered in the proof")
    try:
        parsed = parse_verb({name: value for name, value in verb.items() if name != "kind"})
        check_this(parsed, line.this)
        request = Request(
            who=line.who,
            roles=_roles(state, keys, line.who),
            verb=parsed,
            this=line.this,
            ledger=entry.ledger,
            revision=_revision(entry),
            now_ns=entry.recorded_at,
            context=_context(entry if seen_at is None else seen_at),
            people=_people(state, keys),
        )
        delegations = _delegations(facts, state, keys)

        def lent(voice: Voice) -> frozenset[str]:
            return frozenset[str]().union(
                *(
                    each.lent(_roles(state, keys, voice.seat), line.did, entry.recorded_at)
                    for each in delegations.values()
                    if each.voice == voice
                )
            )

        return policy.judge(
            request, resolve_signers(_voices(consents, delegations), request.people, line.who, lent)
        )
    except LogosError as error:
        _refuse("E_PROOF_DECISION", entry, f"it cannot be judged: {error.message}", error.code)


def _voices(consents: Sequence[Consented], known: Mapping[str, Delegation]) -> list[Voice]:
    """Who consented, and in whose place; nobody by a delegation that does not hold."""
    return [
        Voice(each.by, each.by) if each.delegation is None else known[each.delegation].voice
        for each in consents
        if each.delegation is None or each.delegation in known
    ]


def _policy(state: State, entry: Entry) -> Policy:
    """The policy in force. Raises NotVerified E_PROOF_POLICY."""
    known = state.get("policy", _policy_hash(entry))
    if known is None:
        _refuse("E_PROOF_POLICY", entry, f"the proof has no policy {entry.policy_hash}")
    try:
        policy = Policy(str(known.get("text")))
    except LogosError as error:
        _refuse("E_PROOF_POLICY", entry, f"the policy is none: {error.message}", error.code)
    active = state.get("policy", ACTIVE)
    if policy.id != entry.policy_hash or active is None or active["id"] != policy.id:
        _refuse("E_PROOF_POLICY", entry, f"{entry.policy_hash} is not the policy in force there")
    return policy


def _compare(entry: Entry, made: Decision) -> None:
    """The same as recorded. Its expiry counts from when it was judged: before it was recorded."""
    told = parse_decision(entry.body["decision"], _policy_hash(entry))
    same = same_decision(told.to_json(), made.to_json())
    if isinstance(told, Require) and isinstance(made, Require):
        same = same and told.expires_at <= made.expires_at
    if not same:
        message = f"the policy decides otherwise at entry {entry.index} than is recorded there"
        raise NotVerified(
            "E_PROOF_DECISION",
            message,
            index=entry.index,
            field="body.decision",
            expected=made.to_json(),
            found=told.to_json(),
        )


def _outcome(decision: Decision) -> str:
    return str(decision.to_json()["outcome"])


def _revision(entry: Entry) -> int:
    """The revision that the decision of an entry names; where it holds none, the entry before."""
    decision = entry.body.get("decision")
    told = decision.get("revision") if isinstance(decision, dict) else None
    if told is None:
        return entry.index - 1
    if isinstance(told, bool) or not isinstance(told, int) or not 0 <= told < entry.index:
        _refuse("E_PROOF_DECISION", entry, "its revision is not before it")
    return told


def _context(entry: Entry) -> Mapping[str, Json]:
    """What the decision says that it saw of the ledger, which a proof does not hold."""
    decision = entry.body.get("decision")
    context = decision.get("context") if isinstance(decision, dict) else None
    return context if isinstance(context, dict) else {}


def _delegations(facts: Facts, state: State, keys: PrincipalKeys) -> dict[str, Delegation]:
    """Those that hold: each is named by the intent that made it, whose key was not revoked."""
    known = state.objects.get("delegation", {})
    signed = {str(e.body["cid"]): e.index for e in facts.entries if e.kind is EntryKind.INTENT}
    found = {key: Delegation.from_mutation(each, signed.get(key, 0)) for key, each in known.items()}
    return {key: each for key, each in found.items() if each.holds(keys)}


def _people(state: State, keys: PrincipalKeys) -> People:
    known = state.objects.get("principal", {})
    return {
        Did(did): Person(str(each.get("name")), _roles(state, keys, did))
        for did, each in known.items()
    }


def _roles(state: State, keys: PrincipalKeys, did: str) -> frozenset[str]:
    """What it held: nothing, by a key of the supervisor's that another followed, or by none."""
    if keys.current(did) is None:
        return frozenset()
    if any(each["previous"] == did for each in state.objects.get("supervisor", {}).values()):
        return frozenset()
    roles = (state.get("principal", did) or {}).get("roles")
    return frozenset(map(str, roles)) if isinstance(roles, list) else frozenset()


def _policy_hash(entry: Entry) -> ContentId:
    if entry.policy_hash is None:
        _refuse("E_PROOF_POLICY", entry, "it names no policy")
    return entry.policy_hash


def _refuse(code: str, entry: Entry, reason: str, cause: str = "") -> NoReturn:
    more = {"cause": cause} if cause else {}
    message = f"the decision at entry {entry.index} does not hold: {reason}"
    raise NotVerified(code, message, index=entry.index, field="body.decision", **more)
