"""Every run that the tests have made, once more: a replay is exact, whatever the run was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logos_graph.supervisor import Runner

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["replay_all"]

_AT_ONCE = 50


def replay_all(system: System) -> int:
    """Replays each run of this ledger from its record, one page of ids after the other.

    Returns how many there are. AssertionError names the first that does not replay, and where.
    """
    runner, count, after = Runner(system.store, system.host), 0, -1
    while True:
        rows = _page(system, after)
        for row in rows:
            report = runner.replay(system.reader.run(row["run"]))
            assert report.same, (row["run"], report.difference)
        count += len(rows)
        if len(rows) < _AT_ONCE:
            return count
        after = rows[-1]["index"]


def _page(system: System, after: int) -> list[dict[str, Any]]:
    """The next runs in the ledger's order; several of one entry there are none."""
    rows, _, _ = system.driver.execute_query(
        "MATCH (run:Run) WHERE run.ledger_index > $after"
        " RETURN run.id AS run, run.ledger_index AS index ORDER BY index LIMIT $limit",
        {"after": after, "limit": _AT_ONCE},
        database_=system.connection.database,
    )
    return [row.data() for row in rows]
