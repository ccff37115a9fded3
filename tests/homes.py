"""Homes of a test's own, beside the one that a run of the tests shares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from logos_graph.settings import Settings
from logos_graph.wiring import start_database, stop_database

__all__ = ["running_home"]


@contextmanager
def running_home(home: Path, cache: Path) -> Iterator[Settings]:
    """A home with a guarded database that runs meanwhile, and a founded ledger."""
    settings = Settings(home, cache, "supervisor", None)
    start_database(settings, lambda _line: None)
    try:
        yield settings
    finally:
        stop_database(settings)
