"""I2 for what is published: a source, a name and how a node stands are what was signed."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import content_id
from tests.ledger.checks import check, fault
from tests.ledger.conftest import NODE, OTHER_NODE, Book, named_flow

FIELD = "body.mutations[{}]".format
SOURCE = "fn main() {}"
SIGNED = {"name": "adds", "source": SOURCE}


def node(source: str = SOURCE, **changes: Any) -> dict[str, Any]:
    return {"kind": "node", "id": NODE, "source": content_id(source.encode()), **changes}


def name(text: str = "adds", target: str = NODE) -> dict[str, Any]:
    return {"kind": "name", "name": text, "target": target}


def made(book: Book, verb: str, this: dict[str, Any], *things: dict[str, Any]) -> int:
    """Where an allowed intent of this verb made these things."""
    return book.receipt(book.intent(did=verb, this=this), *things).index


def test_a_node_of_the_source_and_the_name_that_were_signed_holds(book: Book) -> None:
    made(book, "node.publish", SIGNED, node(), name())
    made(book, "node.publish", {**SIGNED, "name": "adds-too"}, name("adds-too"))
    forked = {"kind": "node", "id": OTHER_NODE, "source": content_id(b"other"), "forked_from": NODE}
    this = {"name": "adds", "source": "other", "node": NODE}
    made(book, "node.fork", this, forked, name(target=OTHER_NODE))
    made(book, "flow.publish", {"name": "f"}, *named_flow("f", content_id(b"f")))
    made(book, "flow.publish", {"name": "g"}, name("g", content_id(b"f")))
    for verb, kind in (("node.deprecate", "deprecation"), ("node.promote", "promotion")):
        this = {"node": NODE, "reason": "r"}
        made(book, verb, this, {"kind": kind, **this})
    assert check(book).I2.ok


@pytest.mark.parametrize(
    ("things", "at"),
    [
        ([node("another"), name()], 0),
        ([node(forked_from=OTHER_NODE), name()], 0),
        ([node(), name("another")], 1),
        ([node(), name(target=OTHER_NODE)], 1),
        ([name(target=OTHER_NODE)], 0),
        ([node(), *named_flow("adds", content_id(b"f"))], 1),
    ],
)
def test_another_source_or_name_is_found(book: Book, things: list[Any], at: int) -> None:
    index = made(book, "node.publish", SIGNED, *things)
    assert fault(check(book), "I2") == (index, FIELD(at))


def test_a_fork_of_another_node_is_found(book: Book) -> None:
    made(book, "node.publish", SIGNED, node(), name())
    this = {"name": "adds", "source": "other", "node": NODE}
    forked = {
        "kind": "node", "id": OTHER_NODE, "source": content_id(b"other"), "forked_from": OTHER_NODE,
    }  # fmt: skip
    index = made(book, "node.fork", this, forked, name(target=OTHER_NODE))
    assert fault(check(book), "I2") == (index, FIELD(0))


def test_the_name_of_a_flow_means_no_node(book: Book) -> None:
    made(book, "node.publish", SIGNED, node(), name())
    index = made(book, "flow.publish", {"name": "f"}, name("f"))
    assert fault(check(book), "I2") == (index, FIELD(0))


@pytest.mark.parametrize(
    ("verb", "kind"), [("node.deprecate", "deprecation"), ("node.promote", "promotion")]
)
@pytest.mark.parametrize("wrong", [{"node": OTHER_NODE}, {"reason": "another"}, {"more": 1}])
def test_another_node_or_reason_is_found(book: Book, verb: str, kind: str, wrong: Any) -> None:
    this = {"node": NODE, "reason": "r"}
    index = made(book, verb, this, {"kind": kind, **this, **wrong})
    assert fault(check(book), "I2") == (index, FIELD(0))
