//! What a node's source may not hold, found by reading it as Rust before anything is built.
//!
//! 1. the text becomes tokens; strings and comments are single tokens from here on ([`E_SYNTAX`])
//! 2. no token lies deeper than parsers can go, and no number is endless ([`depth`])
//! 3. no word that reaches outside stands where it could take effect ([`words`])
//! 4. the file parses as Rust ([`E_SYNTAX`])
//!
//! All of it happens in a thread with a stack of its own, on text of any content. The screen tells
//! an author early and by name; what must hold is held by the sandbox and by admission.

pub mod author_tests;
mod depth;
#[cfg(feature = "python")]
pub mod python;
mod words;

#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};

pub const E_SYNTAX: &str = "E_SOURCE_SYNTAX";

/// The parser itself says no more than that there is a fault.
const NO_TOKENS: &str =
    "a bracket or a quote is open, or closed twice, or there is a sign that Rust does not have";

/// More than parsing takes at [`depth::LIMIT`]; only what is touched is ever used.
const STACK: usize = 256 << 20;

/// One thing that is not allowed, and where: line and column count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub code: &'static str,
    pub message: String,
    pub line: usize,
    pub column: usize,
}

impl Finding {
    fn new(code: &'static str, message: impl Into<String>, span: Span) -> Finding {
        let start = span.start();
        Finding {
            code,
            message: message.into(),
            line: start.line,
            column: start.column + 1,
        }
    }
}

/// What the screen finds, in the order of the source; nothing when it may be built.
///
/// Fails when the machine has no thread to spare.
pub fn screen(source: &str) -> std::io::Result<Vec<Finding>> {
    apart(|| match read(source) {
        Ok((_, findings)) => findings,
        Err(finding) => vec![finding],
    })
}

/// Tokens that are safe to walk, and what words and syntax say of them; or why there are none.
fn read(source: &str) -> Result<(TokenStream, Vec<Finding>), Finding> {
    let tokens: TokenStream = source
        .parse()
        .map_err(|error: proc_macro2::LexError| syntax(NO_TOKENS.into(), error.span(), source))?;
    depth::check(&tokens)?;
    let mut findings = words::check(&tokens);
    if let Err(error) = syn::parse2::<syn::File>(tokens.clone()) {
        // Half a file has no node either; that is not what its author needs to hear.
        findings.retain(|finding| finding.code != words::E_NODE);
        findings.push(syntax(error.to_string(), error.span(), source));
    }
    // That there is no node, or one too many, is told last: it has no place of its own.
    findings.sort_by_key(|each| (each.code == words::E_NODE, each.line, each.column));
    Ok((tokens, findings))
}

fn syntax(message: String, span: Span, source: &str) -> Finding {
    let mut finding = Finding::new(E_SYNTAX, message, span);
    if finding.message.starts_with("unexpected end of input") && finding.line <= 1 {
        let last = source.lines().last().unwrap_or_default();
        finding.line = source.lines().count().max(1);
        finding.column = last.chars().count() + 1;
    }
    finding
}

/// Run in a thread with room for the parser's recursion; what it remembers of the text goes with it.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work)?;
        thread
            .join()
            .map_err(|_| std::io::Error::other("the reader of sources broke off"))
    })
}
