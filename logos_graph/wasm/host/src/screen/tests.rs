//! Sources that must pass, each thing that must not, and sources that only want to hurt the reader.

use super::{depth, screen, Finding};

const NODE: &str = "node! { fn a(n: u8) -> n: u8 { n } }\n";

fn codes(source: &str) -> Vec<(&'static str, usize, usize)> {
    let found = screen(source).expect("a thread");
    let place = |found: &Finding| (found.code, found.line, found.column);
    found.iter().map(place).collect()
}

/// The codes for a source that has its node, and this before it.
fn with(source: &str) -> Vec<&'static str> {
    let found = codes(&format!("{source}\n{NODE}"));
    found.into_iter().map(|(code, _, _)| code).collect()
}

/// Ways to nest `count` levels deep in few bytes each.
fn nested(count: usize) -> Vec<(&'static str, String)> {
    let own = |name, before: &str, middle: &str, after: &str| {
        let text = format!("{}{middle}{}", before.repeat(count), after.repeat(count));
        (name, text)
    };
    let value = |name, before: &str, middle: &str, after: &str| {
        let (name, text) = own(name, before, middle, after);
        (name, format!("fn f() {{ let x = {text}; }}"))
    };
    let of_type = |name, before: &str, middle: &str, after: &str| {
        let (name, text) = own(name, before, middle, after);
        (name, format!("type A = {text};"))
    };
    vec![
        value("not", "!", "x", ""),
        value("references", "&", "x", ""),
        value("negations", "-", "x", ""),
        value("dereferences", "*", "x", ""),
        value("parentheses", "(", "x", ")"),
        value("arrays", "[", "x", "]"),
        value("blocks", "{", "x", "}"),
        value("sums", "a+", "x", ""),
        value("sums of structs", "S{}+", "x", ""),
        value("calls of structs", "S{}(x)+", "x", ""),
        value("fields", "", "x", ".a"),
        value("calls", "", "x", "()"),
        value("questions", "", "x", "?"),
        value("casts", "", "x", " as u8"),
        value("assignments", "a=", "x", ""),
        value("ranges", "..", "x", ""),
        value("closures", "||", "x", ""),
        value("closures with parameters", "|a,b|", "x", ""),
        value("closures behind bars", "1| |a,b|", "x", ""),
        value("returns", "return ", "x", ""),
        value("breaks", "break ", "x", ""),
        value("ifs", "if ", "x", "{}"),
        value("else ifs", "if a{}else ", "{}", ""),
        value("else ifs of blocks", "if {}{}else ", "{}", ""),
        value("loops", "for S{} in ", "x", "{}"),
        value("matches", "match ", "x", "{}"),
        value("arms", "match x{_=>", "x", "}"),
        value("lets", "if let a=", "x", "{}"),
        value("labels", "'a:", "loop{}", ""),
        value("turbofish", "a::<", "u8", ">"),
        value("less", "a<", "b", ""),
        value("attributes", "#[a] ", "x", ""),
        of_type("generics", "V<", "u8", ">"),
        of_type("generics with commas", "V<u8,", "u8", ">"),
        of_type("qualified", "<", "u8", " as T>::A"),
        of_type("pointers", "*const ", "u8", ""),
        of_type("type references", "&", "u8", ""),
        of_type("functions", "fn()->", "u8", ""),
        of_type("traits", "impl Fn()->", "u8", ""),
        of_type("tuples", "(", "u8", ",)"),
        own("modules", "mod a{", "", "}"),
        own("macros", "m!{", "", "}"),
        own("patterns", "fn f(", "a", ": u8) {}"),
        own("visibility", "pub(in a) ", "fn f() {}", ""),
        own("uses", "use a::{", "b", "}"),
        own("comments", "/*", "", "*/"),
    ]
}

#[test]
fn what_nests_deeper_than_a_parser_can_go_is_refused_before_it_is_parsed() {
    for (name, source) in nested(200_000) {
        let found = codes(&source);
        let code = found.first().map_or("", |(code, _, _)| code);
        let flat = ["attributes", "comments"].contains(&name);
        assert!(
            flat || code == "E_SOURCE_DEPTH" || code == "E_SOURCE_SYNTAX",
            "{name}: {found:?}"
        );
    }
}

#[test]
fn whatever_nests_as_deep_as_it_may_is_read_to_its_end() {
    for tokens in 1..6 {
        for (name, source) in nested(depth::LIMIT / tokens - 20) {
            let found = codes(&source);
            assert!(!found.is_empty(), "{name}: there is no node in it");
        }
    }
}

#[test]
fn a_number_of_any_length_is_refused_before_it_is_converted() {
    for start in ["", "0x", "1.", "1e"] {
        let number = format!("{start}{}", "9".repeat(250_000));
        let source = format!("const A: u8 = {number};");
        assert_eq!(codes(&source), [("E_SOURCE_SYNTAX", 1, 15)], "{start}");
    }
    let number = format!("0b{}", "1_".repeat(128));
    assert_eq!(with(&format!("const A: u128 = {number};")), [""; 0]);
}

#[test]
fn a_flat_source_of_any_length_is_not_deep() {
    for flat in [
        "fn f(a: u8) -> Vec<u8> { if a > 1 { f(a | 1) } else { vec![] } }\n",
        "const A: [u8; 3] = [1, 2, 3];\n",
        "/// A text.\n#[allow(unused)]\nstruct S { a: Vec<u8>, b: Option<(u8, u8)> }\n",
    ] {
        assert_eq!(with(&flat.repeat(3000)), Vec::<&str>::new(), "{flat}");
    }
    let arms = "A | B => f(1 < 2 || b),\n".repeat(3000);
    assert_eq!(
        with(&format!("fn f() {{ match x {{ {arms} }} }}")),
        Vec::<&str>::new()
    );
    let table = "\"EUR\", ".repeat(9000);
    assert_eq!(
        with(&format!("const T: &[&str] = &[{table}];")),
        Vec::<&str>::new()
    );
}

#[test]
fn a_node_without_more_than_it_needs_passes() {
    for source in [
        "",
        "//! Crate docs: unsafe extern include_str!(\"/etc/passwd\") #![feature(x)]",
        "/// Docs: env!(\"HOME\"), `mod other;`, #[no_mangle]\nfn f() {}",
        "/* unsafe { asm!() } */ const S: &str = \"unsafe extern env!() #[link]\";",
        "const S: &str = r#\"include!(\"x\")\"#; const B: &[u8] = b\"unsafe\"; const C: char = 'u';",
        "fn f(env: u8, include: u8) -> bool { let path = env; let used = path; env != include }",
        "fn f(link: Link) -> bool { link.used && link.path.include(1) && !(link.env) }",
        "mod tests { #[test] fn works() { assert!(super::a(1).is_ok()); } }",
        "#[cfg(test)] mod tests { use super::*; #[test] #[should_panic(expected = \"x\")] fn f() {} }",
        "#[derive(Clone)] #[allow(unused, unsafe_code)] struct S { path: u8 }",
        "fn f(a: bool) -> bool { if !(a) { return !(a); } match !(a) { x => x } }",
        "macro_rules! twice { ($a:expr) => { $a + $a }; } fn f() -> u8 { twice!(4) }",
        "fn f() { let path = 1; println!(\"{} {path}\", path); assert_eq!(path, vec![path][0]); }",
        "fn r#unsafe() {}",
        "use std::path::Path; use std::collections::{BTreeMap as Map, HashMap};",
        "fn f<'env>(text: &'env str) -> &'env str { text }",
    ] {
        assert_eq!(with(source), Vec::<&str>::new(), "{source}");
    }
    assert_eq!(codes(&format!("\u{feff}{NODE}")), []);
}

#[test]
fn a_nodes_own_rule_may_use_ordinary_names() {
    let rule =
        "{ let env = n; let path = [env]; let used = path[0]; if env != used { 0 } else { used } }";
    assert_eq!(
        codes(&format!(
            "node! {{ /// unsafe\nfn a(n: u8) -> n: u8 {rule} }}"
        )),
        []
    );
}

#[test]
fn each_thing_that_reaches_outside_is_refused_by_name() {
    for (code, sources) in REFUSED {
        for source in *sources {
            let found = with(source);
            assert!(found.contains(code), "{code}: {source}: {found:?}");
            let inside = source.replace('\n', " ");
            if !inside.starts_with("#!") {
                let found = codes(&format!(
                    "node! {{ fn a(n: u8) -> n: u8 {{ {inside} n }} }}"
                ));
                assert!(
                    found.iter().any(|(each, _, _)| each == code),
                    "node: {source}: {found:?}"
                );
            }
        }
    }
}

const REFUSED: &[(&str, &[&str])] = &[
    (
        "E_SOURCE_UNSAFE",
        &[
            "fn f() { unsafe { g() } }",
            "unsafe fn f() {}",
            "unsafe impl Send for S {}",
            "fn f() { vec![unsafe { 1 }]; }",
            "macro_rules! m { () => { unsafe { f() } } }",
            "macro_rules! m { ($a:tt) => { $a fn f() {} } } m!(unsafe);",
            "fn f() { other!(unsafe!(x)); }",
        ],
    ),
    (
        "E_SOURCE_EXTERN",
        &[
            "extern \"C\" { fn f(); }",
            "pub extern \"C\" fn f() {}",
            "extern crate core;",
            "extern crate core as c;",
            "type F = extern \"C\" fn();",
            "macro_rules! m { ($a:item) => { $a } } m!(extern \"C\" {});",
        ],
    ),
    (
        "E_SOURCE_LINK",
        &[
            "#[link(wasm_import_module = \"a\")] struct S;",
            "#[link_section = \"a\"] static A: u8 = 1;",
            "#[link_name = \"a\"] fn f() {}",
            "#[no_mangle] fn f() {}",
            "#[r#no_mangle] fn f() {}",
            "#[unsafe(no_mangle)] fn f() {}",
            "#[export_name = \"logos_call\"] fn f() {}",
            "#[used] static A: u8 = 1;",
            "#[naked] fn f() {}",
            "#[cfg_attr(all(), no_mangle)] fn f() {}",
            "#[cfg_attr(all(), cfg_attr(all(), export_name = \"a\"))] fn f() {}",
            "macro_rules! m { ($a:ident) => { #[$a] fn f() {} } } m!(no_mangle);",
            "macro_rules! m { ($a:tt $b:tt) => { $a $b fn f() {} } } m!(# [no_mangle]);",
            "macro_rules! m { ($a:ident ! $b:tt) => { #[$a] fn f() {} } } m!(used!());",
            "macro_rules! vec { ($a:ident) => { #[$a] fn f() {} } } vec!(no_mangle);",
            "use m as vec; vec!(no_mangle);",
            "macro_rules! d { ($a:ident) => { macro_rules! $a { () => {} } } } vec!(no_mangle);",
        ],
    ),
    (
        "E_SOURCE_INCLUDE",
        &[
            "const A: &str = include_str!(\"/etc/passwd\");",
            "include!(\"a.rs\");",
            "const A: &[u8] = core::include_bytes!(\"a\");",
            "const A: &[u8] = ::std::include_bytes![\"a\"];",
            "const A: &str = r#include_str!(\"a\");",
            "use core::include_str as x;",
            "use core::{fmt, include_str as x};",
            "use core::{r#include_str as x};",
            "#[doc = include_str!(\"a\")] struct S;",
            "fn f() { println!(\"{}\", include_str!(\"a\")); }",
            "fn f() { assert_eq!(1, vec![include_bytes!(\"a\").len()][0]); }",
            "macro_rules! m { ($a:ident) => { $a!(\"a\") } } const A: &str = m!(include_str);",
            "macro_rules! m { ($a:expr) => { $a } } const A: &str = m!(include_str!(\"a\"));",
        ],
    ),
    (
        "E_SOURCE_ENV",
        &[
            "const A: &str = env!(\"HOME\");",
            "const A: Option<&str> = option_env!(\"HOME\");",
            "use std::env;",
            "use std::option_env as o;",
            "fn f() { concat!(env!(\"HOME\")); }",
        ],
    ),
    (
        "E_SOURCE_ASM",
        &[
            "use core::arch::asm;",
            "fn f() { core::arch::asm!(\"\"); }",
            "core::arch::global_asm!(\"\");",
            "fn f() { naked_asm!(\"\") }",
        ],
    ),
    (
        "E_SOURCE_PATH",
        &[
            "mod other;",
            "pub mod other;",
            "#[path = \"/etc/passwd\"] mod other {}",
            "#[r#path = \"/etc/passwd\"] mod other {}",
            "#[cfg_attr(all(), path = \"a.rs\")] mod other {}",
            "macro_rules! m { ($a:ident) => { mod $a; } }",
            "macro_rules! m { ($($a:tt)*) => { $($a)* } } m!(mod other;);",
            "macro_rules! m { ($a:tt) => { #[$a = \"x\"] mod m {} } } m!(path);",
        ],
    ),
    (
        "E_SOURCE_CRATE_ATTRIBUTE",
        &[
            "#![feature(box_patterns)]",
            "#![no_std]",
            "#![allow(unused)]",
            "mod m { #![allow(unused)] }",
        ],
    ),
    (
        "E_SOURCE_NODE",
        &[
            NODE,
            "mod m { node! { fn b(n: u8) -> n: u8 { n } } }",
            "logos_sdk::node! { fn b(n: u8) -> n: u8 { n } }",
            "macro_rules! m { () => { node! { fn b(n: u8) -> n: u8 { n } } } }",
        ],
    ),
];

#[test]
fn a_source_declares_exactly_one_node_at_its_top() {
    assert_eq!(codes("fn f() {}\n"), [("E_SOURCE_NODE", 1, 1)]);
    assert_eq!(codes(""), [("E_SOURCE_NODE", 1, 1)]);
    assert_eq!(codes("mod m {\n  node! {} }"), [("E_SOURCE_NODE", 2, 3)]);
    assert_eq!(codes("node! {}\n\n node! {}"), [("E_SOURCE_NODE", 3, 2)]);
    assert_eq!(
        codes("// node! {}\nconst N: &str = \"node! {}\";"),
        [("E_SOURCE_NODE", 1, 1)]
    );
}

#[test]
fn a_finding_names_its_line_and_column_in_characters() {
    assert_eq!(
        codes(&format!(
            "const É: &str = \"é\"; unsafe fn f() {{}}\n\tmod x;\r\n{NODE}"
        )),
        [("E_SOURCE_UNSAFE", 1, 22), ("E_SOURCE_PATH", 2, 2)]
    );
}

#[test]
fn what_is_no_rust_is_refused_with_the_place() {
    for (source, line, column) in [
        ("fn f( {}\n", 1, 5),
        ("fn f() {\n", 1, 8),
        ("fn f() {}\n}\n", 2, 1),
        ("const S: &str = \"open;\n", 1, 17),
        ("fn f() { let = 1; }\n", 1, 14),
        ("let x = 1;", 1, 1),
        ("fn f()", 1, 7),
        ("/* open", 1, 1),
        ("'\u{0}", 1, 1),
    ] {
        let found = codes(source);
        assert!(
            found.contains(&("E_SOURCE_SYNTAX", line, column)),
            "{source:?}: {found:?}"
        );
    }
}

#[test]
fn any_cut_of_a_source_is_read_without_breaking_off() {
    let (source, _) = (REFUSED.iter()).fold((String::new(), 0), |(all, _), (_, each)| {
        (all + &each.join("\n"), 0)
    });
    for cut in (0..source.len()).filter(|&cut| source.is_char_boundary(cut)) {
        assert!(!codes(&source[..cut]).is_empty());
        assert!(!codes(&source[cut..]).is_empty());
    }
}
