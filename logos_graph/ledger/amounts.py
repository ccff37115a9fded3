"""What an act is about, as a number: the amount that its verb names in `this`.

Whole units, rounded up, so that it can be recorded and compared: `"9000.01"` counts as 9001.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from logos_graph.canon import Json

__all__ = ["AMOUNT", "amount_of"]

AMOUNT = "/amount"
"""Where a verb that names no amount of its own is looked at, as a JSON pointer into `this`."""

_DECIMAL = re.compile(r"[0-9]{1,18}(?:\.([0-9]{1,18}))?")
_MOST = 2**63 - 1


def amount_of(this: Mapping[str, Json], pointer: str | None = None) -> int | None:
    """The amount at this JSON pointer (RFC 6901; objects only); None if there is none.

    An integer from 0 to 2^63 - 1, or a decimal text, of which whole units are counted, rounded up.
    """
    found: Json = dict(this)
    for part in (pointer or AMOUNT).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    if isinstance(found, int) and not isinstance(found, bool):
        return found if 0 <= found <= _MOST else None
    match = _DECIMAL.fullmatch(found) if isinstance(found, str) else None
    if match is None:
        return None
    whole = int(match[0].split(".")[0])
    return whole + 1 if (match[1] or "").strip("0") else whole
