//! The author's own tests, made callable from outside: each `#[test]` becomes an exported function.
//!
//! The source is changed by spans and never gains or loses a line, so that every message of the
//! compiler and every panic names the author's own lines. `#[test]`, `#[should_panic]` and
//! `#[ignore]` become blanks, and behind the function, on the line of its last brace, comes one that
//! calls it.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use std::collections::BTreeSet;
use std::ops::Range;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Item, ItemFn, ItemMod, Lit, Meta, ReturnType};

use super::{apart, read, words, Finding};

const E_FORM: &str = "E_TEST_FORM";

/// One test, by the path that the author knows it by and the export that runs it.
#[derive(Debug, PartialEq)]
pub struct AuthorTest {
    pub name: String,
    pub export: String,
    pub line: usize,
    /// Some(part of the message) when it must panic; an empty part fits any message.
    pub panics: Option<String>,
    /// Why it is not run.
    pub ignored: Option<String>,
}

/// A source that exports its tests, and where the lines of its `node!`'s documentation stand.
#[derive(Debug, Default)]
pub struct Prepared {
    pub source: String,
    pub tests: Vec<AuthorTest>,
    pub docs: Vec<usize>,
}

/// The tests of a source that passes the screen; or what is wrong with it or with them.
///
/// Fails when the machine has no thread to spare.
pub fn prepare(source: &str) -> std::io::Result<Result<Prepared, Vec<Finding>>> {
    // Places are counted from the first character behind a byte order mark.
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    apart(|| {
        let (tokens, findings) = read(source).map_err(|finding| vec![finding])?;
        if !findings.is_empty() {
            return Err(findings);
        }
        let file: syn::File = syn::parse2(tokens.clone()).map_err(|_| Vec::new())?;
        let mut search = Search::default();
        search.items(&file.items, "");
        search
            .findings
            .extend(words::hidden_tests(&tokens, &search.seen));
        if !search.findings.is_empty() {
            return Err(search.findings);
        }
        Ok(Prepared {
            source: changed(source, search.changes),
            tests: search.tests,
            docs: search.docs,
        })
    })
}

#[derive(Default)]
struct Search {
    tests: Vec<AuthorTest>,
    findings: Vec<Finding>,
    changes: Vec<(Range<usize>, String)>,
    /// Where the `#[test]`s stand that were found.
    seen: BTreeSet<usize>,
    docs: Vec<usize>,
}

impl Search {
    fn items(&mut self, items: &[Item], path: &str) {
        for item in items {
            match item {
                Item::Fn(function) => self.function(function, path),
                Item::Mod(ItemMod {
                    ident,
                    content: Some((_, items)),
                    ..
                }) => self.items(items, &format!("{path}{ident}::")),
                Item::Macro(node) if node.mac.path.is_ident("node") || path.is_empty() => {
                    self.docs(&node.mac);
                }
                _ => {}
            }
        }
    }

    fn function(&mut self, function: &ItemFn, path: &str) {
        let Some(mark) = function.attrs.iter().find(|each| is(each, "test")) else {
            return;
        };
        self.seen
            .insert(mark.bracket_token.span.open().byte_range().start);
        if let Some((why, span)) = misfit(function) {
            self.findings.push(Finding::new(E_FORM, why, span));
            return;
        }
        let name = &function.sig.ident;
        let export = format!("logos_test_{}", self.tests.len());
        let (mut panics, mut ignored, mut conditions) = (None, None, String::new());
        for attribute in &function.attrs {
            let blank = if is(attribute, "should_panic") {
                panics = text(&attribute.meta);
                self.expect(panics.is_some(), attribute);
                true
            } else if is(attribute, "ignore") {
                ignored = text(&attribute.meta);
                self.expect(ignored.is_some(), attribute);
                true
            } else if is(attribute, "cfg") {
                conditions += &attribute.to_token_stream().to_string();
                false
            } else {
                is(attribute, "test")
            };
            if blank {
                let range = attribute.span().byte_range();
                self.changes.push((range, String::new()));
            }
        }
        if conditions.contains('\n') {
            let why = "a condition stands on one line";
            self.findings.push(Finding::new(E_FORM, why, name.span()));
        }
        let end = function.block.brace_token.span.close().byte_range().end;
        self.changes.push((
            end..end,
            format!(
                " {conditions} #[no_mangle] pub extern \"C\" fn {export}() \
                 {{ ::logos_sdk::entry::test(&crate::LOGOS_PANIC, {name}) }}"
            ),
        ));
        self.tests.push(AuthorTest {
            name: format!("{path}{name}"),
            export,
            line: name.span().start().line,
            panics,
            ignored,
        });
    }

    /// Whatever else stood there could not be told from any message that fits.
    fn expect(&mut self, understood: bool, attribute: &Attribute) {
        if !understood {
            let why = "expected one text in quotes, or none";
            self.findings
                .push(Finding::new(E_FORM, why, attribute.span()));
        }
    }

    /// The lines of the `node!`'s doc comment, one for each line of its text.
    fn docs(&mut self, node: &syn::Macro) {
        if node
            .path
            .segments
            .last()
            .is_none_or(|last| last.ident != "node")
        {
            return;
        }
        let Ok(function) = syn::parse::Parser::parse2(
            |input: ParseStream<'_>| {
                let attributes = input.call(Attribute::parse_outer)?;
                input.parse::<TokenStream>().map(|_| attributes)
            },
            node.tokens.clone(),
        ) else {
            return;
        };
        for attribute in function.iter().filter(|each| is(each, "doc")) {
            let first = attribute.span().start().line;
            let lines = text(&attribute.meta)
                .unwrap_or_default()
                .split('\n')
                .count();
            self.docs.extend(first..first + lines);
        }
    }
}

/// Why a test cannot be run, and where that shows.
fn misfit(function: &ItemFn) -> Option<(&'static str, Span)> {
    let signature = &function.sig;
    if let Some(word) = signature.asyncness {
        return Some((
            "a test runs to its end at once: it cannot be async",
            word.span(),
        ));
    }
    if !signature.inputs.is_empty() {
        return Some(("a test takes no parameters", signature.inputs.span()));
    }
    if !signature.generics.params.is_empty() {
        return Some((
            "a test has no parameters of types",
            signature.generics.span(),
        ));
    }
    match &signature.output {
        ReturnType::Default => None,
        ReturnType::Type(_, given) => Some((
            "a test gives nothing back: end in assert! or unwrap, and the failure has a line",
            given.span(),
        )),
    }
}

/// Whether it is this attribute, also by a path: `#[core::prelude::v1::test]`.
fn is(attribute: &Attribute, name: &str) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|last| last.ident == name)
}

/// The text of `name = "…"` and `name(expected = "…")`, empty for `name` alone.
fn text(meta: &Meta) -> Option<String> {
    let named = match meta {
        Meta::Path(_) => return Some(String::new()),
        Meta::NameValue(named) => named.clone(),
        Meta::List(list) => list.parse_args_with(expectation).ok()?,
    };
    match named.value {
        syn::Expr::Lit(syn::ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

/// `expected = "…"`, perhaps with a comma behind it.
fn expectation(input: ParseStream<'_>) -> syn::Result<syn::MetaNameValue> {
    let named: syn::MetaNameValue = input.parse()?;
    input.parse::<Option<syn::Token![,]>>()?;
    match named.path.is_ident("expected") {
        true => Ok(named),
        false => Err(input.error("expected `expected`")),
    }
}

/// The source with each range replaced; what a range held beside line ends becomes blanks.
fn changed(source: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(range, _)| range.start);
    let mut result = String::with_capacity(source.len() + 128 * changes.len());
    let mut at = 0;
    for (range, text) in changes {
        result += &source[at..range.start];
        let old = source[range.clone()].chars();
        result.extend(old.map(|each| {
            if each == '\n' || each == '\r' {
                each
            } else {
                ' '
            }
        }));
        result += &text;
        at = range.end;
    }
    result + &source[at..]
}
