"""Stock adapters: ready sources for what stands between two ports of different types.

An edge carries a port's whole value; projection and conversion are nodes. sdk/adapters has those
that fit any flow; the one that takes a field out of a record is made for its type
(`field_adapter`): the same type and field give the same source, hence the same node id, whoever
makes it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from logos_graph.canon import encode
from logos_graph.errors import InvalidInput
from logos_graph.graph.typetree import Record, Type
from logos_graph.wasm.rust_types import RustTypes, field_name, samples

__all__ = ["adapter", "adapter_names", "adapter_purpose", "field_adapter"]

_FOLDER: Final = Path(__file__).resolve().parent / "sdk" / "adapters"
_LONGEST_NAME: Final = 64
_LONGEST_EXAMPLE: Final = 8 * 1024
_FIELD_SOURCE: Final = """\
//! Made by `logos node adapter field`: the same type and field give the same source.
use logos_sdk::prelude::*;
{types}
node! {{
    /// The field `{field}` of a record `{record}`.
{example}    fn {function}(
        {port}: {record_type},
    ) -> {output}: {field_type} {{
        {port}.{member}
    }}
}}
"""
_EXAMPLE: Final = """\
    ///
    /// ```example
    /// {given} -> {gives}
    /// ```
"""


def adapter_names() -> tuple[str, ...]:
    """The stock adapters, sorted."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.rs")))


def adapter(name: str) -> str:
    """The source of a stock adapter. Raises InvalidInput E_ADAPTER."""
    if name not in adapter_names():
        raise InvalidInput(
            "E_ADAPTER",
            f"there is no adapter {name[:80]!r}",
            hint="logos node adapter list; for a field of a record: logos node adapter field",
            name=name[:80],
        )
    return (_FOLDER / f"{name}.rs").read_text("utf-8")


def adapter_purpose(name: str) -> str:
    """The first line of its documentation. Raises as `adapter`."""
    found = re.search(r"^ +/// (.+)$", adapter(name), re.MULTILINE)
    return found[1] if found else ""


def field_adapter(type_: Type, field: str) -> tuple[str, str]:
    """The name and the source of a node that takes this field out of this record.

    Raises InvalidInput E_ADAPTER_RECORD (no record), E_ADAPTER_FIELD (it has no such field), and
    E_ADAPTER_TYPE (the type cannot be written in one file of Rust).
    """
    if not isinstance(type_, Record):
        raise InvalidInput(
            "E_ADAPTER_RECORD",
            "only a record has fields",
            hint='give a type such as "record payment { amount: decimal<2> }"',
        )
    taken = next((each for each in type_.fields if each.name == field), None)
    if taken is None:
        raise InvalidInput(
            "E_ADAPTER_FIELD",
            f"record {type_.name} has no field {field[:64]!r}",
            hint=f"it has {', '.join(each.name for each in type_.fields)}",
            fields=[each.name for each in type_.fields],
        )
    types = RustTypes()
    record_type, field_type = types.name(type_), types.name(taken.type)
    name = f"{type_.name}-{field}"
    source = _FIELD_SOURCE.format(
        types=types.declarations,
        field=field,
        record=type_.name,
        example=_example(type_, field),
        function=field_name(name if len(name) <= _LONGEST_NAME else "field"),
        port=field_name("record"),
        record_type=record_type,
        output=field_name(field),
        field_type=field_type,
        member=field_name(field),
    )
    return (name if len(name) <= _LONGEST_NAME else "field"), source


def _example(record: Record, field: str) -> str:
    """An example with another value for every part; none where it would not be readable."""
    value = samples(record)
    assert isinstance(value, dict)
    given = encode({"record": value}).decode()
    if len(given) > _LONGEST_EXAMPLE:
        return ""
    return _EXAMPLE.format(given=given, gives=encode({field: value[field]}).decode())
