"""What a node asked of the host, and what it was answered, as people read it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from logos_graph.canon import encode_text
from logos_graph.cli.texts import short_value, size
from logos_graph.errors import LogosError

__all__ = ["answer_text", "asked_text", "bytes_text"]

_ASKED_URL = 200


def bytes_text(value: str) -> str:
    """Recorded bytes as a JSON string where they are text, else in base64."""
    try:
        return encode_text(base64.b64decode(value).decode())
    except (UnicodeDecodeError, LogosError):
        return f"base64 {value}"


def asked_text(call: Mapping[str, Any]) -> str:
    """The arguments: first what matters, and the address of a request nearly whole."""
    asked = call["arguments"]
    match call["operation"]:
        case "http.request":
            request = asked["request"]
            url = request["url"]
            shown = url if len(url) <= _ASKED_URL else f"{url[:_ASKED_URL]}…"
            return f"{request['method']} {shown}{_body(request['body'])}"
        case "kv.put":
            return f"{encode_text(asked['key'])}: {short_value(bytes_text(asked['value']))}"
        case _:
            return ", ".join(encode_text(value) for value in asked.values()) or "-"


def answer_text(call: Mapping[str, Any]) -> str:
    """The answer; a call without one ended its step."""
    answer = call["answer"]
    if answer is None:
        return "none: it ended the step"
    match call["operation"]:
        case "http.request":
            outcome = answer["outcome"]
            if "failed" in outcome:
                return f"failed: {outcome['failed']}"
            answered = outcome["answered"]
            return f"{answered['status']}{_body(answered['body'])}"
        case "kv.get":
            return "nothing" if answer["value"] is None else bytes_text(answer["value"])
        case _:
            return ", ".join(encode_text(value) for value in answer.values()) or "-"


def _body(value: str) -> str:
    data = base64.b64decode(value)
    return f", {size(len(data))}: {short_value(bytes_text(value))}" if data else ""
