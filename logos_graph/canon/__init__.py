"""Canonical JSON, content ids and domain tags: one text for one value, one id for one text.

Everything that is hashed, signed or stored passes through here, in one direction or the other.
Source: "JSON✯Atomic" (LogLine Paper II), as settled in this package's docstrings. Pure.
"""

from logos_graph.canon.ids import (
    ContentId,
    Tag,
    content_id,
    json_id,
    parse_content_id,
    tagged,
    tagged_id,
    tagged_id_of,
)
from logos_graph.canon.json import (
    MAX_BYTES,
    MAX_DEPTH,
    Json,
    encode,
    encode_text,
    parse,
    verify,
)
from logos_graph.canon.plain import encode_parsed, parse_known
from logos_graph.canon.recordable import recordable, shown

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "ContentId",
    "Json",
    "Tag",
    "content_id",
    "encode",
    "encode_parsed",
    "encode_text",
    "json_id",
    "parse",
    "parse_content_id",
    "parse_known",
    "recordable",
    "shown",
    "tagged",
    "tagged_id",
    "tagged_id_of",
    "verify",
]
