"""The entry point `logline`: the groups that the LogLine papers name, the same code as `logos`."""

from __future__ import annotations

import click

from logos_graph.cli.lazy import LazyGroup
from logos_graph.cli.main import COMMANDS
from logos_graph.cli.program import run_program

__all__ = ["logline", "main"]

_GROUPS = ("tuple", "ledger", "ghost", "json")

_HELP = """The LogLine Protocol: structured, signed, judged, and recorded before anything happens.

The same commands as in `logos`; every one takes --json."""

logline = click.version_option(package_name="logos-graph", prog_name="logline")(
    LazyGroup("logline", {name: COMMANDS[name] for name in _GROUPS}, _HELP)
)


def main() -> int:
    """Runs `logline`; returns the exit status."""
    return run_program(logline, "logline")
