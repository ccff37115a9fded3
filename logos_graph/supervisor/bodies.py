"""The bodies of the gate's entries, and which of its three commitments an intent ends in.

| the intent … | entry | consequence |
|---|---|---|
| took effect | receipt | if_ok |
| took effect, and the effect is a failure (a run that did not finish) | receipt | if_not |
| failed, and what it did outside is in doubt | receipt | if_doubt |
| was denied, refused or aborted | ghost | if_not |
| waited too long for consent | ghost | if_doubt |
"""

from __future__ import annotations

from collections.abc import Mapping

from logos_graph.canon import ContentId, Json, recordable
from logos_graph.errors import LogosError
from logos_graph.graph.flow import OUTPUT
from logos_graph.identity import Did
from logos_graph.ledger import EntryKind
from logos_graph.logline import LogLine, SignedIntent, format_when
from logos_graph.supervisor.decide import Judged
from logos_graph.supervisor.effects import Draft, Effect
from logos_graph.supervisor.ports import GivenConsent

__all__ = [
    "aborted",
    "claim",
    "consent",
    "consequence",
    "ghost",
    "intent",
    "receipt",
    "receipt_consequence",
    "refusal",
    "undone",
]


def consequence(line: LogLine, cause: Mapping[str, Json]) -> tuple[str, str]:
    """Which commitment a ghost leads to: (name of the field, its text)."""
    if cause["type"] == "ConsentTimeout":
        return "if_doubt", line.if_doubt.text
    return "if_not", line.if_not.text


def receipt_consequence(line: LogLine, taken: Effect) -> tuple[str, str]:
    """Which commitment an effect leads to: (name of the field, its text)."""
    if not taken.failed:
        return "if_ok", line.if_ok.text
    return ("if_doubt", line.if_doubt.text) if taken.doubt else ("if_not", line.if_not.text)


def aborted(error: LogosError) -> dict[str, Json]:
    """The cause of a ghost that could not be done, or was given up; then with who did, and why."""
    cause: dict[str, Json] = {"type": "AgentAbort", "code": error.code, "detail": error.message}
    if error.code == "E_RUN_CANCELLED":
        cause |= {name: str(error.data[name]) for name in ("by", "reason")}
    return cause


def undone(code: str, reason: str, *, doubt: bool) -> Effect:
    """What is recorded of an intent that had begun, and did not come to its end.

    doubt: whether its last attempt did something outside.
    """
    failure: dict[str, Json] = {"step": OUTPUT, "code": code, "reason": recordable(reason)}
    return Effect(result={"status": "failed", "failure": failure}, failed=True, doubt=doubt)


def intent(
    signed: SignedIntent,
    judged: Judged,
    writer: str,
    flow: ContentId | None = None,
    key: Did | None = None,
) -> Draft:
    """The intent with its decision: what must be durable before anything else happens.

    flow: what it runs; whatever its verb is bound to later, this is what it stays on.
    key: which one signed it; told where `who` is not a key itself.
    """
    body: dict[str, Json] = {
        "cid": signed.intent.cid,
        "intent": signed.intent.json,
        "signature": signed.signature,
        "decision": judged.decision,
        "writer": writer,
        "flow": flow,
    }
    if key is not None and key != signed.intent.logline.who:
        body["key"] = key
    return Draft(EntryKind.INTENT, body, judged.policy_hash)


def claim(pending: ContentId, writer: str) -> Draft:
    """From here on this writer carries it out; its index is what he holds it by."""
    return Draft(EntryKind.CLAIM, {"intent": pending, "writer": writer}, None)


def consent(waiting: ContentId, given: GivenConsent, reached: Judged | None, writer: str) -> Draft:
    """A principal's consent; with the new decision when it is the one that settles the matter."""
    return Draft(
        EntryKind.CONSENT,
        {
            "intent": waiting,
            "cid": given.cid,
            "by": given.by,
            "expires_at": format_when(given.expires_at),
            "decision": None if reached is None else reached.decision,
            "writer": writer,
            "delegation": given.delegation,
        },
        None if reached is None else reached.policy_hash,
    )


def refusal(waiting: ContentId, cid: ContentId, by: Did) -> Draft:
    """A principal's refusal; the ghost of the refused intent follows it."""
    return Draft(EntryKind.REFUSAL, {"intent": waiting, "cid": cid, "by": by}, None)


def receipt(signed: SignedIntent, effect: Effect, policy_hash: ContentId) -> Draft:
    """Proof of the effect, with everything that is needed to make it again."""
    field, commitment = receipt_consequence(signed.intent.logline, effect)
    return Draft(
        EntryKind.RECEIPT,
        {
            "intent": signed.intent.cid,
            "outcome": "failed" if effect.failed else "done",
            "consequence": field,
            "commitment": commitment,
            "mutations": list(effect.mutations),
            "result": effect.result,
        },
        policy_hash,
    )


def ghost(
    signed: SignedIntent,
    cause: Mapping[str, Json],
    policy_hash: ContentId,
    amount: int | None = None,
) -> Draft:
    """An intent that never took effect, and why; it stays for ever.

    amount: what it was about, in whole units; None if its verb names none.
    """
    field, commitment = consequence(signed.intent.logline, cause)
    return Draft(
        EntryKind.GHOST,
        {
            "intent": signed.intent.cid,
            # details quote compilers and strangers: whatever they hold, it must fit an entry
            "cause": {
                name: recordable(value) if isinstance(value, str) else value
                for name, value in cause.items()
            },
            "amount": amount,
            "consequence": field,
            "commitment": commitment,
        },
        policy_hash,
    )
