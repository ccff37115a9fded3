"""The file that a check over a large ledger writes to instead of holding everything."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import EnvironmentFault
from logos_graph.ledger import MemoryTable
from logos_graph.scratch import scratch_file

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
STEPS = st.lists(st.tuples(st.sampled_from(["put", "drop"]), TEXT, TEXT, TEXT), max_size=30)


@given(STEPS)
def test_a_table_in_the_file_holds_what_one_in_memory_does(
    steps: list[tuple[str, str, str, str]],
) -> None:
    memory = MemoryTable()
    with scratch_file() as scratch:
        table = scratch.table("one")
        scratch.table("other").put("a", "a", "not in this table")
        for at, (act, kind, key, text) in enumerate(steps):
            for each in (memory, table):
                if act == "put":
                    each.put(kind, key, text)
                else:
                    each.drop(kind, key)
            if at % 7 == 0:
                assert table.count(kind) == memory.count(kind)
            assert table.get(kind, key) == memory.get(kind, key)
        for _, kind, key, _ in steps:
            assert table.get(kind, key) == memory.get(kind, key)
            assert list(table.items(kind)) == list(memory.items(kind))


def test_large_texts_do_not_wait_in_memory_for_so_many_as_small_ones() -> None:
    text = "x" * 1_000_000
    with scratch_file() as scratch:
        table = scratch.table("one")
        tracemalloc.start()
        for number in range(100):
            table.put("kind", str(number), f"{number}{text}")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert table.get("kind", "7") == f"7{text}"
        assert table.count("kind") == 100
    assert peak < 20_000_000


def fill_up() -> None:
    """Writes until there is no room."""
    with scratch_file() as scratch:
        scratch.connection.execute("PRAGMA max_page_count = 20")
        table = scratch.table("one")
        for number in range(10_000):
            table.put("kind", str(number), "x" * 100)


def test_a_file_that_cannot_be_used_is_a_named_error() -> None:
    with pytest.raises(EnvironmentFault) as caught:
        fill_up()
    assert caught.value.code == "E_SCRATCH"
    assert caught.value.hint


def test_two_checks_hash_the_same_thing_differently() -> None:
    with scratch_file() as one, scratch_file() as other:
        assert one.digest(b"x") == one.digest(b"x") != other.digest(b"x")
