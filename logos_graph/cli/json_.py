"""logos json: canonical JSON, by hand."""

from __future__ import annotations

import sys

import click

from logos_graph.canon import MAX_BYTES, content_id, encode, verify
from logos_graph.cli.files import read_bytes, read_json, read_text
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.vectors import parse_vectors
from logos_graph.errors import NotVerified

__all__ = ["json_"]


@click.group("json", cls=CommandGroup)
def json_() -> None:
    """Canonical JSON: one text for one value. FILE may be `-` for stdin."""


@json_.command()
@click.argument("file")
@with_output
def canonize(out: Printer, file: str) -> int:
    """Print a JSON value's canonical form: exactly its bytes, without a newline."""
    data = encode(read_json(file))
    out.document({"canonical": data.decode(), "id": content_id(data), "size": len(data)})
    if not out.as_json:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        if sys.stdout.isatty():
            sys.stdout.buffer.write(b"\n")
    return 0


@json_.command("verify")
@click.argument("file")
@with_output
def verify_(out: Printer, file: str) -> int:
    """Check that a file holds canonical bytes, and print their id."""
    data = read_bytes(file)
    verify(data)
    out.document({"id": content_id(data), "size": len(data)})
    out.line(content_id(data))
    return 0


@json_.command()
@click.argument("file")
@click.argument("other")
@with_output
def compare(out: Printer, file: str, other: str) -> int:
    """Whether two files hold the same value, however it is written. Status 1 if not."""
    first, second = (encode(read_json(name)) for name in (file, other))
    same = first == second
    offset = None if same else _first_difference(first, second)
    out.document({"same": same, "ids": [content_id(first), content_id(second)], "offset": offset})
    if same:
        out.line(f"same  {content_id(first)}")
        return 0
    out.line(f"different from byte {offset} of the canonical forms on")
    out.fields([(file, content_id(first)), (other, content_id(second))])
    return NotVerified.exit_status


@json_.command("test-vectors")
@click.argument("file")
@with_output
def test_vectors(out: Printer, file: str) -> int:
    """Check this implementation against a file of test vectors, one JSON object a line.

    Each has a name, its bytes as input or input_hex, and one of canonical, error, offset.
    """
    vectors = parse_vectors(read_text(file, MAX_BYTES))
    faults = {vector.name: fault for vector in vectors if (fault := vector.fault()) is not None}
    out.document({"vectors": len(vectors), "faults": faults})
    out.line(f"{len(vectors)} vectors, {len(faults)} not as expected")
    if faults:
        out.table(("vector", "fault"), faults.items())
    return NotVerified.exit_status if faults else 0


def _first_difference(first: bytes, second: bytes) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(first), len(second)))
