"""What policy can see of the ledger, as Cedar types: the form of `context.<name>`.

One table, for `Request.context` as it is made (supervisor/context.py) and for the schema that
policies are checked against (cedar_schema.py). Every part is there in every request.

| name | holds |
|---|---|
| trajectory | score (0 to 10,000), limit, acts, ghosts, spent (amounts of the last 24 hours) |
| breaker | whether a circuit breaker is open for the actor |
| alarms | how many about the actor are open, or medium and raised within their window |

Beside these, each request has `risk` (0 to 5, the verb's) and `this` (the payload, by the verb's
own schema).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["BOOLEAN", "LONG", "SEEN", "STRING", "CedarType", "record"]

CedarType = dict[str, Any]
"""A type in the JSON form of a Cedar schema."""

LONG: Final[CedarType] = {"type": "Long"}
BOOLEAN: Final[CedarType] = {"type": "Boolean"}
STRING: Final[CedarType] = {"type": "String"}


def record(attributes: Mapping[str, CedarType]) -> CedarType:
    """A record of these attributes and no others."""
    return {"type": "Record", "attributes": dict(attributes)}


SEEN: Final[Mapping[str, CedarType]] = {
    "alarms": LONG,
    "breaker": BOOLEAN,
    "trajectory": record(
        dict.fromkeys(("acts", "ghosts", "limit", "score", "spent"), LONG),
    ),
}
"""By name; each is in every request's context."""
