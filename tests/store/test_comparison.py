"""What should be there beside what is there, thing by thing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from logos_graph.ledger import Finding
from logos_graph.scratch import scratch_file
from logos_graph.store import GraphComparison
from logos_graph.store.elements import Element, node_element, relationship_element

A = node_element("Node", "Node a", ["Node"], {"id": "a", "size": 1, "ledger_index": 3})
B = node_element("Node", "Node b", ["Node", "Bedrock"], {"id": "b", "ledger_index": 4})


def joined(index: int, **more: int) -> Element:
    return relationship_element("USES", "Node a", "Node b", {"ledger_index": index, **more})


@pytest.fixture
def graph() -> Iterator[GraphComparison]:
    with scratch_file() as scratch:
        comparison = GraphComparison(scratch)
        comparison.put(A, 3)
        comparison.put(B, 4)
        comparison.put(joined(5), 5)
        yield comparison


def found(graph: GraphComparison, *things: Element) -> list[Finding]:
    comparison = graph.compare(things)
    assert comparison.total == len(comparison.findings)
    return list(comparison.findings)


def test_what_is_as_it_should_be_is_no_finding_in_any_order(graph: GraphComparison) -> None:
    assert found(graph, A, B, joined(5)) == found(graph, joined(5), B, A) == []
    assert graph.count == 3


def test_what_is_not_there_is_missing_and_what_is_there_twice_is_doubled(
    graph: GraphComparison,
) -> None:
    (missing,) = found(graph, A, joined(5))
    assert (missing.what, missing.kind, missing.key, missing.index) == ("missing", "Node", "b", 4)
    (doubled,) = found(graph, A, B, joined(5), joined(5))
    assert (doubled.what, doubled.expected, doubled.found, doubled.index) == ("doubled", 1, 2, 5)
    (one, other) = found(graph, A, A, joined(5))  # as many things as there should be
    assert (one.what, other.what) == ("doubled", "missing")


@pytest.mark.parametrize(("size", "told"), [(2, 2), (True, True), ("1", "1"), (1.0, None)])
def test_another_value_of_whatever_type_is_told(
    graph: GraphComparison, size: object, told: object
) -> None:
    other = node_element("Node", "Node a", ["Node"], {"id": "a", "size": size, "ledger_index": 3})
    (finding,) = found(graph, other, B, joined(5))
    assert (finding.what, finding.field, finding.expected) == ("changed", "size", 1)
    if told is not None:
        assert finding.found is told or finding.found == told
    assert finding.index == 3


def test_a_relationship_that_names_another_entry_is_changed_not_foreign(
    graph: GraphComparison,
) -> None:
    (finding,) = found(graph, A, B, joined(6))
    assert (finding.what, finding.field) == ("changed", "ledger_index")
    assert (finding.expected, finding.found, finding.index) == (5, 6, 5)
    (foreign,) = found(graph, A, B, joined(5), joined(6))
    assert (foreign.what, foreign.index) == ("foreign", 6)


def test_what_two_mutations_of_an_entry_make_twice_is_expected_twice(
    graph: GraphComparison,
) -> None:
    graph.put(joined(7), 7, times=2)
    assert found(graph, A, B, joined(5), joined(7), joined(7)) == []
    (missing,) = found(graph, A, B, joined(5), joined(7))
    assert (missing.what, missing.index) == ("missing", 7)


def test_what_was_dropped_or_put_again_is_expected_no_more(graph: GraphComparison) -> None:
    graph.drop(joined(5))
    later = node_element("Node", "Node b", ["Node"], {"id": "b", "ledger_index": 9})
    graph.put(later, 9)
    assert found(graph, A, later) == []
    assert graph.has("Node", "Node b")
    assert not graph.has("Node", "Node c")
    changes = found(graph, A, B)
    assert {(each.what, each.field, each.index) for each in changes} == {
        ("changed", "labels", 9), ("changed", "ledger_index", 9),
    }  # fmt: skip


def test_a_source_that_is_stored_as_bytes_is_another_one(graph: GraphComparison) -> None:
    """Its bytes have the same content id; whoever reads it as a text would not find one."""
    text, stored = "node!", {"id": "s", "ledger_index": 6}
    source = node_element("Source", "Source s", ["Source"], {**stored, "text": text})
    graph.put(source, 6)
    assert found(graph, A, B, joined(5), source) == []
    (finding,) = found(
        graph, A, B, joined(5),
        node_element("Source", "Source s", ["Source"], {**stored, "text": text.encode()}),
    )  # fmt: skip
    assert (finding.what, finding.field, finding.index) == ("changed", "text", 6)
