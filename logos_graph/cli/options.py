"""Options that many commands take."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import click

from logos_graph.cli.output import Printer, ReaderGoneError

__all__ = ["as_option", "limit_option", "with_output"]

P = ParamSpec("P")


def with_output(command: Callable[Concatenate[Printer, P], int]) -> Callable[..., int]:
    """Adds --json; the command gets a Printer first, and returns its exit status."""

    @wraps(command)
    def call(*args: Any, as_json: bool, **options: Any) -> int:
        try:
            return command(Printer(as_json), *args, **options)
        except BrokenPipeError:
            raise ReaderGoneError from None

    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(call)


as_option = click.option(
    "--as",
    "signer",
    metavar="NAME",
    help="The principal that signs, by its key's name (default: $LOGOS_AS, else supervisor).",
)

limit_option = click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="How many, the youngest first.",
)
