"""Reading `this`, whose shape the verb's schema has already proved."""

from __future__ import annotations

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput
from logos_graph.supervisor.ports import PendingIntent

__all__ = ["objects", "text", "texts"]


def text(pending: PendingIntent, name: str) -> str:
    """A string member of `this`."""
    value = pending.signed.intent.logline.this[name]
    if not isinstance(value, str):
        raise _misfit(name, "a string")
    return value


def texts(pending: PendingIntent, name: str) -> list[str]:
    """A member of `this` that is a list of strings."""
    value = pending.signed.intent.logline.this[name]
    if not isinstance(value, list):
        raise _misfit(name, "a list")
    return [str(item) for item in value]


def objects(pending: PendingIntent, name: str) -> dict[str, Json]:
    """An object member of `this`."""
    value = pending.signed.intent.logline.this[name]
    if not isinstance(value, dict):
        raise _misfit(name, "an object")
    return value


def _misfit(name: str, wanted: str) -> InvalidInput:
    return InvalidInput("E_THIS_SCHEMA", f"`this.{name}` is not {wanted}", path=f"$.{name}")
