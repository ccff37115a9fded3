"""Capabilities: what a node may do besides computing, and how far each grant goes.

A node reaches the outside only by importing a function of the host, and an import needs a grant of
its capability to that very node. What is asked and answered has types, as ports have: it crosses in
the same binary form, is recorded in the same JSON, and is read back from the record in a replay.

| capability | operations | limits of a grant |
|---|---|---|
| clock | clock.now | none |
| random | random.bytes | none |
| log | none: the lines are part of the call's result | none |
| kv | kv.get, kv.put, kv.delete | namespace, write |
| http | http.request | allow, private, seconds, request_bytes, response_bytes, retry |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final

from logos_graph.canon import ContentId, Json, parse_content_id, shown
from logos_graph.errors import InvalidInput
from logos_graph.graph.codec import PortsCodec, ports_codec
from logos_graph.graph.component import Port
from logos_graph.graph.retry import Retry, RetryMisfit, parse_retry
from logos_graph.graph.types import parse_type

__all__ = [
    "EVERY_CAPABILITY",
    "EXTERNAL",
    "OPERATIONS",
    "Capability",
    "Grant",
    "HttpLimits",
    "KvLimits",
    "Limits",
    "NoLimits",
    "Operation",
    "Target",
    "grant_command",
    "parse_capability",
    "parse_limits",
]


class Capability(StrEnum):
    """A named right to reach outside of the node's own call."""

    CLOCK = "clock"
    RANDOM = "random"
    LOG = "log"
    KV = "kv"
    HTTP = "http"


EVERY_CAPABILITY: Final = frozenset(each.value for each in Capability)
"""By name: what a module may need at most."""


@dataclass(frozen=True)
class Operation:
    """One thing a node can ask of the host: `request` and `answer` are typed as ports are."""

    name: str
    capability: Capability
    request: tuple[Port, ...]
    answer: tuple[Port, ...]

    @cached_property
    def request_codec(self) -> PortsCodec:
        """Between the bytes that the node hands over and the arguments that are recorded."""
        return ports_codec(self.request)

    @cached_property
    def answer_codec(self) -> PortsCodec:
        """Between the answer that is recorded and the bytes that the node gets."""
        return ports_codec(self.answer)


def _operation(name: str, request: dict[str, str], answer: dict[str, str]) -> Operation:
    def ports(types: dict[str, str]) -> tuple[Port, ...]:
        return tuple(Port(port, parse_type(text)) for port, text in types.items())

    return Operation(name, Capability(name.split(".")[0]), ports(request), ports(answer))


_HEADERS: Final = "list<record http-header { name: string, value: string }>"
_REQUEST: Final = (
    f"record http-request {{ method: string, url: string, headers: {_HEADERS}, body: bytes }}"
)
_RESPONSE: Final = f"record http-response {{ status: u16, headers: {_HEADERS}, body: bytes }}"
_OUTCOME: Final = f"variant http-outcome {{ answered: {_RESPONSE}, failed: string }}"

OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        operation.name: operation
        for operation in (
            _operation("clock.now", {}, {"time": "u64"}),
            _operation("random.bytes", {"count": "u32"}, {"bytes": "bytes"}),
            _operation("kv.get", {"key": "string"}, {"value": "option<bytes>"}),
            _operation("kv.put", {"key": "string", "value": "bytes"}, {}),
            _operation("kv.delete", {"key": "string"}, {}),
            _operation("http.request", {"request": _REQUEST}, {"outcome": _OUTCOME}),
        )
    }
)
"""Every operation by name. `time`: nanoseconds since the epoch, UTC."""

EXTERNAL: Final = frozenset({"http.request"})
"""Operations that change something outside: the ledger says so before and after each."""


@dataclass(frozen=True, slots=True)
class NoLimits:
    """A grant that is all or nothing: clock, random, log."""


@dataclass(frozen=True, slots=True)
class KvLimits:
    """One namespace of stored values; nodes with grants for the same one share it."""

    namespace: str
    write: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A method and the one host and port that it may be used on. method: upper case."""

    method: str
    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Where requests may go. private: also to loopback and private addresses.

    seconds: of one request as a whole. request_bytes, response_bytes: of a body. retry: when a
    request is sent once more; None: never.
    """

    allow: tuple[Target, ...]
    private: bool
    seconds: int
    request_bytes: int
    response_bytes: int
    retry: Retry | None


Limits = NoLimits | KvLimits | HttpLimits


@dataclass(frozen=True, slots=True)
class Grant:
    """One capability, given to one node by the intent `id`; in force until it is revoked."""

    id: ContentId
    node: ContentId
    capability: Capability
    limits: Limits

    @classmethod
    def from_mutation(cls, mutation: Mapping[str, Json]) -> Grant:
        """From the ledger's `grant` mutation. Raises InvalidInput E_GRANT_LIMITS, E_CAPABILITY."""
        capability = parse_capability(mutation["capability"])
        limits = parse_limits(capability, mutation["limits"])
        return cls(
            parse_content_id(mutation["grant"]),
            parse_content_id(mutation["node"]),
            capability,
            limits,
        )


def parse_capability(name: Json) -> Capability:
    """The capability of this name. Raises InvalidInput E_CAPABILITY."""
    try:
        return Capability(str(name))
    except ValueError:
        raise InvalidInput(
            "E_CAPABILITY",
            f"there is no capability {shown(name)}",
            hint=f"capabilities: {', '.join(Capability)}",
        ) from None


_OPTIONS: Final = {
    Capability.KV: " --namespace NAME [--write]",
    Capability.HTTP: ' --allow "METHOD https://HOST"',
}


def grant_command(node: str, capability: str) -> str:
    """The command line that grants it, with the limits that a grant cannot do without."""
    options = _OPTIONS.get(parse_capability(capability), "")
    return f"logos capability grant {node} {capability}{options}"


_NAMESPACE: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")
_METHOD: Final = re.compile(r"[A-Z]{1,16}")
_ORIGIN: Final = re.compile(
    r"(https?)://([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::([1-9][0-9]{0,4}))?"
)
_MAX_TARGETS: Final = 32
_MAX_SECONDS: Final = 60
_MAX_BODY: Final = 512 * 1024
_DEFAULT_SECONDS: Final = 10
_DEFAULT_BODY: Final = 64 * 1024
_PORTS: Final = {"http": 80, "https": 443}


def parse_limits(capability: Capability, limits: Json) -> Limits:
    """What a grant of this capability may be limited to, in its JSON form.

        kv     {"namespace": "velocity", "write": false}
        http   {"allow": ["POST https://api.example.com:8443", …], "private": false,
                "seconds": 10, "request_bytes": 65536, "response_bytes": 65536,
                "retry": {"attempts": 3, …}}    retry.py

    Only `namespace` and `allow` have to be there; `write` and `private` are false by default, and
    without `retry` no request is sent twice.
    Raises InvalidInput E_GRANT_LIMITS, with the field.
    """
    if not isinstance(limits, dict):
        raise _misfit("limits", "an object")
    fields = dict(limits)
    made: Limits = NoLimits()
    if capability is Capability.KV:
        made = KvLimits(_namespace(fields.pop("namespace", None)), _flag(fields, "write"))
    elif capability is Capability.HTTP:
        made = HttpLimits(
            _targets(fields.pop("allow", None)),
            _flag(fields, "private"),
            _number(fields, "seconds", _DEFAULT_SECONDS, _MAX_SECONDS),
            _number(fields, "request_bytes", _DEFAULT_BODY, _MAX_BODY),
            _number(fields, "response_bytes", _DEFAULT_BODY, _MAX_BODY),
            _retry(fields),
        )
    if fields:
        field = sorted(fields)[0]
        raise _refused(field, f"{shown(field)} is no limit of the capability {capability}")
    return made


def _namespace(value: Json) -> str:
    if not isinstance(value, str) or not _NAMESPACE.fullmatch(value):
        expected = "a name of lower-case letters, digits and hyphens, at most 64"
        raise _misfit("namespace", expected, Capability.KV)
    return value


def _targets(value: Json) -> tuple[Target, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= _MAX_TARGETS:
        raise _misfit("allow", f"a list of 1 to {_MAX_TARGETS} targets", Capability.HTTP)
    return tuple(_target(each, f"allow[{index}]") for index, each in enumerate(value))


def _target(value: Json, field: str) -> Target:
    method, _, origin = value.partition(" ") if isinstance(value, str) else ("", "", "")
    found = _ORIGIN.fullmatch(origin)
    if not _METHOD.fullmatch(method) or found is None:
        raise _misfit(field, "a method and an origin, such as `POST https://api.example.com`")
    scheme, host, port = found.groups()
    number = int(port) if port else _PORTS[scheme]
    if number > 65535:
        raise _misfit(field, "a port of at most 65535")
    return Target(method, scheme, host, number)


def _flag(fields: dict[str, Json], name: str) -> bool:
    value = fields.pop(name, False)
    if not isinstance(value, bool):
        raise _misfit(name, "true or false")
    return value


def _number(fields: dict[str, Json], name: str, default: int, most: int) -> int:
    value = fields.pop(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise _misfit(name, f"a number from 1 to {most}")
    return value


def _retry(fields: dict[str, Json]) -> Retry | None:
    if "retry" not in fields:
        return None
    try:
        return parse_retry(fields.pop("retry"))
    except RetryMisfit as misfit:
        field = f"retry.{misfit.field}" if misfit.field else "retry"
        raise _misfit(field, misfit.expected) from None


def _misfit(field: str, expected: str, needed_by: Capability | None = None) -> InvalidInput:
    hint = "" if needed_by is None else f"as in: {grant_command('NODE', needed_by)}"
    return _refused(field, f"{field}: expected {expected}", hint)


def _refused(field: str, message: str, hint: str = "") -> InvalidInput:
    return InvalidInput("E_GRANT_LIMITS", message, hint=hint, field=field)
