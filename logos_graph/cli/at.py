"""logos at INDEX COMMAND: a command that reads, on the graph as it stood at an entry."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import current_head, opened
from logos_graph.cli.texts import iso_ns
from logos_graph.errors import InvalidInput, NotVerified, Rejected

if TYPE_CHECKING:
    from logos_graph.ledger import Head
    from logos_graph.wiring import System

__all__ = ["OTHERS", "READS", "WRITES", "at", "head_at"]

READS = frozenset(
    {
        "alarm list", "alarm show", "audit", "breaker list", "browse", "capability list",
        "consent delegations", "consent list", "consent show", "escalation list", "escalation show",
        "events", "flow backtest", "flow check", "flow diff", "flow draw", "flow list", "flow show",
        "ghost list", "key list", "key show", "kv list", "kv show", "ledger show", "ledger verify",
        "node drafts", "node list", "node rebuild", "node show", "node source",
        "policy check", "policy diff", "policy schema", "policy show", "rate list",
        "run limit list", "run list",
        "run replay", "run show", "status", "trajectory", "verb list", "verb show", "why",
    }
)  # fmt: skip
"""What reads the graph, and nothing else of this home that has a past."""

WRITES = frozenset(
    {
        "breaker lift", "capability grant", "capability revoke", "consent delegate", "consent give",
        "consent refuse", "consent undelegate",
        "escalation resolve", "flow publish", "key decrypt", "key encrypt", "key new", "key rekey",
        "key revoke", "key rotate", "ledger checkpoint",
        "ledger export", "ledger rebuild", "node adapter publish", "node deprecate", "node draft",
        "node fork", "node promote", "node publish", "policy activate", "rate set",
        "run FLOW", "run cancel",
        "run fork", "run kill", "run limit set", "run prove", "run resume", "tuple create",
        "tuple submit", "verb register", "worker",
    }
)  # fmt: skip
"""What needs a key, or changes something."""

OTHERS = frozenset(
    {
        "at", "doctor", "down", "json canonize", "json compare", "json test-vectors", "json verify",
        "node adapter field", "node adapter list", "node adapter show", "node check",
        "node inspect", "node new", "node test", "policy test", "up", "verify",
    }
)  # fmt: skip
"""What has nothing to do with how the graph stood."""

_HOME, _PRESENT = "LOGOS_HOME", "NEO4J_URI"


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--stop", is_flag=True, help="Stop the database of the past; it is kept.")
@click.option(
    "--time", "moment", metavar="TIME",
    help="The last entry of that moment, as in 2026-11-01T00:00Z, in the place of INDEX.",
)  # fmt: skip
@click.argument("words", metavar="INDEX COMMAND...", nargs=-1, type=click.UNPROCESSED)
@with_output
def at(out: Printer, stop: bool, moment: str | None, words: tuple[str, ...]) -> int:
    """Run a command that reads, on the graph as it stood at an entry of the ledger.

    A second database is made of the entries up to that one, and stays for the next question;
    `logos at --stop` and `logos down` stop it.
    """
    from logos_graph.settings import Settings

    if stop:
        from logos_graph.cli.past import stop_past

        stopped = stop_past(Settings.from_environment())
        out.document({"stopped": stopped})
        out.line("stopped" if stopped else "was not running")
        return 0
    index, command = (None, words) if moment is not None else (words[:1], words[1:])
    if out.as_json and "--json" not in command:
        command = (*command, "--json")
    _check_reads(command)
    return _run_at(out, None if index is None else _number(index), moment, command)


def _run_at(out: Printer, index: int | None, moment: str | None, words: Sequence[str]) -> int:
    from logos_graph.cli.main import logos
    from logos_graph.cli.past import standing_at

    with opened() as present:
        head = head_at(present, _index_at(present, str(moment)) if index is None else index)
        with standing_at(out, present, head) as past:
            before = {name: os.environ.get(name) for name in (_HOME, _PRESENT)}
            os.environ[_HOME] = str(past.home)
            os.environ.pop(_PRESENT, None)
            try:
                status = logos.main(args=[*words], prog_name="logos", standalone_mode=False)
            finally:
                for name, value in before.items():
                    if value is None:
                        os.environ.pop(name, None)
                    else:
                        os.environ[name] = value
    return status if isinstance(status, int) else 0


def _number(words: Sequence[str]) -> int:
    text = words[0] if words else ""
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise InvalidInput(
            "E_AT_INDEX",
            f"{text[:80]!r} is not the index of an entry: those are counted from 0",
            hint="`logos ledger show` prints the index of each entry; --time takes a moment",
        )
    return int(text)


def head_at(present: System, index: int) -> Head:
    """The ledger's head while this entry was the last. InvalidInput E_AT_INDEX."""
    head = current_head(present)
    if index > head.index:
        raise InvalidInput(
            "E_AT_INDEX",
            f"there is no entry {index}: the last one is {head.index}",
            hint="`logos ledger show` prints the last entries",
            index=index,
            last=head.index,
        )
    entry = present.store.entry(index)
    if entry is None:
        raise NotVerified(
            "E_CHAIN_INDEX",
            f"the entry {index} is missing",
            hint="`logos ledger verify` says what is wrong with the ledger",
            index=index,
        )
    return entry.head


def _index_at(present: System, moment: str) -> int:
    """The last entry that was recorded until then."""
    ns = iso_ns(moment)
    if ns is None:
        raise InvalidInput(
            "E_AT_TIME",
            f"{moment[:80]!r} is not a moment with its zone",
            hint="as in 2026-11-01T00:00Z",
        )
    rows = present.reader.rows("read/entry_before", moment=ns)
    if not rows:
        raise InvalidInput(
            "E_AT_TIME",
            f"the ledger has no entry as old as {moment}",
            hint="`logos ledger show --first 0` prints the first",
        )
    return int(rows[0]["index"])


def _check_reads(words: Sequence[str]) -> None:
    """Raises Rejected E_AT_READ_ONLY for whatever is not known to read and nothing else."""
    path = _path(words)
    if path in READS:
        return
    why = "writes, or needs a key" if path in WRITES else "has nothing to do with the past"
    raise Rejected(
        "E_AT_READ_ONLY",
        f"`logos {path}` {why}: at an entry of the ledger there is only reading",
        hint=f"what can be read there: {', '.join(sorted(READS))}",
        command=path,
    )


def _path(words: Sequence[str]) -> str:
    """The command that these words name. Raises click.UsageError for what is none."""
    from logos_graph.cli.main import logos

    command: click.Command = logos
    path: list[str] = []
    for word in words:
        if not isinstance(command, click.Group):
            break
        known = command.list_commands(click.Context(command))
        name = word if word in known else "FLOW"
        found = command.get_command(click.Context(command), name) if name in known else None
        if found is None:
            break
        command = found
        path.append(name)
    if not words:
        raise InvalidInput(
            "E_USAGE", "a command is missing", hint="as in `logos at 12 run list`; logos at --help"
        )
    if isinstance(command, click.Group):
        where = " ".join(["logos", *path])
        raise InvalidInput(
            "E_USAGE", f"{' '.join(words)[:80]!r} is no command", hint=f"{where} --help"
        )
    return " ".join(path)
