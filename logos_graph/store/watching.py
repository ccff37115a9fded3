"""What a new process reads of alarms, ghosts and rates: no more than what may still matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logos_graph.canon import ContentId
from logos_graph.identity import Did
from logos_graph.ledger import Head
from logos_graph.ledger.patterns import LONGEST_NS, MAX_MARKS, GhostMark
from logos_graph.supervisor import CountedAct, OpenAlarm, RateInForce, WatchedSnapshot

if TYPE_CHECKING:
    from logos_graph.store.statements import Row
    from logos_graph.store.tables import Rows

__all__ = ["read_rates", "read_watched"]

_SECOND_NS = 1_000_000_000
_RATE = ("id", "who", "verb", "count", "seconds")
_DENIALS = ('"type":"PolicyDeny"', '"type":"InvalidVerb"')


def read_watched(head: Head, rows: Rows) -> WatchedSnapshot:
    """Asked by `rows` while the head stands still."""
    since = head.recorded_at - LONGEST_NS
    rates = read_rates(rows)
    return WatchedSnapshot(
        alarms=[_alarm(row) for row in rows("read/standing_alarms", since=since)],
        lifted={Did(row["who"]): int(row["index"]) for row in rows("read/lifted")},
        ghosts=[
            (Did(row["who"]), _mark(row))
            for row in rows("read/recent_ghosts", since=since, limit=MAX_MARKS)
        ],
        rates=rates,
        acts=_acts(head, rates, rows),
    )


def read_rates(rows: Rows) -> list[RateInForce]:
    """Every rate, those that were taken away included."""
    return [
        RateInForce({"kind": "rate", **{name: row[name] for name in _RATE}}, row["index"])
        for row in rows("read/rates")
    ]


def _acts(head: Head, rates: list[RateInForce], rows: Rows) -> list[CountedAct]:
    """What the rates in force count; nothing is asked where there are none."""
    counting = [each for each in rates if each.count is not None]
    if not counting:
        return []
    longest = max(each.seconds for each in counting) * _SECOND_NS
    after = min(each.index for each in counting)
    found = rows("read/recent_acts", since=head.recorded_at - longest, after=after)
    return [CountedAct(Did(row["who"]), row["verb"], row["at"], row["index"]) for row in found]


def _alarm(row: Row) -> OpenAlarm:
    return OpenAlarm(
        id=ContentId(row["id"]),
        who=Did(row["who"]),
        pattern=row["pattern"],
        severity=row["severity"],
        window_s=row["window_s"],
        raised_at=row["raised_at"],
        lifted=row["status"] == "lifted",
    )


def _mark(row: Row) -> GhostMark:
    denied = any(each in row["cause"] for each in _DENIALS)
    return GhostMark(ContentId(row["cid"]), row["index"], row["at"], denied, row["amount"])
