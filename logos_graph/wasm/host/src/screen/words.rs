//! The words that reach outside of a pure node, wherever they could take effect.
//!
//! Tokens are walked, so that strings and comments never count and macro bodies do. Three places are
//! told apart:
//!
//! - plain code, and the arguments of macros that are known to take plain code: a name such as
//!   `env` is refused as a macro (`env!(…)`) and may be a variable
//! - a `use`: such a name is refused, for it may get another one there
//! - a macro of the file's own, its definition and its arguments, and attributes: such a name is
//!   refused wherever it stands, for it may end up anywhere

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use std::collections::BTreeSet;

use super::Finding;

/// A code, what to say, and the names of macros and attributes that are refused with it.
type Refused = (&'static str, &'static str, &'static [&'static str]);

const NAMES: &[Refused] = &[
    (
        "E_SOURCE_INCLUDE",
        "a node's file stands alone: nothing is read from another",
        &["include", "include_str", "include_bytes"],
    ),
    (
        "E_SOURCE_ENV",
        "a build has no environment, so that it comes out the same everywhere",
        &["env", "option_env"],
    ),
    (
        "E_SOURCE_ASM",
        "a node is written in Rust alone, without assembly",
        &["asm", "global_asm", "naked_asm", "llvm_asm"],
    ),
    (
        LINK,
        "what is linked, and under which names, is the SDK's business",
        &[
            "link",
            "link_args",
            "link_name",
            "link_ordinal",
            "link_section",
            "linkage",
            "no_mangle",
            "export_name",
            "used",
            "naked",
            "no_link",
        ],
    ),
];
const LINK: &str = "E_SOURCE_LINK";

/// A test that no search finds would silently never run.
const TESTS: &[Refused] = &[(
    TEST,
    "tests stand at the top level of the file or of a module, with #[test] written out",
    &["test"],
)];
const TEST: &str = "E_TEST_PLACE";
pub const E_NODE: &str = "E_SOURCE_NODE";

const PATH: (&str, &str) = (
    "E_SOURCE_PATH",
    "a node is one file: write the module's content here, in braces",
);
const UNSAFE: (&str, &str) = ("E_SOURCE_UNSAFE", "a node needs no unsafe code");
const EXTERN: (&str, &str) = (
    "E_SOURCE_EXTERN",
    "a node links to nothing but the SDK; what it needs of the outside are capabilities",
);
const INNER: (&str, &str) = (
    "E_SOURCE_CRATE_ATTRIBUTE",
    "attributes of the whole file are the build's business",
);

/// Macros that take plain code, of the SDK and of std.
const KNOWN: &[&str] = &[
    "node",
    "record",
    "enumeration",
    "variant",
    "fail",
    "log",
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "line",
    "matches",
    "module_path",
    "panic",
    "print",
    "println",
    "stringify",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Keywords that `!(…)` may follow without being the name of a macro.
const OPERATORS: &[&str] = &[
    "if", "while", "match", "return", "break", "in", "else", "move", "yield", "let", "mut", "ref",
];

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Plain,
    Use,
    Attribute,
    Macro,
}

struct Walk<'a> {
    findings: Vec<Finding>,
    /// Whether tests are looked for, and not what reaches outside.
    tests: bool,
    /// Where attributes stand that are not looked at.
    passed: &'a BTreeSet<usize>,
    known: BTreeSet<&'static str>,
    /// Every `node!`, and whether it stands at the top of the file.
    nodes: Vec<(Span, bool)>,
}

/// Everything that is refused.
pub fn check(tokens: &TokenStream) -> Vec<Finding> {
    let passed = BTreeSet::new();
    let mut walk = walk(tokens, false, &passed);
    walk.check_nodes();
    walk.findings
}

/// Every way to mark a test, but for the attributes whose brackets open at `found`.
pub fn hidden_tests(tokens: &TokenStream, found: &BTreeSet<usize>) -> Vec<Finding> {
    let mut findings = walk(tokens, true, found).findings;
    findings.retain(|finding| finding.code == TEST);
    findings
}

fn walk<'a>(tokens: &TokenStream, tests: bool, passed: &'a BTreeSet<usize>) -> Walk<'a> {
    let mut taken = Taken::default();
    taken.look(tokens.clone(), false);
    let known = KNOWN.iter().copied().filter(|name| !taken.has(name));
    let mut walk = Walk {
        findings: Vec::new(),
        tests,
        passed,
        known: known.collect(),
        nodes: Vec::new(),
    };
    walk.walk(tokens.clone(), Place::Plain, true);
    walk
}

impl Walk<'_> {
    fn find(&mut self, (code, reason): (&'static str, &str), what: &str, span: Span) {
        let message = format!("{what}: {reason}");
        self.findings.push(Finding::new(code, message, span));
    }

    fn walk(&mut self, tokens: TokenStream, place: Place, top: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut place_here = place;
        let mut at = 0;
        while at < tokens.len() {
            if let Some(length) = self.attribute(&tokens[at..]) {
                at += length;
                continue;
            }
            if let Some(length) = self.invocation(&tokens[at..], place_here, top) {
                at += length;
                continue;
            }
            match &tokens[at] {
                TokenTree::Group(group) => self.walk(group.stream(), place_here, false),
                TokenTree::Ident(word) => {
                    if place == Place::Plain && *word == "use" {
                        place_here = Place::Use;
                    }
                    self.word(word, &tokens[at + 1..], place_here, false);
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => place_here = place,
                _ => {}
            }
            at += 1;
        }
    }

    /// `#[…]` and `#![…]`: how many tokens it has.
    fn attribute(&mut self, tokens: &[TokenTree]) -> Option<usize> {
        if !is_punct(tokens.first()?, '#') {
            return None;
        }
        let inner = is_punct(tokens.get(1)?, '!');
        let length = 2 + usize::from(inner);
        let group = bracket(tokens.get(length - 1)?)?;
        let content: Vec<TokenTree> = group.stream().into_iter().collect();
        if let [TokenTree::Ident(word), equals, TokenTree::Literal(_)] = &content[..] {
            if *word == "doc" && is_punct(equals, '=') {
                return Some(length);
            }
        }
        if self.passed.contains(&group.span_open().byte_range().start) {
            return Some(length);
        }
        if inner {
            self.find(INNER, "#![…]", tokens[0].span());
        }
        let effect = match self.tests {
            true => effect(&content),
            false => group.stream(),
        };
        self.walk(effect, Place::Attribute, false);
        Some(length)
    }

    /// `name!(…)` and `macro_rules! name {…}`: how many tokens it has.
    fn invocation(&mut self, tokens: &[TokenTree], place: Place, top: bool) -> Option<usize> {
        let [TokenTree::Ident(word), bang, rest @ ..] = tokens else {
            return None;
        };
        let name = name(word);
        if !is_punct(bang, '!') || OPERATORS.contains(&name.as_str()) {
            return None;
        }
        let (length, group) = match rest {
            [TokenTree::Group(group), ..] => (3, group),
            [TokenTree::Ident(_), TokenTree::Group(group), ..] if name == "macro_rules" => {
                (4, group)
            }
            _ => return None,
        };
        if name == "node" {
            self.nodes.push((word.span(), top));
        }
        self.word(word, rest, place, true);
        let plain = place == Place::Plain && self.known.contains(name.as_str());
        let inside = if plain { Place::Plain } else { Place::Macro };
        self.walk(group.stream(), inside, false);
        Some(length)
    }

    /// called: it is the name of a macro that is called.
    fn word(&mut self, word: &Ident, next: &[TokenTree], place: Place, called: bool) {
        match word.to_string().as_str() {
            // `#[unsafe(no_mangle)]` is told by what it holds.
            "unsafe" if place == Place::Attribute => {}
            "unsafe" => self.find(UNSAFE, "unsafe", word.span()),
            "extern" => self.find(EXTERN, "extern", word.span()),
            "mod" if !is_module(next) => self.find(PATH, "mod …;", word.span()),
            _ => {
                let renamed = matches!(next, [TokenTree::Ident(next), ..] if *next == "as");
                self.refuse_name(word, place, called, renamed);
            }
        }
    }

    fn refuse_name(&mut self, word: &Ident, place: Place, called: bool, renamed: bool) {
        let name = name(word);
        let anywhere = matches!(place, Place::Attribute | Place::Macro);
        let what = match place {
            Place::Macro => format!("{name} in a macro, where it could become anything"),
            _ if called => format!("{name}!"),
            _ => name.clone(),
        };
        for &(code, reason, names) in if self.tests { TESTS } else { NAMES } {
            let applies = anywhere
                || match code {
                    LINK => false,
                    TEST => place == Place::Use && renamed,
                    _ => called || place == Place::Use,
                };
            if applies && names.contains(&name.as_str()) {
                self.find((code, reason), &what, word.span());
            }
        }
        if anywhere && name == "path" {
            self.find(PATH, &what, word.span());
        }
    }

    fn check_nodes(&mut self) {
        let reason = "a file declares one node, with node! { … } at its top level";
        let (what, span) = match self.nodes[..] {
            [(_, true)] => return,
            [] => ("node! is missing", Span::call_site()),
            [(span, false)] => ("node! inside of something else", span),
            [_, (span, _), ..] => ("node! once more", span),
        };
        self.find((E_NODE, reason), what, span);
    }
}

/// Names that may stand for a macro of the file's own.
#[derive(Default)]
struct Taken {
    names: BTreeSet<String>,
    /// A macro of the file makes macros or names: any name may be one.
    any: bool,
}

impl Taken {
    fn has(&self, name: &str) -> bool {
        self.any || self.names.contains(name)
    }

    fn look(&mut self, tokens: TokenStream, inside: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut defined = 0; // tokens until the body of a macro that is being defined
        for (at, token) in tokens.iter().enumerate() {
            defined = usize::saturating_sub(defined, 1);
            match token {
                TokenTree::Group(group) => self.look(group.stream(), inside || defined > 0),
                TokenTree::Ident(word) if *word == "macro_rules" => {
                    self.any |= inside;
                    self.take(tokens.get(at + 2));
                    defined = 4;
                }
                TokenTree::Ident(word) if *word == "as" => self.take(tokens.get(at + 1)),
                TokenTree::Ident(word) if *word == "use" => self.any |= inside,
                _ => {}
            }
        }
    }

    fn take(&mut self, token: Option<&TokenTree>) {
        if let Some(TokenTree::Ident(word)) = token {
            self.names.insert(name(word));
        }
    }
}

/// The name without the mark of a raw identifier: `r#env!` is `env!`.
fn name(word: &Ident) -> String {
    let text = word.to_string();
    text.strip_prefix("r#").map(str::to_string).unwrap_or(text)
}

/// An attribute without the condition of its `cfg(…)` or `cfg_attr(…, …)`.
fn effect(attribute: &[TokenTree]) -> TokenStream {
    match attribute {
        [TokenTree::Ident(word), TokenTree::Group(_)] if *word == "cfg" => TokenStream::new(),
        [TokenTree::Ident(word), TokenTree::Group(group)] if *word == "cfg_attr" => {
            let behind = group.stream().into_iter();
            behind.skip_while(|token| !is_punct(token, ',')).collect()
        }
        _ => attribute.iter().cloned().collect(),
    }
}

/// Whether `mod` is followed by a name and a body.
fn is_module(next: &[TokenTree]) -> bool {
    matches!(next, [TokenTree::Ident(_), TokenTree::Group(group), ..]
        if group.delimiter() == Delimiter::Brace)
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn bracket(token: &TokenTree) -> Option<&Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => Some(group),
        _ => None,
    }
}
