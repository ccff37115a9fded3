"""What the fuzzer starts from: the corpus of hostile modules, a node as the builder makes it, and
values of each type that tests/fuzz/src/values.rs reads.

usage: python tests/fuzz/seeds.py FOLDER     writes FOLDER/admission/* and FOLDER/codec/*
"""

from __future__ import annotations

import sys
from pathlib import Path

from logos_wasm_host import assemble

from logos_graph.canon import Json
from logos_graph.graph.codec import encode
from logos_graph.graph.types import parse_type
from logos_graph.settings import Settings
from logos_graph.wasm.builder import Builder
from tests.wasm.hostile.generate import GENERATED, node

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 64 * 1024
"""Bytes of a seed; what is longer only makes each try slower."""

OUTCOME = "enum outcome { approved, handed-over, refused }"
LIMIT = f"variant limit {{ none, up-to: decimal<2>, steps: list<u16>, nested: option<{OUTCOME}> }}"
PAYMENT = f"record payment {{ amount: decimal<18>, approved: option<bool>, outcome: {OUTCOME} }}"
EVERYTHING = (
    "record everything { small: tuple<u8, s8, u16, s16>, large: tuple<u32, s32, u64, s64>,"
    f" account: string, raw: bytes, history: list<{PAYMENT}>, limit: {LIMIT},"
    " flags: list<list<bool>> }"
)
PAID: Json = {"amount": "1." + "0" * 18, "approved": True, "outcome": "approved"}
VALUES: list[tuple[str, Json]] = [
    ("bool", True),
    ("tuple<u8, s16, u32, s64>", [1, -2, 3, -4]),
    ("decimal<2>", "-12.34"),
    ("string", "é and ascii"),
    ("bytes", "AAEC"),
    ("list<string>", ["a", "", "bc"]),
    ("option<list<option<u8>>>", [None, 7]),
    (OUTCOME, "handed-over"),
    (LIMIT, {"steps": [1, 2, 3]}),
    (PAYMENT, PAID),
    (f"list<tuple<{OUTCOME}, {LIMIT}>>", [["refused", {"nested": "approved"}]]),
    (
        EVERYTHING,
        {
            "small": [1, -1, 2, -2],
            "large": [1, -1, 2, -2],
            "account": "DE02",
            "raw": "AAEC",
            "history": [PAID, PAID],
            "limit": {"up-to": "99.00"},
            "flags": [[True, False], []],
        },
    ),
]
"""One value of each type, in the order in which the target chooses among them."""


def modules() -> dict[str, bytes]:
    """By name."""
    written = (ROOT / "tests" / "wasm" / "hostile").glob("*.wat")
    found = {path.stem: assemble(path.read_text(encoding="utf-8")) for path in written}
    found |= {f"made_{name}": make() for name, (_, make) in GENERATED.items()}
    found["node"] = node()
    found["node_built"] = _example()
    return {name: wasm for name, wasm in found.items() if len(wasm) <= LONGEST}


def _example() -> bytes:
    source = ROOT / "docs" / "examples" / "payment-approval" / "nodes" / "approve.rs"
    return Builder(Settings.from_environment().cache).build(source.read_bytes()).module


def values() -> dict[str, bytes]:
    """By name: the number of the type, and the value's bytes."""
    return {
        f"type_{index}": bytes([index]) + encode(parse_type(type_), value)
        for index, (type_, value) in enumerate(VALUES)
    }


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    for target, seeds in (("admission", modules()), ("codec", values())):
        folder = Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
