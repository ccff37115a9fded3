"""A stored value changes only by an entry of the transaction that changes it, and never goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.guard.conftest import Chain, Refused

STORED = (
    "CREATE (:StoredValue {id: $mark, namespace: 'n', key: $mark, value: 'b25l',"
    " ledger_index: entry.index})"
)
FOUND = "WITH entry MATCH (stored:StoredValue {id: $mark}) "


def value(chain: Chain) -> str | None:
    (row,) = chain.run("MATCH (stored:StoredValue {id: $mark}) RETURN stored.value AS value")
    found = row["value"]
    assert found is None or isinstance(found, str)
    return found


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("SET stored.value = 'dHdv', stored.ledger_index = entry.index", "dHdv"),
        ("REMOVE stored.value SET stored.ledger_index = entry.index", None),
        ("SET stored = {id: $mark, value: 'dHdv', ledger_index: entry.index}", "dHdv"),
    ],
)
def test_a_value_changes_with_the_entry_that_says_so(
    chain: Chain, change: str, expected: str | None
) -> None:
    chain.commit(STORED)
    chain.commit(FOUND + change)
    assert value(chain) == expected


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("SET stored.value = 'dHdv'", "record"),
        ("REMOVE stored.value", "record"),
        ("SET stored.key = 'other'", "record"),
        ("SET stored.value = 'dHdv', stored.ledger_index = entry.index - 1", "record"),
        ("SET stored.value = 'dHdv', stored.ledger_index = entry.index + 1", "record"),
        ("REMOVE stored.ledger_index", "record"),
        ("DELETE stored", "record"),
        ("REMOVE stored:StoredValue", "record"),
        ("REMOVE stored:StoredValue SET stored:Other, stored.value = 'dHdv'", "record"),
    ],
)
def test_a_value_changes_in_no_other_way(
    chain: Chain, refused: Refused, change: str, rule: str
) -> None:
    chain.commit(STORED)
    with refused(rule):
        chain.commit(FOUND + change)
    assert value(chain) == "b25l"


def test_what_is_no_stored_value_does_not_become_one(chain: Chain, refused: Refused) -> None:
    chain.commit("CREATE (:Name {mark: $mark, ledger_index: entry.index})")
    with refused("record"):
        chain.commit("WITH entry MATCH (name:Name {mark: $mark}) SET name:StoredValue")


def test_a_value_without_an_entry_does_not_change(chain: Chain, refused: Refused) -> None:
    chain.commit(STORED)
    with refused("chain"):
        chain.run("MATCH (stored:StoredValue {id: $mark}) SET stored.value = 'dHdv'")
    assert value(chain) == "b25l"
