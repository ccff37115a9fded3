"""What policy sees of the ledger beside the intent itself: `context.<name>` in Cedar.

Each part is a function of the view alone, so of the entries up to its head; a decision records what
it saw, so that it can be repeated without the ledger's history.
"""

from __future__ import annotations

from logos_graph.canon import ContentId, Json
from logos_graph.logline import LogLine
from logos_graph.supervisor.view import View

__all__ = ["context_of"]


def context_of(view: View, line: LogLine, now_ns: int, *, judged: ContentId) -> dict[str, Json]:
    """The parts by name. now_ns: nanoseconds since the epoch at which the act is judged.

    judged: the intent's content id; what is counted of others does not count it.
    breaker: whether the circuit breaker of whoever submits is open. alarms: how many alarms about
    it are open, those included that open no breaker.
    """
    return {
        "alarms": len(view.watched.open_alarms(line.who, now_ns)),
        "breaker": bool(view.watched.breaker(line.who)),
        "trajectory": view.conducts.trajectory(line.who, now_ns, judged=judged).to_json(),
    }
