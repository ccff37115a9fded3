"""Every statement of cypher/ is understood by the real server, and says what it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from logos_graph.wiring import System

CYPHER = Path(__file__).resolve().parents[2] / "cypher"
FILES = sorted(CYPHER.rglob("*.cypher"))


def test_there_are_statements_of_every_kind() -> None:
    assert {path.parent.name for path in FILES} == {
        "alarms", "audit", "database", "graph", "invariants", "ledger", "proof", "read", "schema",
    }  # fmt: skip
    assert len(FILES) >= 60


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CYPHER)))
def test_a_statement_is_explained_by_the_server(system: System, path: Path) -> None:
    text = path.read_text()
    parameters: dict[str, Any] = dict.fromkeys(re.findall(r"\$(\w+)", text))
    driver, database = system.driver, system.connection.database
    if text.lstrip().startswith("//") and "CREATE USER" in text:
        database = "system"
    with driver.session(database=database) as session:
        summary = session.run("EXPLAIN " + text, parameters).consume()
    assert summary.plan is not None


@pytest.mark.parametrize("name", ["everything_has_its_entry", "every_relationship_has_its_entry"])
def test_a_rule_about_everything_finds_each_entry_by_the_index(system: System, name: str) -> None:
    """One that looked through all entries for each thing would take the ledger's length squared."""
    text = (CYPHER / "invariants" / f"{name}.cypher").read_text()
    with system.driver.session(database=system.connection.database) as session:
        plan = session.run("EXPLAIN " + text).consume().plan
    operators, todo = list[str](), [plan]
    while todo:
        step: Any = todo.pop()
        operators.append(f"{step['operatorType']} {step['args'].get('Details')}")
        todo += step.get("children", [])
    about = [each for each in operators if "LedgerEntry" in each]
    assert about, operators
    assert all("Index" in each for each in about), operators


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CYPHER)))
def test_a_statement_stands_alone_under_a_header(path: Path) -> None:
    lines = path.read_text().splitlines()
    header = [line for line in lines if line.startswith("//")]
    assert lines[: len(header)] == header
    assert len(header) >= 2
    assert "Parameters:" in "\n".join(header)
    assert "Rows:" in "\n".join(header)
    assert ";" not in "".join(lines[len(header) :])
