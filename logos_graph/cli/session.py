"""An opened system for one command, with what a person must know about it said on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from logos_graph.cli.output import Printer

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["opened", "opened_to_write"]


@contextmanager
def opened() -> Iterator[System]:
    """The system, to read."""
    from logos_graph.settings import Settings
    from logos_graph.wiring import open_system

    with open_system(Settings.from_environment()) as system:
        yield system


@contextmanager
def opened_to_write(out: Printer) -> Iterator[System]:
    """The system, to write; an unguarded database is named, and so is what was left behind."""
    with opened() as system:
        if not system.guard.active:
            out.note(
                "warning: the database is not guarded: whoever has its password can change what is"
                " recorded there; `logos ledger verify` finds that out afterwards"
            )
        # The gate finishes what a dead process left before it takes anything new.
        system.supervisor  # noqa: B018 - made when first asked for
        for outcome in system.recovered:
            out.note(
                f"note: {outcome.did} {outcome.intent} was left unfinished;"
                f" it is {outcome.status} now"
            )
        yield system
