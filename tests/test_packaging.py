"""What is shipped and locked: the wheel's contents, the lock files, the licence."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEPENDENCIES = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
# The licence as its publisher offers it, byte for byte.
AGPL_3 = "0d96a4ff68ad6d4b6f1f30f713b18d5184912ba8dd389f86aa7710db079abcb0"


def documented() -> dict[str, str]:
    """Each name in a table of docs/dependencies.md, with the version that stands beside it."""
    rows = re.findall(r"^\| ([^|]+) \| ([0-9][^|]*) \|", DEPENDENCIES, flags=re.MULTILINE)
    return {name: version for names, version in rows for name in names.split(", ")}


def project() -> dict[str, list[str]]:
    """The requirements of pyproject.toml: those of the product, and those of its development."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        "product": data["project"]["dependencies"],
        "development": data["dependency-groups"]["dev"],
    }


def locked() -> dict[str, str]:
    """Package and version of every pinned line of requirements.lock."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", lock, flags=re.MULTILINE))


def test_the_licence_is_the_published_text() -> None:
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == AGPL_3


@pytest.mark.parametrize("group", ["product", "development"])
def test_every_python_dependency_is_locked_and_documented_at_the_same_version(group: str) -> None:
    names = [re.split(r"[<>=~! ]", requirement)[0] for requirement in project()[group]]
    assert names
    versions = locked()
    assert {name: documented().get(name) for name in names} == {
        name: versions.get(name) for name in names
    }


def test_every_locked_package_carries_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z])", lock)
    pinned = [block for block in blocks if re.match(r"[a-z0-9-]+==", block)]
    assert len(pinned) == len(locked())
    assert [block.split("\n")[0] for block in pinned if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("folder", ["logos_graph/wasm/host", "tests/fuzz"])
def test_every_crate_is_documented(folder: str) -> None:
    parsed = tomllib.loads((ROOT / folder / "Cargo.toml").read_text(encoding="utf-8"))
    crates = parsed["dependencies"] | parsed.get("build-dependencies", {})
    wanted = {
        name: (crate if isinstance(crate, str) else crate["version"]).removeprefix("=")
        for name, crate in crates.items()
        if isinstance(crate, str) or "version" in crate  # the SDK is of this tree
    }
    assert {name: documented().get(name) for name in wanted} == wanted


@pytest.mark.parametrize("folder", ["docs/examples/verify", "tests/go"])
def test_every_go_module_is_documented_and_locked(folder: str) -> None:
    lines = (ROOT / folder / "go.mod").read_text(encoding="utf-8").splitlines()
    required = [line.split("require ")[-1].split() for line in lines if re.search(r" v[0-9]", line)]
    direct = {name: version[1:] for name, version, *note in required if not note}
    assert direct
    assert {name: documented().get(name) for name in direct} == direct
    sums = (ROOT / folder / "go.sum").read_text(encoding="utf-8")
    assert [each for each in required if f"{each[0]} {each[1]} h1:" not in sums] == []
    assert not any(line.startswith("replace") for line in lines)


@pytest.mark.parametrize("part", ["neo4j", "guard"])
def test_every_artifact_of_the_database_is_documented(part: str) -> None:
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    pom = ElementTree.parse(ROOT / "deploy" / part / "pom.xml")
    properties = {
        f"${{{item.tag.split('}')[1]}}}": item.text or ""
        for item in pom.findall("m:properties/*", space)
    }
    wanted = {}
    for item in pom.findall("m:dependencies/m:dependency", space):
        group, name, version = (
            item.findtext(f"m:{tag}", "", space) for tag in ("groupId", "artifactId", "version")
        )
        wanted[f"{group}:{name}"] = properties.get(version, version)
    assert wanted
    assert {name: documented().get(name) for name in wanted} == wanted


def test_the_wheel_carries_what_is_not_python(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    resources = "logos_graph/_resources/"
    for folder, suffix in [
        ("cypher", ".cypher"),
        ("schemas", ".schema.json"),
        ("deploy/neo4j", "jars.sha256"),
        ("deploy/guard", ".java"),
    ]:
        assert any(n.startswith(resources + folder) and n.endswith(suffix) for n in names), folder
    assert "logos_graph/wasm/sdk/src/lib.rs" in names
    assert [name for name in names if "/target/" in name or "__pycache__" in name] == []
