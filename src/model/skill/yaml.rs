//! YAML as a tree that keeps every scalar's own text and place.
//!
//! Front matter is read for people: `version: 1.10` must not become 1.1, `name: yes` is a name,
//! and a warning has to point at its line. So nothing is converted here; the tree is built from
//! the parser's events.

use std::{collections::HashMap, ops::Range};

use serde_yaml::granit_parser::{Event, Options, Parser, ScalarStyle, StrInput};

/// How deeply collections may nest.
const MAX_DEPTH: usize = 64;

/// How many nodes a document may have once its aliases are expanded.
const MAX_NODES: usize = 20_000;

/// One value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The bytes of the source that hold it.
    pub span: Range<usize>,
    /// What it is.
    pub value: Value,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing was written, or a plain `null` or `~`.
    Null,
    /// Text as written, after YAML's escapes.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys and values in the file's order, duplicates included.
    Map(Vec<(Node, Node)>),
}

/// Why a text is not YAML, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The byte where the parser gave up.
    pub at: usize,
    /// What it says.
    pub message: String,
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Moves every place in the tree.
    pub fn relocate(&mut self, place: &impl Fn(usize) -> usize) {
        self.span = place(self.span.start)..place(self.span.end);
        match &mut self.value {
            Value::Null | Value::Text(_) => {}
            Value::List(items) => items.iter_mut().for_each(|item| item.relocate(place)),
            Value::Map(pairs) => pairs.iter_mut().for_each(|(key, value)| {
                key.relocate(place);
                value.relocate(place);
            }),
        }
    }

    fn count(&self) -> usize {
        1 + match &self.value {
            Value::Null | Value::Text(_) => 0,
            Value::List(items) => items.iter().map(Node::count).sum(),
            Value::Map(pairs) => pairs.iter().map(|(k, v)| k.count() + v.count()).sum(),
        }
    }
}

/// The one document of `source`; `None` if it says nothing.
pub fn parse(source: &str) -> Result<Option<Node>, Error> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let events = Parser::new_from_str_with_options(source, options);
    let mut builder = Builder { events, source, anchors: HashMap::new(), nodes: 0 };
    builder.document()
}

struct Builder<'a> {
    events: Parser<'a, StrInput<'a>>,
    source: &'a str,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl<'a> Builder<'a> {
    fn document(&mut self) -> Result<Option<Node>, Error> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(root),
                (Event::DocumentStart(..), span) if root.is_some() => {
                    return Err(error(span.start, "a second YAML document starts here"));
                }
                (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
                (event, span) => root = Some(self.node(event, &span)?),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: &Range<usize>) -> Result<Node, Error> {
        self.grow(1, span.start)?;
        let (value, end, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => (scalar(&text, style), span.end, anchor),
            Event::SequenceStart(_, anchor, _) => {
                let (items, end) = self.list()?;
                (Value::List(items), end, anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                let (pairs, end) = self.map()?;
                (Value::Map(pairs), end, anchor)
            }
            Event::Alias(id) => return self.alias(id, span),
            other => return Err(error(span.start, format!("a value was expected, not {other:?}"))),
        };
        // A block ends for the parser where the next one starts.
        let written = self.source.get(span.start..end).unwrap_or_default().trim_end();
        let node = Node { span: span.start..span.start + written.len(), value };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self) -> Result<(Vec<Node>, usize), Error> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, span) => {
                    return Ok((items, span.end));
                }
                (event, span) => items.push(self.node(event, &span)?),
            }
        }
    }

    fn map(&mut self) -> Result<(Vec<(Node, Node)>, usize), Error> {
        let mut pairs = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, span) => return Ok((pairs, span.end)),
                (event, span) => self.node(event, &span)?,
            };
            let (event, span) = self.next()?;
            pairs.push((key, self.node(event, &span)?));
        }
    }

    fn alias(&mut self, id: usize, span: &Range<usize>) -> Result<Node, Error> {
        let Some(target) = self.anchors.get(&id).cloned() else {
            return Err(error(span.start, "this alias stands inside its own anchor"));
        };
        self.grow(target.count(), span.start)?;
        Ok(target)
    }

    /// Aliases of aliases double with every line, so the nodes are counted before they are made.
    fn grow(&mut self, by: usize, at: usize) -> Result<(), Error> {
        self.nodes += by;
        if self.nodes > MAX_NODES {
            return Err(error(at, format!("there are more than {MAX_NODES} values")));
        }
        Ok(())
    }

    fn next(&mut self) -> Result<(Event<'a>, Range<usize>), Error> {
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, span.byte_range().unwrap_or(0..0))),
            Some(Err(fault)) => {
                let end = self.source.len();
                let at = fault.marker().byte_offset().unwrap_or(end).min(end);
                Err(error(at, fault.info()))
            }
            None => Ok((Event::StreamEnd, self.source.len()..self.source.len())),
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match (style, text) {
        (ScalarStyle::Plain, "" | "~" | "null" | "Null" | "NULL") => Value::Null,
        (_, text) => Value::Text(text.to_owned()),
    }
}

fn error(at: usize, message: impl Into<String>) -> Error {
    Error { at, message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(node: &Node) -> String {
        match &node.value {
            Value::Null => "null".to_owned(),
            Value::Text(text) => format!("{text:?}"),
            Value::List(items) => {
                format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", "))
            }
            Value::Map(pairs) => {
                let pairs = pairs.iter().map(|(k, v)| format!("{}: {}", show(k), show(v)));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
            }
        }
    }

    #[test]
    fn values_keep_their_text() {
        let rows = [
            ("", "nothing"),
            ("# only a comment\n", "nothing"),
            ("name: yes", r#"{"name": "yes"}"#),
            ("version: 1.10\nn: 0x1F\nb: 012", r#"{"version": "1.10", "n": "0x1F", "b": "012"}"#),
            ("a:\nb: ~\nc: null\nd: 'null'", r#"{"a": null, "b": null, "c": null, "d": "null"}"#),
            ("a: [x, 'y z', 3]", r#"{"a": ["x", "y z", "3"]}"#),
            ("a: |\n  one\n  --- two\n", r#"{"a": "one\n--- two\n"}"#),
            ("a: >-\n  one\n  two\n", r#"{"a": "one two"}"#),
            ("a: 1\na: 2", r#"{"a": "1", "a": "2"}"#),
            ("a: &x [1]\nb: *x", r#"{"a": ["1"], "b": ["1"]}"#),
            ("<<: {a: 1}", r#"{"<<": {"a": "1"}}"#),
            ("[k]: v", r#"{["k"]: "v"}"#),
            ("just text", r#""just text""#),
        ];
        for (source, expected) in rows {
            let shown = parse(source).unwrap().map_or("nothing".to_owned(), |node| show(&node));
            assert_eq!(shown, expected, "{source:?}");
        }
    }

    #[test]
    fn values_know_their_place() {
        let source = "ключ: значение\nlist: [a, b]\n";
        let Value::Map(pairs) = parse(source).unwrap().unwrap().value else { panic!() };
        let places: Vec<&str> = pairs
            .iter()
            .flat_map(|(k, v)| [&source[k.span.clone()], &source[v.span.clone()]])
            .collect();
        assert_eq!(places, ["ключ", "значение", "list", "[a, b]"]);
    }

    #[test]
    fn hostile_documents_end_soon() {
        let bomb = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
            format!("{text}a{n}: &a{n} [*a{p}, *a{p}]\n", p = n - 1)
        });
        let rows = [
            (bomb, "there are more than 20000 values"),
            ("[".repeat(60_000), "recursion limit"),
            ("a: b: c".to_owned(), "mapping values are not allowed"),
            ("a: &x [*x]".to_owned(), "this alias stands inside its own anchor"),
            ("a: 1\n--- \nb: 2".to_owned(), "a second YAML document starts here"),
        ];
        for (source, expected) in rows {
            let fault = parse(&source).unwrap_err();
            assert!(fault.message.contains(expected), "{expected}: {fault:?}");
            assert!(fault.at <= source.len());
        }
    }
}
