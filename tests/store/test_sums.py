"""Whether a graph is what the ledger makes: the sum says yes exactly where nothing differs."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from logos_graph.governance import Conducts
from logos_graph.ledger import TreeWatch
from logos_graph.scratch import scratch_file
from logos_graph.store import ExpectedGraph, GraphComparison, GraphSum
from logos_graph.store.elements import Element, node_element, relationship_element
from tests.ledger.conftest import AGENT, ALLOW, Book

values = st.sampled_from([1, True, 1.0, "1", "x" * 300, b"\x01", [1], None])
nodes = st.builds(
    lambda name, value, labels: node_element("Node", f"Node {name}", labels, {"value": value}),
    st.sampled_from("ab"),
    values,
    st.sampled_from([["Node"], ["Node", "Bedrock"]]),
)
ends = st.sampled_from("ab")


def joined(source: str, target: str, index: int, more: dict[str, Any]) -> Element:
    told = {"ledger_index": index, **more}
    return relationship_element("USES", f"Node {source}", f"Node {target}", told)


edges = st.tuples(ends, ends, st.sampled_from([{}, {"value": 1}, {"value": "1"}]))
entries = st.lists(
    st.one_of(
        st.tuples(st.just("put"), nodes),
        st.tuples(st.just("drop"), nodes),
        st.tuples(st.just("add"), edges, st.integers(1, 3)),
    ),
    max_size=12,
)


@given(entries, st.data())
def test_the_sum_is_the_same_exactly_where_nothing_differs(told: Any, data: st.DataObject) -> None:
    there: dict[tuple[str, str, str], tuple[Element, int]] = {}
    with scratch_file() as scratch:
        sums, comparison = GraphSum(scratch), GraphComparison(scratch)
        for index, (what, thing, *more) in enumerate(told):
            if what == "add":
                source, target, told_too = thing
                element, times = joined(source, target, index, told_too), more[0]
                sums.add(element, index, times)
                comparison.add(element, index, times)
                there[element.kind, element.name, element.apart] = (element, times)
                continue
            for elements in (sums, comparison):
                if what == "put":
                    elements.put(thing, index)
                else:
                    elements.drop(thing)
                assert elements.has("Node", thing.name) == (what == "put")
            there.pop((thing.kind, thing.name, ""), None)
            if what == "put":
                there[thing.kind, thing.name, ""] = (thing, 1)
        found = [element for element, times in there.values() for _ in range(times)]
        assert sums.count == comparison.count == len(found)
        assert sums.equals(found[::-1])
        assert comparison.compare(found).total == 0
        if found:
            found.pop(data.draw(st.integers(0, len(found) - 1)))
        found += data.draw(st.lists(nodes, max_size=2))
        assert sums.equals(found) == (comparison.compare(found).total == 0)


def seen(book: Book, decision: dict[str, Any]) -> dict[str, Any]:
    """The decision, with what there was to be seen of the agent's acts."""
    conducts = Conducts()
    for entry in book.entries:
        conducts = conducts.after(entry)
    found = conducts.trajectory(AGENT.did, book.now).to_json()
    return {**decision, "context": {"trajectory": found}}


def test_what_a_ledger_makes_has_the_sum_of_its_things() -> None:
    book = Book()
    for number in range(3):
        book.receipt(book.intent(decision=seen(book, ALLOW)), book.stored("k", str(number)))
    for name in ("one", "two"):
        target = {"kind": "name", "name": "n", "target": f"b3:{name}"}
        book.receipt(book.intent(decision=seen(book, ALLOW)), target)
    book.intent(decision=seen(book, book.require()))
    with scratch_file() as scratch:
        sums, kept = GraphSum(scratch), _Kept()
        for elements, drafts in ((sums, "one"), (kept, "two")):
            expected = ExpectedGraph(elements, scratch.table(drafts))
            tree = TreeWatch()
            for entry in tree.watch(book.entries):
                expected.take(entry, tree.completed())
            expected.finish()
        assert sums.count == sum(times for _, times in kept.things.values())
        found = [element for element, times in kept.things.values() for _ in range(times)]
        assert sums.equals(found)
        assert not sums.equals(found[1:])
        assert not sums.equals([*found, found[0]])


class _Kept:
    """All things by name, one in the place of another whoever made it."""

    def __init__(self) -> None:
        self.things: dict[tuple[str, str, str], tuple[Element, int]] = {}

    def put(self, element: Element, _index: int, times: int = 1) -> None:
        self.things[element.kind, element.name, element.apart] = (element, times)

    add = put

    def drop(self, element: Element) -> None:
        del self.things[element.kind, element.name, element.apart]

    def has(self, kind: str, name: str) -> bool:
        return (kind, name, "") in self.things
