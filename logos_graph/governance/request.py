"""What a policy is asked, and how it is put into Cedar's terms.

    principal   Principal::"<did>" with the parents Role::"<role>"
    action      Action::"<verb>"
    resource    Ledger::"<ledger id>"
    context     {"this": the intent's payload, "risk": 0 to 5, and what `Request.context` holds}

`this` becomes Cedar values: integers are Longs (64 bits; larger ones are refused, for a policy
cannot compare what it cannot hold), texts, booleans, objects are records, arrays are sets, null is
absent. A text that the verb's schema calls `"format": "decimal"` is a Cedar decimal (four fraction
digits); one that does not fit is refused rather than shown as a text, for then `==` would be false
where the numbers are equal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Never

from cedarpy import Entities

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.governance.formats import is_decimal
from logos_graph.governance.quorum import People
from logos_graph.governance.shape import ANYTHING, Shape
from logos_graph.governance.verbs import Verb
from logos_graph.identity import Did

__all__ = ["Request", "cedar_entities", "cedar_request"]

_LONG: Final = range(-(2**63), 2**63)
_DECIMAL_DIGITS: Final = 4
_MAX_PATH: Final = 200
# Keys by which Cedar's JSON form says "this is not a record"; a payload must not speak in them.
_ESCAPES: Final = frozenset({"__entity", "__extn", "__expr"})

_CedarValue = bool | int | str | list[Any] | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One intent, as policy sees it.

    who, roles: the principal and the roles it holds at this revision.
    verb, this: the registered verb and a payload that fits it (`check_this`).
    ledger: the ledger's id. revision: index of the ledger entry whose state is seen.
    now_ns: nanoseconds since the epoch at which it is judged; the deadline of a Require counts from
        it. What waits is judged again with each consent, but a Require that comes of it is not
        recorded: the first deadline stays.
    context: what policy sees of the ledger at this revision beside the intent: records, integers,
        texts and booleans by name; every decision repeats it.
    people: everybody who is registered at this revision: of them a quorum of all, of a majority, or
        by weights is made; where they are not given, such a quorum is met by nobody's consent.
    """

    who: Did
    roles: frozenset[str]
    verb: Verb
    this: dict[str, Json]
    ledger: str
    revision: int
    now_ns: int
    context: Mapping[str, Json] = field(default_factory=dict)
    people: People = field(default_factory=dict, repr=False)


@lru_cache(maxsize=1024)
def cedar_entities(who: Did, roles: frozenset[str]) -> Entities:
    """The principal and its roles, parsed once; a `Role` is its own entity with no parents."""
    parents = [{"type": "Role", "id": role} for role in sorted(roles)]
    principal = {"uid": {"type": "Principal", "id": who}, "attrs": {}, "parents": parents}
    return Entities.from_json_str(json.dumps([principal]))


def cedar_request(request: Request) -> dict[str, Any]:
    """The request as cedarpy takes it.

    Raises:
        Rejected: E_POLICY_VALUE, `this` holds a value that policy cannot judge; `data["path"]`.
    """
    this = _to_cedar(request.this, request.verb.shape, "$")
    seen = {name: _to_cedar(value, ANYTHING, name) for name, value in request.context.items()}
    return {
        "principal": {"type": "Principal", "id": request.who},
        "action": {"type": "Action", "id": request.verb.name},
        "resource": {"type": "Ledger", "id": request.ledger},
        "context": json.dumps({**seen, "this": this, "risk": request.verb.risk.level}),
    }


def _to_cedar(value: Json, shape: Shape, path: str) -> _CedarValue:
    if isinstance(value, str):
        return _to_decimal(value, path) if shape.is_decimal and is_decimal(value) else value
    if isinstance(value, dict):
        return {
            _key(name, path): _to_cedar(item, shape.member(name), f"{path}.{name}")
            for name, item in value.items()
            if item is not None
        }
    if isinstance(value, list):
        inside = shape.items
        return [
            _to_cedar(item, inside, f"{path}[{index}]")
            for index, item in enumerate(value)
            if item is not None
        ]
    if value is None:
        _refuse(path, "null has no meaning here")
    if value not in _LONG:
        _refuse(path, "the integer does not fit 64 bits")
    return value


def _to_decimal(text: str, path: str) -> dict[str, Any]:
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > _DECIMAL_DIGITS:
        _refuse(path, f"a decimal that policy judges has at most {_DECIMAL_DIGITS} fraction digits")
    if int(whole + fraction.ljust(_DECIMAL_DIGITS, "0")) not in _LONG:
        _refuse(path, "the decimal is too large for policy to judge")
    return {"__extn": {"fn": "decimal", "arg": f"{whole}.{fraction or '0'}"}}


def _key(name: str, path: str) -> str:
    if name in _ESCAPES:
        _refuse(f"{path}.{name}", "a property of this name is reserved by the policy language")
    return name


def _refuse(path: str, why: str) -> Never:
    path = path if len(path) <= _MAX_PATH else path[: _MAX_PATH - 1] + "…"
    raise Rejected("E_POLICY_VALUE", f"`this` at {path} cannot be judged: {why}", path=path)
