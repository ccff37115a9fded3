"""An opened system for one command, with what a person must know about it said on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from logos_graph.cli.output import Printer
from logos_graph.errors import InvalidInput

if TYPE_CHECKING:
    from logos_graph.canon import ContentId
    from logos_graph.ledger import Head, Stored
    from logos_graph.wiring import System

__all__ = ["current_head", "opened", "opened_to_write", "stored_entries", "warn_of_guard"]


@contextmanager
def opened() -> Iterator[System]:
    """The system, to read."""
    from logos_graph.settings import Settings
    from logos_graph.wiring import open_system

    with open_system(Settings.from_environment()) as system:
        yield system


def warn_of_guard(out: Printer, system: System) -> None:
    """Says on stderr that the database is not guarded, or by another guard than this product's."""
    if system.guard.warning is not None:
        out.note(f"warning: {system.guard.warning}")


@contextmanager
def opened_to_write(
    out: Printer, *, about: Callable[[System], ContentId] | None = None
) -> Iterator[System]:
    """The system, to write; a database that is not guarded is named, and so is what was left.

    about: finds the intent that the command is about, which is left for it (`system.spared`).
    """
    with opened() as system:
        warn_of_guard(out, system)
        if about is not None:
            system.spared = about(system)
        # The gate finishes what a dead process left before it takes anything new.
        system.supervisor  # noqa: B018 - made when first asked for
        for outcome in system.recovered:
            out.note(
                f"note: {outcome.did} {outcome.intent} was left unfinished;"
                f" it is {outcome.status} now"
            )
        yield system


def current_head(system: System) -> Head:
    """The ledger's head. Raises InvalidInput E_NO_LEDGER."""
    head = system.reader.head()
    if head is None:
        raise InvalidInput("E_NO_LEDGER", "this database has no ledger yet", hint="logos up")
    return head


def stored_entries(system: System, head: Head, first: int = 0) -> Iterator[Stored]:
    """The entries from this index up to the head, as they are stored."""
    from logos_graph.ledger import Stored

    for row in system.reader.entries(head.ledger, first, head.index + 1):
        yield Stored(_text(row["text"]), _text(row["hash"]), _text(row["signature"]))


def _text(value: Any) -> str:
    """A property that should be a text; what is none is no entry's."""
    return value if isinstance(value, str) else ""
