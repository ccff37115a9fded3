"""I4 on a server without the guard: whatever is changed in the graph is found, and told as it is.

Each change is made in a transaction of its own, in which the graph is then read; it never commits.
The constraints are dropped first: whoever can change a graph can drop them too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.ledger import Finding, TreeWatch
from logos_graph.resources import statement
from logos_graph.scratch import scratch_file
from logos_graph.settings import Settings
from logos_graph.store import ExpectedGraph, GraphComparison, GraphSum, read_elements
from logos_graph.store.elements import node_element
from logos_graph.wiring import System, open_system
from tests.integration.everything import tell_everything
from tests.plain_server import unguarded_server, variables

if TYPE_CHECKING:
    pass

KINDS = {
    "Alarm", "Capability", "Conduct", "Delegation", "Draft", "Escalation", "Flow", "Governance",
    "Grant", "LedgerEntry", "LedgerHead",
    "LogLine", "Module", "Name", "Node", "Placement", "Policy", "Port", "Principal",
    "PrincipalKey", "Rate", "Revocation", "Run", "RunLimit", "Source", "Step", "StoredValue",
    "Supervisor", "Type", "Verb",
    "Pending", "Bedrock", "Sediment",
}  # fmt: skip
TYPES = {
    "ABOUT", "ANSWERED", "BY", "CARRIED", "CAUSED", "COMPILED_TO", "DEPRECATES", "DRAFTED_AS",
    "ENFORCES", "EXECUTES", "FEEDS", "FORKED_FROM", "HAS_PLACEMENT", "HAS_PORT", "HAS_STEP",
    "HOLDS", "KEY_OF", "LENT_TO", "LIMITS", "NAMES",
    "NEXT", "OF", "OF_TYPE", "PROMOTES", "RAN", "RECORDS", "REVOKES", "SPEAKS_FOR", "STARTS",
    "SUBMITTED", "USES", "WRITTEN_AS",
}  # fmt: skip
KEYS = {
    "LedgerEntry": ["index"], "LedgerHead": ["ledger"], "LogLine": ["cid"], "Principal": ["did"],
    "Port": ["node", "direction", "name"], "Placement": ["flow", "name"], "Step": ["run", "name"],
    "Name": ["name"], "Verb": ["name"], "Governance": ["ledger"],
    "Alarm": ["id"], "Rate": ["id"],
    "Capability": ["id"], "Conduct": ["id"], "Delegation": ["id"], "Draft": ["id"],
    "Escalation": ["id"], "Flow": ["id"], "Grant": ["id"],
    "Module": ["id"], "Node": ["id"], "Policy": ["id"], "Run": ["id"], "RunLimit": ["id"],
    "Source": ["id"], "StoredValue": ["id"], "Supervisor": ["did"], "Type": ["id"],
    "PrincipalKey": ["key"], "Revocation": ["id"],
}  # fmt: skip
CHAINED = {("LedgerEntry", "text")}
"""What the chain answers for: test_a_text_of_the_chain_… below."""


@pytest.fixture(autouse=True)
def invariants() -> None:
    """The shared server takes no part here."""


@dataclass(frozen=True)
class Graph:
    """A ledger with everything in it, and the graph beside what it makes."""

    settings: Settings
    system: System
    comparison: GraphComparison
    sums: GraphSum

    def ask(self, query: str, **given: Any) -> list[dict[str, Any]]:
        """The rows of a query."""
        with self._session() as session:
            rows: list[dict[str, Any]] = session.run(query, given).data()
        return rows

    def after(self, *changes: tuple[str, dict[str, Any]]) -> list[Finding]:
        """What is found once these were done, which then are undone."""
        with self._session() as session, session.begin_transaction() as transaction:
            for query, given in changes:
                assert transaction.run(query, given).consume().counters.contains_updates, query

            class Inside:
                """Reads inside of the transaction."""

                def stream(self, name: str, /, **parameters: object) -> Iterator[dict[str, Any]]:
                    for record in transaction.run(statement(name), parameters):
                        yield dict(record.items())

            things = list(read_elements(Inside()))
            transaction.rollback()
        found = self.comparison.compare(things, limit=100_000)
        assert self.sums.equals(things) == (found.total == 0)
        return list(found.findings)

    def _session(self) -> Any:
        return self.system.driver.session(database=self.system.connection.database)


@contextmanager
def graph_of(settings: Settings) -> Iterator[Graph]:
    with open_system(settings) as system, scratch_file() as scratch:
        tell_everything(system)
        comparison, sums = GraphComparison(scratch), GraphSum(scratch)
        for elements, drafts in ((comparison, "drafts"), (sums, "drafts again")):
            expected, tree = ExpectedGraph(elements, scratch.table(drafts)), TreeWatch()
            for entry in tree.watch(system.store.entries(0)):
                expected.take(entry, tree.completed())
            expected.finish()
        graph = Graph(settings, system, comparison, sums)
        for row in graph.ask("SHOW CONSTRAINTS YIELD name"):
            graph.ask(f"DROP CONSTRAINT {row['name']}")
        yield graph


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Graph]:
    with (
        unguarded_server(tmp_path_factory.mktemp("unguarded"), cache) as settings,
        graph_of(settings) as made,
    ):
        yield made


def examples(graph: Graph, pattern: str, what: str) -> list[dict[str, Any]]:
    """For each label or type, and each property key of it, one thing that has it."""
    return graph.ask(
        f"MATCH {pattern} UNWIND {what} AS kind UNWIND keys(x) AS field"
        " WITH kind, field, collect(x)[0] AS x"
        " RETURN kind, field, elementId(x) AS id, properties(x) AS properties,"
        " x[field] AS value ORDER BY kind, field"
    )


def other(value: Any) -> Any:
    """A value of the same type that is another one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1_000_000
    if isinstance(value, bytes):
        return value + b"\0"
    return (
        [*value, other(value[0]) if value else "more"] if isinstance(value, list) else f"{value} "
    )


NODE, EDGE = "MATCH (x) WHERE elementId(x) = $id ", "MATCH ()-[x]->() WHERE elementId(x) = $id "


def maker(graph: Graph, node: str) -> int | None:
    """The entry that last wrote a node."""
    (row,) = graph.ask(
        NODE + "RETURN labels(x) AS labels, properties(x) AS p,"
        " [(e:LedgerEntry)-[:RECORDS]->(x) | e.index] AS entries,"
        " [()-[r:PROMOTES]->(x) | r.ledger_index] AS promoted",
        id=node,
    )
    labels, found = row["labels"], row["p"]
    if "LogLine" in labels:
        return int(max(row["entries"]))
    if "LedgerHead" in labels:
        return int(found["index"])
    if "Node" in labels and row["promoted"]:
        return int(row["promoted"][0])
    return int(found.get("revoked_index", found["ledger_index"]))


def named(findings: list[Finding], key: str, what: str = "") -> list[Finding]:
    """Those about the thing of this key."""
    return [each for each in findings if each.key == key and each.what.startswith(what)]


def key_of(graph: Graph, node: str) -> str:
    """What a node is called in findings."""
    (row,) = graph.ask(NODE + "RETURN labels(x) AS labels, properties(x) AS p", id=node)
    (fields,) = (KEYS[label] for label in row["labels"] if label in KEYS)
    return " ".join(str(row["p"][field]) for field in fields)


def test_the_graph_of_an_honest_ledger_is_what_its_entries_make(graph: Graph) -> None:
    found = graph.comparison.compare(read_elements(graph.system.reader))
    assert (found.total, found.findings) == (0, ())
    (count,) = graph.ask("RETURN COUNT { () } + COUNT { ()-->() } AS things")
    assert found.count == count["things"]
    labels = {
        row["label"]
        for row in graph.ask("MATCH (n) UNWIND labels(n) AS label RETURN DISTINCT label")
    }
    assert labels == KINDS
    types = {row["type"] for row in graph.ask("MATCH ()-[r]->() RETURN DISTINCT type(r) AS type")}
    assert types == TYPES


@pytest.mark.parametrize("removed", [False, True])
def test_every_property_of_a_node_that_is_changed_or_removed_is_found(
    graph: Graph, removed: bool
) -> None:
    rows = {
        (row["id"], row["field"]): row for row in examples(graph, "(x)", "labels(x)")
        if (row["kind"], row["field"]) not in CHAINED
        and row["field"] not in KEYS[label_of(graph, row["id"])]
    }  # fmt: skip
    assert len(rows) > 60
    findings = graph.after(*(set_to(NODE, row, removed) for row in rows.values()))
    for row in rows.values():
        about = named(findings, key_of(graph, row["id"]), "changed")
        label = label_of(graph, row["id"])
        (found,) = [each for each in about if (each.kind, each.field) == (label, row["field"])]
        assert found.index == maker(graph, row["id"]), (row, found)
        assert found.expected != found.found
        assert (found.found is None) == removed
    assert len(findings) == len(rows)


def label_of(graph: Graph, node: str) -> str:
    """The label that says what a node is."""
    (row,) = graph.ask(NODE + "RETURN labels(x) AS labels", id=node)
    (label,) = (str(each) for each in row["labels"] if each in KEYS)
    return label


def set_to(match: str, row: dict[str, Any], removed: bool) -> tuple[str, dict[str, Any]]:
    value = None if removed else other(row["value"])
    return match + "SET x[$field] = $value", {
        "id": row["id"],
        "field": row["field"],
        "value": value,
    }


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize("label", sorted(KEYS))
def test_a_node_whose_key_is_changed_or_removed_is_missing_and_foreign(
    graph: Graph, label: str, removed: bool
) -> None:
    rows = [row for row in examples(graph, "(x)", "labels(x)") if row["kind"] == label]
    for row in [row for row in rows if row["field"] in KEYS[label]]:
        findings = graph.after(set_to(NODE, row, removed))
        nodes = [each for each in findings if " -> " not in each.key]
        (gone, came) = nodes
        assert (gone.what, gone.key) == ("missing", key_of(graph, row["id"]))
        assert gone.index == maker(graph, row["id"])
        assert (came.what, came.kind) == ("foreign", label)


@pytest.mark.parametrize("removed", [False, True])
def test_every_property_of_a_relationship_that_is_changed_or_removed_is_found(
    graph: Graph, removed: bool
) -> None:
    rows = examples(graph, "()-[x]->()", "[type(x)]")
    assert len(rows) > 40
    findings = graph.after(*(set_to(EDGE, row, removed) for row in rows))
    assert {each.what for each in findings} == {"changed"}
    assert len(findings) == len(rows)
    for row in rows:
        index = row["properties"]["ledger_index"]
        assert [
            each for each in findings
            if (each.kind, each.field, each.index) == (row["kind"], row["field"], index)
            and (each.found is None) == removed
        ], row  # fmt: skip


@pytest.mark.parametrize(("match", "pattern", "what"), [
    (NODE, "(x)", "labels(x)"), (EDGE, "()-[x]->()", "[type(x)]"),
], ids=["nodes", "relationships"])  # fmt: skip
def test_a_property_that_is_added_to_anything_is_found(
    graph: Graph, match: str, pattern: str, what: str
) -> None:
    rows = {each["kind"]: each for each in examples(graph, pattern, what)}
    assert rows.keys() == (KINDS if match is NODE else TYPES)
    things = {row["id"] for row in rows.values()}
    findings = graph.after(*((match + "SET x.stranger = 1", {"id": each}) for each in things))
    assert {(each.what, each.field, each.found) for each in findings} == {
        ("changed", "stranger", 1)
    }
    assert len(findings) == len(things)
    if match is NODE:
        assert {maker(graph, each) for each in things} == {each.index for each in findings}
    else:
        assert {row["properties"]["ledger_index"] for row in rows.values()} == {
            each.index for each in findings
        }


def test_every_kind_of_relationship_that_is_deleted_doubled_or_turned_is_found(
    graph: Graph,
) -> None:
    rows = {each["kind"]: each for each in examples(graph, "()-[x]->()", "[type(x)]")}
    assert rows.keys() == TYPES
    wanted = {(kind, row["properties"]["ledger_index"]) for kind, row in rows.items()}
    given = [(kind, {"id": row["id"]}) for kind, row in rows.items()]
    gone = graph.after(*((EDGE + "DELETE x", each) for _, each in given))
    assert {each.what for each in gone} == {"missing"}
    assert {(each.kind, each.index) for each in gone} == wanted
    assert len(gone) == len(rows)
    match = "MATCH (a)-[x]->(b) WHERE elementId(x) = $id CREATE "
    twice = graph.after(*(
        (f"{match}(a)-[y:{kind}]->(b) SET y = properties(x)", each) for kind, each in given
    ))  # fmt: skip
    assert {(each.what, each.expected, each.found) for each in twice} == {("doubled", 1, 2)}
    assert {(each.kind, each.index) for each in twice} == wanted
    assert len(twice) == len(rows)
    turned = graph.after(*(
        (f"{match}(b)-[y:{kind}]->(a) SET y = properties(x) DELETE x", each) for kind, each in given
    ))  # fmt: skip
    for what in ("missing", "foreign"):
        assert {(each.kind, each.index) for each in turned if each.what == what} == wanted


def test_every_kind_of_node_that_is_deleted_is_found_with_its_relationships(graph: Graph) -> None:
    rows = {each["kind"]: each for each in examples(graph, "(x)", "labels(x)")}
    for label, row in rows.items():
        (count,) = graph.ask(NODE + "RETURN COUNT { (x)--() } AS edges", id=row["id"])
        findings = graph.after((NODE + "DETACH DELETE x", {"id": row["id"]}))
        assert {each.what for each in findings} == {"missing"}
        assert len(findings) == 1 + count["edges"]
        (node,) = named(findings, key_of(graph, row["id"]))
        assert node.index == maker(graph, row["id"]), label


def test_every_kind_of_node_that_is_doubled_or_has_other_labels_is_found(graph: Graph) -> None:
    rows = {each["kind"]: each for each in examples(graph, "(x)", "labels(x)")}
    assert rows.keys() == KINDS
    things = {row["id"] for row in rows.values()}
    wanted = {(key_of(graph, each), maker(graph, each)) for each in things}
    copy = NODE + "CREATE (y) SET y = properties(x) SET y:$(labels(x))"
    twice = graph.after(*((copy, {"id": each}) for each in things))
    assert {each.what for each in twice} == {"doubled"}
    assert {(each.key, each.index) for each in twice} == wanted
    strange = graph.after(*((NODE + "SET x:Stranger", {"id": each}) for each in things))
    assert {(each.what, each.field) for each in strange} == {("changed", "labels")}
    assert {(each.key, each.index) for each in strange} == wanted
    without = graph.after(*(
        (f"{NODE}REMOVE x:{label}", {"id": row["id"]}) for label, row in rows.items()
    ))  # fmt: skip
    told = {(each.key, each.index) for each in without if each.what in ("missing", "changed")}
    assert wanted <= told


def test_a_label_more_is_told_as_that(graph: Graph) -> None:
    (row,) = graph.ask("MATCH (x:Node:Bedrock) RETURN elementId(x) AS id, x.id AS key")
    (finding,) = graph.after((NODE + "SET x:Sediment", {"id": row["id"]}))
    assert (finding.what, finding.kind, finding.key) == ("changed", "Node", row["key"])
    assert finding.field == "labels"
    assert finding.expected == ["Bedrock", "Node"]
    assert finding.found == ["Bedrock", "Node", "Sediment"]


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("CREATE (:Stranger {ledger_index: 3})", {"Stranger"}),
        ("CREATE ()", {""}),
        ("CREATE (:Principal {did: 'did:key:z', ledger_index: 3})", {"Principal"}),
        ("CREATE (:LedgerEntry {index: 99999, ledger_index: 3})", {"LedgerEntry"}),
        ("CREATE (:LedgerHead {ledger: 'other', ledger_index: 3})", {"LedgerHead"}),
        ("CREATE (:LogLine:Pending {cid: [1], ledger_index: 3})", {"LogLine"}),
        ("MATCH (a:Node) MATCH (b:Flow) WITH a, b LIMIT 1"
         " CREATE (a)-[:LIKES {ledger_index: 3}]->(b)", {"LIKES"}),
        ("MATCH (a:Principal) MATCH (b:LogLine) WHERE NOT (a)-[:SUBMITTED]->(b) WITH a, b LIMIT 1"
         " CREATE (a)-[:SUBMITTED {ledger_index: 3}]->(b)", {"SUBMITTED"}),
        ("MATCH (a:Principal) WITH a LIMIT 1 CREATE (a)-[:KNOWS {ledger_index: 3}]->(:Stranger)",
         {"Stranger", "KNOWS"}),
    ],
)  # fmt: skip
def test_what_no_entry_makes_is_foreign_and_says_which_entry_it_names(
    graph: Graph, query: str, kinds: set[str]
) -> None:
    findings = graph.after((query, {}))
    assert len(findings) == len(kinds)
    assert {each.what for each in findings} == {"foreign"}
    assert {each.kind for each in findings} == kinds
    assert {each.index for each in findings if each.kind in named_in(query)} == (
        {3} if named_in(query) else set()
    )


def named_in(query: str) -> set[str]:
    """The kinds of what the query creates with the index of an entry."""
    return set(re.findall(r":(\w+)(?::\w+)* {[^}]*ledger_index", query))


def test_a_relationship_that_names_another_entry_is_told_with_both(graph: Graph) -> None:
    (row, *_rest) = graph.ask(
        "MATCH (:Principal)-[x:SUBMITTED]->() RETURN elementId(x) AS id, x.ledger_index AS index"
    )
    (finding,) = graph.after((EDGE + "SET x.ledger_index = 1", {"id": row["id"]}))
    assert (finding.what, finding.field) == ("changed", "ledger_index")
    assert (finding.expected, finding.found, finding.index) == (row["index"], 1, row["index"])


def test_findings_beyond_the_hundredth_are_counted(graph: Graph) -> None:
    strangers = [node_element("X", f"X {n}", ["X"], {"n": n}) for n in range(250)]
    things = [*read_elements(graph.system.reader), *strangers]
    found = graph.comparison.compare(things)
    assert (found.total, len(found.findings)) == (250, 100)


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def verify(graph: Graph, logos: Callable[..., Any]) -> Callable[..., Any]:
    """`logos ledger verify` on that server."""
    named = variables(graph.settings)

    def run(*words: str | Path) -> Any:
        return logos("ledger", *words, home=graph.settings.home, **named)

    return run


@contextmanager
def changed(graph: Graph, do: str, undo: str, **given: Any) -> Iterator[None]:
    """Done for good; undone at the end."""
    graph.ask(do, **given)
    try:
        yield
    finally:
        graph.ask(undo, **given)


def test_verify_lists_the_differences_and_ends_with_status_1(graph: Graph, verify: Any) -> None:
    good = verify("verify", "--json")
    assert good.status == 0, good
    assert good.document["differences"]["total"] == 0
    assert good.document["differences"]["compared"] == graph.comparison.count
    assert good.document["tree"]["size"] == good.document["entries"]
    do = "MATCH (p:Principal {name: 'agent-1'}) SET p.roles = ['agent', 'operator']"
    with changed(graph, do, "MATCH (p:Principal {name: 'agent-1'}) SET p.roles = ['agent']"):
        bad, shown = verify("verify", "--json"), verify("verify")
    assert (bad.status, shown.status, bad.document["verified"]) == (1, 1, False)
    (finding,) = bad.document["differences"]["findings"]
    assert (finding["what"], finding["kind"], finding["field"]) == ("changed", "Principal", "roles")
    assert (finding["expected"], finding["found"]) == (["agent"], ["agent", "operator"])
    (offender,) = [each["first_offender"] for each in bad.document["invariants"] if not each["ok"]]
    assert offender["index"] == finding["index"]
    (line,) = [line for line in shown.out.splitlines() if "BROKEN" in line]
    assert '["agent"]' in line
    assert "changed  Principal" in shown.out


@pytest.mark.parametrize("field", ["text", "hash", "signature", "index", "ledger"])
@pytest.mark.parametrize("removed", [False, True])
def test_a_text_of_the_chain_that_is_changed_is_named_by_its_index(
    graph: Graph, verify: Any, field: str, removed: bool
) -> None:
    (row,) = graph.ask(
        f"MATCH (e:LedgerEntry {{index: 7}}) RETURN elementId(e) AS id, e.{field} AS value"
    )
    value = None if removed else other(row["value"])
    change = "MATCH (e) WHERE elementId(e) = $id SET e[$field] = "
    given = {"id": row["id"], "field": field, "new": value, "old": row["value"]}
    with changed(graph, f"{change}$new", f"{change}$old", **given):
        ended = verify("verify", "--json")
    assert ended.status == 1
    error = ended.document["error"]
    assert error["code"] in ("E_CHAIN_HASH", "E_CHAIN_INDEX", "E_ENTRY_FORM", "E_CHAIN_SIGNATURE")
    assert error["index"] == 7


def test_since_a_checkpoint_only_what_came_later_is_checked_dearly(
    graph: Graph, verify: Any, tmp_path: Path
) -> None:
    taken = verify("checkpoint", "--to", tmp_path, "--json").document
    for since in (tmp_path, taken["file"]):
        ended = verify("verify", "--since", since, "--json")
        assert ended.status == 0, ended
        assert ended.document["since"] == taken["size"] == ended.document["entries"]
        assert ended.document["tree"]["root"] == taken["root"]
        assert all(each["count"] for each in ended.document["invariants"])
    shown = verify("verify", "--since", tmp_path).out
    assert f"I1 to I5 look at all {taken['size']} entries" in shown


def test_since_a_checkpoint_that_the_ledger_does_not_fit_is_refused(
    graph: Graph, verify: Any, tmp_path: Path
) -> None:
    taken = verify("checkpoint", "--to", tmp_path, "--json").document
    (row,) = graph.ask("MATCH (e:LedgerEntry {index: 9}) RETURN e.signature AS old")
    set_to = "MATCH (e:LedgerEntry {index: 9}) SET e.signature = "
    given = {"old": row["old"], "new": row["old"].translate(str.maketrans("01", "10"))}
    with changed(graph, f"{set_to}$new", f"{set_to}$old", **given):
        forked = verify("verify", "--since", taken["file"], "--json")
    assert (forked.status, forked.document["error"]["code"]) == (1, "E_CHECKPOINT_FORK")
    foreign = tmp_path / "none.checkpoint"
    foreign.write_text("nothing")
    assert verify("verify", "--since", foreign, "--json").document["error"]["code"] == "E_NOTE_FORM"
    empty = tmp_path / "empty"
    empty.mkdir()
    ended = verify("verify", "--since", empty, "--json")
    assert ended.document["error"]["code"] == "E_NO_CHECKPOINT"
