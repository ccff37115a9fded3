"""One invariant while it is being checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from logos_graph.canon import Json
from logos_graph.errors import LogosError
from logos_graph.ledger.report import Check, Offender

__all__ = ["Tally"]


@dataclass(slots=True)
class Tally:
    """How much was looked at, and the first offender; later ones are not kept."""

    count: int = 0
    first: Offender | None = None

    def require(
        self, holds: bool, index: int | None, field: str, expected: Json, found: Json, message: str
    ) -> bool:
        """Whether it holds; if not, and it is the first that does not, it is kept."""
        if not holds and self.first is None:
            self.first = Offender(index, field, expected, found, message)
        return holds

    def offends(self, found: Offender) -> None:
        """What was found by another way: kept if it comes before the first of this one's."""
        first = self.first
        if (
            first is None
            or first.index is None
            or (found.index is not None and found.index < first.index)
        ):
            self.first = found

    def refused(self, index: int, expected: Json, error: LogosError) -> None:
        """What something did not take an entry for. expected: if the error does not tell it."""
        told: Mapping[str, Any] = error.data
        field, found = str(told.get("field", "body")), told.get("found", error.code)
        self.require(False, index, field, told.get("expected", expected), found, error.message)

    def check(self, name: str, title: str, note: str = "", *, compared: bool = True) -> Check:
        """The result. compared: whether the check could be made at all."""
        return Check(name, title, self.count, compared and self.first is None, self.first, note)
