"""The ledgers kept by hand of the tests of the ledger."""

from __future__ import annotations

import pytest

from tests.ledger.conftest import Book, tell_story


@pytest.fixture
def book() -> Book:
    """A ledger with genesis."""
    return Book()


@pytest.fixture(scope="session")
def story() -> Book:
    """A ledger with one of each; not to be changed."""
    book = Book()
    tell_story(book)
    return book
