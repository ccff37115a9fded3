"""Policies, verbs and tables of cases as files, and the verbs that a policy is checked against."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from logos_graph.cli.files import read_object, read_text

if TYPE_CHECKING:
    from logos_graph.governance import Policy, Verb
    from logos_graph.governance.cases import CaseTable
    from logos_graph.wiring import System

__all__ = ["read_cases", "read_policy", "verbs_of_files", "verbs_of_ledger"]

_MAX_POLICY = 256 * 1024
_MAX_CASES = 8 * 1024 * 1024


def read_policy(file: str) -> Policy:
    """The policy in a file. Raises what reading does, and Rejected E_POLICY_…."""
    from logos_graph.governance import Policy

    return Policy(read_text(file, _MAX_POLICY))


def read_cases(file: str) -> tuple[CaseTable, Path]:
    """The table of cases in a file, and the folder that its paths are meant from.

    Raises what reading does, and InvalidInput E_CASES….
    """
    from logos_graph.governance.cases import parse_cases

    return parse_cases(read_text(file, _MAX_CASES)), Path(file).parent


def verbs_of_files(files: Iterable[str | Path]) -> list[Verb]:
    """The product's own verbs, and those in these files (as `logos verb register` takes them)."""
    from logos_graph.canon import parse
    from logos_graph.governance import parse_verb
    from logos_graph.resources import list_files
    from logos_graph.resources import read_text as read_resource

    own = [parse_verb(parse(read_resource(f))) for f in list_files("schemas/verbs", ".schema.json")]
    more = [{**read_object(str(file), "a verb's file"), "flow": None} for file in files]
    return [*own, *(parse_verb(each) for each in more)]


def verbs_of_ledger(system: System) -> list[Verb]:
    """The verbs that are registered now."""
    from logos_graph.governance import parse_verb

    return [
        parse_verb({name: value for name, value in each.items() if name != "kind"})
        for each in system.reader.verbs()
    ]
