"""Where the files live that are not Python: cypher/, schemas/, deploy/.

In a checkout they stand next to the package; a wheel carries the same folders under
`logos_graph/_resources` (pyproject.toml, force-include). Callers name them by the path they have in
the checkout (`schemas/verbs/flow.run.schema.json`), wherever they run from.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

from logos_graph.errors import EnvironmentFault, InvalidInput

__all__ = ["list_files", "locate", "read_text", "root", "statement", "statement_names"]

_PACKAGE: Final = Path(__file__).resolve().parent


def root() -> Path:
    """The folder that holds cypher/, schemas/ and deploy/.

    A wheel's own copy comes first: beside an installed package lie other people's folders, and one
    of them may be called `schemas` too.
    """
    bundled = _PACKAGE / "_resources"
    return bundled if bundled.is_dir() else _PACKAGE.parent


def locate(relative: str) -> Path:
    """The file or folder of this checkout path.

    Raises:
        InvalidInput: E_RESOURCE_PATH, the path is absolute or climbs out of the resources.
        EnvironmentFault: E_RESOURCE_MISSING, the installation lacks it.
    """
    parts = PurePosixPath(relative)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts:
        raise InvalidInput(
            "E_RESOURCE_PATH", f"{relative!r} is not a path inside the resources", path=relative
        )
    found = root().joinpath(*parts.parts)
    if not found.exists():
        raise EnvironmentFault(
            "E_RESOURCE_MISSING",
            f"the installation has no {relative}",
            hint="install the package again: files that belong to it are missing",
            path=relative,
        )
    return found


def read_text(relative: str) -> str:
    """The UTF-8 text of one resource file. Raises as `locate`."""
    return locate(relative).read_text(encoding="utf-8")


@cache
def statement(name: str) -> str:
    """The text of a statement of cypher/: "ledger/append" is cypher/ledger/append.cypher.

    Python never builds Cypher from strings; the product's own files are as trusted as its code.
    """
    return read_text(f"cypher/{name}.cypher")


def statement_names(group: str) -> list[str]:
    """The statements of a folder of cypher/ (`schema`, `audit`, `invariants`, …), sorted."""
    files = list_files(f"cypher/{group}", ".cypher")
    return [f"{group}/{PurePosixPath(file).stem}" for file in files]


def list_files(folder: str, suffix: str) -> tuple[str, ...]:
    """Checkout paths of a folder's own files that end in `suffix`, sorted. Raises as `locate`."""
    here = locate(folder)
    names = sorted(
        file.name for file in here.iterdir() if file.is_file() and file.name.endswith(suffix)
    )
    return tuple(f"{PurePosixPath(folder)}/{name}" for name in names)
