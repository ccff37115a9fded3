"""What a command is given, read within bounds (files, `-` for stdin, JSON, `@FILE`); new files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

from logos_graph.canon import MAX_BYTES, Json, parse
from logos_graph.errors import EnvironmentFault, InvalidInput

__all__ = ["json_argument", "read_bytes", "read_json", "read_object", "read_text", "write_file"]


def read_bytes(name: str, limit: int = MAX_BYTES) -> bytes:
    """A file's bytes (`-`: stdin's). Raises InvalidInput E_FILE or E_FILE_SIZE."""
    try:
        if name == "-":
            return _bounded(sys.stdin.buffer, name, limit)
        with Path(name).open("rb") as file:
            return _bounded(file, name, limit)
    except OSError as error:
        raise InvalidInput(
            "E_FILE",
            f"{name} cannot be read: {error.strerror or error}",
            hint="name a file that you can read, or - for what is piped in",
            path=name,
        ) from None


def read_text(name: str, limit: int) -> str:
    """A file's UTF-8 text. Raises as `read_bytes`, and InvalidInput E_UTF8."""
    data = read_bytes(name, limit)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "E_UTF8",
            f"{name} is not UTF-8 at byte {error.start}",
            hint="save it as UTF-8",
            path=name,
            offset=error.start,
        ) from None


def read_json(name: str) -> Json:
    """A file's JSON value. Raises as `read_bytes` and as `canon.parse`."""
    return _parse(read_bytes(name), name)


def read_object(name: str, what: str) -> dict[str, Json]:
    """A file's JSON object. Raises as `read_json`, and InvalidInput E_NOT_OBJECT."""
    return _object(read_json(name), what)


def json_argument(text: str, what: str) -> dict[str, Json]:
    """A JSON object, given as text, as @FILE or as `-`. Raises as `read_object`."""
    if text == "-" or text.startswith("@"):
        return read_object(text.removeprefix("@"), what)
    return _object(_parse(text, what), what)


def _parse(data: bytes | str, where: str) -> Json:
    """The value; the refusal says in which of several inputs it is."""
    try:
        return parse(data)
    except InvalidInput as error:
        raise InvalidInput(
            error.code, f"{where}: {error.message}", hint=error.hint, **error.data
        ) from None


def _object(value: Json, what: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise InvalidInput(
            "E_NOT_OBJECT",
            f"{what} is a JSON object, and this is none",
            hint="it begins with { and ends with }",
        )
    return value


def _bounded(file: BinaryIO, name: str, limit: int) -> bytes:
    data = file.read(limit + 1)
    if len(data) > limit:
        raise InvalidInput(
            "E_FILE_SIZE", f"{name} is larger than {limit} bytes", path=name, limit=limit
        )
    return data


def write_file(path: Path, data: bytes) -> None:
    """Writes a file that is not there yet, whole or not at all.

    Raises InvalidInput E_FILE_EXISTS, EnvironmentFault E_FOLDER.
    """
    from logos_graph.files import write_new

    try:
        write_new(path, data)
    except FileExistsError:
        raise InvalidInput(
            "E_FILE_EXISTS",
            f"{path} is there already, and stays as it is",
            hint="name another place with --output",
            path=str(path),
        ) from None
    except OSError as error:
        raise EnvironmentFault(
            "E_FOLDER",
            f"{path} cannot be written: {error.strerror or error}",
            hint="choose a folder that you may write to, on a filesystem with hard links",
            path=str(path),
        ) from None
