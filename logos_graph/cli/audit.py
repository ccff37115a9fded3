"""logos audit: the named questions of cypher/audit, as tables.

What a question asks and which parameters it takes stands at the head of its file:

    // Every ghost of a principal in a window.
    // Parameters: who (DID or name); since, until (ns since the epoch).
    // Rows: cid, who, verb, …
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened
from logos_graph.cli.texts import moment, moment_ns, short
from logos_graph.errors import InvalidInput

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["Question", "audit", "questions"]

_GROUP = re.compile(r"([a-z_]+(?:, [a-z_]+)*)(?: \((.*)\))?")
_NS = "ns since the epoch"
_DEFAULT_WINDOW = {"since": "0", "until": "now"}


@dataclass(frozen=True, slots=True)
class Question:
    """One file of cypher/audit. parameters: name and what the file says of it."""

    name: str
    what: str
    parameters: dict[str, str]

    @property
    def statement(self) -> str:
        """The statement's name in cypher/."""
        return f"audit/{self.name.replace('-', '_')}"


@click.command()
@click.argument("name", required=False)
@click.option("--param", "params", multiple=True, metavar="KEY=VALUE", help="Repeatable.")
@with_output
def audit(out: Printer, name: str | None, params: tuple[str, ...]) -> int:
    """Ask a named question; without NAME, list the questions.

    Ids may be short or names. A moment is nanoseconds, a LogLine's `when`, `now`, or how long ago:
    1h, 7d.
    """
    known = {question.name: question for question in questions()}
    if name is None:
        return _list(out, list(known.values()))
    question = known.get(name.replace("_", "-"))
    if question is None:
        raise InvalidInput(
            "E_UNKNOWN_QUESTION",
            f"there is no question named {name!r}",
            hint=f"the questions are {', '.join(known)}",
            name=name,
        )
    given = _given(question, params)
    with opened() as system:
        values = {key: _value(system, question, key, text) for key, text in given.items()}
        rows = system.reader.rows(question.statement, **values)
    out.document({"question": question.name, "parameters": values, "rows": rows})
    columns = list(rows[0]) if rows else []
    out.table(columns, [[_cell(column, row[column]) for column in columns] for row in rows])
    return 0


def questions() -> list[Question]:
    """Every question, from the heads of the files."""
    from logos_graph.resources import list_files, read_text

    return [
        _question(path.rsplit("/", 1)[1].removesuffix(".cypher"), read_text(path))
        for path in list_files("cypher/audit", ".cypher")
    ]


def _question(stem: str, text: str) -> Question:
    head = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        head.append(line.removeprefix("//").strip())
    what, _, rest = " ".join(head).partition(" Parameters: ")
    parameters: dict[str, str] = {}
    for group in rest.partition(" Rows: ")[0].rstrip(". ").split("; "):
        match = _GROUP.fullmatch(group)
        if match is not None and match[1] != "none":
            parameters |= dict.fromkeys(match[1].split(", "), match[2] or "")
    return Question(stem.replace("_", "-"), what, parameters)


def _list(out: Printer, known: Sequence[Question]) -> int:
    out.document(
        {"questions": [{"name": q.name, "what": q.what, "parameters": q.parameters} for q in known]}
    )
    for question in known:
        out.title(question.name)
        out.line(f"  {question.what}")
        out.fields((f"  --param {key}=…", meaning) for key, meaning in question.parameters.items())
    return 0


def _given(question: Question, params: Sequence[str]) -> dict[str, str]:
    """Every parameter that the question takes, once."""
    given = {key: value for key, value in _DEFAULT_WINDOW.items() if key in question.parameters}
    for param in params:
        key, equals, value = param.partition("=")
        if not equals or key not in question.parameters:
            raise InvalidInput(
                "E_AUDIT_PARAM",
                f"{question.name} takes no parameter {param!r}",
                hint=f"write --param KEY=VALUE with {', '.join(question.parameters)}"
                if question.parameters
                else "it takes none",
            )
        given[key] = value
    missing = [key for key in question.parameters if key not in given]
    if missing:
        raise InvalidInput(
            "E_AUDIT_PARAM",
            f"{question.name} needs {', '.join(missing)}",
            hint=" ".join(f"--param {key}=…" for key in missing),
            missing=missing,
        )
    return given


def _value(system: System, question: Question, key: str, text: str) -> str | int:
    meaning = question.parameters[key]
    if meaning == _NS:
        return _ns(system, text)
    if key == "run":
        return system.reader.resolve(text, ("Run",))
    if "node" in meaning or "flow" in meaning:
        return system.reader.resolve(text, ("Node", "Flow"))
    return text


def _ns(system: System, text: str) -> int:
    if text == "now":
        return system.clock.now_ns()
    if text.isascii() and text.isdigit() and len(text) <= 19:
        return int(text)
    return moment_ns(text, system.clock.now_ns())


def _cell(column: str, value: Any) -> object:
    if column.endswith("_at") and isinstance(value, int):
        return moment(value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or None
    return short(value) if isinstance(value, str) else value
