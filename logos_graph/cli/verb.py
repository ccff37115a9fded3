"""logos verb: what can be said in a LogLine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from logos_graph.canon import Json
from logos_graph.cli.files import read_object
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import short
from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["verb"]


@click.group(cls=CommandGroup)
def verb() -> None:
    """Verbs: what can be said in a LogLine, with the schema of `this` and the risk."""


@verb.command("list")
@with_output
def list_(out: Printer) -> int:
    """Every registered verb."""
    with opened() as system:
        verbs: list[dict[str, Any]] = [_shown(found) for found in system.reader.verbs()]
    out.document({"verbs": verbs})
    out.table(
        ("name", "risk", "effect", "flow", "docs"),
        [(v["name"], v["risk"], v["effect"], short(v["flow"]), v["docs"]) for v in verbs],
    )
    return 0


@verb.command()
@click.argument("name")
@with_output
def show(out: Printer, name: str) -> int:
    """One verb: what it does, what its `this` takes, and an example; --json has the JSON Schema."""
    from logos_graph.cli.verb_shown import show_verb, verb_document

    with opened() as system:
        found = _find(system, name)
    if found is None:
        raise Rejected(
            "E_UNKNOWN_VERB",
            f"no verb {name!r} is registered",
            hint="`logos verb list` shows what is",
            verb=name,
        )
    document = verb_document(found)
    out.document(document)
    example = document["example"]
    show_verb(out, document, None if example is None else json.dumps(example, indent=2))
    return 0


@verb.command()
@click.argument("file", metavar="FILE.json")
@click.option("--flow", metavar="FLOW", help="The flow that the verb starts, by name or id.")
@as_option
@with_output
def register(out: Printer, file: str, flow: str | None, signer: str | None) -> int:
    """Register a verb of your own: a file with name, docs, risk, schema, and the flow it starts.

    One that starts no flow is only recorded: intent, decision, receipt, and nothing else happens.
    """
    from logos_graph.governance import check_registrable, parse_verb

    given = read_object(file, "a verb's file")
    with opened_to_write(out) as system:
        bound = flow or given.get("flow")
        target = None if bound is None else system.reader.resolve(str(bound), ("Flow",))
        this: dict[str, Json] = {**given, "flow": target}
        parsed = parse_verb(this)
        check_registrable(parsed)
        known = _find(system, parsed.name)
        if known is not None and not parsed.rebinds(parse_verb(known)):
            raise Rejected(
                "E_VERB_EXISTS",
                f"the verb {parsed.name!r} is registered already",
                hint="a verb's meaning never changes: bind it to another flow, or register another",
                verb=parsed.name,
            )
        return report(out, system, submit(system, "verb.register", this, signer))


def _find(system: System, name: str) -> dict[str, Any] | None:
    return next((_shown(found) for found in system.reader.verbs() if found["name"] == name), None)


def _shown(mutation: dict[str, Json]) -> dict[str, Any]:
    return {field: value for field, value in mutation.items() if field != "kind"}
