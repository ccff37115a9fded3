"""Commitments checked first: an escalation to nobody is refused before anything is recorded.

An intent ends in one of its three commitments, and what it ends in is carried out. One that cannot
be is no end: so it is refused as a wrong field is, before policy is asked, and who tries learns
nothing of what policy would have said (docs/decisions/0021).

| commitment | somebody other than the actor must |
|---|---|
| escalate:ROLE | hold the role |
| escalate:ROLE@WHO | be WHO, by DID or by name; the role needs no holder then |
| emit:EVENT@WHO | be registered, if WHO is a DID; any other WHO names a reader of `logos events` |
| retry:N@WHO, abort@WHO | be registered as WHO, or hold it as a role |

For emit, retry and abort the actor itself counts too: to be told is not to judge.
"""

from __future__ import annotations

from logos_graph.errors import Rejected
from logos_graph.identity import Did
from logos_graph.logline import Action, Commitment, LogLine
from logos_graph.supervisor.view import View

__all__ = ["check_commitments", "is_answerable", "may_answer", "usual_doubt"]

_HINT = "`logos key list` shows who there is, with which roles; emit:EVENT asks nobody"


def check_commitments(line: LogLine, view: View) -> None:
    """Raises Rejected E_COMMITMENT_NOBODY, E_COMMITMENT_TARGET; `data["field"]` says which one."""
    for field, commitment in (
        ("if_ok", line.if_ok),
        ("if_doubt", line.if_doubt),
        ("if_not", line.if_not),
    ):
        if commitment.action is Action.ESCALATE:
            if not is_answerable(view, line.who, commitment):
                raise _nobody(field, commitment)
        elif commitment.target is not None and not _is_known(view, commitment):
            raise _unknown(field, commitment)


def may_answer(view: View, who: Did, handler: str, target: str | None) -> bool:
    """Whether a principal is one of those whom an escalation names; its author never answers."""
    called = target is not None and target in (who, view.name(who))
    return called or handler in view.roles(who)


def is_answerable(view: View, who: Did, escalate: Commitment) -> bool:
    """Whether somebody other than `who` may answer this escalation, and is who it names."""
    if escalate.target is not None:
        return bool(view.called(escalate.target) - {who})
    return bool(view.holders(str(escalate.argument)) - {who})


def usual_doubt(view: View, who: Did, verb: str) -> str:
    """What `if_doubt` is where its author does not say: the operators' to look at.

    Where there is no other operator than `who`, it is an event, which `logos events` reads.
    """
    others = view.holders("operator") - {who}
    return "escalate:operator" if others else f"emit:{verb}.doubted"


def _is_known(view: View, commitment: Commitment) -> bool:
    target = str(commitment.target)
    if commitment.action is Action.EMIT and not target.startswith("did:"):
        return True
    return bool(view.called(target) or view.holders(target))


def _nobody(field: str, commitment: Commitment) -> Rejected:
    target = commitment.target
    named = f"is {target!r}" if target is not None else f"holds the role {commitment.argument!r}"
    return Rejected(
        "E_COMMITMENT_NOBODY",
        f"{field} is {commitment.text}, and nobody but the actor itself, if anybody, {named}: "
        "nobody could answer it",
        hint=_HINT,
        field=field,
        commitment=commitment.text,
    )


def _unknown(field: str, commitment: Commitment) -> Rejected:
    return Rejected(
        "E_COMMITMENT_TARGET",
        f"{field} is {commitment.text}, and there is nobody of the name {commitment.target!r}",
        hint=_HINT,
        field=field,
        commitment=commitment.text,
    )
