"""The file that an author starts from: sdk/starter.rs under another name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from logos_graph.errors import InvalidInput
from logos_graph.graph.typetree import check_name

__all__ = ["starter"]

_FILE: Final = Path(__file__).resolve().parent / "sdk" / "starter.rs"
_NAME: Final = "share_bill"
_WORDS: Final = (
    "abstract as async await become box break const continue crate do dyn else enum "
    "extern false final fn for gen if impl in let loop macro match mod move mut "
    "override priv pub ref return self static struct super trait true try type typeof "
    "unsafe unsized use virtual where while yield "
)


def starter(name: str) -> str:
    """A commented source that builds and passes its own tests; the node in it has this name.

    Raises InvalidInput E_NODE_NAME.
    """
    check_name(name, "a node", code="E_NODE_NAME")
    if name in _WORDS.split():
        raise InvalidInput(
            "E_NODE_NAME",
            f"{name} is a word of Rust and no name for a function",
            hint=f"add what it does, as in {name}-amount",
            name=name,
        )
    return _FILE.read_text("utf-8").replace(_NAME, name.replace("-", "_"))
