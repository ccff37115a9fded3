"""A day of a principal's acts as the graph keeps it, and back: a node for each day with an end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from logos_graph.governance import Day, Kind

__all__ = ["conduct_row", "day_text", "read_conduct"]

_EPOCH = date(1970, 1, 1).toordinal()


def conduct_row(who: str, day: Day) -> dict[str, Any]:
    """The properties of a Conduct: of each kind how many by level, L0 first; amounts by hour.

    What there is none of is null, so the node does not have it.
    """
    text = day_text(day.number)
    counts = {kind.value: day.counts.get(kind) for kind in Kind}
    return {
        "id": f"{who}/{text}",
        "who": who,
        "day": text,
        "begun_index": day.first,
        "ledger_index": day.last,
        "amounts": [*day.amounts] if any(day.amounts) else None,
        **{kind: None if levels is None else [*levels] for kind, levels in counts.items()},
    }


def read_conduct(row: Mapping[str, Any]) -> tuple[str, Day]:
    """The DID and the day of a Conduct's properties."""
    counts = {kind: tuple(row[kind.value]) for kind in Kind if row.get(kind.value) is not None}
    day = Day(
        number=date.fromisoformat(row["day"]).toordinal() - _EPOCH,
        first=row["begun_index"],
        last=row["ledger_index"],
        counts=MappingProxyType(counts),
    )
    amounts = row.get("amounts")
    return row["who"], day if amounts is None else replace(day, amounts=tuple(amounts))


def day_text(number: int) -> str:
    """A UTC day, in days since the epoch, as YYYY-MM-DD."""
    return date.fromordinal(number + _EPOCH).isoformat()
