"""logos tuple: LogLines, written out, signed, submitted."""

from __future__ import annotations

import click

from logos_graph.cli.files import json_argument, read_json
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import Commitments, report, sign

__all__ = ["tuple_"]


@click.group("tuple", cls=CommandGroup)
def tuple_() -> None:
    """LogLines: nine fields, signed; submitted, they are intents."""


@tuple_.command()
@click.option(
    "--who", "--as", "signer", metavar="NAME",
    help="The actor, by the name of its key, which signs (default: $LOGOS_AS, else supervisor).",
)  # fmt: skip
@click.option("--did", "verb", metavar="VERB", required=True, help="What is done: a verb.")
@click.option(
    "--this", "payload", metavar="JSON|@FILE|-", required=True,
    help="What the verb is done with: a JSON object.",
)  # fmt: skip
@click.option("--if-ok", metavar="COMMITMENT", required=True, help="emit:EVENT and the like.")
@click.option(
    "--if-doubt", metavar="COMMITMENT", required=True,
    help="What follows if nobody answers in time, or it is not known whether it was done:"
    " escalate:ROLE, emit:EVENT, retry:N or abort.",
)  # fmt: skip
@click.option("--if-not", metavar="COMMITMENT", required=True, help="What follows a failure.")
@click.option("--submit", "submits", is_flag=True, help="Take it through the gate at once.")
@with_output
def create(
    out: Printer,
    signer: str | None,
    verb: str,
    payload: str,
    if_ok: str,
    if_doubt: str,
    if_not: str,
    submits: bool,
) -> int:
    """Write and sign a LogLine of this moment; prints it as JSON, or submits it.

    A commitment is emit:EVENT, escalate:ROLE, retry:N or abort, then @TARGET if there is one.
    """
    from logos_graph.canon import encode_text
    from logos_graph.logline import parse_verb_name

    this = json_argument(payload, "a verb's payload")
    parse_verb_name(verb)
    with opened_to_write(out) if submits else opened() as system:
        signed = sign(system, verb, this, signer, Commitments(if_ok, if_doubt, if_not))
        if submits:
            return report(out, system, system.supervisor.execute(signed))
    # The same with and without --json: what `logos tuple submit` reads.
    click.echo(encode_text(signed.json))
    return 0


@tuple_.command()
@click.argument("file", metavar="FILE|-")
@with_output
def submit(out: Printer, file: str) -> int:
    """Take a signed LogLine, as `create` prints it, through the gate."""
    value = read_json(file)
    with opened_to_write(out) as system:
        return report(out, system, system.supervisor.execute(value))
