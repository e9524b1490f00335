//! Reads front matter that is no YAML as a whole, key by key: one broken value must not take the
//! others with it.

use std::ops::Range;

use super::{
    repair,
    split::{key, lines},
};
use crate::model::skill::yaml::{Node, Value};

/// What could be read.
pub(super) struct Pieces {
    /// Every key with its value.
    pub(super) root: Node,
    /// The values that are read as text, because they are nothing else.
    pub(super) as_text: Vec<Range<usize>>,
    /// The lines that belong to no key.
    pub(super) strays: Vec<Range<usize>>,
}

/// Reads each key by itself, with the lines below it that are indented.
pub(super) fn parse(yaml: &str) -> Pieces {
    let mut pieces = Pieces {
        root: Node { span: 0..yaml.len(), value: Value::Null },
        as_text: Vec::new(),
        strays: Vec::new(),
    };
    let mut chunks: Vec<Range<usize>> = Vec::new();
    for line in lines(yaml, 0) {
        let text = yaml[line.clone()].trim_end();
        if key(text).is_some() {
            chunks.push(line);
        } else if text.is_empty() || text.starts_with([' ', '\t', '#']) || text.starts_with("- ") {
            match chunks.last_mut() {
                Some(chunk) if chunk.end == line.start => chunk.end = line.end,
                Some(_) | None if text.is_empty() || text.starts_with('#') => {}
                Some(_) | None => pieces.stray(yaml, line),
            }
        } else {
            pieces.stray(yaml, line);
        }
    }
    let pairs = chunks.into_iter().flat_map(|chunk| pieces.read(yaml, chunk)).collect();
    pieces.root.value = Value::Map(pairs);
    pieces
}

impl Pieces {
    fn read(&mut self, yaml: &str, chunk: Range<usize>) -> Vec<(Node, Node)> {
        let text = &yaml[chunk.clone()];
        if let Ok((Some(mut node), quoted)) = repair::parse(text)
            && matches!(node.value, Value::Map(_))
        {
            let place = |at: usize| chunk.start + at;
            node.relocate(&place);
            self.as_text.extend(quoted.iter().map(|span| place(span.start)..place(span.end)));
            let Value::Map(pairs) = node.value else { return Vec::new() };
            return pairs;
        }
        let first = lines(text, 0).next().map(|line| &text[line]);
        let Some(key) = first.and_then(key) else { return Vec::new() };
        let value = text[key.len() + 1..].trim();
        let start = chunk.start + text.len() - text[key.len() + 1..].trim_start().len();
        let span = start..start + value.len();
        self.as_text.push(span.clone());
        let node =
            |span: Range<usize>, text: &str| Node { span, value: Value::Text(text.to_owned()) };
        vec![(node(chunk.start..chunk.start + key.len(), key), node(span, value))]
    }

    fn stray(&mut self, yaml: &str, line: Range<usize>) {
        let text = &yaml[line.clone()];
        self.strays.push(line.start..line.start + text.trim_end().len());
    }
}
