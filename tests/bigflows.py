"""Flows of any size from one node of one input and one output of one type."""

from __future__ import annotations

from itertools import pairwise

__all__ = ["chain", "wide"]


def chain(node: str, size: int, port: tuple[str, str], type_: str) -> str:
    """A flow file: each placement feeds the next. node: its name or id; port: input and output."""
    names = _names(size)
    edges = [("input.value", names[0]), *((f"{one}.{port[1]}", to) for one, to in pairwise(names))]
    return _file("chain", node, names, edges, port, type_)


def wide(node: str, size: int, port: tuple[str, str], type_: str) -> str:
    """A flow file: the flow's input feeds every placement; the last is what comes out."""
    names = _names(size)
    return _file("wide", node, names, [("input.value", name) for name in names], port, type_)


def _names(size: int) -> list[str]:
    return [f"p{number}" for number in range(size)]


def _file(
    name: str,
    node: str,
    names: list[str],
    edges: list[tuple[str, str]],
    port: tuple[str, str],
    type_: str,
) -> str:
    lines = ["[flow]", f'name = "{name}-{len(names)}"', "[inputs]", f'value = "{type_}"']
    lines += ["[placements]", *(f'{each} = "{node}"' for each in names)]
    for source, target in edges:
        lines += ["[[edges]]", f'from = "{source}"', f'to = "{target}.{port[0]}"']
    lines += ["[outputs]", f'value = "{names[-1]}.{port[1]}"']
    return "\n".join(lines) + "\n"
