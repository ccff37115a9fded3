"""I1 for forks: a run that says that it shares the past of another does so, by its own intent.

A fork is made by `run.fork` alone, which makes nothing else: it names the run before it in the
ledger, of the same flow and on the same inputs, and what was given to its step is what the intent
set; to the steps before it, what its parent was given there. It had no answer from outside that its
parent had not. So it stores nothing (rights.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from logos_graph.canon import Json, encode_parsed, json_id, parse
from logos_graph.graph.capabilities import EXTERNAL
from logos_graph.ledger.acts import Act
from logos_graph.ledger.effects import recorded_calls
from logos_graph.ledger.entry import Entry, mutations_of
from logos_graph.ledger.memory import Table
from logos_graph.ledger.tally import Tally

__all__ = ["Forks", "is_fork"]

_VERB = "run.fork"
_TABLE = "ran"


def is_fork(mutation: Mapping[str, Json]) -> bool:
    """Whether it is of a run that shares the past of another."""
    return mutation.get("kind") == "run" and "forked_from" in mutation


class Forks:
    """Looks at receipts in their order. table: where it keeps what a later fork may rest on."""

    def __init__(self, tally: Tally, table: Table) -> None:
        self._tally, self._table = tally, table

    def receipt(self, entry: Entry, act: Act) -> None:
        """Its forks rest on what was there before; then its runs are there too."""
        things = mutations_of(entry)
        forks = [each for each in things if is_fork(each)]
        done: list[Json] = [act.verb, len(forks)]
        wanted: list[Json] = [_VERB, len(things)] if forks else [act.verb, 0]
        message = f"the fork at entry {entry.index} is not what an intent asked for, and that alone"
        fits = (act.verb == _VERB and len(things) == 1) if forks else not (
            act.verb == _VERB and things
        )  # fmt: skip
        self._require(fits, entry, wanted, done, message)
        for fork in forks:
            self._check(entry, act, fork)
        for run in things:
            if run["kind"] == "run":
                self._table.put(_TABLE, str(run["id"]), encode_parsed(_kept(run)))

    def _check(self, entry: Entry, act: Act, fork: Mapping[str, Json]) -> None:
        this = act.this
        point: dict[str, Json] = {"run": this.get("run"), "step": this.get("at")}
        text = self._table.get(_TABLE, str(this.get("run")))
        message = f"the fork at entry {entry.index} shares the past of no run before it"
        if not self._require(text is not None, entry, this.get("run"), None, message):
            return
        assert text is not None
        parent, kept = parse(text), _kept(fork)
        assert isinstance(parent, list)  # as _kept made it
        given: Json = _given(fork, parent[3], str(this.get("at")), this.get("set")) or None
        asked: list[Json] = [point, given]
        found: list[Json] = [fork["forked_from"], fork.get("given")]
        message = f"the fork at entry {entry.index} is not what its intent asked for"
        self._require(asked == found, entry, asked, found, message)
        message = (
            f"the fork at entry {entry.index} has another flow or other inputs than its parent"
        )
        self._require(kept[:2] == parent[:2], entry, parent[:2], kept[:2], message)
        answers, known = _ids(kept[2]), _ids(parent[2])
        message = (
            f"the fork at entry {entry.index} was answered from outside, which its parent was not"
        )
        self._require(answers <= known, entry, [*sorted(known)], [*sorted(answers)], message)

    def _require(
        self, holds: bool, entry: Entry, expected: Json, found: Json, message: str
    ) -> bool:
        return self._tally.require(holds, entry.index, "body.mutations", expected, found, message)


def _kept(run: Mapping[str, Json]) -> list[Json]:
    """Its flow, its inputs, the ids of what it was answered from outside, what it was given."""
    return [run.get("flow"), run.get("inputs"), [*_outside(run)], run.get("given")]


def _given(fork: Mapping[str, Json], before: Json, at: str, values: Json) -> dict[str, Json]:
    """What a fork is given, by step and port: its parent's up to the fork, there its own."""
    steps = fork.get("steps")
    names = [each.get("name") for each in steps if isinstance(each, dict)] if isinstance(
        steps, list
    ) else []  # fmt: skip
    past = names[: names.index(at)] if at in names else []
    known = before if isinstance(before, dict) else {}
    given = {step: known[step] for step in known if step in past}
    own: dict[str, Json] = {
        port: json_id(value) for port, value in (values if isinstance(values, dict) else {}).items()
    }
    return {**given, at: own} if own else given


def _outside(run: Mapping[str, Json]) -> Iterator[Json]:
    for call in recorded_calls([{**run}]):
        if call.operation in EXTERNAL and call.answer is not None:
            yield json_id(call.json[1:])


def _ids(found: Json) -> set[str]:
    return {str(each) for each in found} if isinstance(found, Iterable) else set()
