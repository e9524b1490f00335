//! The paths in a source, `use` trees unfolded, whatever lines they are spread over.

use super::tokens::{Token, tokens};

/// A path somewhere in the source.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UsedPath {
    /// The line it begins on, from 1.
    pub(crate) line: usize,
    /// The names of the inline modules around it.
    pub(crate) inside: Vec<String>,
    /// Its names; a `use` that takes everything ends in `*`.
    pub(crate) names: Vec<String>,
}

/// Every path of two names or more, and every name that a `use` brings in.
pub(crate) fn paths(text: &str) -> Vec<UsedPath> {
    let tokens = tokens(text);
    let mut walk =
        Walk { tokens: &tokens, at: 0, modules: Vec::new(), depth: 0, found: Vec::new() };
    while walk.at < tokens.len() {
        walk.step();
    }
    walk.found
}

struct Walk<'a> {
    tokens: &'a [(Token<'a>, usize)],
    at: usize,
    /// The inline modules that are open, each with the depth of its brace.
    modules: Vec<(usize, String)>,
    depth: usize,
    found: Vec<UsedPath>,
}

impl<'a> Walk<'a> {
    fn step(&mut self) {
        match (self.peek(0), self.peek(1), self.peek(2)) {
            (Some(Token::Word("mod")), Some(Token::Word(name)), Some(Token::Sign('{'))) => {
                self.modules.push((self.depth, name.to_owned()));
                self.at += 2;
            }
            // `use<'a>` in a type captures lifetimes.
            (Some(Token::Word("use")), Some(next), _) if next != Token::Sign('<') => {
                self.at += 1;
                self.tree(&[]);
            }
            (Some(Token::Word(_)), Some(Token::Separator), _) => self.path(),
            (Some(Token::Sign('{')), ..) => {
                self.depth += 1;
                self.at += 1;
            }
            (Some(Token::Sign('}')), ..) => {
                self.depth = self.depth.saturating_sub(1);
                self.modules.pop_if(|(depth, _)| *depth == self.depth);
                self.at += 1;
            }
            _ => self.at += 1,
        }
    }

    fn path(&mut self) {
        let line = self.line();
        let mut names = Vec::new();
        while let Some(Token::Word(name)) = self.peek(0) {
            names.push(name.to_owned());
            self.at += 1;
            if self.peek(0) != Some(Token::Separator) {
                break;
            }
            self.at += 1;
        }
        self.keep(line, names);
    }

    /// One branch of a `use` tree and all below it; ends before the sign that ends the branch.
    fn tree(&mut self, before: &[String]) {
        let line = self.line();
        let mut names = before.to_vec();
        loop {
            match self.peek(0) {
                Some(Token::Word("as") | Token::Separator) => self.at += 1,
                Some(Token::Word(_)) if self.at > 0 && self.follows("as") => self.at += 1,
                Some(Token::Word("self")) if !names.is_empty() => self.at += 1,
                Some(Token::Word(name)) => {
                    names.push(name.to_owned());
                    self.at += 1;
                }
                Some(Token::Sign('*')) => {
                    names.push("*".to_owned());
                    self.at += 1;
                }
                Some(Token::Sign('{')) => return self.branches(&names),
                _ => return self.keep(line, names),
            }
        }
    }

    fn branches(&mut self, before: &[String]) {
        loop {
            self.at += 1;
            if self.peek(0) != Some(Token::Sign('}')) {
                self.tree(before);
            }
            if self.peek(0) != Some(Token::Sign(',')) {
                self.at += 1;
                return;
            }
        }
    }

    fn keep(&mut self, line: usize, names: Vec<String>) {
        let inside = self.modules.iter().map(|(_, name)| name.clone()).collect();
        self.found.push(UsedPath { line, inside, names });
    }

    fn follows(&self, word: &str) -> bool {
        self.tokens[self.at - 1].0 == Token::Word(word)
    }

    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).map(|(token, _)| *token)
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |(_, line)| *line)
    }
}

#[test]
fn trees_are_unfolded() {
    let rows: [(&str, &[&str]); 9] = [
        ("use a::b;", &["a::b"]),
        (
            "pub(crate) use a::{self, b as c, d::{e, f::*,},};",
            &["a", "a::b", "a::d::e", "a::d::f::*"],
        ),
        ("use {a::b, crate};", &["a::b", "crate"]),
        ("use a::{\n  // no b\n  c,\n};", &["a::c"]),
        ("fn f() -> impl X + use<'a> { a::b::<c::d>() }", &["a::b", "c::d"]),
        ("mod m { mod n { use a; } use b; } use c;", &["m n > a", "m > b", "c"]),
        ("mod m { fn f() {} } use c;", &["c"]),
        ("pub(in crate::a) struct X; $crate::b!()", &["crate::a", "crate::b"]),
        ("let x = \"use a::b\";", &[]),
    ];
    for (text, expected) in rows {
        let shown = paths(text).into_iter().map(|path| {
            let (inside, names) = (path.inside.join(" "), path.names.join("::"));
            if inside.is_empty() { names } else { format!("{inside} > {names}") }
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{text}");
    }
}
