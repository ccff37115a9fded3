"""Limits, rates, delegations, escalations, alarms, as the statements of cypher/graph make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from logos_graph.store.elements import Element, some
from logos_graph.store.statements import Row

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
        target = {"flow": "Flow", "principal": "Principal"}.get(given["scope"])
        ends = [] if target is None else [("LIMITS", f"{target} {given['of']}")]
        self._rule("RunLimit", given, "scope of concurrent run_seconds step_seconds", ends)

    def _rate(self, given: Row) -> None:
        told = (("Principal", given["who"]), ("Verb", given["verb"]))
        ends = [("LIMITS", f"{label} {key}") for label, key in told if key is not None]
        self._rule("Rate", given, "who verb count seconds", ends)

    def _delegation(self, given: Row) -> None:
        ends = [("SPEAKS_FOR", f"Principal {given['by']}"), ("LENT_TO", f"Principal {given['to']}")]
        self._rule("Delegation", given, "by to role verbs until ended", ends)

    def _rule(self, label: str, given: Row, fields: str, ends: Iterable[tuple[str, str]]) -> None:
        """The first of its id is joined to what it is about; those after it change what it says."""
        new = not self._known(f"{label} {given['id']}")
        name = self._node(label, given["id"], self._indexed(some(given, "id", *fields.split())))
        self._records(name)
        for kind, target in ends if new else ():
            self._join(kind, name, target)

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
