//! Rust's tokens, without comments and without what strings say.

use std::{iter::Peekable, str::CharIndices};

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A name, a keyword or a number.
    Word(&'a str),
    /// `::`.
    Separator,
    /// Any other sign.
    Sign(char),
    /// A string, whatever it says.
    Text,
}

/// The tokens, each with its line.
pub(crate) fn tokens(text: &str) -> Vec<(Token<'_>, usize)> {
    let mut lexer = Lexer { text, rest: text.char_indices().peekable() };
    let mut found = Vec::new();
    let (mut counted, mut line) = (0, 1);
    while let Some((at, first)) = lexer.rest.next() {
        line += text[counted..at].matches('\n').count();
        counted = at;
        if let Some(token) = lexer.token(at, first) {
            found.push((token, line));
        }
    }
    found
}

struct Lexer<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
}

impl<'a> Lexer<'a> {
    /// Nothing for what is no token: white space, comments, lifetimes.
    fn token(&mut self, at: usize, first: char) -> Option<Token<'a>> {
        match first {
            space if space.is_whitespace() => None,
            '/' if self.peek() == Some('/') => {
                self.skip_while(|c| c != '\n');
                None
            }
            '/' if self.peek() == Some('*') => {
                self.skip_block_comment();
                None
            }
            ':' if self.peek() == Some(':') => {
                self.rest.next();
                Some(Token::Separator)
            }
            '"' => {
                self.skip_text('"');
                Some(Token::Text)
            }
            '\'' => self.character_or_lifetime(),
            name if is_name(name) => {
                self.skip_while(is_name);
                let name = &self.text[at..self.position()];
                self.word(name)
            }
            sign => Some(Token::Sign(sign)),
        }
    }

    /// A name, or the letters before a string.
    fn word(&mut self, name: &'a str) -> Option<Token<'a>> {
        match (name, self.peek()) {
            ("b" | "c", Some('"')) | ("b", Some('\'')) => {
                let quote = self.rest.next().expect("it was there").1;
                self.skip_text(quote);
                Some(Token::Text)
            }
            ("r" | "br" | "cr", Some('"' | '#')) => self.raw(),
            _ => Some(Token::Word(name)),
        }
    }

    /// `r#"…"#`, or `r#name`, which is the name.
    fn raw(&mut self) -> Option<Token<'a>> {
        let start = self.position();
        self.skip_while(|c| c == '#');
        let hashes = &self.text[start..self.position()];
        if self.peek() != Some('"') {
            let (at, first) = self.rest.next()?;
            return self.token(at, first);
        }
        let end = format!("\"{hashes}");
        let from = self.position() + 1;
        let length = self.text[from..].find(&end).map_or(self.text.len(), |at| at + end.len());
        while self.rest.next_if(|(at, _)| *at < from + length).is_some() {}
        Some(Token::Text)
    }

    fn character_or_lifetime(&mut self) -> Option<Token<'a>> {
        let mut ahead = self.rest.clone();
        let (first, second) = (ahead.next()?.1, ahead.next().map(|(_, second)| second));
        if first == '\\' || second == Some('\'') {
            self.skip_text('\'');
            return Some(Token::Text);
        }
        self.skip_while(is_name);
        None
    }

    fn skip_text(&mut self, quote: char) {
        while let Some((_, character)) = self.rest.next() {
            if character == '\\' {
                self.rest.next();
            } else if character == quote {
                return;
            }
        }
    }

    fn skip_block_comment(&mut self) {
        let (mut depth, mut before) = (1, ' ');
        self.rest.next();
        while depth > 0 {
            let Some((_, character)) = self.rest.next() else { return };
            depth = match (before, character) {
                ('/', '*') => depth + 1,
                ('*', '/') => depth - 1,
                _ => {
                    before = character;
                    continue;
                }
            };
            before = ' ';
        }
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.rest.next_if(|(_, c)| wanted(*c)).is_some() {}
    }

    fn peek(&mut self) -> Option<char> {
        self.rest.peek().map(|(_, c)| *c)
    }

    fn position(&mut self) -> usize {
        self.rest.peek().map_or(self.text.len(), |(at, _)| *at)
    }
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[test]
fn nothing_hides_in_comments_and_texts() {
    let rows = [
        ("a // b\nc", "a c"),
        ("a /* b /* c */ d */ e", "a e"),
        (r#"a "b \" c" d"#, "a T d"),
        (r###"a r#"b " c"# d"###, "a T d"),
        (r#"b"x" c"y" br"\" z"#, "T T T z"),
        ("'a' '\\'' b'{' 'b 'static c", "T T T c"),
        ("r#use::r#type", "use :: type"),
        ("x: y::z", "x : y :: z"),
        ("r#\"never closed", "T"),
    ];
    for (text, expected) in rows {
        let shown = tokens(text).into_iter().map(|(token, _)| match token {
            Token::Word(word) => word.to_owned(),
            Token::Separator => "::".to_owned(),
            Token::Sign(sign) => sign.to_string(),
            Token::Text => "T".to_owned(),
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expected, "{text}");
    }
}
