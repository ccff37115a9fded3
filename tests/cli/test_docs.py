"""docs/commands.md: a command that is not documented, or not as it is, fails here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from logos_graph.cli.main import logos as program

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"


def usages(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    """Every command that can be given, with its parameters, and the first line of its help."""
    context = click.Context(command, info_name=path)
    children = command.list_commands(context) if isinstance(command, click.Group) else []
    if not children:
        pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
        options = [
            option.opts[-1]
            for option in command.params
            if isinstance(option, click.Option) and option.opts[-1] not in ("--json", "--help")
        ]
        usage = " ".join([path, *pieces, *options]).replace("|", r"\|")  # in a table
        yield usage, command.get_short_help_str(limit=200)
    for name in children:
        assert isinstance(command, click.Group)
        child = command.get_command(context, name)
        assert child is not None
        yield from usages(child, f"{path} {name}")


def test_the_page_lists_every_command_as_it_is() -> None:
    rows = [f"| `{usage}` | {what} |" for usage, what in usages(program, "logos")]
    listed = [line for line in PAGE.read_text().splitlines() if line.startswith("| `logos ")]
    assert listed == rows
