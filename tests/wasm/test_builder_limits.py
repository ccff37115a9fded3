"""Sources that attack the compiler: each ends with its own error, within its bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from logos_graph.errors import Rejected
from logos_graph.wasm.builder import Builder
from logos_graph.wasm.sandbox import BuildLimits

NODE = b"""use logos_sdk::prelude::*;
node! { fn rule(number: u32) -> same: u32 { number } }
"""
ENDLESS_MACRO = (
    NODE
    + b"""macro_rules! grow { ($($x:tt)*) => { grow!{$($x)* $($x)*} } }
grow!{a b}
"""
)
LARGE_STATIC = b"""use logos_sdk::prelude::*;
static LARGE: [u8; 8 << 20] = [1; 8 << 20];
node! { fn rule(at: u32) -> found: u8 { LARGE[at as usize] } }
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that has the SDK already, so that limits meet the node's build only."""
    cache = tmp_path_factory.mktemp("cache")
    Builder(cache).build(NODE)
    return cache


def refusal(builder: Builder, source: bytes) -> str:
    with pytest.raises(Rejected) as refused:
        builder.build(source)
    return refused.value.code


def test_a_build_without_end_is_stopped(cache: Path) -> None:
    limits = BuildLimits(seconds=1, memory=64 << 30)
    assert refusal(Builder(cache, limits=limits), ENDLESS_MACRO) == "E_BUILD_TIME"


def test_a_build_without_measure_meets_the_memory_limit(cache: Path) -> None:
    limits = BuildLimits(memory=1 << 30)
    assert refusal(Builder(cache, limits=limits), ENDLESS_MACRO) == "E_BUILD_MEMORY"


def test_a_module_that_is_too_large_is_refused(cache: Path) -> None:
    assert refusal(Builder(cache), LARGE_STATIC) == "E_BUILD_SIZE"


def test_a_file_that_is_too_large_is_not_even_written(cache: Path) -> None:
    assert refusal(Builder(cache, limits=BuildLimits(file=1 << 20)), LARGE_STATIC) == "E_BUILD_SIZE"


def test_a_flood_of_messages_is_cut_off(cache: Path) -> None:
    source = NODE + "".join(f"fn f{at}() {{ missing{at} }}\n" for at in range(500)).encode()
    limits = BuildLimits(messages=20_000)
    assert refusal(Builder(cache, limits=limits), source) == "E_BUILD_MESSAGES"


def test_a_constant_that_loops_for_ever_does_not_compile(cache: Path) -> None:
    source = (
        NODE
        + b"pub static NEVER: u8 = { let mut x = 0_u8; loop { x ^= 1; if x > 1 { break } } x };"
    )
    assert refusal(Builder(cache, limits=BuildLimits(seconds=5)), source) in (
        "E_COMPILE",
        "E_BUILD_TIME",
    )


def test_an_expression_that_breaks_the_compiler_is_told_as_such(cache: Path) -> None:
    source = b"const X: u8 = " + b"(" * 100_000 + b"1" + b")" * 100_000 + b";"
    assert refusal(Builder(cache), source) == "E_SOURCE_DEPTH"
    with pytest.raises(Rejected) as refused:  # the sandbox alone
        Builder(cache).build_tests(source)
    assert refused.value.code in ("E_BUILD_CRASH", "E_BUILD_MEMORY", "E_COMPILE")
