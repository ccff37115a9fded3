"""Content ids and domain tags.

A content id is `b3:` and the 64 lower-case hex digits of BLAKE3 over the bytes. A domain tag goes
before the bytes of everything that is signed or chained, so that no signature or hash made for one
purpose can be shown for another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NewType

from blake3 import blake3

from logos_graph.canon.json import Json, encode
from logos_graph.canon.recordable import shown
from logos_graph.errors import InvalidInput

__all__ = [
    "ContentId",
    "Tag",
    "content_id",
    "json_id",
    "parse_content_id",
    "tagged",
    "tagged_id",
    "tagged_id_of",
]

ContentId = NewType("ContentId", str)
"""`b3:` + 64 lower-case hex digits; what has the same id has the same bytes."""

_CONTENT_ID = re.compile(r"b3:[0-9a-f]{64}")


class Tag(StrEnum):
    """What a hash or a signature is for; the closed set of this product's domain tags."""

    EFFECT_KEY = "logos/effect-key/v1"
    ENTRY_HASH = "logos/entry-hash/v1"
    ENTRY_SIGNATURE = "logos/entry-signature/v1"
    INTENT = "logos/intent/v1"
    PRINCIPAL_KEY = "logos/principal-key/v1"
    STATE = "logos/state/v1"
    SUPERVISOR_KEY = "logos/supervisor-key/v1"


_PREFIX = {tag: tag.value.encode() + b"\x00" for tag in Tag}


def content_id(data: bytes) -> ContentId:
    """The id of these bytes."""
    return ContentId("b3:" + blake3(data).hexdigest())


def json_id(value: Json) -> ContentId:
    """The id of a JSON value: that of its canonical bytes. Raises what `encode` raises."""
    return content_id(encode(value))


def parse_content_id(text: object) -> ContentId:
    """The content id that `text` is, exactly.

    Raises InvalidInput E_CONTENT_ID for anything else: upper case, a short form, another hash.
    """
    if not isinstance(text, str) or _CONTENT_ID.fullmatch(text) is None:
        raise InvalidInput(
            "E_CONTENT_ID",
            f"{shown(text, 100)} is not a content id",
            hint="A content id is b3: and 64 lower-case hex digits.",
        )
    return ContentId(text)


def tagged(tag: Tag, data: bytes) -> bytes:
    """The tag, a zero byte, the data: no tag holds a zero byte, so no two pairs give the same."""
    return _PREFIX[tag] + data


def tagged_id(tag: Tag, data: bytes) -> ContentId:
    """The id of the tagged bytes."""
    return content_id(_PREFIX[tag] + data)


def tagged_id_of(tag: Tag, parts: Iterable[bytes]) -> ContentId:
    """The same of bytes that come in parts."""
    hasher = blake3(_PREFIX[tag])
    for part in parts:
        hasher.update(part)
    return ContentId("b3:" + hasher.hexdigest())
