"""The running of nodes: loads modules once, calls them as often as asked, each time afresh.

A call sees its input and what it is answered, and no trace of an earlier call. The same module,
input, answers and allowance give the same output, log and gas on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final

from logos_wasm_host import CompiledNode, HostRefused, NodeStopped

from logos_graph.canon import ContentId, content_id
from logos_graph.errors import EnvironmentFault, InvalidInput, Rejected
from logos_graph.execution.executor import Answer, HostResult, LogRecord, NodeFailure
from logos_graph.graph.capabilities import OPERATIONS
from logos_graph.wasm.admission import imports_of, needs_of
from logos_graph.wasm.compiled_cache import CompiledCache
from logos_graph.wasm.workers import Work, shared_workers

__all__ = ["DEFAULT_GAS", "DEFAULT_MEMORY", "WasmHost"]

DEFAULT_GAS: Final = 1_000_000_000
"""Gas of one call; an endless loop uses it up in 2 to 3 seconds."""
DEFAULT_MEMORY: Final = 16 * 1024 * 1024
"""Bytes of linear memory of one call."""

_MAX_GAS = 2**63 - 1

_LONG_GAS = 2_000_000
"""Gas of a call that is worth a thread: 0.2 to 5 ms, where handing it over takes 0.04 ms."""
_IMPORT_SECTION = 2
_AHEAD = 4
"""Calls begun before their turn by one run, for each core: what they give waits in memory."""


class WasmHost:
    """Implements `logos_graph.execution.executor.Host`; safe to use from many threads.

    The interpreter's lock is given up during a call, so that threads run side by side.
    """

    def __init__(self, cache: Path, key: bytes) -> None:
        """`cache`: folder of compiled nodes. `key`: at least 16 secret bytes; E_CACHE_KEY."""
        self._cache = CompiledCache(cache, key)
        self._nodes: dict[ContentId, CompiledNode] = {}
        self._asking: dict[ContentId, frozenset[str]] = {}
        self._long: set[ContentId] = set()
        self._loading = Lock()

    def loaded(self, node: ContentId) -> bool:
        """Whether the node can be called."""
        return node in self._nodes

    def needs(self, node: ContentId) -> frozenset[str]:
        """The capabilities that a loaded node asks for."""
        return self._asking.get(node, frozenset())

    def load(self, node: ContentId, module: bytes) -> None:
        """Makes a node ready, from the cache or by compiling (40 to 220 ms). Idempotent.

        Raises InvalidInput E_MODULE_ID when the bytes are not the node's, Rejected E_ADMIT_… for
        a module that must not run, EnvironmentFault E_HOST_… and E_CACHE.
        """
        if node in self._nodes:
            return
        if content_id(module) != node:
            raise InvalidInput(
                "E_MODULE_ID",
                f"these bytes are not the module of node {node}",
                node=node,
                found=content_id(module),
            )
        with self._loading:  # two threads that want one node compile it once
            if node not in self._nodes:
                compiled = self._restore(node) or self._compile(node, module)
                if imports_anything(module):
                    self._asking[node] = needs_of(imports_of(module))
                self._nodes[node] = compiled

    def call(
        self,
        node: ContentId,
        data: bytes,
        answer: Answer | None = None,
        *,
        gas: int = DEFAULT_GAS,
        memory: int = DEFAULT_MEMORY,
    ) -> HostResult:
        """Runs a loaded node once on its encoded inputs; gives its encoded outputs, gas and log.

        `memory` in bytes. `answer` is asked for each operation of a capability; what it raises
        ends the node's call and comes out of this one, a NodeFailure with gas and log filled in.
        Raises NodeFailure (E_NODE_GAS, _MEMORY, _STACK, _PANIC, _TRAP, _OUTPUT, _FAILED, _CALL for
        an import used wrongly, and E_NODE_INPUT for more than 1 MiB of input); InvalidInput
        E_NODE_NOT_LOADED and E_NODE_ALLOWANCE; EnvironmentFault E_HOST_FAULT.
        """
        compiled = self._ready(node, gas, memory)
        asked = None if answer is None else _in_binary(answer)
        try:
            output, used, log = compiled.call(data, gas, memory, asked)
        except NodeStopped as stopped:
            raise _failure(stopped) from stopped.__cause__
        except HostRefused as refused:
            raise _refusal(refused) from None
        if used >= _LONG_GAS:
            if node not in self._asking:
                self._long.add(node)
        elif node in self._long:
            self._long.discard(node)
        return HostResult(output, used, _records(log) if log else ())

    # calls before their turn --------------------------------------------------------------------

    @property
    def long(self) -> Collection[ContentId]:
        """See execution.ahead.Neighbours."""
        return self._long

    @property
    def room(self) -> int:
        """See execution.ahead.Neighbours."""
        cores = _cores()
        return _AHEAD * cores if cores > 1 else 0

    def asks(self, node: ContentId) -> bool:
        """Whether the node imports anything."""
        return node in self._asking

    def call_ahead(self, node: ContentId, data: bytes) -> Work[HostResult]:
        """Has one of the process's workers make the call."""
        return shared_workers(_cores()).submit(lambda: self.call(node, data))

    # --------------------------------------------------------------------------------------------

    def call_export(
        self,
        node: ContentId,
        name: str,
        *,
        gas: int = DEFAULT_GAS,
        memory: int = DEFAULT_MEMORY,
    ) -> HostResult:
        """Calls an exported function without parameters and results, in an instance of its own.

        For an author's tests. The result's output is empty, and nobody answers. Raises as `call`,
        and InvalidInput E_NODE_EXPORT when the node exports no such function.
        """
        compiled = self._ready(node, gas, memory)
        try:
            used, log = compiled.call_export(name, gas, memory)
        except NodeStopped as stopped:
            raise _failure(stopped) from None
        except HostRefused as refused:
            if refused.args[0] == "E_HOST_EXPORT":
                raise InvalidInput("E_NODE_EXPORT", refused.args[1], node=node) from None
            raise _refusal(refused) from None
        return HostResult(b"", used, _records(log))

    def _ready(self, node: ContentId, gas: int, memory: int) -> CompiledNode:
        compiled = self._nodes.get(node)
        if compiled is None:
            raise InvalidInput("E_NODE_NOT_LOADED", f"node {node} is not loaded", node=node)
        if not (0 <= gas <= _MAX_GAS and 0 <= memory <= _MAX_GAS):
            raise InvalidInput("E_NODE_ALLOWANCE", "gas and memory are numbers from 0 to 2^63-1")
        return compiled

    def _restore(self, node: ContentId) -> CompiledNode | None:
        artefact = self._cache.get(node)
        if artefact is None:
            return None
        try:
            return CompiledNode.restore(artefact)
        except HostRefused:
            # Authentic, and yet this engine does not take it: made anew below.
            self._cache.drop(node)
            return None

    def _compile(self, node: ContentId, module: bytes) -> CompiledNode:
        try:
            compiled = CompiledNode.compile(module)
            artefact = compiled.artefact()
        except HostRefused as refused:
            raise _refusal(refused) from None
        self._cache.put(node, artefact)
        return compiled


@cache
def _cores() -> int:
    from logos_graph.cores import usable_cores  # with what starts processes: needed late, if ever

    return usable_cores()


def _in_binary(answer: Answer) -> Callable[[str, bytes], bytes]:
    """The same answers in the codec's form, as the node asks for them and gets them."""

    def asked(name: str, request: bytes) -> bytes:
        operation = OPERATIONS[name]
        try:
            values = operation.request_codec.read(request)
        except InvalidInput as error:
            raise _wrong(name, error) from error
        ports = [port.name for port in operation.request]
        arguments = {port: json for port, (_, json) in zip(ports, values, strict=True)}
        try:
            given = answer(name, arguments)
        except NodeFailure as failure:
            raise NodeStopped(failure.code, failure.reason) from failure
        try:
            return b"".join(operation.answer_codec.write(given))
        except InvalidInput as error:
            raise _wrong(name, error) from error

    return asked


def imports_anything(module: bytes) -> bool:
    """Whether an admitted module has an import section that is not empty (WebAssembly 1.0, 5.5)."""
    at = 8
    while at < len(module):
        section = module[at]
        size, at = _leb128(module, at + 1)
        if section == _IMPORT_SECTION:
            return _leb128(module, at)[0] > 0
        if section > _IMPORT_SECTION:  # in order, and custom ones (0) anywhere
            return False
        at += size
    return False


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned number, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _wrong(operation: str, error: InvalidInput) -> NodeStopped:
    """A request or an answer that does not fit its type; the import is named for its operation."""
    return NodeStopped("E_NODE_CALL", f"{operation.replace('.', '_')}: {error.message}")


def _failure(stopped: NodeStopped) -> NodeFailure:
    code, reason, gas, log = stopped.args
    return NodeFailure(code, reason, gas, _records(log))


def _records(log: Iterable[tuple[str, str]]) -> tuple[LogRecord, ...]:
    return tuple(LogRecord(level, text) for level, text in log)


def _refusal(refused: HostRefused) -> Rejected | EnvironmentFault:
    code, message = refused.args
    if code.startswith("E_ADMIT_") or code == "E_HOST_IMPORT":
        return Rejected(code, f"the module cannot run here: {message}")
    hint = ""
    if code == "E_HOST_FORKED":
        hint = "compile before forking, or start the process with the method `spawn`"
    return EnvironmentFault(code, message, hint=hint)
