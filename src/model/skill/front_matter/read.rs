//! From a YAML tree to what a skill says about itself.

use std::{collections::HashMap, ops::Range};

use super::{CLAUDE_CODE, Field, FrontMatter, SPECIFIED};
use crate::model::{
    Spot,
    skill::{
        tools,
        yaml::{Node, Value},
    },
};

pub(super) struct Reader<'a, F> {
    source: &'a str,
    start: usize,
    spot: F,
    pub(super) warnings: Vec<Spot>,
}

impl<'a, F: Fn(Range<usize>, &str) -> Spot> Reader<'a, F> {
    /// A reader of YAML that begins at the byte `start` of the file.
    pub(super) fn new(source: &'a str, start: usize, spot: F) -> Self {
        Self { source, start, spot, warnings: Vec::new() }
    }

    pub(super) fn note_quoted(&mut self, quoted: Vec<Range<usize>>) {
        for value in quoted {
            let span = self.start + value.start..self.start + value.end;
            self.warn(span, "not valid YAML without quotes; read as text", "put it in quotes");
        }
    }

    pub(super) fn note_strays(&mut self, strays: Vec<Range<usize>>) {
        for line in strays {
            let span = self.start + line.start..self.start + line.end;
            self.warn(span, "this belongs to no key; it is ignored", "indent it, or take it out");
        }
    }

    pub(super) fn front_matter(&mut self, root: Option<Node>) -> FrontMatter {
        let Some(mut root) = root else { return FrontMatter::default() };
        let start = self.start;
        root.relocate(&|at| start + at);
        let pairs = match root.value {
            Value::Map(pairs) => pairs,
            Value::Null => Vec::new(),
            Value::Text(_) | Value::List(_) => {
                let help = "write keys, as in `description: what it does`";
                self.warn(root.span, "front matter is keys and values; this is ignored", help);
                Vec::new()
            }
        };
        let fields = self.fields(pairs);
        let mut front = FrontMatter { fields, ..FrontMatter::default() };
        self.plain_text(&front);
        let text = |key: &str| front.text(key).map(str::to_owned);
        let (name, description, model) = (text("name"), text("description"), text("model"));
        front.allowed_tools = front.field("allowed-tools").map(|field| self.tools(field));
        front.disallowed_tools =
            front.field("disallowed-tools").map(|field| self.tools(field)).unwrap_or_default();
        front.arguments =
            front.field("arguments").map(|field| self.words(field)).unwrap_or_default();
        FrontMatter { name, description, model, ..front }
    }

    fn fields(&mut self, pairs: Vec<(Node, Node)>) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::with_capacity(pairs.len());
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (key, value) in pairs {
            let span = key.span.clone();
            let text = self.text(&value);
            let field = Field { key: self.text(&key), span: span.clone(), value, text };
            if let Some(&earlier) = seen.get(&field.key) {
                let message = format!("`{}` is written twice; this one counts", field.key);
                self.warn(span, &message, "remove one of them");
                fields[earlier] = field;
                continue;
            }
            self.note_misspelt(&field);
            seen.insert(field.key.clone(), fields.len());
            fields.push(field);
        }
        fields
    }

    /// A key that differs from a known one only in case or by an underscore says nothing to
    /// anybody, and that must not go unnoticed.
    fn note_misspelt(&mut self, field: &Field) {
        let plain = |key: &str| key.to_lowercase().replace(['_', ' '], "-");
        let mut known = SPECIFIED.iter().chain(&CLAUDE_CODE);
        if known.clone().any(|known| *known == field.key) {
            return;
        }
        if let Some(known) = known.find(|known| plain(known) == plain(&field.key)) {
            let message = format!("unknown key `{}`", field.key);
            self.warn(field.span.clone(), &message, &format!("did you mean `{known}`?"));
        }
    }

    fn plain_text(&mut self, front: &FrontMatter) {
        for field in ["name", "description"].iter().filter_map(|key| front.field(key)) {
            if matches!(field.value.value, Value::List(_) | Value::Map(_)) {
                let message = format!("`{}` is a text; read as written", field.key);
                self.warn(field.value.span.clone(), &message, "put it in quotes");
            }
        }
    }

    fn tools(&mut self, field: &Field) -> Vec<String> {
        let items = self.items(field);
        let open = |text: &&String| text.matches('(').count() > text.matches(')').count();
        if items.iter().any(|text| open(&text)) {
            let message = "a parenthesis is not closed";
            self.warn(field.value.span.clone(), message, "write rules as in `Bash(git add *)`");
        }
        items.iter().flat_map(|text| tools::split(text)).collect()
    }

    fn words(&mut self, field: &Field) -> Vec<String> {
        let items = self.items(field);
        let separator = |c: char| c == ',' || c.is_whitespace();
        let words = items.iter().flat_map(|text| text.split(separator));
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// The texts of a list, or the one text that stands in its place.
    fn items(&mut self, field: &Field) -> Vec<String> {
        match &field.value.value {
            Value::Null => Vec::new(),
            Value::Text(text) => vec![text.clone()],
            Value::List(items) => items.iter().map(|item| self.text(item)).collect(),
            Value::Map(pairs) => {
                let message = format!("`{}` is a list; its keys are read", field.key);
                self.warn(field.value.span.clone(), &message, "write `[one, two]`");
                pairs.iter().map(|(key, _)| self.text(key)).collect()
            }
        }
    }

    fn text(&self, node: &Node) -> String {
        match &node.value {
            Value::Null => String::new(),
            Value::Text(text) => text.clone(),
            Value::List(_) | Value::Map(_) => {
                self.source.get(node.span.clone()).unwrap_or_default().trim_end().to_owned()
            }
        }
    }

    fn warn(&mut self, span: Range<usize>, message: &str, help: &str) {
        let mut spot = (self.spot)(span, message);
        spot.help = Some(help.to_owned());
        self.warnings.push(spot);
    }
}
