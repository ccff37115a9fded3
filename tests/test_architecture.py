"""The rules of docs/architecture.md that a machine can check, read from the source itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "logos_graph"

LONGEST_FILE = 400
LONGEST_TEST_FILE = 500
LONGEST_FUNCTION = 40

PURE = (
    "errors",
    "canon",
    "identity",
    "logline",
    "graph",
    "drawing",
    "ledger",
    "governance",
    "execution",
    "supervisor",
    "proof",
)
# What gives a module a clock, randomness, an environment, a disk or a network.
CLOCKS_AND_CHANCE = ("time", "random", "secrets", "uuid", "ulid")
MACHINE = ("os", "socket", "ssl", "subprocess", "tempfile", "shutil", "asyncio")
IMPURE = frozenset((*CLOCKS_AND_CHANCE, *MACHINE))
CLOCK_CALLS = frozenset({"now", "utcnow", "today"})


# --- what is read ---------------------------------------------------------------------------------


@cache
def tracked_files() -> tuple[Path, ...]:
    """The files of this tree as git sees them: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def source_files(*suffixes: str) -> list[Path]:
    return [path for path in tracked_files() if path.suffix in suffixes]


def package_modules() -> list[Path]:
    return [path for path in source_files(".py") if path.is_relative_to(PACKAGE)]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(tree: ast.Module) -> Iterator[tuple[int, str, str | None]]:
    """(line, module, imported name or None) of every absolute import, lazy ones included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, None
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                yield node.lineno, node.module, alias.name


def offenders(paths: list[Path], rule: Callable[[Path], Iterator[str]]) -> list[str]:
    return [f"{shown(path)}: {text}" for path in paths for text in rule(path)]


# --- layers ---------------------------------------------------------------------------------------


def test_imports_keep_the_contracts_of_importlinter() -> None:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    result = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("word", "homes"),
    [("neo4j", {"store", "database"}), ("logos_wasm_host", {"wasm"}), ("wasmer", {"wasm"})],
)
def test_a_library_is_named_only_in_the_layers_that_adapt_it(word: str, homes: set[str]) -> None:
    def names(path: Path) -> Iterator[str]:
        with path.open("rb") as file:
            for token in tokenize.tokenize(file.readline):
                if token.type == tokenize.NAME and token.string == word:
                    yield f"line {token.start[0]}"

    outside = [path for path in package_modules() if layer_of(path) not in homes]
    assert offenders(outside, names) == []


def test_the_core_has_no_clock_no_randomness_and_no_environment() -> None:
    def impure(path: Path) -> Iterator[str]:
        for line, module, _ in imports_of(parsed(path)):
            if module.split(".")[0] in IMPURE:
                yield f"line {line} imports {module}"
        for node in ast.walk(parsed(path)):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in CLOCK_CALLS:
                yield f"line {called.lineno} calls .{called.attr}()"

    core = [path for path in package_modules() if layer_of(path) in PURE]
    assert core
    assert offenders(core, impure) == []


def test_no_layer_reaches_for_anothers_private_names() -> None:
    def private(path: Path) -> Iterator[str]:
        for line, module, name in imports_of(parsed(path)):
            parts = [*module.split("."), *([name] if name else [])]
            if parts[0] != "logos_graph" or len(parts) < 2 or parts[1] == layer_of(path):
                continue
            if any(part.startswith("_") and not part.startswith("__") for part in parts):
                yield f"line {line} imports {'.'.join(parts)}"

    assert offenders(package_modules(), private) == []


# --- size and surface -----------------------------------------------------------------------------


def test_no_source_file_is_longer_than_a_reader_takes_in() -> None:
    def length(path: Path) -> Iterator[str]:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        is_test = path.is_relative_to(ROOT / "tests")
        if lines > (LONGEST_TEST_FILE if is_test else LONGEST_FILE):
            yield f"{lines} lines"

    assert offenders(source_files(".py", ".rs", ".java", ".cypher", ".sh"), length) == []


def test_no_function_is_longer_than_a_screen() -> None:
    def long_functions(path: Path) -> Iterator[str]:
        text = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = _code_lines(node, text)
                if lines > LONGEST_FUNCTION:
                    yield f"{node.name} has {lines} lines"

    assert offenders(package_modules(), long_functions) == []


def _code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, text: list[str]) -> int:
    """The lines from `def` to the end that hold code: no docstring, no comment, no blank line."""
    lines = set(range(function.lineno, (function.end_lineno or function.lineno) + 1))
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return sum(1 for line in lines if not re.match(r"\s*(#|$)", text[line - 1]))


def test_every_public_module_says_what_it_offers() -> None:
    def silent(path: Path) -> Iterator[str]:
        if ast.get_docstring(parsed(path)) is None:
            yield "has no docstring"
        body = parsed(path).body
        offers = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in body)
        reexports = path.name == "__init__.py" and any(
            isinstance(node, ast.ImportFrom) and node.module != "__future__" for node in body
        )
        if (offers or reexports) and not any(_binds(node, "__all__") for node in body):
            yield "has no __all__"

    public = [
        path
        for path in package_modules()
        if not path.name.startswith("_") or path.name == "__init__.py"
    ]
    assert offenders(public, silent) == []


def _binds(statement: ast.stmt, name: str) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


# --- Cypher ---------------------------------------------------------------------------------------

CYPHER = re.compile(
    r"\b(MATCH|MERGE|CREATE|UNWIND|DETACH DELETE|FOREACH|CALL)\s*[({\[]|\bRETURN\s+\w"
    r"|^\s*(CREATE|DROP|SHOW|ALTER|RENAME)\s+(OR\s+REPLACE\s+)?"
    r"(CURRENT\s+)?(USER|CONSTRAINT|INDEX|DATABASE|TRANSACTION)"
)


def test_cypher_is_written_in_the_folder_cypher_only() -> None:
    def statements(path: Path) -> Iterator[str]:
        docstrings = _docstrings(parsed(path))
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.Constant) or id(node) in docstrings:
                continue
            if isinstance(node.value, str) and CYPHER.search(node.value):
                yield f"line {node.lineno}: {node.value[:50]!r}"

    assert offenders(package_modules(), statements) == []


def _docstrings(tree: ast.Module) -> set[int]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }


def test_a_cypher_file_holds_one_statement_and_says_what_it_does() -> None:
    def malformed(path: Path) -> Iterator[str]:
        lines = path.read_text(encoding="utf-8").splitlines()
        if not lines or not re.match(r"//\s*\w", lines[0]):
            yield "does not open with a comment that says what it does"
        code = "\n".join(line.split("//")[0] for line in lines).strip()
        if ";" in code.removesuffix(";"):
            yield "holds more than one statement"

    files = [path for path in source_files(".cypher") if path.is_relative_to(ROOT / "cypher")]
    assert files
    assert offenders(files, malformed) == []


# --- nothing of the machine that wrote it ---------------------------------------------------------

# Written apart, so that this file does not hold what it looks for.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "crates" + r".io(?!-index)",
    "npm" + "js.org",
    "repo1" + ".maven.org",
    "repo" + ".maven.apache.org",
    "deb" + ".debian.org",
    "proxy" + ".golang.org",
]
FOREIGN = re.compile("|".join([*REGISTRIES, r"(?<![\w.$}~-])/(?:root|work|home/\w+|Users/\w+)/"]))


def test_no_tracked_file_holds_a_registry_or_a_path_of_the_machine_that_wrote_it() -> None:
    here = re.compile(rf"{re.escape(str(ROOT))}(?![\w-])|{re.escape(str(Path.home()))}/")

    def foreign(path: Path) -> Iterator[str]:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return
        for number, line in enumerate(text.splitlines(), 1):
            if FOREIGN.search(line) or here.search(line):
                yield f"line {number}: {line.strip()[:80]}"

    assert offenders(list(tracked_files()), foreign) == []
