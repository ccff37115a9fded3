"""The graph that a ledger makes: for each entry the nodes and relationships it comes to.

It follows the statements of cypher/ledger and cypher/graph word for word, in memory of the open
intents and of the small kinds alone; everything else goes where `Elements` keeps it. An intent's
node is told when the intent has ended, or at the end of the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logos_graph.errors import LogosError, NotVerified
from logos_graph.governance import Conducts, check_trajectory
from logos_graph.ledger import Entry, Head, Table
from logos_graph.store.append import node_properties
from logos_graph.store.elements import (
    IDS,
    Element,
    Elements,
    indexed_relationship,
    key_change,
    line_element,
    module_element,
    node_element,
    relationship_element,
    some,
    source_element,
)
from logos_graph.store.expected_governance import GovernanceParts
from logos_graph.store.projection import Projection, project
from logos_graph.store.statements import Row, Statement

__all__ = ["ExpectedGraph"]

_MOVE = ("NAMES", "STARTS")
"""The relationships that an entry takes from where it was, to make another."""


class ExpectedGraph(GovernanceParts):
    """Moves with the entries: `take` each in its order, `finish` after the last."""

    def __init__(self, elements: Elements, drafts: Table) -> None:
        """elements: gets what there should be. drafts: gets which drafts wait for their node."""
        self._elements, self._drafts = elements, drafts
        self._lines: dict[str, tuple[Row, int]] = {}
        self._nodes: dict[str, Row] = {}
        self._flows: set[str] = set()
        self._grants: dict[str, Row] = {}
        self._names: dict[str, Element] = {}
        self._starts: dict[str, Element] = {}
        self._escalations: dict[str, Row] = {}
        self._conducts = Conducts()
        self._alarms: dict[str, Row] = {}
        self._made: list[Element] = []
        self._index = -1
        self._head: Head | None = None
        self._supervisor: str | None = None

    def take(self, entry: Entry, subtrees: bytes) -> None:
        """What this entry makes and changes. NotVerified E_STATE for one that makes no sense.

        subtrees: those of the tree that its leaf completes, joined.
        """
        self._made, self._index = [], entry.index
        self._entry(entry, subtrees)
        try:
            self._project(project([entry], IDS, self._conducts))
            before, self._conducts = self._conducts, self._conducts.after(entry)
        except (LogosError, ValueError, TypeError, LookupError, AttributeError) as error:
            detail = error.message if isinstance(error, LogosError) else repr(error)[:200]
            raise NotVerified(
                "E_STATE",
                f"entry {entry.index} makes nothing that a graph could hold: {detail}",
                index=entry.index,
                field="body",
            ) from error
        finally:
            self._keep()
        check_trajectory(before, entry)

    def finish(self) -> None:
        """Tells what changes with every entry: the head, and the intents that have not ended.

        More entries may follow, and then another `finish`.
        """
        for cid, (line, index) in self._lines.items():
            self._elements.put(line_element(cid, line, pending=True), index)
        head = self._head
        if head is not None:
            told = {
                "ledger": head.ledger, "index": head.index, "hash": head.hash,
                "recorded_at": head.recorded_at, "lock": 0, "only": True,
                "supervisor": self._supervisor,
            }  # fmt: skip
            name = f"LedgerHead {head.ledger}"
            self._elements.put(node_element("LedgerHead", name, ["LedgerHead"], told), head.index)

    # --- what every entry makes ---------------------------------------------------------------

    def _entry(self, entry: Entry, subtrees: bytes) -> None:
        told = {**node_properties(entry, subtrees), "text": None}
        element = node_element("LedgerEntry", self._here, ["LedgerEntry"], told)
        self._elements.add(element, entry.index)
        if entry.index > 0:
            source = f"LedgerEntry {entry.index - 1}"
            self._join("NEXT", source, self._here)
        self._head = entry.head

    @property
    def _here(self) -> str:
        return f"LedgerEntry {self._index}"

    def _node(self, label: str, key: object, properties: Mapping[str, Any], *more: str) -> str:
        name = f"{label} {key}"
        self._made.append(node_element(label, name, [label, *more], properties))
        return name

    def _join(
        self, kind: str, source: str, target: str, properties: Mapping[str, Any] | None = None
    ) -> Element:
        if properties is None:
            element = indexed_relationship(kind, source, target, self._index)
        else:
            element = relationship_element(kind, source, target, properties)
        self._made.append(element)
        return element

    def _records(self, name: str) -> None:
        self._join("RECORDS", self._here, name)

    def _merge(self, label: str, key: object, properties: Mapping[str, Any]) -> str:
        """A node that the first to need it makes."""
        name = f"{label} {key}"
        if not self._known(name):
            self._node(label, key, self._indexed(properties))
        return name

    def _known(self, name: str) -> bool:
        if any(element.name == name for element in self._made):
            return True
        return self._elements.has(name.split(" ", 1)[0], name)

    def _keep(self) -> None:
        """Two relationships of one entry that nothing tells apart are there twice."""
        told: dict[tuple[str, str, str], tuple[Element, int]] = {}
        for element in self._made:
            name = (element.kind, element.name, element.apart)
            times = told[name][1] + 1 if element.apart and name in told else 1
            told[name] = (element, times)
        own = f"{self._index} "
        for element, times in told.values():
            lasts = element.kind not in _MOVE and element.apart.startswith(own)
            keep = self._elements.add if lasts else self._elements.put
            keep(element, self._index, times)

    # --- intents ------------------------------------------------------------------------------

    def _project(self, rows: Projection) -> None:
        for row in rows.loglines:
            line = row["line"]
            self._lines[line["cid"]] = (line, self._index)
            name = f"LogLine {line['cid']}"
            self._records(name)
            self._join("SUBMITTED", f"Principal {line['who']}", name)
        for row in rows.answers:
            name = self._change(row["intent"], row["settles"])
            self._records(name)
            self._join("ANSWERED", f"Principal {row['answer']['by']}", name, row["answer"])
        for row in rows.progress:
            self._records(self._change(row["intent"], row["changes"]))
        for row in rows.endings:
            self._records(self._change(row["intent"], row["ending"]))
            line, _ = self._lines.pop(row["intent"])
            self._made.append(line_element(row["intent"], line, pending=False))
        for row in rows.conducts:
            name = self._node("Conduct", row["id"], row)
            if row["begun_index"] == row["ledger_index"]:
                self._join("BY", name, f"Principal {row['who']}")
        for row in rows.runs:
            self._run(row)
        for statement in rows.statements:
            self._state(statement)

    def _change(self, cid: str, changes: Mapping[str, Any]) -> str:
        """An open intent has these properties too; its name."""
        line, _ = self._lines[cid]
        self._lines[cid] = ({**line, **changes}, self._index)
        return f"LogLine {cid}"

    def _run(self, row: Row) -> None:
        run, steps = row["run"], row["steps"]
        name = self._node("Run", run["id"], run)
        self._records(name)
        self._join("EXECUTES", name, f"Flow {run['flow']}")
        self._join("CAUSED", f"LogLine {run['intent']}", name)
        for step in steps:
            made = self._node("Step", f"{run['id']} {step['name']}", step)
            self._join("HAS_STEP", name, made)
            if step.get("node") is not None and step["status"] != "not_taken":
                self._join("RAN", made, f"Node {step['node']}")
        for carried in row["carried"]:
            source, target = (
                f"Step {run['id']} {steps[carried[end]]['name']}" for end in ("source", "target")
            )
            self._join("CARRIED", source, target, carried["edge"])

    # --- the rarer kinds ----------------------------------------------------------------------

    def _state(self, statement: Statement) -> None:
        given = statement.parameters
        match statement.name:
            case "graph/principal":
                told = some(given, "did", "name", "type", "roles", "key")
                self._records(self._node("Principal", given["did"], self._indexed(told)))
            case "graph/verb":
                self._verb(given)
            case "graph/policy":
                policy = self._merge("Policy", given["id"], some(given, "id", "text"))
                ledger = given["ledger"]
                governance = self._merge("Governance", ledger, {"ledger": ledger})
                self._join("ENFORCES", governance, policy)
                self._records(policy)
            case "graph/fork":
                run, parent = f"Run {given['run']}", f"Run {given['parent']}"
                self._join("FORKED_FROM", run, parent, self._indexed({"at": given["at"]}))
            case "graph/stored_values":
                for each in given["values"]:
                    self._records(self._node("StoredValue", each["id"], self._indexed(each)))
            case "graph/supervisor":
                self._new_supervisor(given)
            case "graph/node":
                self._publish(given)
            case "graph/flow":
                self._flow(given)
            case "graph/edges":
                self._edges(given)
            case "graph/escalation" | "graph/resolution" | "graph/expiry":
                self._escalate(statement.name, given)
            case _:
                self._rarer(statement.name, given)

    def _rarer(self, statement: str, given: Row) -> None:
        match statement:
            case "graph/principal_key" | "graph/principal_revocation":
                label, key, kind, told = key_change(given)
                self._records(self._node(label, key, self._indexed(told)))
                self._join(kind, f"{label} {key}", f"Principal {told['principal']}")
            case "graph/limit":
                self._limit(given)
            case "graph/alarm" | "graph/lift":
                self._alarm(statement, given)
            case "graph/rate":
                self._rate(given)
            case "graph/delegation":
                self._delegation(given)
            case "graph/name":
                self._point(given["name"], given["target"])
            case "graph/grant":
                self._grant(given)
            case "graph/revocation":
                grant = {**self._grants[given["grant"]], "revoked_index": self._index}
                self._records(self._node("Grant", given["grant"], grant))
            case "graph/draft":
                self._draft(given)
            case "graph/deprecation" | "graph/promotion":
                name = f"Node {given['node']}"
                if statement == "graph/promotion":
                    node = self._nodes[given["node"]]
                    self._node("Node", given["node"], node, "Bedrock")
                kind = "PROMOTES" if statement == "graph/promotion" else "DEPRECATES"
                said = self._indexed({"reason": given["reason"]})
                self._join(kind, f"LogLine {given['intent']}", name, said)
                self._records(name)
            case _:
                raise ValueError(f"no such statement: {statement}")

    def _verb(self, given: Row) -> None:
        told = some(given, "name", "docs", "risk", "schema", "effect", "idempotent", "amount")
        name = self._merge("Verb", given["name"], told)
        self._records(name)
        old = self._starts.pop(given["name"], None)
        if old is not None:
            self._elements.drop(old)
        if given["flow"] in self._flows:
            flow = f"Flow {given['flow']}"
            self._starts[given["name"]] = self._join("STARTS", name, flow)

    def _new_supervisor(self, given: Row) -> None:
        told = some(given, "did", "previous", "signature")
        self._records(self._node("Supervisor", given["did"], self._indexed(told)))
        self._supervisor = given["did"]

    def _ports(self, owner: str, ports: list[Row], *told: str) -> None:
        identity = owner.split(" ", 1)[1]
        for port in ports:
            kind = self._merge("Type", port["type"], {"id": port["type"], "text": port["text"]})
            key = f"{identity} {port['direction']} {port['name']}"
            properties = {"node": identity, **some(port, *told)}
            name = self._node("Port", key, self._indexed(properties))
            self._join("HAS_PORT", owner, name)
            self._join("OF_TYPE", name, kind)

    def _written_as(self, name: str, source: Row) -> None:
        identity = source["id"]
        if not self._known(f"Source {identity}"):
            self._made.append(source_element(identity, self._index))
        self._join("WRITTEN_AS", name, f"Source {identity}")

    def _publish(self, given: Row) -> None:
        node = given["node"]
        identity = node["id"]
        name = self._node("Node", identity, node, "Sediment")
        self._records(name)
        self._made.append(module_element(identity, self._index))
        self._join("COMPILED_TO", name, f"Module {identity}")
        self._written_as(name, given["source"])
        self._ports(name, given["ports"], "direction", "position", "name", "docs", "members")
        for draft in (self._drafts.get("built", identity) or "").split():
            self._join("DRAFTED_AS", name, f"Draft {draft}")
        if given["forked_from"] in self._nodes:
            self._join("FORKED_FROM", name, f"Node {given['forked_from']}")
        for grant in self._grants.values():
            if grant["node"] == identity:
                self._join("HOLDS", name, f"Grant {grant['id']}")
        self._nodes[identity] = node

    def _draft(self, given: Row) -> None:
        draft = given["draft"]
        identity, built = draft["id"], draft["node"]
        name = self._node("Draft", identity, draft)
        self._records(name)
        self._join("CAUSED", f"LogLine {given['intent']}", name)
        self._written_as(name, given["source"])
        if built in self._nodes:
            self._join("DRAFTED_AS", f"Node {built}", name)
        elif built is not None:
            before = self._drafts.get("built", built)
            self._drafts.put("built", built, f"{before} {identity}" if before else identity)

    def _grant(self, given: Row) -> None:
        grant, capability = given["grant"], given["capability"]
        kind = self._merge("Capability", capability, {"id": capability})
        name = self._node("Grant", grant["id"], grant)
        self._join("OF", name, kind)
        self._records(name)
        if grant["node"] in self._nodes:
            self._join("HOLDS", f"Node {grant['node']}", name)
        self._grants[grant["id"]] = grant

    def _point(self, name: str, target: str) -> None:
        old = self._names.get(name)
        if old is not None:
            self._elements.drop(old)
        told = self._merge("Name", name, {"name": name})
        self._names[name] = self._join("NAMES", told, self._thing(target))
        self._records(told)

    def _thing(self, identity: str) -> str:
        """A node or a flow by its id."""
        return f"Node {identity}" if identity in self._nodes else f"Flow {identity}"

    def _flow(self, given: Row) -> None:
        flow = given["flow"]
        identity = flow["id"]
        name = self._node("Flow", identity, flow, "Sediment")
        self._records(name)
        self._ports(name, given["ports"], "direction", "position", "name")
        ends = ({"name": "input"}, {"name": "output"})
        for row in (*ends, *given["placements"]):
            told = self._indexed({"flow": identity, "name": row["name"]})
            placement = self._node("Placement", f"{identity} {row['name']}", told)
            self._join("HAS_PLACEMENT", name, placement)
            if "uses" in row:
                self._join("USES", placement, self._thing(row["uses"]))
        self._flows.add(identity)

    def _edges(self, given: Row) -> None:
        for row in given["edges"]:
            source, target = (f"Placement {given['flow']} {row[end]}" for end in ("from", "to"))
            self._join("FEEDS", source, target, row["edge"])
