"""logos kv: the values that nodes have stored, by namespace and key."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.calls import bytes_text
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened
from logos_graph.cli.texts import short_value
from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["kv"]

_PAGE = 100


@click.group(cls=CommandGroup)
def kv() -> None:
    """The values that nodes have stored; only a run's receipt changes them."""


@kv.command("list")
@click.argument("namespace", metavar="[NAMESPACE]", required=False)
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True,
    help="How many, in the order of their keys.",
)  # fmt: skip
@with_output
def list_(out: Printer, namespace: str | None, limit: int) -> int:
    """Stored values by key, of one namespace or of all."""
    prefix = "" if namespace is None else f"{namespace}/"
    with opened() as system:
        rows = list(islice(_stored(system, prefix), limit))
    out.document({"values": rows})
    out.table(
        ("namespace", "key", "value", "entry"),
        [
            (row["namespace"], row["key"], short_value(bytes_text(row["value"])), row["index"])
            for row in rows
        ],
    )
    return 0


def _stored(system: System, prefix: str) -> Iterator[dict[str, Any]]:
    """The values whose ids begin so, in the order of their ids; not those that were deleted."""
    after = ""
    while rows := system.reader.rows(
        "read/stored_value_page", prefix=prefix, after=after, limit=_PAGE
    ):
        yield from (row for row in rows if row["value"] is not None)
        after = rows[-1]["id"]


@kv.command()
@click.argument("namespace", metavar="NAMESPACE")
@click.argument("key", metavar="KEY")
@with_output
def show(out: Printer, namespace: str, key: str) -> int:
    """One stored value, and the entry whose receipt wrote it."""
    identity = f"{namespace}/{key}"
    with opened() as system:
        found = next(_stored(system, identity), None)
    if found is None or found["id"] != identity:
        raise Rejected(
            "E_UNKNOWN_VALUE",
            f"nothing is stored in {namespace!r} under {key!r}",
            hint="`logos kv list` shows what is stored",
        )
    out.document(found)
    out.fields(
        [
            ("namespace", found["namespace"]),
            ("key", found["key"]),
            ("value", bytes_text(found["value"])),
            ("entry", found["index"]),
        ]
    )
    return 0
