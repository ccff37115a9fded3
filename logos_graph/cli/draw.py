"""A flow as the text of a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from logos_graph.cli.texts import short, threshold_text

__all__ = ["FORMATS", "draw_flow"]


def draw_flow(shown: Mapping[str, Any], kind: str) -> str:
    """The picture in one of FORMATS. shown: a flow as `logos flow show --json` prints it."""
    return FORMATS[kind](shown)


def _mermaid(shown: Mapping[str, Any]) -> str:
    lines = ["flowchart LR"]
    lines += [f"  {_mermaid_id(name)}([{name}])" for name in _ends(shown)]
    lines += [
        f'  {_mermaid_id(placement["name"])}["{_label(placement, "<br/>")}"]'
        for placement in shown["placements"]
    ]
    for edge in shown["edges"]:
        # Mermaid reads < and > as markup, even between quotes.
        label = _edge_label(edge).replace("<", "#lt;").replace(">", "#gt;")
        lines.append(f'  {_mermaid_id(edge["from"])} -->|"{label}"| {_mermaid_id(edge["to"])}')
    return "\n".join(lines) + "\n"


def _dot(shown: Mapping[str, Any]) -> str:
    title = next(iter(shown["names"]), shown["name"])
    lines = [f'digraph "{title}" {{', "  rankdir=LR;", "  node [shape=box];"]
    lines += [f'  "{name}" [shape=oval];' for name in _ends(shown)]
    lines += [
        f'  "{placement["name"]}" [label="{_label(placement, chr(92) + "n")}"];'
        for placement in shown["placements"]
    ]
    lines += [
        f'  "{edge["from"]}" -> "{edge["to"]}" [label="{_edge_label(edge)}"];'
        for edge in shown["edges"]
    ]
    return "\n".join([*lines, "}"]) + "\n"


FORMATS: dict[str, Callable[[Mapping[str, Any]], str]] = {"mermaid": _mermaid, "dot": _dot}


def _ends(shown: Mapping[str, Any]) -> list[str]:
    """The flow's own ports: `input` and `output`, where it has any."""
    return [end for end, ports in (("input", "inputs"), ("output", "outputs")) if shown[ports]]


def _mermaid_id(name: str) -> str:
    # `end` and the like are words of Mermaid's own; a prefix keeps every name apart from them.
    return f"p_{name.replace('-', '_')}"


def _label(placement: Mapping[str, Any], newline: str) -> str:
    return f"{placement['name']}{newline}{placement['known_as'] or short(placement['uses'])}"


def _edge_label(edge: Mapping[str, Any]) -> str:
    ports = {edge["from_port"], edge["to_port"]}
    text = edge["from_port"] if len(ports) == 1 else f"{edge['from_port']} to {edge['to_port']}"
    when = threshold_text(edge["when"])
    return f"{text} {when}" if when else str(text)
