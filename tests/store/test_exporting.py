"""What the ledger in the database signs for an export."""

from __future__ import annotations

from typing import Any, cast

import pytest

from logos_graph.errors import NotVerified
from logos_graph.ledger import SupervisorKeys
from logos_graph.store import StoredLedger
from tests.ledger.conftest import SUPERVISOR, Book


def test_no_checkpoint_is_signed_of_entries_that_did_not_pass_under_the_key_that_signs() -> None:
    """The keys come from the graph; only the chain says that the entries are kept by them."""
    book = Book()
    keys = SupervisorKeys((SUPERVISOR.did,), (0,))
    untouched = cast(Any, None)  # the database is not asked
    ledger = StoredLedger(
        untouched, book.entries[0].head, keys, lambda _did: SUPERVISOR, lambda given, _total: given
    )
    with pytest.raises(NotVerified) as refused:
        ledger.sign(1, bytes(32))
    assert refused.value.code == "E_CHAIN_SUPERVISOR"
