//! How deep a parser may have to go, told from the tokens alone and without recursion.
//!
//! Parsers recurse: into brackets, but also with every `!` in `!!!!x`, every `else if`, every `<`.
//! Instead of a list of such forms there is one bound that holds for all of them. Each token is
//! taken for one level more, and the levels end only where an expression, a type or a pattern
//! certainly does:
//!
//! - at `;` and `=>`
//! - at a comma, unless it may stand between angle brackets or a closure's bars
//! - after `{…}`, unless what follows can go on with it (`else`, `.`, an operator, a bracket)
//! - at the end of a bracket, whose content starts at the level where the bracket stands

use proc_macro2::{token_stream, Delimiter, Spacing, TokenStream, TokenTree};
use std::iter::Peekable;

use super::{Finding, E_SYNTAX};

const E_DEPTH: &str = "E_SOURCE_DEPTH";

/// Most levels. A sum of 1,000 parts has 2,000.
pub const LIMIT: usize = 4_000;
/// Most characters of a number. The parser converts it, in time that grows with their square.
const NUMBER: usize = 300;

/// A bracket's content, as far as it was read.
struct Level {
    tokens: Peekable<token_stream::IntoIter>,
    base: usize,
    run: usize,
    /// Whether a comma may lie between `<` and `>` or two bars.
    open: bool,
    /// Whether the tokens before are `#` or `#!`: attributes stand in a row, not in one another.
    attribute: bool,
}

impl Level {
    fn new(tokens: TokenStream, base: usize) -> Level {
        Level {
            tokens: tokens.into_iter().peekable(),
            base,
            run: 0,
            open: false,
            attribute: false,
        }
    }

    fn restart(&mut self) {
        self.run = 0;
        self.open = false;
    }
}

/// Refuses what nests too deep, or is too long a number, at the first token that does.
pub fn check(tokens: &TokenStream) -> Result<(), Finding> {
    let mut levels = vec![Level::new(tokens.clone(), 0)];
    while let Some(level) = levels.last_mut() {
        let Some(token) = level.tokens.next() else {
            levels.pop();
            continue;
        };
        count(level, &token);
        let depth = level.base + level.run;
        if depth > LIMIT {
            return Err(Finding::new(
                E_DEPTH,
                format!("this nests deeper than {LIMIT} levels: split the expression or the type"),
                token.span(),
            ));
        }
        if let TokenTree::Literal(literal) = &token {
            let text = literal.to_string();
            if text.len() > NUMBER && text.starts_with(|first: char| first.is_ascii_digit()) {
                let message = format!("no number has more than {NUMBER} characters");
                return Err(Finding::new(E_SYNTAX, message, literal.span()));
            }
        }
        if let TokenTree::Group(group) = token {
            if group.delimiter() == Delimiter::Brace && ends(level.tokens.peek()) {
                level.restart();
            }
            levels.push(Level::new(group.stream(), depth + 1));
        }
    }
    Ok(())
}

fn count(level: &mut Level, token: &TokenTree) {
    let attribute = std::mem::take(&mut level.attribute);
    let TokenTree::Punct(punct) = token else {
        let bracket = matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Bracket);
        level.run += usize::from(!(attribute && bracket));
        return;
    };
    let joint = punct.spacing() == Spacing::Joint;
    let next = match level.tokens.peek() {
        Some(TokenTree::Punct(next)) if joint => next.as_char(),
        _ => ' ',
    };
    match punct.as_char() {
        '#' => {
            level.attribute = true;
            return;
        }
        '!' if attribute => {
            level.attribute = true;
            return;
        }
        ';' => level.restart(),
        ',' if !level.open => level.restart(),
        '=' if next == '>' => level.restart(),
        '<' | '|' => level.open = true,
        _ => {}
    }
    level.run += 1;
}

/// Whether `{…}` ends what it stands in when this follows.
fn ends(next: Option<&TokenTree>) -> bool {
    match next {
        None | Some(TokenTree::Literal(_)) => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == '#',
        Some(TokenTree::Group(_)) => false,
        Some(TokenTree::Ident(word)) => {
            !["else", "as", "in", "where"].contains(&word.to_string().as_str())
        }
    }
}
