"""What policy sees of the ledger beside the intent itself: `context.<name>` in Cedar.

Each part is a function of the view alone, so of the entries up to its head; a decision records what
it saw, so that it can be repeated without the ledger's history.
"""

from __future__ import annotations

from logos_graph.canon import Json
from logos_graph.logline import LogLine
from logos_graph.supervisor.view import View

__all__ = ["context_of"]


def context_of(view: View, line: LogLine, now_ns: int) -> dict[str, Json]:  # noqa: ARG001
    """The parts by name. now_ns: nanoseconds since the epoch at which the act is judged."""
    return {}
