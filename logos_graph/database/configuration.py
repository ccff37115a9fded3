"""neo4j.conf, rendered from deploy/neo4j/neo4j.conf before every start."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

from logos_graph.drawing import browser_command

__all__ = ["ServerConfiguration", "render_configuration"]


@dataclass(frozen=True, slots=True)
class ServerConfiguration:
    """What differs between two servers. Fields are named as the template's placeholders."""

    bolt_port: int
    http_port: int
    supervisor: str
    heap_initial: str
    heap_max: str
    page_cache: str


def render_configuration(deploy: Path, configuration: ServerConfiguration) -> str:
    """The whole text of neo4j.conf; KeyError when the template asks for more than there is."""
    template = (deploy / "neo4j" / "neo4j.conf").read_text(encoding="utf-8")
    values = {**asdict(configuration), "browser_command": browser_command()}
    return Template(template).substitute(values)
