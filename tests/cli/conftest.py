"""The command line in this process, in a home without a database."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from logos_graph.cli.main import logos as program
from logos_graph.cli.program import run_program


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit status, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Its JSON document; fails when stdout holds anything else."""
        document: dict[str, Any] = json.loads(self.out)
        return document


Logos = Callable[..., Ended]


@pytest.fixture
def logos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Logos:
    """Runs `logos …` with an empty home."""
    monkeypatch.setenv("LOGOS_HOME", str(tmp_path / "home"))
    for name in ("NEO4J_URI", "LOGOS_AS", "LOGOS_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> Ended:
        status = run_program(program, "logos", arguments)
        captured = capsys.readouterr()
        return Ended(status, captured.out, captured.err)

    return run
