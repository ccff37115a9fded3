"""The README, followed literally: a fresh clone, a folder with a space, an empty HOME."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from logos_graph.wasm import admission
from logos_graph.wasm.builder import Builder

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]
RUNS_US = "deploy/test"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree as it stands, in a folder whose name has a space."""
    target = tmp_path_factory.mktemp("a newcomer's") / "fresh clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(target)], check=True)
    changed = subprocess.run(
        ["git", "ls-files", "-z", "--modified", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, changed):
        source, copy = ROOT / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.exists():
            copy.write_bytes(source.read_bytes())
            copy.chmod(source.stat().st_mode)
        else:
            copy.unlink()
    return target


@pytest.fixture(scope="module")
def environment(
    tmp_path_factory: pytest.TempPathFactory, cache: Path, clone: Path
) -> Iterator[dict[str, str]]:
    """An empty HOME and LOGOS_HOME; the cache is the machine's, as at a second run."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "JAVA_HOME") if name in os.environ}
    environment = {
        **kept,
        "HOME": str(tmp_path_factory.mktemp("home")),
        "LOGOS_HOME": str(tmp_path_factory.mktemp("logos home")),
        "LOGOS_CACHE": str(cache),
    }
    yield environment
    logos = clone / ".venv" / "bin" / "logos"
    if logos.exists():
        subprocess.run([str(logos), "down"], env=environment, check=True, capture_output=True)


def test_the_readme_begins_with_the_two_commands() -> None:
    assert COMMANDS[:2] == ["deploy/demo", RUNS_US]
    assert RUNS_US in (ROOT / ".ci" / "run").read_text()


def test_every_command_of_the_readme_works_as_written(
    clone: Path, environment: dict[str, str]
) -> None:
    # deploy/test is what runs this very test; running it here would never end.
    script = "\n".join(["set -e", *(line for line in COMMANDS if line != RUNS_US)])
    done = subprocess.run(
        ["bash", "-c", script], cwd=clone, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for promised in ("approved", "REQUIRE", "DENY", "ghost", "I1", "I5", "/browser/"):
        assert promised in done.stdout


def test_the_readmes_node_is_a_node(cache: Path) -> None:
    found = re.search(r"```rust\n(.*?)```", README, re.DOTALL)
    assert found is not None
    module = Builder(cache).build(found[1].encode()).module
    descriptor = admission.admit(module, frozenset()).descriptor
    assert descriptor.name == "fee"
    assert [port.type.text for port in descriptor.outputs] == ["decimal<2>"]
