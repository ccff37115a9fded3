"""Capabilities in the SDK: what a node uses it imports, and both sides mean the same types."""

from __future__ import annotations

from pathlib import Path

import pytest

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.execution import NodeFailure
from logos_graph.graph.capabilities import OPERATIONS, Capability
from logos_graph.graph.codec import ports_codec
from logos_graph.wasm.admission import Admitted, admit
from logos_graph.wasm.builder import Builder
from logos_graph.wasm.runtime import WasmHost

ALL = frozenset(Capability)
EVERYTHING = """use logos_sdk::prelude::*;
node! {
    fn ask(count: u32, key: String) -> (
        time: u64, number: u64, count: u32, stored: Option<Bytes>, status: u16, header: String,
    ) {
        log!(warn, "{} bytes", count);
        log::debug("d");
        log::info(&"é".repeat(4000));
        log::error("");
        let found = kv::get(&key);
        kv::put(&key, "text");
        kv::put(&key, [1_u8, 2]);
        kv::delete(&key);
        let request = http::Request::post("https://a.example/", "body").header("accept", "*/*");
        let response = http::send(request)?;
        let header = response.header("X-Answer").unwrap_or("none").to_string();
        (clock::now(), random::u64(), random::bytes(count as usize).len() as u32,
         found.map(Bytes), response.status, header)
    }
}
"""


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    return Builder(tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize(
    ("body", "imports"),
    [
        ("n", []),
        ("clock::now() as u32", ["clock_now"]),
        ("random::u64() as u32", ["random_bytes"]),
        ("random::bytes(3).len() as u32", ["random_bytes"]),
        ('{ log!(info, "{}", n); n }', ["log_write"]),
        ('kv::get("a").map_or(0, |v| v.len() as u32)', ["kv_get", "take_answer"]),
        ('{ kv::put("a", "b"); n }', ["kv_put"]),
        ('{ kv::delete("a"); n }', ["kv_delete"]),
        (
            'http::send(http::Request::get("https://a.example"))?.status.into()',
            ["http_request", "take_answer"],
        ),
    ],
)
def test_a_node_imports_what_it_uses_and_nothing_else(
    builder: Builder, body: str, imports: list[str]
) -> None:
    source = f"use logos_sdk::prelude::*;\nnode! {{ fn rule(n: u32) -> m: u32 {{ {body} }} }}"
    module = builder.build(source.encode()).module
    admitted = admit(module, ALL)
    assert sorted((item.module, item.name) for item in admitted.imports) == [
        ("logos", name) for name in imports
    ]
    if imports:
        with pytest.raises(Rejected) as refused:
            admit(module)
        assert refused.value.code == "E_ADMIT_GRANT"


def test_the_sdks_http_types_are_the_hosts(builder: Builder) -> None:
    source = """use logos_sdk::prelude::*;
    node! { fn rule(request: http::Request) -> outcome: http::Outcome {
        http::Outcome::Failed(request.url)
    } }"""
    descriptor = admit(builder.build(source.encode()).module).descriptor
    operation = OPERATIONS["http.request"]
    assert descriptor.inputs == operation.request
    assert descriptor.outputs == operation.answer


class Outside:
    """Answers from a script, and keeps what it was asked."""

    def __init__(self, outcome: Json) -> None:
        self.calls: list[tuple[str, dict[str, Json]]] = []
        self._answers: dict[str, Json] = {
            "clock.now": {"time": 1_700_000_000_000_000_000},
            "kv.get": {"value": "AAEC"},
            "kv.put": {},
            "kv.delete": {},
            "http.request": {"outcome": outcome},
        }

    def __call__(self, operation: str, arguments: dict[str, Json]) -> dict[str, Json]:
        self.calls.append((operation, arguments))
        if operation == "random.bytes":
            return {"bytes": "AQAAAAAAAAA=" if arguments["count"] == 8 else "AAAA"}
        answer = self._answers[operation]
        assert isinstance(answer, dict)
        return answer


def load(builder: Builder, folder: Path) -> tuple[WasmHost, Admitted]:
    module = builder.build(EVERYTHING.encode()).module
    host, admitted = WasmHost(folder, bytes(range(32))), admit(module, ALL)
    host.load(admitted.id, module)
    return host, admitted


def test_each_operation_is_asked_for_with_its_arguments(builder: Builder, tmp_path: Path) -> None:
    host, node = load(builder, tmp_path)
    headers: Json = [{"name": "x-answer", "value": "42"}]
    response: Json = {"status": 201, "headers": headers, "body": ""}
    outside = Outside({"answered": response})
    inputs = ports_codec(node.descriptor.inputs).write({"count": 3, "key": "k"})
    result = host.call(node.id, b"".join(inputs), outside)
    values = ports_codec(node.descriptor.outputs).read(result.output)
    assert [value for _, value in values] == [1_700_000_000_000_000_000, 1, 3, "AAEC", 201, "42"]
    request: Json = {
        "method": "POST",
        "url": "https://a.example/",
        "headers": [{"name": "accept", "value": "*/*"}],
        "body": "Ym9keQ==",
    }
    assert outside.calls == [
        ("kv.get", {"key": "k"}),
        ("kv.put", {"key": "k", "value": "dGV4dA=="}),
        ("kv.put", {"key": "k", "value": "AQI="}),
        ("kv.delete", {"key": "k"}),
        ("http.request", {"request": request}),
        ("clock.now", {}),
        ("random.bytes", {"count": 8}),
        ("random.bytes", {"count": 3}),
    ]
    assert [(line.level, line.text) for line in result.log] == [
        ("warn", "3 bytes"),
        ("debug", "d"),
        ("info", "é" * 2048),
        ("error", ""),
    ]


def test_a_request_without_an_answer_is_a_failure_with_its_reason(
    builder: Builder, tmp_path: Path
) -> None:
    host, node = load(builder, tmp_path)
    inputs = ports_codec(node.descriptor.inputs).write({"count": 3, "key": "k"})
    with pytest.raises(NodeFailure) as failed:
        host.call(node.id, b"".join(inputs), Outside({"failed": "nobody is there"}))
    assert (failed.value.code, failed.value.reason) == ("E_NODE_FAILED", "nobody is there")
