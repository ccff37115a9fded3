"""What moves changes only by an entry of the transaction, and never goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.guard.conftest import Chain, Refused

MOVING = pytest.mark.parametrize(
    "label", ["Alarm", "Conduct", "Delegation", "Escalation", "Rate", "RunLimit"]
)
OPENED = "CREATE (:{label} {{id: $mark, status: 'open', ledger_index: entry.index}})"
FOUND = "WITH entry MATCH (found:{label} {{id: $mark}}) "


def status(chain: Chain) -> str:
    (row,) = chain.run("MATCH (found {id: $mark}) RETURN found.status AS status")
    return str(row["status"])


@MOVING
def test_what_moves_changes_with_the_entry_that_says_so(chain: Chain, label: str) -> None:
    found = FOUND.format(label=label)
    chain.commit(OPENED.format(label=label))
    chain.commit(found + "SET found.status = 'expired', found.ledger_index = entry.index")
    assert status(chain) == "expired"


@MOVING
@pytest.mark.parametrize(
    "change",
    [
        "SET found.status = 'resolved'",
        "SET found.expires_at = 'later'",
        "SET found.status = 'resolved', found.ledger_index = entry.index - 1",
        "REMOVE found.status",
        "DELETE found",
        "REMOVE found:{label}",
    ],
)
def test_what_moves_changes_in_no_other_way(
    chain: Chain, refused: Refused, label: str, change: str
) -> None:
    chain.commit(OPENED.format(label=label))
    with refused("record"):
        chain.commit((FOUND + change).format(label=label))
    assert status(chain) == "open"
