"""I2 for what is published: a node, a flow and a name are of the intent that was signed.

| a receipt makes | it is |
|---|---|
| a node | of the source that was signed; a fork names the node that was signed |
| a name | the one that was signed; it means the node or flow made with it, or one there before |

That a node's binary is built of its source takes building it (`logos node rebuild`), and that a
flow is what its text says takes the nodes that it names: neither is asked here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from logos_graph.canon import Json, content_id
from logos_graph.ledger.acts import Act
from logos_graph.ledger.entry import Entry, mutations_of
from logos_graph.ledger.state import Known
from logos_graph.ledger.tally import Tally

__all__ = ["Publications"]

_MAKES = {"node.publish": "node", "node.fork": "node", "flow.publish": "flow"}


class Publications:
    """Looks at receipts in their order. known: as of before the entry that is looked at."""

    def __init__(self, tally: Tally, known: Known) -> None:
        self._tally, self._known = tally, known

    def receipt(self, entry: Entry, act: Act) -> None:
        """The nodes and names that it makes; which verbs may is looked at in rights.py."""
        things = mutations_of(entry)
        for position, thing in enumerate(things):
            field = f"body.mutations[{position}]"
            if thing["kind"] == "node":
                self._check_node(entry, act, thing, field)
            elif thing["kind"] == "name":
                self._check_name(entry, act, thing, things, field)

    def _check_node(self, entry: Entry, act: Act, thing: Mapping[str, Json], field: str) -> None:
        asked: list[Json] = [content_id(str(act.this.get("source")).encode()), act.this.get("node")]
        found: list[Json] = [thing.get("source"), thing.get("forked_from")]
        message = f"the node at entry {entry.index} is not of the source that was signed"
        self._tally.require(asked == found, entry.index, field, asked, found, message)

    def _check_name(
        self,
        entry: Entry,
        act: Act,
        thing: Mapping[str, Json],
        things: Sequence[Mapping[str, Json]],
        field: str,
    ) -> None:
        kind, target = _MAKES.get(act.verb, ""), thing.get("target")
        made = [each["id"] for each in things if each["kind"] == kind]
        there = made == [target] if made else self._known(kind, str(target)) is not None
        asked: list[Json] = [act.this.get("name"), made[0] if made else f"a {kind} that there is"]
        message = f"the name at entry {entry.index} is not the one that was signed, or of another"
        fits = there and thing.get("name") == act.this.get("name")
        found: list[Json] = [thing.get("name"), target]
        self._tally.require(fits, entry.index, field, asked, found, message)
