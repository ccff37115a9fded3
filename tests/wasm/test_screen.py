"""The screen: what a source may not hold is refused by name and line, before it is built."""

from __future__ import annotations

import pytest

from logos_graph.errors import Rejected
from logos_graph.wasm.builder import Builder
from logos_graph.wasm.screen import screen

NODE = "node! { fn rule(n: u8) -> m: u8 { n } }\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("fn f() { unsafe {} }", "E_SOURCE_UNSAFE"),
        ('extern "C" { fn f(); }', "E_SOURCE_EXTERN"),
        ("extern crate core;", "E_SOURCE_EXTERN"),
        ("#[no_mangle] fn f() {}", "E_SOURCE_LINK"),
        ("#[cfg_attr(all(), used)] static A: u8 = 1;", "E_SOURCE_LINK"),
        ('const A: &str = include_str!("/etc/passwd");', "E_SOURCE_INCLUDE"),
        ("use core::include_str as harmless;", "E_SOURCE_INCLUDE"),
        ('const A: &str = env!("HOME");', "E_SOURCE_ENV"),
        ('fn f() { core::arch::asm!("") }', "E_SOURCE_ASM"),
        ("mod other;", "E_SOURCE_PATH"),
        ('#[path = "/etc/passwd"] mod other {}', "E_SOURCE_PATH"),
        ("#![feature(rustc_private)]", "E_SOURCE_CRATE_ATTRIBUTE"),
        (NODE.strip(), "E_SOURCE_NODE"),
        ("fn f( {", "E_SOURCE_SYNTAX"),
        ("const A: u8 = " + "!" * 200_000 + "1;", "E_SOURCE_DEPTH"),
        ("type A = " + "&" * 200_000 + "u8;", "E_SOURCE_DEPTH"),
        ("fn f() { " + "if a {} else " * 15_000 + "{} }", "E_SOURCE_DEPTH"),
        ("const A: u8 = " + "a+" * 100_000 + "1;", "E_SOURCE_DEPTH"),
        ("type A = " + "V<" * 100_000 + "u8;", "E_SOURCE_DEPTH"),
        ("const A: u8 = " + "(" * 100_000 + ")" * 100_000 + ";", "E_SOURCE_DEPTH"),
        ("fn f() { " + "|a, b| " * 30_000 + "1 }", "E_SOURCE_DEPTH"),
    ],
)
def test_what_a_node_never_needs_is_refused_with_its_line(line: str, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        screen(f"// one\n{line}\n{NODE}".encode())
    error = refused.value
    assert error.code == code
    assert error.data["line"] == (3 if code == "E_SOURCE_NODE" else 2)
    assert error.message.startswith(f"line {error.data['line']}, column ")
    assert error.hint


def test_an_open_bracket_is_called_one() -> None:
    with pytest.raises(Rejected, match="column 3: a bracket or a quote is open"):
        screen(b" (]")


def test_all_that_is_found_comes_with_the_first() -> None:
    with pytest.raises(Rejected) as refused:
        screen(b'fn f() {\n  unsafe {}\n}\nmod other;\nconst A: &str = env!("A");')
    findings = refused.value.to_json()["findings"]
    assert isinstance(findings, list)
    assert [(each["code"], each["line"], each["column"]) for each in findings] == [
        ("E_SOURCE_UNSAFE", 2, 3),
        ("E_SOURCE_PATH", 4, 1),
        ("E_SOURCE_ENV", 5, 17),
        ("E_SOURCE_NODE", 1, 1),
    ]
    diagnostics = refused.value.to_json()["diagnostics"]
    assert isinstance(diagnostics, list)
    assert diagnostics[1]["rendered"].endswith("--> node.rs:4:1\n  |\n4 | mod other;\n  | ^")


def test_a_line_that_is_shown_moves_no_cursor() -> None:
    with pytest.raises(Rejected) as refused:
        screen("/* \x1b[2J\u202e */ unsafe fn f() {}".encode())
    rendered = str(refused.value.to_json()["diagnostics"])
    assert "\ufffd[2J\ufffd" in rendered
    assert "\\x1b" not in rendered


def test_words_in_strings_comments_and_ordinary_names_pass() -> None:
    screen(
        f"""//! unsafe, extern, include_str!("x"), env!("HOME"), #[no_mangle], mod other;
        /// The same: unsafe {{}}.
        const S: &str = "unsafe extern env!() #![feature]"; // asm!()
        fn f(env: u8, path: u8) -> bool {{ let used = env; used != path }}
        {NODE}""".encode()
    )


def test_a_build_starts_with_the_screen(tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = tmp_path_factory.mktemp("cache")
    with pytest.raises(Rejected) as refused:
        Builder(cache, rustc=cache / "no compiler is needed").build(b"fn f() { unsafe {} }")
    assert refused.value.code == "E_SOURCE_UNSAFE"
