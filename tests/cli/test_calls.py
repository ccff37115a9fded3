"""What a node asked of the host is told with what matters first, however long the rest is."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from logos_graph.cli.calls import answer_text, asked_text, bytes_text


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def request(url: str, body: bytes = b"") -> dict[str, Any]:
    headers = [{"name": "authorization", "value": "x" * 300}]
    return {"request": {"method": "POST", "url": url, "headers": headers, "body": b64(body)}}


def answered(status: int, body: bytes) -> dict[str, Any]:
    return {"outcome": {"answered": {"status": status, "headers": [], "body": b64(body)}}}


@pytest.mark.parametrize(
    ("operation", "arguments", "answer", "asked", "told"),
    [
        ("clock.now", {}, {"time": 7}, "-", "7"),
        ("random.bytes", {"count": 2}, {"bytes": "AAE="}, "2", '"AAE="'),
        ("kv.get", {"key": "a"}, {"value": None}, '"a"', "nothing"),
        ("kv.get", {"key": "a"}, {"value": b64(b"one")}, '"a"', '"one"'),
        ("kv.put", {"key": "a", "value": b64(b"\xff")}, {}, '"a": base64 /w==', "-"),
        ("kv.delete", {"key": "a"}, None, '"a"', "none: it ended the step"),
        (
            "http.request",
            request("https://bank.example/pay?of=" + "1" * 60, b"{}"),
            answered(201, b"done"),
            "POST https://bank.example/pay?of=" + "1" * 60 + ', 2 B: "{}"',
            '201, 4 B: "done"',
        ),
        (
            "http.request",
            request("https://bank.example/"),
            {"outcome": {"failed": "no address"}},
            "POST https://bank.example/",
            "failed: no address",
        ),
    ],
)
def test_a_call_and_its_answer_are_told(
    operation: str, arguments: dict[str, Any], answer: dict[str, Any] | None, asked: str, told: str
) -> None:
    call = {"operation": operation, "arguments": arguments, "answer": answer}
    assert (asked_text(call), answer_text(call)) == (asked, told)


def test_long_texts_are_cut() -> None:
    long = {
        "operation": "http.request",
        "arguments": request("https://a.example/" + "x" * 9_000, b"y" * 9_000),
        "answer": answered(200, b"z" * 9_000),
    }
    assert len(asked_text(long)) < 300
    assert len(answer_text(long)) < 100


def test_bytes_that_canonical_json_cannot_hold_are_shown_in_base64() -> None:
    recorded = b64("e\u0301".encode())
    assert bytes_text(recorded) == f"base64 {recorded}"
