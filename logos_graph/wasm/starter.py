"""The file that an author starts from: sdk/starter.rs under another name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from logos_graph.errors import InvalidInput
from logos_graph.graph.typetree import check_name
from logos_graph.wasm.rust_types import RUST_WORDS

__all__ = ["starter"]

_FILE: Final = Path(__file__).resolve().parent / "sdk" / "starter.rs"
_NAME: Final = "share_bill"


def starter(name: str) -> str:
    """A commented source that builds and passes its own tests; the node in it has this name.

    Raises InvalidInput E_NODE_NAME.
    """
    check_name(name, "a node", code="E_NODE_NAME")
    if name in RUST_WORDS:
        raise InvalidInput(
            "E_NODE_NAME",
            f"{name} is a word of Rust and no name for a function",
            hint=f"add what it does, as in {name}-amount",
            name=name,
        )
    return _FILE.read_text("utf-8").replace(_NAME, name.replace("-", "_"))
