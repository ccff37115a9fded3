"""logos run limit: how many runs at once, and how long one may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from logos_graph.canon import Json
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.principals import principal_did
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import short
from logos_graph.errors import InvalidInput

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["limit"]

_NUMBERS = ("concurrent", "run_seconds", "step_seconds")


class _Number(click.ParamType[Any]):
    """A whole number, or `none` to take the limit away."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        if value == "none":
            return "none"
        if not (str(value).isascii() and str(value).isdecimal() and len(str(value)) < 10):
            self.fail(f"{str(value)[:40]!r} is neither a whole number nor `none`", param, ctx)
        return int(value)


@click.group(cls=CommandGroup)
def limit() -> None:
    """Limits of runs: of a flow, of a principal, or of the whole ledger."""


@limit.command("list")
@with_output
def list_(out: Printer) -> int:
    """Every limit; where there is none, a run may take 600 s and a step 60 s."""
    with opened() as system:
        limits = system.reader.limits()
    found = [each for each in limits if any(each[name] is not None for name in _NUMBERS)]
    out.document({"limits": [{k: v for k, v in each.items() if k != "kind"} for each in found]})
    out.table(
        ("scope", "of", "at once", "seconds a run", "seconds a step"),
        [
            (each["scope"], short(_text(each["of"])) or "-", *(_shown(each[n]) for n in _NUMBERS))
            for each in found
        ],
    )
    return 0


@limit.command("set")
@click.option("--flow", metavar="FLOW", help="Of this flow, by name or id.")
@click.option("--who", metavar="NAME", help="Of this principal, by name or DID.")
@click.option("--concurrent", metavar="N", type=_Number(), help="How many at once.")
@click.option("--run-seconds", metavar="N", type=_Number(), help="How long a run may take.")
@click.option("--step-seconds", metavar="N", type=_Number(), help="How long a step may take.")
@as_option
@with_output
def set_(
    out: Printer, /, flow: str | None, who: str | None, signer: str | None, **numbers: Any
) -> int:
    """Set limits; `none` takes one away, and what is left out stays as it is.

    Without --flow and --who they are of the whole ledger.
    """
    if not any(each is not None for each in numbers.values()):
        raise InvalidInput(
            "E_USAGE", "no limit is given", hint="--concurrent, --run-seconds or --step-seconds"
        )
    with opened_to_write(out) as system:
        scope, of = _scope(system, flow, who)
        known = {(each["scope"], each["of"]): each for each in system.reader.limits()}
        before = known.get((scope, of), {})
        this: dict[str, Json] = {"scope": scope, "of": of}
        for name in _NUMBERS:
            given = numbers[name]
            kept = before.get(name) if given is None else given
            this[name] = None if kept == "none" else kept
        status = report(out, system, submit(system, "run.limit", this, signer))
        if status == 0 and this["concurrent"] == 0:
            what = "of this ledger" if scope == "ledger" else f"of this {scope}"
            out.line(f"no run {what} begins until it is set again (`--concurrent none` ends it)")
        return status


def _scope(system: System, flow: str | None, who: str | None) -> tuple[str, str | None]:
    if flow is not None and who is not None:
        raise InvalidInput(
            "E_LIMIT_OF", "a limit is of a flow or of a principal", hint="set one after the other"
        )
    if flow is not None:
        return "flow", system.reader.resolve(flow, ("Flow",))
    return ("ledger", None) if who is None else ("principal", principal_did(system, who))


def _text(value: Json) -> str | None:
    return None if value is None else str(value)


def _shown(value: Json) -> str:
    return "-" if value is None else str(value)
