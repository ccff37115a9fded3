"""Where the crates come from, and under which licences: what cargo-deny would say of the locks."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CRATES = ["logos_graph/wasm/host", "tests/fuzz"]
REGISTRY = re.compile(r"registry\+https://github\.com/rust-lang/crates\.io-index\Z")
FITTING = {
    "0BSD",
    "AGPL-3.0-or-later",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "NCSA",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
}
"""What may be part of a program under the AGPL, version 3 or later."""


def fits(expression: str) -> bool:
    """Whether one may choose fitting licences; `expression` is SPDX without nested alternatives."""
    parts = re.split(r"\s+AND\s+", expression)
    choices = (re.split(r"\s+OR\s+|\s*/\s*", part.strip("()")) for part in parts)
    return all(any(choice in FITTING for choice in each) for each in choices)


def packages(folder: str) -> list[dict[str, str | None]]:
    command = ["cargo", "metadata", "--locked", "--offline", "--format-version", "1"]
    platform = ["--filter-platform", "x86_64-unknown-linux-gnu"]
    found = subprocess.run(
        [*command, *platform], cwd=ROOT / folder, capture_output=True, check=True
    )
    listed: list[dict[str, str | None]] = json.loads(found.stdout)["packages"]
    return listed


@pytest.mark.parametrize("folder", CRATES)
def test_every_crate_comes_from_the_registry_with_a_checksum(folder: str) -> None:
    lock = tomllib.loads((ROOT / folder / "Cargo.lock").read_text(encoding="utf-8"))
    ours = {"logos-wasm-host", "logos-fuzz", "logos_sdk"}
    foreign = [each for each in lock["package"] if each["name"] not in ours]
    assert foreign
    assert [
        each["name"]
        for each in foreign
        if not REGISTRY.match(each.get("source", "")) or len(each.get("checksum", "")) != 64
    ] == []


@pytest.mark.parametrize("folder", CRATES)
def test_every_crate_has_a_licence_that_fits_ours(folder: str) -> None:
    found = {each["name"]: each["license"] or "none" for each in packages(folder)}
    assert {name: licence for name, licence in found.items() if not fits(licence)} == {}


@pytest.mark.parametrize("licence", ["BUSL-1.1", "MIT AND BUSL-1.1", "GPL-2.0-only", "none"])
def test_a_licence_that_does_not_fit_is_noticed(licence: str) -> None:
    assert not fits(licence)
    assert fits("(MIT OR GPL-2.0-only) AND Zlib")
