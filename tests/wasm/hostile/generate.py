"""Hostile modules that are too large to be kept as text, and binaries that no text stands for.

usage: python tests/wasm/hostile/generate.py FOLDER     writes each as FOLDER/NAME.wasm

`GENERATED` names each with the code by which it is refused. Each is a whole node but for its fault.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

I32, I64 = b"\x7f", b"\x7e"
HEADER: Final = b"\0asm\1\0\0\0"
DESCRIPTOR: Final = (
    '{"abi":1,"docs":"","inputs":[{"docs":"","name":"data","type":"bytes"}],'
    '"name":"hostile","outputs":[{"docs":"","name":"data","type":"bytes"}]}'
)
MIB: Final = 1 << 20


def number(value: int) -> bytes:
    """Unsigned LEB128."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def sized(content: bytes) -> bytes:
    """Its length before it: a name, a body, a section's content."""
    return number(len(content)) + content


def vector(items: Sequence[bytes]) -> bytes:
    return number(len(items)) + b"".join(items)


def section(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + sized(content)


def custom(name: bytes, content: bytes) -> bytes:
    return section(0, sized(name) + content)


def function_type(parameters: bytes = b"", results: bytes = b"") -> bytes:
    return b"\x60" + sized(parameters) + sized(results)


def body(code: bytes, locals_: Sequence[bytes] = ()) -> bytes:
    """A function body; `code` without the last `end`. Locals: number(count) + type, each."""
    return sized(vector(locals_) + code + b"\x0b")


def const(value: int) -> bytes:
    return b"\x41" + number(value)  # fits below 64: the sign is the seventh bit


def node(
    *,
    types: Sequence[bytes] = (),
    imports: Sequence[bytes] = (),
    functions: Sequence[tuple[int, bytes]] = (),
    others: Mapping[int, Sequence[bytes]] | None = None,
    last: bytes = b"",
    descriptor: str = DESCRIPTOR,
) -> bytes:
    """A node that passes every check, with more in it.

    Types 0 to 2 and the first two functions are there already. `functions`: further ones, as
    (type, body); `others`: further items of sections by number; `last`: whole sections behind.
    """
    first = len(imports)
    items: dict[int, list[bytes]] = {
        1: [function_type(I32, I32), function_type(I32 + I32, I64), function_type(), *types],
        2: list(imports),
        3: [number(kind) for kind, _ in ((0, b""), (1, b""), *functions)],
        4: [],
        5: [b"\0\1"],
        6: [],
        7: [
            sized(b"memory") + b"\2\0",
            sized(b"logos_alloc") + b"\0" + number(first),
            sized(b"logos_call") + b"\0" + number(first + 1),
        ],
        9: [],
        10: [body(const(16)), body(b"\x42\0"), *(code for _, code in functions)],
        11: [],
    }
    for kind, more in (others or {}).items():
        items[kind].extend(more)
    sections = [section(kind, vector(each)) for kind, each in sorted(items.items()) if each]
    said = custom(b"logos.descriptor", descriptor.encode())
    return HEADER + b"".join(sections) + said + last


def functions(count: int, code: bytes = b"", locals_: Sequence[bytes] = ()) -> bytes:
    return node(functions=[(2, body(code, locals_))] * count)


def described(*, inputs: Sequence[str] = (), name: str = "hostile") -> bytes:
    """A node whose descriptor has these input ports, each as JSON."""
    text = f'{{"abi":1,"docs":"","inputs":[{",".join(inputs)}],"name":"{name}","outputs":[]}}'
    return node(descriptor=text)


def port(name: str, type_: str) -> str:
    return f'{{"docs":"","name":"{name}","type":"{type_}"}}'


def distinct_types(count: int) -> list[bytes]:
    return [
        function_type(bytes(0x7C + (index >> 2 * place & 3) for place in range(6)))
        for index in range(count)
    ]


def proc_exit() -> bytes:
    return sized(b"wasi_snapshot_preview1") + sized(b"proc_exit") + b"\0\3"


NESTED = b"\x02\x40" * 1_025 + b"\x0b" * 1_025
BRANCHES = (const(0) + b"\x04\x40\x0b") * 201
SEGMENT = b"\0" + const(0) + b"\x0b" + b"\1\0"
TABLE = {4: [b"\x70\x01" + number(10_000) + number(10_000)]}
COMPONENT = b"\0asm\x0d\0\1\0"

Maker = Callable[[], bytes]
GENERATED: Final[dict[str, tuple[str, Maker]]] = {
    "bytes": ("E_ADMIT_SIZE", lambda: node(last=custom(b"padding", bytes(MIB)))),
    "component": ("E_ADMIT_COMPONENT", lambda: COMPONENT),
    "component_around_a_node": ("E_ADMIT_COMPONENT", lambda: COMPONENT + section(1, node())),
    "nothing": ("E_ADMIT_MALFORMED", lambda: b""),
    "text": ("E_ADMIT_MALFORMED", lambda: b"(module)"),
    "other_version": ("E_ADMIT_MALFORMED", lambda: b"\0asm\2\0\0\0" + node()[8:]),
    "cut": ("E_ADMIT_MALFORMED", lambda: node()[:-1]),
    "section_past_the_end": ("E_ADMIT_MALFORMED", lambda: node() + b"\0\xff\xff\xff\xff\x0f"),
    "count_past_the_end": (
        "E_ADMIT_MALFORMED",
        lambda: HEADER + section(1, number(1 << 31) + function_type()),
    ),
    "number_too_long": ("E_ADMIT_MALFORMED", lambda: HEADER + b"\1\x82\x80\x80\x80\x80\x80\0"),
    "name_not_utf8": ("E_ADMIT_MALFORMED", lambda: node(last=custom(b"\xff", b""))),
    "operator_unknown": ("E_ADMIT_MALFORMED", lambda: functions(1, b"\xff")),
    "body_without_end": (
        "E_ADMIT_INVALID",
        lambda: node(functions=[(2, sized(b"\0\1"))]),
    ),
    "section_unknown": ("E_ADMIT_INVALID", lambda: node(last=section(77, b""))),
    "section_twice": ("E_ADMIT_MALFORMED", lambda: node(last=section(11, b"\0") * 2)),
    "types": ("E_ADMIT_TYPES", lambda: node(types=distinct_types(998))),
    "parameters": ("E_ADMIT_PARAMETERS", lambda: node(types=[function_type(I32 * 65)])),
    "results": ("E_ADMIT_MULTI_VALUE", lambda: node(types=[function_type(b"", I32 * 1_000)])),
    "imports": (
        "E_ADMIT_IMPORTS",
        lambda: node(types=[function_type(I32)], imports=[proc_exit()] * 65),
    ),
    "functions": ("E_ADMIT_FUNCTIONS", lambda: functions(4_999)),
    "globals": (
        "E_ADMIT_GLOBALS",
        lambda: node(others={6: [I32 + b"\0" + const(0) + b"\x0b"] * 257}),
    ),
    "exports": (
        "E_ADMIT_EXPORTS",
        lambda: node(others={7: [sized(b"e%d" % each) + b"\0\0" for each in range(254)]}),
    ),
    "element_segments": ("E_ADMIT_ELEMENTS", lambda: node(others=TABLE | {9: [SEGMENT] * 257})),
    "element_entries": (
        "E_ADMIT_ELEMENT_ENTRIES",
        lambda: node(
            others=TABLE | {9: [b"\0" + const(0) + b"\x0b" + vector([b"\0"] * 5_001)] * 2}
        ),
    ),
    "data_segments": (
        "E_ADMIT_DATA",
        lambda: node(others={11: [b"\0" + const(0) + b"\x0b\0"] * 4_097}),
    ),
    "custom_sections": ("E_ADMIT_CUSTOM", lambda: node(last=custom(b"more", b"") * 16)),
    "custom_bytes": (
        "E_ADMIT_CUSTOM_BYTES",
        lambda: node(last=custom(b"name", bytes((256 << 10) + 1))),
    ),
    "code": ("E_ADMIT_CODE", lambda: functions(9, b"\1" * 65_000)),
    "function_code": ("E_ADMIT_BODY", lambda: functions(1, b"\1" * 65_536)),
    "locals": ("E_ADMIT_LOCALS", lambda: functions(1, locals_=[number(2_049) + I64])),
    "locals_beyond_count": (
        "E_ADMIT_MALFORMED",
        lambda: functions(1, locals_=[number(0xFFFF_FFFF) + I64] * 1_000),
    ),
    "all_locals": ("E_ADMIT_ALL_LOCALS", lambda: functions(25, locals_=[number(2_048) + I64])),
    "nesting": ("E_ADMIT_NESTING", lambda: functions(1, NESTED)),
    "complexity": (
        "E_ADMIT_COMPLEXITY",
        lambda: functions(1, BRANCHES, [number(1_000) + I64]),
    ),
    "calls": ("E_ADMIT_COMPLEXITY", lambda: functions(8, b"\x10\2" * 32_000)),
    "operands": (
        "E_ADMIT_OPERANDS",
        lambda: node(
            types=[function_type(I32 * 64)],
            functions=[(3, body(b"")), (2, body(b"\0" + b"\x10\2" * 8_193))],
        ),
    ),
    "descriptor_size": (
        "E_ADMIT_DESCRIPTOR_SIZE",
        lambda: node(descriptor="x" * ((64 << 10) + 1)),
    ),
    "descriptor_nested": ("E_DESCRIPTOR_JSON", lambda: node(descriptor="[" * 60_000)),
    "ports": (
        "E_PORT_COUNT",
        lambda: described(inputs=[port(f"p{each}", "u8") for each in range(65)]),
    ),
    "type_text": ("E_TYPE_SIZE", lambda: described(inputs=[port("a", "x" * 16_385)])),
}


def filling(unit: bytes, space: int) -> bytes:
    return unit * (space // len(unit))


def _calls() -> bytes:
    """Calls of a function of 1,000 parameters, in unreachable code: two bytes each."""
    wide = function_type(I32 * 1_000)
    return node(
        types=[wide],
        functions=[(3, body(b"")), (2, body(b"\0" + filling(b"\x10\2", MIB - 3_000)))],
    )


WORST: Final[dict[str, Maker]] = {
    "calls_of_many_parameters": _calls,
    "tiny_types": lambda: node(types=[function_type()] * ((MIB - 1_000) // 3)),
    "tiny_functions": lambda: functions((MIB - 1_000) // 4),
    "tiny_operators": lambda: functions(1, b"\1" * (MIB - 1_000)),
    "constants_dropped": lambda: functions(1, filling(const(0) + b"\x1a", MIB - 1_000)),
    "deep_blocks": lambda: functions(1, b"\2\x40" * 300_000 + b"\x0b" * 300_000),
    "branch_tables": lambda: functions(
        1, filling(const(0) + b"\x0e" + vector([b"\0"] * 1_000) + b"\0", MIB - 1_000)
    ),
    "locals_by_one": lambda: functions(1, locals_=[b"\1\x7f", b"\1\x7e"] * 24_000)[:MIB],
    "local_gets": lambda: functions(
        1,
        filling(b"\x20" + number(47_000) + b"\x1a", MIB - 200_000),
        [b"\1\x7f", b"\1\x7e"] * 24_000,
    ),
    "globals": lambda: node(others={6: [I32 + b"\0" + const(0) + b"\x0b"] * 200_000}),
    "exports": lambda: node(others={7: [sized(b"%x" % each) + b"\0\0" for each in range(130_000)]}),
    "imports": lambda: node(imports=[b"\1a\1b\0\2"] * 170_000),
    "elements": lambda: node(others=TABLE | {9: [SEGMENT] * 90_000}),
    "data": lambda: node(others={11: [b"\0" + const(0) + b"\x0b\0"] * 90_000}),
    "custom_sections": lambda: node(last=custom(b"", b"") * 340_000),
    "operand_stack": lambda: functions(1, const(0) * 250_000 + b"\x1a" * 250_000),
    "names": lambda: node(last=custom(b"name", b"\1" * (MIB - 1_000))),
    "element_expressions": lambda: node(
        others=TABLE | {9: [b"\4" + const(0) + b"\x0b" + vector([b"\xd0\x70\x0b"] * 300_000)]}
    ),
    "recursive_groups": lambda: (
        HEADER + section(1, vector([b"\x4e\1" + function_type()] * 200_000))
    ),
}
"""Up to one MiB of what is slowest to judge, byte for byte; some of it is refused."""


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    makers = {name: make for name, (_, make) in GENERATED.items()}
    makers |= {f"worst_{name}": make for name, make in WORST.items()}
    for name, make in makers.items():
        (folder / f"{name}.wasm").write_bytes(make())
    return 0


if __name__ == "__main__":
    sys.exit(main())
