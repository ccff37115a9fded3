"""An escalation changes only by an entry of the transaction that changes it, and never goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.guard.conftest import Chain, Refused

OPENED = "CREATE (:Escalation {id: $mark, status: 'open', ledger_index: entry.index})"
FOUND = "WITH entry MATCH (found:Escalation {id: $mark}) "


def status(chain: Chain) -> str:
    (row,) = chain.run("MATCH (found:Escalation {id: $mark}) RETURN found.status AS status")
    return str(row["status"])


def test_an_escalation_is_closed_by_the_entry_that_says_so(chain: Chain) -> None:
    chain.commit(OPENED)
    chain.commit(FOUND + "SET found.status = 'expired', found.ledger_index = entry.index")
    assert status(chain) == "expired"


@pytest.mark.parametrize(
    "change",
    [
        "SET found.status = 'resolved'",
        "SET found.expires_at = 'later'",
        "SET found.status = 'resolved', found.ledger_index = entry.index - 1",
        "REMOVE found.status",
        "DELETE found",
        "REMOVE found:Escalation",
    ],
)
def test_an_escalation_changes_in_no_other_way(chain: Chain, refused: Refused, change: str) -> None:
    chain.commit(OPENED)
    with refused("record"):
        chain.commit(FOUND + change)
    assert status(chain) == "open"
