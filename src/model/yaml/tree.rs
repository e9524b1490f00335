//! A YAML document as a tree in which every key and value knows its bytes.
//!
//! The file is parsed once into this tree; the typed reader can then stumble, drop what it
//! stumbled over, and go on, so that one look shows every fault of a file.

use std::{fmt, ops::Range};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value and the bytes it was written in.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Scalar(Scalar),
    List(Vec<Item>),
    Map(Vec<Entry>),
}

/// A value without parts; the text it was written as is what [`Node::span`] points at.
#[derive(Clone, Debug)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(String),
}

/// One element of a list.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) node: Node,
    /// It was faulty and is passed over from now on.
    pub(super) dropped: bool,
}

/// One key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) node: Node,
    /// It was faulty and is passed over from now on.
    pub(super) dropped: bool,
}

impl Node {
    /// Drops the element or entry at the end of `path`; false where that is the whole document.
    pub(super) fn drop_at(&mut self, path: &[usize]) -> bool {
        let [step, rest @ ..] = path else { return false };
        let (node, dropped) = match &mut self.value {
            Value::List(items) => match items.get_mut(*step) {
                Some(item) => (&mut item.node, &mut item.dropped),
                None => return false,
            },
            Value::Map(entries) => match entries.get_mut(*step) {
                Some(entry) => (&mut entry.node, &mut entry.dropped),
                None => return false,
            },
            Value::Scalar(_) => return false,
        };
        if rest.is_empty() {
            *dropped = true;
            return true;
        }
        node.drop_at(rest)
    }

    /// The node at the end of `path`.
    pub(super) fn node_at(&self, path: &[usize]) -> Option<&Self> {
        let [step, rest @ ..] = path else { return Some(self) };
        let inner = match &self.value {
            Value::List(items) => items.get(*step).map(|item| &item.node),
            Value::Map(entries) => entries.get(*step).map(|entry| &entry.node),
            Value::Scalar(_) => None,
        };
        inner?.node_at(rest)
    }

    /// Moves every place by `mark` bytes, and closes the brackets: the parser reports only where
    /// a list or map starts, what is inside says where it ends.
    pub(super) fn settle(&mut self, text: &str, mark: usize) {
        let shifted = |span: &Range<usize>| span.start + mark..span.end + mark;
        self.span = shifted(&self.span);
        let last = match &mut self.value {
            Value::Scalar(_) => return,
            Value::List(items) => {
                for item in items.iter_mut() {
                    item.node.settle(text, mark);
                }
                items.last().map(|item| item.node.span.end)
            }
            Value::Map(entries) => {
                for entry in entries.iter_mut() {
                    entry.key_span = shifted(&entry.key_span);
                    entry.node.settle(text, mark);
                }
                entries.last().map(|entry| entry.node.span.end.max(entry.key_span.end))
            }
        };
        let end = last.unwrap_or(self.span.end).max(self.span.end);
        self.span.end = end + closing(text, self.span.start, end);
    }

    /// Whether something directly inside was dropped, so that this node is known to be incomplete.
    pub(super) fn is_incomplete(&self) -> bool {
        match &self.value {
            Value::List(items) => items.iter().any(|item| item.dropped),
            Value::Map(entries) => entries.iter().any(|entry| entry.dropped),
            Value::Scalar(_) => false,
        }
    }
}

/// The bytes that the parser says something stands at.
pub(super) fn bytes_of(location: serde_yaml::Location) -> Option<Range<usize>> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    Some(start..start + length)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = serde_yaml::Spanned::<Value>::deserialize(deserializer)?;
        let span = bytes_of(spanned.referenced).unwrap_or(0..0);
        Ok(Self { span, value: spanned.value })
    }
}

/// How many bytes lead from `end` to behind the bracket that closes the one at `start`.
fn closing(text: &str, start: usize, end: usize) -> usize {
    let close = match text.as_bytes().get(start) {
        Some(b'[') => ']',
        Some(b'{') => '}',
        _ => return 0,
    };
    let Some(rest) = text.get(end..) else { return 0 };
    let blank = |c: char| c.is_ascii_whitespace() || c == ',';
    match rest.find(|c| !blank(c)) {
        Some(at) if rest[at..].starts_with(close) => at + 1,
        _ => 0,
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Scalar(Scalar::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Scalar(Scalar::Bool(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Scalar(Scalar::Unsigned(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Scalar(u64::try_from(value).map_or(Scalar::Signed(value), Scalar::Unsigned)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Scalar(Scalar::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Scalar(Scalar::Text(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(node) = seq.next_element()? {
            items.push(Item { node, dropped: false });
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<serde_yaml::Spanned<String>>()? {
            let key_span = bytes_of(key.referenced).unwrap_or(0..0);
            let node = map.next_value()?;
            entries.push(Entry { key: key.value, key_span, node, dropped: false });
        }
        Ok(Value::Map(entries))
    }
}
