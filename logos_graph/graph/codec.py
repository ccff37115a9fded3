"""The binary form in which values cross between host and node, and its one mapping to JSON.

    type            binary                                          JSON
    bool            1 byte, 0 or 1                                  true, false
    u8 … s64        little-endian, as wide as the type              integer
    decimal<S>      i128 little-endian, in units of 10^-S           string, S fraction digits
    string          u32 length, UTF-8 bytes in NFC                  string
    bytes           u32 length, bytes                               string, standard base64, padded
    list<T>         u32 count, items                                array
    option<T>       0, or 1 and the value                           null, or the value
    tuple, record   items or fields in declared order               array; object of its fields
    enum            u32 index of the case                           string, the case
    variant         u32 index of the case, payload                  {"case": payload, or null}

Strict both ways: one value has one binary form and one JSON form; whatever is not exactly right is
refused with a path such as `payment.history[3].amount`. A type is compiled to closures once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NoReturn

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput
from logos_graph.graph.codec_scalars import (
    MAX_VALUE,
    Codec,
    Decode,
    Encode,
    Refused,
    refuse,
    scalar_codec,
    take_u32,
    truncated,
    wrong_json,
)
from logos_graph.graph.component import Port
from logos_graph.graph.typetree import Case, Enum, List, Option, Record, Tuple, Type, Variant

__all__ = ["MAX_VALUE", "PortsCodec", "decode", "encode", "ports_codec"]


def encode(type_: Type, value: Json, path: str = "value") -> bytes:
    """A JSON value in its type's binary form.

    path: what error messages call the value. Raises InvalidInput E_VALUE_*.
    """
    return _encode(_compile(type_)[0], type_, value, path)


def decode(type_: Type, data: bytes, path: str = "value") -> Json:
    """The JSON value of exactly these bytes. Raises InvalidInput E_CODEC_*."""
    ((_, value),) = PortsCodec(((path, type_),)).read(data)
    return value


class PortsCodec:
    """The values of a component's ports, in declared order; compiled once, used for every call."""

    __slots__ = ("_ports",)

    def __init__(self, ports: Sequence[tuple[str, Type]]) -> None:
        self._ports = [(name, type_, *_compile(type_)) for name, type_ in ports]

    def write(self, values: Mapping[str, Json]) -> list[bytes]:
        """Each port's value in binary. Raises InvalidInput E_VALUE_*; `values` has every port."""
        return [
            _encode(encode_value, type_, values[name], name)
            for name, type_, encode_value, _ in self._ports
        ]

    def read(self, data: bytes) -> list[tuple[bytes, Json]]:
        """Each port's bytes and JSON value. Raises InvalidInput E_CODEC_*, path = the port."""
        values: list[tuple[bytes, Json]] = []
        at = 0
        for name, type_, _, decode_value in self._ports:
            try:
                value, end = decode_value(data, at)
            except Refused as refused:
                _raise(refused, name, type_)
            if end - at > MAX_VALUE:
                raise InvalidInput(
                    "E_CODEC_SIZE",
                    f"{name} takes {end - at} bytes: at most {MAX_VALUE}",
                    path=name,
                )
            values.append((data[at:end], value))
            at = end
        if at != len(data):
            raise InvalidInput(
                "E_CODEC_TRAILING", f"{len(data) - at} bytes follow the last of the values"
            )
        return values


@lru_cache(maxsize=1024)
def ports_codec(ports: tuple[Port, ...]) -> PortsCodec:
    """The codec of a component's inputs or outputs."""
    return PortsCodec([(port.name, port.type) for port in ports])


def _encode(encode_value: Encode, type_: Type, value: Json, path: str) -> bytes:
    out: list[bytes] = []
    try:
        encode_value(value, out)
    except Refused as refused:
        _raise(refused, path, type_)
    data = b"".join(out)
    if len(data) > MAX_VALUE:
        raise InvalidInput(
            "E_VALUE_SIZE", f"{path} takes {len(data)} bytes: at most {MAX_VALUE}", path=path
        )
    return data


def _raise(refused: Refused, path: str, type_: Type) -> NoReturn:
    where = path + "".join(reversed(refused.path))
    raise InvalidInput(
        refused.code,
        f"{where}: {refused.message}",
        hint=f"the type of {path} is {type_.text}" if len(type_.text) <= 200 else "",
        path=where,
    ) from None


@lru_cache(maxsize=4096)
def _compile(type_: Type) -> Codec:
    match type_:
        case List(item):
            return _list(*_compile(item))
        case Option(item):
            return _option(*_compile(item))
        case Tuple(items):
            return _tuple([_compile(item) for item in items])
        case Record(_, fields):
            return _record([(field.name, *_compile(field.type)) for field in fields])
        case Enum(_, cases):
            return _enum(cases)
        case Variant(_, cases):
            return _variant(cases)
        case _:
            return scalar_codec(type_)


def _list(encode_item: Encode, decode_item: Decode) -> Codec:
    def encode(value: Json, out: list[bytes]) -> None:
        if type(value) is not list:
            wrong_json("an array", value)
        out.append(len(value).to_bytes(4, "little"))
        index = 0
        try:
            for index, item in enumerate(value):  # noqa: B007 - read when an item is refused
                encode_item(item, out)
        except Refused as refused:
            refused.path.append(f"[{index}]")
            raise

    def decode(data: bytes, at: int) -> tuple[Json, int]:
        count, at = take_u32(data, at)
        items: list[Json] = []
        append = items.append
        try:
            for _ in range(count):  # every value takes a byte at least, so the data ends it
                item, at = decode_item(data, at)
                append(item)
        except Refused as refused:
            refused.path.append(f"[{len(items)}]")
            raise
        return items, at

    return encode, decode


def _option(encode_item: Encode, decode_item: Decode) -> Codec:
    def encode(value: Json, out: list[bytes]) -> None:
        if value is None:
            out.append(b"\x00")
        else:
            out.append(b"\x01")
            encode_item(value, out)

    def decode(data: bytes, at: int) -> tuple[Json, int]:
        if at >= len(data):
            truncated(1, data, at)
        tag = data[at]
        if tag == 1:
            return decode_item(data, at + 1)
        if tag:
            refuse("E_CODEC_OPTION", f"an option starts with 0 or 1, not {tag}")
        return None, at + 1

    return encode, decode


def _tuple(items: list[Codec]) -> Codec:
    size = len(items)

    def encode(value: Json, out: list[bytes]) -> None:
        if type(value) is not list:
            wrong_json(f"an array of {size}", value)
        if len(value) != size:
            refuse("E_VALUE_LENGTH", f"expected {size} items, found {len(value)}")
        index = 0
        try:
            for index, item in enumerate(value):
                items[index][0](item, out)
        except Refused as refused:
            refused.path.append(f"[{index}]")
            raise

    def decode(data: bytes, at: int) -> tuple[Json, int]:
        values: list[Json] = []
        try:
            for _, decode_item in items:
                value, at = decode_item(data, at)
                values.append(value)
        except Refused as refused:
            refused.path.append(f"[{len(values)}]")
            raise
        return values, at

    return encode, decode


def _record(fields: list[tuple[str, Encode, Decode]]) -> Codec:
    names = [name for name, _, _ in fields]
    expected = set(names)
    encoders = [(name, encode_field) for name, encode_field, _ in fields]
    decoders = [(name, decode_field) for name, _, decode_field in fields]

    def encode(value: Json, out: list[bytes]) -> None:
        if type(value) is not dict:
            wrong_json(f"an object of {', '.join(names)}", value)
        if value.keys() != expected:
            _wrong_fields(names, value)
        name = ""
        try:
            for name, encode_field in encoders:
                encode_field(value[name], out)
        except Refused as refused:
            refused.path.append(f".{name}")
            raise

    def decode(data: bytes, at: int) -> tuple[Json, int]:
        value: dict[str, Json] = {}
        name = ""
        try:
            for name, decode_field in decoders:
                value[name], at = decode_field(data, at)
        except Refused as refused:
            refused.path.append(f".{name}")
            raise
        return value, at

    return encode, decode


def _wrong_fields(names: list[str], value: dict[str, Json]) -> NoReturn:
    missing = [name for name in names if name not in value]
    if missing:
        refuse("E_VALUE_FIELD_MISSING", f"the field {missing[0]} is missing")
    unknown = min(name for name in value if name not in names)
    refuse(
        "E_VALUE_FIELD_UNKNOWN", f"there is no field {unknown[:64]!r}; fields: {', '.join(names)}"
    )


def _enum(cases: tuple[str, ...]) -> Codec:
    wire = {case: index.to_bytes(4, "little") for index, case in enumerate(cases)}

    def encode(value: Json, out: list[bytes]) -> None:
        if type(value) is not str:
            wrong_json(f"one of {', '.join(cases)}", value)
        data = wire.get(value)
        if data is None:
            _unknown_case(value, cases)
        out.append(data)

    def decode(data: bytes, at: int) -> tuple[Json, int]:
        index, end = take_u32(data, at)
        if index >= len(cases):
            refuse("E_CODEC_CASE", f"case {index} of {len(cases)}")
        return cases[index], end

    return encode, decode


def _variant(cases: tuple[Case, ...]) -> Codec:
    names = tuple(case.name for case in cases)
    payloads = [_compile(case.type) if case.type else None for case in cases]
    wire = {
        name: (index.to_bytes(4, "little"), payloads[index]) for index, name in enumerate(names)
    }

    def encode(value: Json, out: list[bytes]) -> None:
        if type(value) is not dict or len(value) != 1:
            wrong_json(f"an object of one case of {', '.join(names)}", value)
        ((name, payload),) = value.items()
        if name not in wire:
            _unknown_case(name, names)
        head, codec = wire[name]
        out.append(head)
        try:
            if codec:
                codec[0](payload, out)
            elif payload is not None:
                wrong_json("null, as this case has no payload", payload)
        except Refused as refused:
            refused.path.append(f".{name}")
            raise

    def decode(data: bytes, at: int) -> tuple[Json, int]:
        index, end = take_u32(data, at)
        if index >= len(cases):
            refuse("E_CODEC_CASE", f"case {index} of {len(cases)}")
        codec = payloads[index]
        if codec is None:
            return {names[index]: None}, end
        try:
            payload, end = codec[1](data, end)
        except Refused as refused:
            refused.path.append(f".{names[index]}")
            raise
        return {names[index]: payload}, end

    return encode, decode


def _unknown_case(value: str, cases: Sequence[str]) -> NoReturn:
    refuse("E_VALUE_CASE", f"there is no case {value[:64]!r}; cases: {', '.join(cases)}")
