"""logos rate: how often a principal may submit a verb."""

from __future__ import annotations

from typing import Any

import click

from logos_graph.canon import Json
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.principals import principal_did
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit

__all__ = ["rate"]


class _Count(click.ParamType[Any]):
    """A whole number, or `none` to take the rate away."""

    name = "count"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        if value == "none":
            return "none"
        if not (str(value).isascii() and str(value).isdecimal() and len(str(value)) < 10):
            self.fail(f"{str(value)[:40]!r} is neither a whole number nor `none`", param, ctx)
        return int(value)


@click.group(cls=CommandGroup)
def rate() -> None:
    """Rates: how often a principal may submit a verb."""


@rate.command("list")
@with_output
def list_(out: Printer) -> int:
    """Every rate; where there is none, there is no limit."""
    with opened() as system:
        rows = system.reader.rows("read/rates")
    rates = [row for row in rows if row["count"] is not None]
    out.document({"rates": rates})
    out.table(
        ("who", "verb", "acts", "in seconds"),
        [
            (each["name"] or "each", each["verb"] or "any", each["count"], each["seconds"])
            for each in rates
        ],
    )
    return 0


@rate.command("set")
@click.option("--who", metavar="NAME", help="Of this principal; else of each by itself.")
@click.option("--verb", metavar="VERB", help="Of this verb; else of all together.")
@click.option("--count", metavar="N", type=_Count(), required=True, help="Acts, or `none`.")
@click.option(
    "--seconds",
    metavar="N",
    type=click.IntRange(1, 86_400),
    default=60,
    show_default=True,
    help="Within so many seconds.",
)
@as_option
@with_output
def set_(
    out: Printer,
    who: str | None,
    verb: str | None,
    count: int | str,
    seconds: int,
    signer: str | None,
) -> int:
    """Set a rate; `--count none` takes it away. It counts what is submitted from then on."""
    with opened_to_write(out) as system:
        this: dict[str, Json] = {
            "who": None if who is None else principal_did(system, who),
            "verb": verb,
            "count": None if count == "none" else count,
            "seconds": seconds,
        }
        return report(out, system, submit(system, "rate.limit", this, signer))
