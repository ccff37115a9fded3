"""The ledgers kept by hand of the tests of the ledger."""

from __future__ import annotations

from tests.ledger.conftest import book, story

__all__ = ["book", "story"]
