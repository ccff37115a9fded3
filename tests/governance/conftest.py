"""Principals, verbs and requests that the governance tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from logos_graph.governance import Request, parse_verb
from logos_graph.identity import Did, Signer

NOW_NS = 1_700_000_000 * 10**9

TRANSFER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["amount", "to"],
    "additionalProperties": False,
    "properties": {
        "amount": {"type": "string", "maxLength": 32, "format": "decimal"},
        "to": {"type": "string", "maxLength": 64},
        "memo": {"type": ["string", "null"], "maxLength": 140},
        "count": {"type": "integer"},
        "tags": {"type": "array", "maxItems": 8, "items": {"type": "string", "maxLength": 16}},
        "fees": {
            "type": "array",
            "maxItems": 8,
            "items": {"anyOf": [{"$ref": "#/$defs/money"}, {"type": "null"}]},
        },
        "free": {"type": "object", "additionalProperties": True},
    },
    "$defs": {"money": {"type": "string", "maxLength": 32, "format": "decimal"}},
}


@pytest.fixture(scope="session")
def dids() -> list[Did]:
    """Eight principals; the first is the actor."""
    return [Signer.from_seed(bytes([number]) * 32).did for number in range(1, 9)]


@pytest.fixture
def make_request(dids: list[Did]) -> Callable[..., Request]:
    """A request to transfer money, by an agent; every part can be replaced."""

    def make(
        amount: str = "10.00",
        *,
        verb: str = "transfer",
        risk: str = "L1",
        who: Did = dids[0],
        roles: tuple[str, ...] = ("agent",),
        **more: Any,
    ) -> Request:
        registered = parse_verb(
            {"name": verb, "docs": "Move money.", "risk": risk, "schema": TRANSFER_SCHEMA}
        )
        return Request(
            who=who,
            roles=frozenset(roles),
            verb=registered,
            this={"amount": amount, "to": "acme", **more},
            ledger="main",
            revision=41,
            now_ns=NOW_NS,
        )

    return make
