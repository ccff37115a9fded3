"""The look of the graph in Neo4j Browser: a GraSS style for every label and type that is stored.

A rule is for a label, or for several at once; of the rules that fit, a later one wins. So a node or
a flow has the colour of its layer, as it has in every other picture (palette.py), and only its size
and caption here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from logos_graph.drawing.palette import COLOURS, Tint

__all__ = ["LABELS", "TYPES", "browser_command", "browser_style", "grass"]

_LAYERS: Final = {"Sediment": Tint.SEDIMENT, "Bedrock": Tint.BEDROCK}

LABELS: Final[Mapping[str, tuple[Tint | None, int, str]]] = {
    "Node": (None, 65, "{name}"),
    "Flow": (None, 80, "{name}"),
    "Placement": (Tint.PLACE, 65, "{name}"),
    "Port": (Tint.PORT, 40, "{name}"),
    "Type": (Tint.PORT, 50, "{text}"),
    "Module": (Tint.PLAIN, 40, "module"),
    "Source": (Tint.PLAIN, 40, "source"),
    "Draft": (Tint.PLAIN, 50, "{name}"),
    "Name": (Tint.PLAIN, 50, "{name}"),
    "Run": (Tint.RUN, 80, "{status}"),
    "Step": (Tint.RUN, 65, "{name}"),
    "StoredValue": (Tint.RUN, 40, "{key}"),
    "LogLine": (Tint.LEDGER, 65, "{did}"),
    "Pending": (Tint.WHEN, 65, "{did}"),
    "LedgerEntry": (Tint.LEDGER, 50, "{kind}"),
    "LedgerHead": (Tint.LEDGER, 65, "head"),
    "Escalation": (Tint.WHEN, 65, "{handler}"),
    "Alarm": (Tint.NEED, 65, "{pattern}"),
    "Principal": (Tint.PERSON, 65, "{name}"),
    "PrincipalKey": (Tint.PERSON, 50, "key"),
    "Revocation": (Tint.NEED, 50, "revoked"),
    "Supervisor": (Tint.PERSON, 65, "supervisor"),
    "Conduct": (Tint.PERSON, 50, "{day}"),
    "Policy": (Tint.RULE, 65, "policy"),
    "Governance": (Tint.RULE, 50, "governance"),
    "RunLimit": (Tint.RULE, 50, "{id}"),
    "Rate": (Tint.RULE, 50, "{id}"),
    "Delegation": (Tint.PERSON, 50, "{role}"),
    "Verb": (Tint.RULE, 50, "{name}"),
    "Capability": (Tint.NEED, 65, "{id}"),
    "Grant": (Tint.NEED, 50, "grant"),
}
"""By label: its colour (None: that of its layer), its diameter in pixels, its caption."""

TYPES: Final[Mapping[str, tuple[Tint, int, str]]] = {
    "FEEDS": (Tint.PLACE, 3, "{to_port}"),
    "CARRIED": (Tint.RUN, 3, "{value}"),
    "HAS_PLACEMENT": (Tint.PLACE, 1, "<type>"),
    "USES": (Tint.PLACE, 1, "<type>"),
    "HAS_PORT": (Tint.PORT, 1, "<type>"),
    "OF_TYPE": (Tint.PORT, 1, "<type>"),
    "COMPILED_TO": (Tint.PLAIN, 1, "<type>"),
    "WRITTEN_AS": (Tint.PLAIN, 1, "<type>"),
    "DRAFTED_AS": (Tint.PLAIN, 1, "<type>"),
    "FORKED_FROM": (Tint.SEDIMENT, 2, "<type>"),
    "NAMES": (Tint.PLAIN, 2, "<type>"),
    "EXECUTES": (Tint.RUN, 2, "<type>"),
    "HAS_STEP": (Tint.RUN, 1, "<type>"),
    "RAN": (Tint.RUN, 1, "<type>"),
    "CAUSED": (Tint.LEDGER, 2, "<type>"),
    "NEXT": (Tint.LEDGER, 3, "<type>"),
    "RECORDS": (Tint.LEDGER, 1, "<type>"),
    "SUBMITTED": (Tint.PERSON, 2, "<type>"),
    "BY": (Tint.PERSON, 1, "<type>"),
    "ANSWERED": (Tint.PERSON, 2, "{answer}"),
    "SPEAKS_FOR": (Tint.PERSON, 2, "<type>"),
    "LENT_TO": (Tint.PERSON, 2, "<type>"),
    "KEY_OF": (Tint.PERSON, 1, "<type>"),
    "REVOKES": (Tint.NEED, 2, "<type>"),
    "ABOUT": (Tint.WHEN, 2, "<type>"),
    "LIMITS": (Tint.RULE, 2, "<type>"),
    "DEPRECATES": (Tint.NEED, 2, "<type>"),
    "PROMOTES": (Tint.BEDROCK, 2, "<type>"),
    "STARTS": (Tint.RULE, 1, "<type>"),
    "ENFORCES": (Tint.RULE, 2, "<type>"),
    "HOLDS": (Tint.NEED, 2, "<type>"),
    "OF": (Tint.NEED, 1, "<type>"),
}
"""By relationship type: its colour, its width in pixels, its caption."""


def browser_style() -> dict[str, dict[str, str]]:
    """The style as Browser keeps it: properties by selector, in the order in which rules apply."""
    rules = {
        "node": {**_filled(Tint.PLAIN), "diameter": "50px", "caption": "<id>"},
        "relationship": _drawn(Tint.PLAIN, 1, "<type>"),
    }
    for layer, tint in _LAYERS.items():
        rules[f"node.{layer}"] = _filled(tint)
    for label, (own, diameter, caption) in LABELS.items():
        filled = {} if own is None else _filled(own)
        rules[f"node.{label}"] = {**filled, "diameter": f"{diameter}px", "caption": caption}
    for kind, (tint, width, caption) in TYPES.items():
        rules[f"relationship.{kind}"] = _drawn(tint, width, caption)
    return rules


def grass() -> str:
    """The style as a GraSS file, for any Browser: drag it there."""
    blocks = []
    for selector, properties in browser_style().items():
        lines = [
            f"  {name}: {chr(39) + value + chr(39) if name == 'caption' else value};"
            for name, value in properties.items()
        ]
        blocks.append("\n".join([f"{selector} {{", *lines, "}"]))
    return "\n\n".join(blocks) + "\n"


def browser_command() -> str:
    """The command of Browser that puts the style in force, on one line, without its colon.

    It holds no semicolon: in a server's `browser.post_connect_cmd` that ends a command.
    """
    return f"style {json.dumps(browser_style(), separators=(',', ':'))}"


def _filled(tint: Tint) -> dict[str, str]:
    colour = COLOURS[tint]
    return {
        "color": colour.fill,
        "border-color": colour.line,
        "border-width": "2px",
        "text-color-internal": colour.text,
        "font-size": "10px",
    }


def _drawn(tint: Tint, width: int, caption: str) -> dict[str, str]:
    colour = COLOURS[tint]
    return {
        "color": colour.line,
        "shaft-width": f"{width}px",
        "font-size": "8px",
        "padding": "3px",
        "text-color-external": "#000000",
        "text-color-internal": "#FFFFFF",
        "caption": caption,
    }
