"""Limits, rates, escalations and alarms, as the statements of cypher/graph make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logos_graph.store.elements import Element, some
from logos_graph.store.projection import Row

__all__ = ["GovernanceParts"]


class GovernanceParts:
    """A part of ExpectedGraph, which says how a node and a relationship are made."""

    _index: int
    _escalations: dict[str, Row]
    _alarms: dict[str, Row]

    def _node(self, label: str, key: object, properties: Mapping[str, Any], *more: str) -> str:
        raise NotImplementedError

    def _join(
        self, kind: str, source: str, target: str, properties: Mapping[str, Any] | None = None
    ) -> Element:
        raise NotImplementedError

    def _records(self, name: str) -> None:
        raise NotImplementedError

    def _known(self, name: str) -> bool:
        raise NotImplementedError

    def _indexed(self, properties: Mapping[str, Any]) -> Row:
        return {**properties, "ledger_index": self._index}

    def _limit(self, given: Row) -> None:
        """The first of its kind is joined to what it limits; those after it change its numbers."""
        numbers = ("concurrent", "run_seconds", "step_seconds")
        told = self._indexed(some(given, "id", "scope", "of", *numbers))
        new = not self._known(f"RunLimit {given['id']}")
        name = self._node("RunLimit", given["id"], told)
        self._records(name)
        if new and given["scope"] != "ledger":
            target = "Flow" if given["scope"] == "flow" else "Principal"
            self._join("LIMITS", name, f"{target} {given['of']}")

    def _escalate(self, statement: str, given: Row) -> None:
        """An escalation is open, until it is answered or its time is over."""
        intent = given["intent"]
        if statement == "graph/escalation":
            told = self._escalations[intent] = given["escalation"]
            about = f"LogLine {intent}"
            self._join("ABOUT", f"Escalation {intent}", about)
        else:
            answer = some(given, "by", "answer", "note", "by_intent")
            status = "expired" if statement == "graph/expiry" else "resolved"
            told = self._indexed({**self._escalations.pop(intent), "status": status, **answer})
        self._records(self._node("Escalation", intent, told))

    def _alarm(self, statement: str, given: Row) -> None:
        """An alarm is open or noted when it is raised; an open one may be lifted."""
        if statement == "graph/alarm":
            told = self._alarms[given["alarm"]["id"]] = given["alarm"]
            name = f"Alarm {told['id']}"
            self._join("ABOUT", name, f"Principal {given['who']}")
            for cid in given["intents"]:
                self._join("ABOUT", name, f"LogLine {cid}")
        else:
            known = self._alarms.pop(given["alarm"])
            told = self._indexed({**known, "status": "lifted", **some(given, "by", "note")})
        self._records(self._node("Alarm", told["id"], told))

    def _rate(self, given: Row) -> None:
        """The first of its id is joined to what it limits; those after it change its numbers."""
        told = self._indexed(some(given, "id", "who", "verb", "count", "seconds"))
        new = not self._known(f"Rate {given['id']}")
        name = self._node("Rate", given["id"], told)
        self._records(name)
        for label, key in (("Principal", given["who"]), ("Verb", given["verb"])):
            if new and key is not None:
                self._join("LIMITS", name, f"{label} {key}")
