"""What an execution keeps for its record as it goes, every value once; and how much that may be."""

from __future__ import annotations

from collections.abc import Mapping

from logos_graph.canon import MAX_BYTES, ContentId, Json, content_id, encode_parsed, recordable
from logos_graph.canon import encode as canonical
from logos_graph.execution.host import NodeFailure
from logos_graph.execution.plan import Input, Plan
from logos_graph.execution.record import Carried, LogRecord

__all__ = ["MAX_RUN_BYTES", "MAX_RUN_CALLS", "Kept", "Value", "given_value", "none_value"]

MAX_RUN_BYTES = 12 * 1024 * 1024
"""How much one run may take in its receipt, in bytes of JSON: it must fit one ledger entry.

Outputs are counted once more for each port, for the receipt's `result` repeats them by value. What
is left of an entry's 16 MiB is for what stands around the run: stored values, or, where it failed,
the one answer that was too much.
"""
MAX_RUN_CALLS = 1000
"""How often the nodes of one run may ask the host for something."""
MAX_LINE = 4096
"""Longest line of a log that is recorded, in characters."""

# What a step and a carried value take in the record beside the texts they hold (ids, keys, quotes).
_STEP_BYTES = 160
_CARRIED_BYTES = 320
_VALUE_BYTES = 80
_PORT_BYTES = 80
_CALL_BYTES = 80
_LINE_BYTES = 40

_GIVEN, _NONE = "=given", "=none"
"""Origins of values that came from no place; no step has such a name."""


class Value:
    """A value in flight: its bytes and its JSON, made once, and where it came from.

    The codec vouches for the JSON: types and strings are those of canonical JSON. Raises
    InvalidInput E_SIZE.
    """

    __slots__ = ("cid", "data", "json", "origin", "port", "size")

    def __init__(self, data: bytes, json: Json, origin: str, port: str) -> None:
        text = encode_parsed(json).encode()
        if len(text) > MAX_BYTES:
            canonical(json)  # refuses it
        self.data = data
        self.json = json
        self.cid = content_id(text)
        self.size = len(text)
        self.origin = origin
        self.port = port


def given_value(data: bytes, json: Json, port: str) -> Value:
    """A value that was put in the place of what would travel to a step."""
    return Value(data, json, _GIVEN, port)


def none_value(data: bytes) -> Value:
    """What an option input reads that nothing fed: nothing is recorded for it."""
    return Value(data, None, _NONE, "")


class Kept:
    """Values, the ways they travelled, and the size of the record. Raises NodeFailure E_RUN_SIZE
    where it would pass MAX_RUN_BYTES.
    """

    def __init__(self, plan: Plan) -> None:
        self.values: dict[ContentId, Json] = {}
        self.carried: list[Carried] = []
        self.inputs: dict[str, ContentId] = {}
        self.outputs: dict[str, ContentId] = {}
        self.given: dict[str, dict[str, ContentId]] = {}
        self._asked = 0
        self._bytes = sum(_STEP_BYTES + len(step.name) for step in plan.steps)

    def input(self, value: Value) -> None:
        """One of the flow's inputs."""
        self.inputs[value.port] = value.cid
        self._keep(value, _PORT_BYTES + len(value.port))

    def output(self, target: Input, value: Value) -> None:
        """One of the flow's outputs: by id in the run, and by value in the receipt's result."""
        self._keep(value, 2 * (_PORT_BYTES + len(target.port)) + value.size)
        self.outputs[target.port] = value.cid

    def carry(self, to: str, inputs: tuple[Input, ...], fed: list[Value]) -> None:
        """What travels to a place."""
        for target, value in zip(inputs, fed, strict=True):
            origin = value.origin
            if origin is _NONE:
                continue
            if origin is _GIVEN:
                self._keep(value, _PORT_BYTES + len(to) + len(target.port))
                self.given.setdefault(to, {})[target.port] = value.cid
                continue
            self._keep(value, _CARRIED_BYTES + len(origin) + len(to))
            self.carried.append(
                Carried(origin, value.port, to, target.port, target.type, value.cid)
            )

    def asked(self, arguments: Mapping[str, Json]) -> None:
        """A node asks something. Raises NodeFailure E_RUN_CALLS too."""
        if self._asked == MAX_RUN_CALLS:
            raise NodeFailure("E_RUN_CALLS", f"the run asks more than {MAX_RUN_CALLS} times")
        self._grow(_CALL_BYTES + len(canonical({**arguments})))
        self._asked += 1

    def answered(self, given: Mapping[str, Json]) -> None:
        """It is answered."""
        self._grow(len(canonical({**given})))

    def lines(self, lines: tuple[LogRecord, ...], log: list[LogRecord]) -> None:
        """Add a node's lines to `log` as far as they fit; a text is whatever the node wrote."""
        for line in lines:
            text = recordable(line.text, MAX_LINE)
            self._grow(_LINE_BYTES + len(canonical(text)))
            log.append(LogRecord(line.level, text))

    def _keep(self, value: Value, size: int) -> None:
        """Put a value into the record; `size` is what else is recorded with it."""
        known = value.cid in self.values
        self._grow(size if known else size + _VALUE_BYTES + value.size)
        if not known:
            self.values[value.cid] = value.json

    def _grow(self, size: int) -> None:
        """The record grows by so many bytes; it may not pass its limit."""
        self._bytes += size
        if self._bytes > MAX_RUN_BYTES:
            raise NodeFailure(
                "E_RUN_SIZE", f"the run passes {MAX_RUN_BYTES} bytes, the most it may record"
            )
