"""Text from outside, made fit to be recorded; and values from outside, made fit to be shown."""

from __future__ import annotations

from unicodedata import normalize

__all__ = ["recordable", "shown"]


def recordable(text: str, limit: int = 2000) -> str:
    """Any text as one that canonical JSON holds: valid Unicode, in NFC, at most `limit` characters.

    Half a surrogate pair becomes a question mark. A text that is fit already stays as it is.
    """
    valid = text[:limit].encode("utf-8", "replace").decode("utf-8")
    # NFC may lengthen a text; what is cut off a text in NFC leaves a text in NFC.
    return normalize("NFC", valid)[:limit]


def shown(value: object, limit: int = 80) -> str:
    """Any value in a few ASCII characters, for a message that says what was found.

    Python refuses to write integers of more than some thousand digits; canonical JSON holds them.
    """
    try:
        text = ascii(value)
    except ValueError:
        text = f"{type(value).__name__} with an integer too long to show"
    return text[:limit]
