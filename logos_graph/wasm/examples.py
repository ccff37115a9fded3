"""Examples beside a node's function, in its doc comment: what goes in, and what must come out.

    ```example
    {"amount": "10.00", "people": 3} -> {"each": "3.33", "rest": "0.01"}
    {"amount": "10.00", "people": 0} -> fails "nobody to share"
    {"limit": 5} given [{"clock.now": {"time": 1700000000000000000}}] -> {"late": true}
    ```

Values are the host's JSON by port name. `fails` gives a part of the reason. `given` holds the
answers to what the node asks of the outside: each must be asked for, in this order. An example may
go over several lines. Doc comments are in the descriptor: examples travel with their node.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from logos_graph.canon import ContentId, Json, parse
from logos_graph.errors import InvalidInput, LogosError
from logos_graph.execution.executor import Host, NodeFailure
from logos_graph.graph.capabilities import OPERATIONS
from logos_graph.graph.codec import ports_codec
from logos_graph.graph.component import Port
from logos_graph.graph.descriptor import Descriptor

__all__ = ["Example", "Given", "parse_examples", "run_example"]

_FENCE: Final = "```"
_OPENING: Final = "```example"
_WORD: Final = re.compile(r"\s*(given\b|->|fails\b)?")
_END: Final = json.JSONDecoder()
_MOST: Final = 100
"""Examples of one node: each may take a whole call's gas."""
_REPORTED: Final = ("E_NODE_FAILED", "E_NODE_PANIC")


@dataclass(frozen=True, slots=True)
class Given:
    """One answer of the outside: its operation, and the answer by port."""

    operation: str
    answer: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Example:
    """One example.

    line: where it begins, counted from 1: in the author's file, or in the documentation's text.
    inputs, outputs: values by port; fails: part of the reason. Either outputs or fails is there.
    """

    line: int
    inputs: dict[str, Json]
    given: tuple[Given, ...]
    outputs: dict[str, Json] | None
    fails: str | None


def parse_examples(descriptor: Descriptor, lines: Sequence[int] = ()) -> tuple[Example, ...]:
    """The examples in a node's documentation, each fitting its ports.

    lines: the line in the author's file of each line of the documentation.
    Raises InvalidInput E_EXAMPLE with the `line`.
    """
    found: list[Example] = []
    for text, numbers in _blocks(descriptor.docs, lines):
        for example in _Reader(text, numbers, descriptor).examples():
            if len(found) == _MOST:
                raise _misfit(example.line, f"a node has at most {_MOST} of them")
            found.append(example)
    return tuple(found)


def run_example(host: Host, node: ContentId, descriptor: Descriptor, example: Example) -> str:
    """Why the example does not hold of this loaded node; empty when it does."""
    data = b"".join(ports_codec(descriptor.inputs).write(example.inputs))
    waiting = list(example.given)

    def answer(operation: str, _: dict[str, Json]) -> dict[str, Json]:
        if not waiting or waiting[0].operation != operation:
            expected = waiting[0].operation if waiting else "no further call"
            raise NodeFailure(
                "E_EXAMPLE_GIVEN", f"the node asks for {operation}; given is {expected}"
            )
        return waiting.pop(0).answer

    try:
        output = host.call(node, data, answer).output
    except NodeFailure as failure:
        expected = example.fails is not None and failure.code in _REPORTED
        if not (expected and str(example.fails) in failure.reason):
            return f"{failure.code}: {failure.reason}"
    else:
        values = ports_codec(descriptor.outputs).read(output)
        given = {
            port.name: value for port, (_, value) in zip(descriptor.outputs, values, strict=True)
        }
        if given != example.outputs:
            return f"gives {json.dumps(given, ensure_ascii=False)}"
    if waiting:
        return f"the node never asked for {waiting[0].operation}, which is given"
    return ""


def _blocks(docs: str, lines: Sequence[int]) -> Iterator[tuple[str, list[int]]]:
    """Each block's text, and the line of each of its lines."""
    fence = ""
    inside: list[str] = []
    numbers: list[int] = []
    for index, text in enumerate(docs.split("\n")):
        number = lines[index] if index < len(lines) else index + 1
        mark = text.strip()
        if fence and mark == _FENCE:
            if fence == _OPENING:
                yield "\n".join(inside), numbers
            fence = ""
        elif fence:
            inside.append(text)
            numbers.append(number)
        elif mark.startswith(_FENCE):
            fence, inside, numbers, opened = mark, [], [], number
    if fence == _OPENING:
        raise _misfit(opened, "the block of examples has no end: ``` on a line of its own")


class _Reader:
    """Reads one block from its start to its end."""

    def __init__(self, text: str, lines: list[int], descriptor: Descriptor) -> None:
        self._text = text
        self._lines = lines
        self._descriptor = descriptor
        self._at = 0

    def examples(self) -> Iterator[Example]:
        while self._text[self._at :].strip():
            yield self._example()

    def _example(self) -> Example:
        inputs = self._values(self._descriptor.inputs, "the input")
        line = self._line(self._start)
        word = self._word()
        given: tuple[Given, ...] = ()
        if word == "given":
            given = self._given()
            word = self._word()
        if word != "->":
            raise self._wrong("`->` and the outputs, or `-> fails` and a reason")
        if self._word() != "fails":
            return Example(
                line, inputs, given, self._values(self._descriptor.outputs, "the output"), None
            )
        reason = self._value("a reason in quotes")
        if not isinstance(reason, str):
            raise self._wrong("a reason in quotes", self._start)
        return Example(line, inputs, given, None, reason)

    def _given(self) -> tuple[Given, ...]:
        value = self._value("a list of answers")
        answers: list[Given] = []
        for each in value if isinstance(value, list) else [None]:
            if not isinstance(each, dict) or len(each) != 1:
                raise self._wrong(
                    'a list of answers such as {"clock.now": {"time": 1}}', self._start
                )
            ((name, answer),) = each.items()
            if name not in OPERATIONS:
                known = ", ".join(OPERATIONS)
                raise self._wrong(f"one of the operations {known}, not {name}", self._start)
            answers.append(Given(name, self._fitting(answer, OPERATIONS[name].answer, name)))
        return tuple(answers)

    def _values(self, ports: tuple[Port, ...], what: str) -> dict[str, Json]:
        return self._fitting(self._value(f"{what} as a JSON object"), ports, what)

    def _fitting(self, value: Json, ports: tuple[Port, ...], what: str) -> dict[str, Json]:
        """The values by port, as the codec would give them back."""
        names = [port.name for port in ports]
        if not isinstance(value, dict) or set(value) != set(names):
            raise self._wrong(f"for {what} an object of exactly {', '.join(names)}", self._start)
        codec = ports_codec(ports)
        try:
            read = codec.read(b"".join(codec.write(value)))
        except InvalidInput as error:
            raise _misfit(self._line(self._start), error.message, cause=error.code) from error
        return {name: each for name, (_, each) in zip(names, read, strict=True)}

    def _value(self, expected: str) -> Json:
        """The JSON value that begins here."""
        self._start = self._at + len(self._text[self._at :]) - len(self._text[self._at :].lstrip())
        try:
            _, self._at = _END.raw_decode(self._text, self._start)
            return parse(self._text[self._start : self._at])
        except (ValueError, RecursionError):
            raise self._wrong(expected, self._start) from None
        except LogosError as error:
            raise _misfit(self._line(self._start), error.message, cause=error.code) from error

    def _word(self) -> str:
        found = _WORD.match(self._text, self._at)
        assert found is not None  # it may be empty
        if found[1] is None:
            return ""
        self._at = found.end()
        return found[1]

    def _wrong(self, expected: str, at: int | None = None) -> InvalidInput:
        place = self._at if at is None else at
        rest = self._text[place:].strip()[:40]
        return _misfit(self._line(place), f"expected {expected}, before: {rest}")

    def _line(self, at: int) -> int:
        """Of the first character from here that is no space."""
        at += len(self._text[at:]) - len(self._text[at:].lstrip())
        return self._lines[min(self._text.count("\n", 0, at), len(self._lines) - 1)]


def _misfit(line: int, message: str, **data: object) -> InvalidInput:
    return InvalidInput(
        "E_EXAMPLE",
        f"line {line}, in an example: {message}",
        hint='an example reads {"port": value, …} -> {"port": value, …}',
        line=line,
        **data,
    )
