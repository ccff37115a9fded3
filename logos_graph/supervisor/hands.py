"""Whether an intent is still open, in the hands that it was given to, and not cancelled."""

from __future__ import annotations

from collections.abc import Mapping

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Conflict, Rejected
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["cancelled_error", "cancelled_text", "check_not_cancelled", "in_hand", "unsettled"]


def unsettled(view: View, cid: ContentId) -> PendingIntent:
    """The intent as it stands; Conflict E_SETTLED if it has ended."""
    pending = view.pending.get(cid)
    if pending is None:
        raise Conflict("E_SETTLED", f"{cid} has ended already", intent=cid)
    return pending


def in_hand(view: View, cid: ContentId, claimed: int) -> PendingIntent:
    """The same for him who holds it by the entry `claimed`.

    Raises Conflict E_SETTLED, or E_TAKEN_OVER if it was given to somebody else since.
    """
    pending = unsettled(view, cid)
    if pending.claimed != claimed:
        raise Conflict(
            "E_TAKEN_OVER",
            f"{cid} is carried out by another process since entry {pending.claimed}",
            hint="`logos run list` shows how it ends",
            intent=cid,
            claimed=pending.claimed,
        )
    return pending


def cancelled_text(cancelled: Mapping[str, Json]) -> str:
    """Who cancelled it, and why, in words."""
    return f"cancelled by {cancelled['by']}: {cancelled['reason']}"


def check_not_cancelled(pending: PendingIntent) -> None:
    """Raises Rejected E_RUN_CANCELLED, with who cancelled it and why."""
    if pending.cancelled is not None:
        raise cancelled_error(pending.cancelled)


def cancelled_error(cancelled: Mapping[str, Json]) -> Rejected:
    """What ends a cancelled intent."""
    by, reason = cancelled["by"], cancelled["reason"]
    return Rejected("E_RUN_CANCELLED", cancelled_text(cancelled), by=by, reason=reason)
