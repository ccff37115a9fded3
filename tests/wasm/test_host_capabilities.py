"""What a node asks of the outside: how it is answered, paid for, and how it goes wrong."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from logos_wasm_host import IMPORTS, CompiledNode, HostRefused

from logos_graph.canon import ContentId, Json, content_id
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.execution.executor import Answer, LogRecord, NodeFailure
from logos_graph.graph.capabilities import OPERATIONS, Capability
from logos_graph.wasm.admission import admit
from logos_graph.wasm.runtime import WasmHost
from tests.wasm.guests import module

GAS = 50_000_000
CAPABILITIES = frozenset(str(capability) for capability in Capability)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> WasmHost:
    return WasmHost(tmp_path_factory.mktemp("compiled"), b"a key of this test only")


Load = Callable[..., ContentId]


@pytest.fixture(scope="module")
def load(host: WasmHost) -> Load:
    def load(body: str, more: str = "", names: tuple[str, ...] = LOGOS) -> ContentId:
        wasm = module(body, more, names)
        host.load(content_id(wasm), wasm)
        return content_id(wasm)

    return load


LOGOS = tuple(name for module, name, *_ in IMPORTS if module == "logos")
NOW = "(i64.store (i32.const 1) (call $clock_now)) (i64.const 9)"
KEY = "(i32.const 16) (i32.const 3)"
GET = f"(drop (call $kv_get {KEY})) (i64.const 1)"
LOG = f"(call $log_write (i32.const 1) {KEY})"


class Asked:
    """Gives one answer, again and again, and keeps what was asked."""

    def __init__(self, **answer: Json) -> None:
        self.answer: dict[str, Json] = answer
        self.calls: list[tuple[str, dict[str, Json]]] = []

    def __call__(self, operation: str, arguments: dict[str, Json]) -> dict[str, Json]:
        self.calls.append((operation, arguments))
        return self.answer


def failure(
    host: WasmHost, node: ContentId, answer: Answer | None = None, gas: int = GAS
) -> NodeFailure:
    with pytest.raises(NodeFailure) as caught:
        host.call(node, b"", answer, gas=gas)
    return caught.value


def test_the_time_is_asked_and_given(host: WasmHost, load: Load) -> None:
    asked = Asked(time=2**63 + 5)
    assert host.call(load(NOW), b"", asked).output == (2**63 + 5).to_bytes(8, "little")
    assert asked.calls == [("clock.now", {})]


def test_random_bytes_fill_what_the_node_names(host: WasmHost, load: Load) -> None:
    node = load("(call $random_bytes (i32.const 1) (i32.const 5)) (i64.const 6)")
    asked = Asked(bytes=base64.b64encode(b"dices").decode())
    assert host.call(node, b"", asked).output == b"dices"
    assert asked.calls == [("random.bytes", {"count": 5})]


N = "(local $n i32)"
TAKE = f"""(local.set $n (call $kv_get {KEY}))
  (if (i32.ge_s (local.get $n) (i32.const 0))
    (then (call $take_answer (i32.const 1) (local.get $n))))
  (i64.extend_i32_u (i32.add (local.get $n) (i32.const 1)))"""


@pytest.mark.parametrize("value", [b"", b"x", b"stored" * 1_000])
def test_a_stored_value_waits_until_it_is_taken(host: WasmHost, load: Load, value: bytes) -> None:
    asked = Asked(value=base64.b64encode(value).decode())
    assert host.call(load(N + TAKE), b"", asked).output == value
    assert asked.calls == [("kv.get", {"key": "key"})]


def test_nothing_stored_is_told_as_minus_one(host: WasmHost, load: Load) -> None:
    node = load(f"(i32.store (i32.const 1) (call $kv_get {KEY})) (i64.const 5)")
    assert host.call(node, b"", Asked(value=None)).output == b"\xff" * 4


def test_a_value_is_stored_and_deleted(host: WasmHost, load: Load) -> None:
    node = load(f"(call $kv_put {KEY} {KEY}) (call $kv_delete {KEY}) (i64.const 1)")
    asked = Asked()
    host.call(node, b"", asked)
    assert asked.calls == [
        ("kv.put", {"key": "key", "value": base64.b64encode(b"key").decode()}),
        ("kv.delete", {"key": "key"}),
    ]


ASK_HTTP = """(local $n i32)
  (local.set $n (call $http_request (local.get $at) (local.get $length)))
  (call $take_answer (i32.const 8193) (local.get $n))
  (i64.or (i64.const 0x0000200000000000)
    (i64.extend_i32_u (i32.add (local.get $n) (i32.const 1))))"""


def test_a_request_and_its_outcome_cross_in_the_codecs_form(host: WasmHost, load: Load) -> None:
    request: dict[str, Json] = {
        "method": "POST",
        "url": "https://example.com/",
        "headers": [{"name": "accept", "value": "*/*"}],
        "body": base64.b64encode(b"body").decode(),
    }
    response: dict[str, Json] = {"status": 200, "headers": [], "body": ""}
    asked = Asked(outcome={"answered": response})
    http = OPERATIONS["http.request"]
    data = b"".join(http.request_codec.write({"request": request}))
    output = host.call(load(ASK_HTTP), data, asked).output
    assert output == b"".join(http.answer_codec.write({"outcome": {"answered": response}}))
    assert asked.calls == [("http.request", {"request": request})]


@pytest.mark.parametrize(
    ("body", "data", "imported"),
    [
        (ASK_HTTP, b"no request at all", "http_request: "),
        (ASK_HTTP, b"", "http_request: "),
        (
            "(drop (call $kv_get (local.get $at) (local.get $length))) (i64.const 1)",
            "e\u0301".encode(),  # not in NFC
            "kv_get: ",
        ),
    ],
)
def test_a_request_that_does_not_decode_ends_the_call_and_nothing_is_asked(
    host: WasmHost, load: Load, body: str, data: bytes, imported: str
) -> None:
    asked = Asked()
    with pytest.raises(NodeFailure) as caught:
        host.call(load(body), data, asked)
    assert caught.value.code == "E_NODE_CALL"
    assert caught.value.reason.startswith(imported)
    assert asked.calls == []


def test_lines_are_part_of_the_result_in_their_order(host: WasmHost, load: Load) -> None:
    node = load(
        "".join(f"(call $log_write (i32.const {n}) {KEY})" for n in (3, 0, 1, 2)) + "(i64.const 1)"
    )
    levels = [record.level for record in host.call(node, b"").log]
    assert levels == ["error", "debug", "info", "warn"]
    assert {record.text for record in host.call(node, b"").log} == {"key"}


def test_a_call_that_fails_carries_its_gas_and_what_it_had_logged(
    host: WasmHost, load: Load
) -> None:
    for ending in ("unreachable", "(i64.const 0)", "(loop (br 0)) unreachable"):
        failed = failure(host, load(f"{LOG} {ending}"))
        assert failed.log == (LogRecord("info", "key"),)
        assert 500 < failed.gas <= GAS


def test_sixteen_lines_of_four_kibibytes_fit_and_a_byte_more_does_not(
    host: WasmHost, load: Load
) -> None:
    lines = "(call $log_write (i32.const 0) (i32.const 4096) (i32.const 4096))" * 16
    assert len(host.call(load(lines + "(i64.const 1)"), b"").log) == 16
    failed = failure(host, load(lines + f"{LOG} (i64.const 1)"))
    assert (failed.code, len(failed.log)) == ("E_NODE_CALL", 16)


def raising(error: BaseException) -> Answer:
    def answer(operation: str, arguments: dict[str, Json]) -> dict[str, Json]:
        raise error

    return answer


class Interrupted(BaseException):
    """As KeyboardInterrupt, which no `except Exception` stops."""


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, Interrupted, InvalidInput])
def test_an_exception_while_answering_comes_out_unchanged(
    host: WasmHost, load: Load, kind: type[BaseException]
) -> None:
    error = kind("E_ANY", "no") if kind is InvalidInput else kind("no")
    with pytest.raises(kind) as caught:
        host.call(load(NOW), b"", raising(error))
    assert caught.value is error
    assert host.call(load(NOW), b"", Asked(time=1)).output == b"\1" + bytes(7)


def test_a_failure_while_answering_is_the_calls_with_its_gas_and_log(
    host: WasmHost, load: Load
) -> None:
    refused = NodeFailure("E_GRANT_REVOKED", "the grant was revoked")
    failed = failure(host, load(f"{LOG} {NOW}"), raising(refused))
    assert (failed.code, failed.reason) == (refused.code, refused.reason)
    assert failed.gas > 5_000
    assert failed.log == (LogRecord("info", "key"),)
    assert failed.__cause__ is refused


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("(call $random_bytes (i32.const 1) (i32.const 5)) (i64.const 6)", {"bytes": "AAAA"}),
        (GET, {"value": base64.b64encode(bytes(1_048_577)).decode()}),
        (GET, {"value": base64.b64encode(bytes(1_048_576)).decode()}),
        (GET, {"value": "no base64"}),
    ],
)
def test_an_answer_that_cannot_be_given_to_the_node_ends_the_call(
    host: WasmHost, load: Load, body: str, answer: dict[str, Json]
) -> None:
    assert failure(host, load(body), Asked(**answer)).code == "E_NODE_CALL"


@pytest.mark.parametrize("length", [0, 5, 7, 2**32 - 1])
def test_an_answer_is_taken_whole_or_not_at_all(host: WasmHost, load: Load, length: int) -> None:
    node = load(
        f"(drop (call $kv_get {KEY}))"
        f"(call $take_answer (i32.const 1) (i32.const {length})) (i64.const 1)"
    )
    failed = failure(host, node, Asked(value=base64.b64encode(b"stored").decode()))
    assert failed.code == "E_NODE_CALL"
    assert failed.reason == f"take_answer: 6 bytes wait, and not {length}"


def test_an_answer_is_taken_once(host: WasmHost, load: Load) -> None:
    node = load(
        f"(drop (call $kv_get {KEY}))"
        + "(call $take_answer (i32.const 1) (i32.const 6))" * 2
        + "(i64.const 1)"
    )
    failed = failure(host, node, Asked(value=base64.b64encode(b"stored").decode()))
    assert failed.reason == "take_answer: no answer waits"


def test_gas_is_the_same_in_every_run_and_goes_by_the_length_of_what_is_copied(
    host: WasmHost, load: Load
) -> None:
    node = load(N + TAKE)

    def gas(length: int) -> int:
        answer = Asked(value=base64.b64encode(bytes(length)).decode())
        return host.call(node, b"", answer).gas

    assert len({gas(1_600) for _ in range(5)}) == 1
    # From the outside, into the node, and as the output; the status byte is a byte more.
    assert gas(16_000) - gas(1_600) == 3 * 900
    echo = load("(i64.const 1)")
    assert host.call(echo, bytes(16_000)).gas - host.call(echo, b"").gas == 1_000


def test_every_amount_of_gas_below_the_price_ends_the_call_with_all_of_it_used(
    host: WasmHost, load: Load
) -> None:
    node = load(N + LOG + TAKE)
    answer = Asked(value=base64.b64encode(bytes(640)).decode())
    price = host.call(node, bytes(640), answer).gas
    assert host.call(node, bytes(640), answer, gas=price).gas == price
    for gas in (*range(0, 1_500, 31), *range(price - 1_500, price, 31), price - 1):
        with pytest.raises(NodeFailure) as caught:
            host.call(node, bytes(640), answer, gas=gas)
        assert (caught.value.code, caught.value.gas) == ("E_NODE_GAS", gas)


def test_nothing_is_asked_that_the_gas_does_not_pay_for(host: WasmHost, load: Load) -> None:
    asked = Asked(value=None)
    assert failure(host, load(GET), asked, gas=100_000).code == "E_NODE_GAS"
    assert asked.calls == []


def test_endless_questions_end_with_the_gas(host: WasmHost, load: Load) -> None:
    asked = Asked(time=1)
    node = load("(loop (drop (call $clock_now)) (br 0)) unreachable")
    assert failure(host, node, asked, gas=1_000_000).code == "E_NODE_GAS"
    assert 100 < len(asked.calls) <= 200


def test_an_answer_may_call_nodes_itself_and_each_call_has_its_own_limits(
    host: WasmHost, load: Load
) -> None:
    """The inner call may have 1 page and asks for more in vain; the outer gets its 10."""
    grow = "(if (i32.lt_s (memory.grow (i32.const 9)) (i32.const 0)) (then unreachable))"
    node = load(f"(drop (call $clock_now)) {grow} (i64.const 1)")

    def answer(operation: str, arguments: dict[str, Json]) -> dict[str, Json]:
        with pytest.raises(NodeFailure) as caught:
            host.call(node, b"", Asked(time=1), memory=65_536)
        assert caught.value.code == "E_NODE_MEMORY"
        return {"time": 1}

    assert host.call(node, b"", answer, memory=10 * 65_536).output == b""


def test_threads_are_answered_each_on_its_own_and_failures_stay_where_they_are(
    host: WasmHost, load: Load
) -> None:
    node = load(NOW)

    def work(thread: int) -> bool:
        for turn in range(60):
            time = thread * 1_000 + turn
            if host.call(node, b"", Asked(time=time)).output != time.to_bytes(8, "little"):
                return False
            error = ValueError(time)
            with pytest.raises(ValueError) as caught:  # noqa: PT011
                host.call(node, b"", raising(error))
            if caught.value is not error:
                return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(16)))


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_is_answered_and_survives_exceptions(host: WasmHost, load: Load) -> None:
    node = load(NOW)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        outcome = b""
        try:
            outcome += host.call(node, b"", Asked(time=7)).output[:1]
            host.call(node, b"", raising(ValueError("raised")))
        except ValueError as error:
            outcome += str(error).encode()
        finally:
            os.write(write, outcome)
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        assert pipe.read() == b"\7raised"
    os.waitpid(pid, 0)


def test_a_trap_is_survived_when_faulthandler_takes_the_signals_while_answering() -> None:
    """In a process of its own: pytest has a faulthandler, a program has not."""
    wasm = module("(drop (call $clock_now)) (i64.load (i32.const -1))", names=("clock_now",))
    code = f"""
import faulthandler
from logos_wasm_host import CompiledNode, NodeStopped
node = CompiledNode.compile({wasm!r})
def answer(operation, request):
    faulthandler.disable()
    faulthandler.enable()
    return bytes(8)
for _ in range(3):
    try:
        node.call(b"", 1_000_000, 1 << 20, answer)
    except NodeStopped as stopped:
        print(stopped.args[1])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["out of bounds memory access"] * 3


@pytest.mark.parametrize("row", IMPORTS, ids=lambda row: f"{row[0]}.{row[1]}")
def test_every_import_is_refused_without_its_grant_and_admitted_with_it(
    row: tuple[str, str, str, str, list[str]],
) -> None:
    name, needed = row[1], row[4]
    wasm = module("(i64.const 1)", names=(name,))
    for granted in needed:
        assert len(admit(wasm, frozenset({granted})).imports) == 1
    if not needed:
        assert len(admit(wasm).imports) == 1
        return
    with pytest.raises(Rejected) as caught:
        admit(wasm, CAPABILITIES - set(needed))
    assert caught.value.code == "E_ADMIT_GRANT"
    assert f"{row[0]}.{name} needs the capability {' or '.join(needed)}" in str(
        caught.value.data["detail"]
    )


EXPORTS = f"""(global $count (mut i32) (i32.const 0))
  (func (export "logs") {LOG})
  (func (export "asks") (drop (call $clock_now)))
  (func (export "panics") unreachable)
  (func (export "counts") (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (if (i32.gt_u (global.get $count) (i32.const 1)) (then unreachable)))
  (func (export "takes") (param i32))
  (global (export "LOGOS_PANIC") i32 (i32.const 64))
  (data (i32.const 64) "\\05\\00\\00\\00ouch!")"""


def test_an_export_is_called_for_an_authors_test_in_a_fresh_instance_each_time(
    host: WasmHost, load: Load
) -> None:
    node = load("(i64.const 1)", EXPORTS)
    result = host.call_export(node, "logs")
    assert (result.output, result.log) == (b"", (LogRecord("info", "key"),))
    assert len({host.call_export(node, "counts").gas for _ in range(3)}) == 1


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("panics", "E_NODE_PANIC", "ouch!"),
        ("asks", "E_NODE_CALL", "clock_now: nothing answers in this call"),
    ],
)
def test_an_export_fails_as_a_call_does(
    host: WasmHost, load: Load, name: str, code: str, reason: str
) -> None:
    with pytest.raises(NodeFailure) as caught:
        host.call_export(load("(i64.const 1)", EXPORTS), name, gas=GAS, memory=1 << 20)
    assert (caught.value.code, caught.value.reason) == (code, reason)


@pytest.mark.parametrize("name", ["takes", "memory", "logos_call", "missing", "LOGOS_PANIC"])
def test_only_a_function_without_parameters_and_results_is_called_as_an_export(
    host: WasmHost, load: Load, name: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        host.call_export(load("(i64.const 1)", EXPORTS), name)
    assert caught.value.code == "E_NODE_EXPORT"


def test_the_extension_alone_says_what_is_no_export(tmp_path: Path) -> None:
    with pytest.raises(HostRefused) as caught:
        CompiledNode.compile(module("(i64.const 1)", names=("log_write",))).call_export(
            "missing", GAS, 1 << 20
        )
    assert caught.value.args[0] == "E_HOST_EXPORT"
