//! From lines to tasks.

use std::{collections::BTreeMap, ops::Range, path::Path, sync::Arc};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    KEYS, Task, Tasks,
    members::{Member, members},
};
use crate::model::{
    Fault, Result, Spot,
    suggest::nearest,
    yaml::{MAX_FAULTS, Spanned},
};

/// The longest id.
const LONGEST_ID: usize = 64;

/// Reads a file of tasks; `path` names it in faults. Lines that hold nothing are passed over.
///
/// # Errors
/// One fault with a spot for everything that is wrong, in the order of the file.
pub fn read(path: &Path, text: &str) -> Result<Tasks> {
    let mut reading = Reading { path, text: text.into(), spots: Vec::new(), more: 0 };
    let mut list = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let begin = start + (line.len() - line.trim_start().len());
        let inner = begin..begin + line.trim().len();
        start += line.len();
        if !inner.is_empty() {
            list.push((inner.clone(), reading.task(inner)));
        }
    }
    let list = reading.named(list);
    if list.is_empty() {
        return Err(Fault::invalid(format!("{} holds no task", path.display()))
            .hint("write one JSON object a line, such as {\"task\": \"…\"}"));
    }
    reading.finish(list)
}

/// Tasks from words of the command line, each of them one.
///
/// # Errors
/// A task that says nothing.
pub fn from_words(words: &[String]) -> Result<Tasks> {
    if let Some(at) = words.iter().position(|word| word.trim().is_empty()) {
        return Err(Fault::usage(format!("task {} says nothing", at + 1)));
    }
    let task = |(n, word): (usize, &String)| Task {
        id: (n + 1).to_string(),
        task: word.clone(),
        ..Task::default()
    };
    let list = words.iter().enumerate().map(task).collect();
    Ok(Tasks { path: None, text: "".into(), list })
}

/// A file that is being read.
struct Reading<'a> {
    path: &'a Path,
    text: Arc<str>,
    spots: Vec<Spot>,
    /// Faults beyond those that a person wants to see at once.
    more: usize,
}

impl Reading<'_> {
    fn fault(&mut self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        if self.spots.len() >= MAX_FAULTS {
            self.more += 1;
            return;
        }
        let (path, source) = (self.path.to_owned(), Arc::clone(&self.text));
        self.spots.push(Spot { path, source, span, message: message.into(), help });
    }

    /// The task of one line; where it is faulty, what could be read of it.
    fn task(&mut self, line: Range<usize>) -> Task {
        let text = Arc::clone(&self.text);
        let mut task = Task::default();
        match serde_json::from_str::<Value>(&text[line.clone()]) {
            Ok(Value::Object(_)) => {}
            Ok(_) => {
                self.fault(line, "a task is an object, such as {\"task\": \"…\"}", None);
                return task;
            }
            Err(error) => {
                let at = column(&text[line.clone()], error.column()) + line.start;
                let said = error.to_string();
                let what = said.split(" at line ").next().unwrap_or(&said).to_owned();
                self.fault(at..(at + 1).min(line.end.max(at)), what, None);
                return task;
            }
        }
        let mut seen: Vec<String> = Vec::new();
        for Member { name, value } in members(&text[line.clone()]) {
            let (name, value) = (shifted(&name, line.start), shifted(&value, line.start));
            let key: String = serde_json::from_str(&text[name.clone()]).unwrap_or_default();
            if seen.contains(&key) {
                self.fault(name, format!("`{key}` stands here twice"), None);
                continue;
            }
            if let Err(Faulty { span, message, help }) =
                set(&mut task, &key, (&text, &name, &value))
            {
                self.fault(span, message, help);
            }
            seen.push(key);
        }
        if !seen.iter().any(|key| key == "task") {
            self.fault(line, "`task` is missing: what shall be done", None);
        }
        task
    }

    /// Every task has a name of its own: the one that it says, else its number.
    fn named(&mut self, list: Vec<(Range<usize>, Task)>) -> Vec<Task> {
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        let mut named = Vec::with_capacity(list.len());
        for (n, (line, mut task)) in (1..).zip(list) {
            if task.id.is_empty() {
                task.id = n.to_string();
            }
            if let Some(other) = taken.insert(task.id.clone(), n) {
                self.fault(line, format!("`{}` is the id of task {other} too", task.id), None);
            }
            named.push(task);
        }
        named
    }

    fn finish(mut self, list: Vec<Task>) -> Result<Tasks> {
        if self.spots.is_empty() {
            return Ok(Tasks { path: Some(self.path.to_owned()), text: self.text, list });
        }
        self.spots.sort_by_key(|spot| (spot.span.start, spot.span.end));
        let mut fault = Fault::invalid(format!("the tasks of {} are faulty", self.path.display()));
        fault.spots = self.spots;
        if self.more > 0 {
            fault = fault.because(format!("{} more faults are not shown", self.more));
        }
        Err(fault)
    }
}

/// What is wrong with one member.
struct Faulty {
    span: Range<usize>,
    message: String,
    help: Option<String>,
}

/// Takes in one member: its text, and where its name and its value stand in it.
fn set(
    task: &mut Task,
    key: &str,
    (text, name, value): (&str, &Range<usize>, &Range<usize>),
) -> Result<(), Faulty> {
    let at = |message: String| Faulty { span: value.clone(), message, help: None };
    let one = Placed { text, span: value.clone() };
    match key {
        "id" => task.id = one.read("a text").and_then(id).map_err(at)?,
        "task" => task.task = one.read("a text").and_then(told).map_err(at)?,
        "context" => task.context = Some(one.read("a JSON value").map_err(at)?),
        "files" => task.files = one.texts()?,
        "cwd" => {
            let folder = one.read("a text").and_then(told).map_err(at)?;
            task.cwd = Some(Spanned { value: folder, span: value.clone() });
        }
        "tools" => {
            let named = one.texts()?;
            if let Some(rule) = named.iter().find(|tool| !is_tool(tool)) {
                let message = "a tool's name, such as Read; what it may do is said by `--allow`";
                let message = message.to_owned();
                return Err(Faulty { span: rule.span.clone(), message, help: None });
            }
            task.tools = named.into_iter().map(|tool| tool.value).collect();
        }
        "model" => task.model = Some(one.read("a text").and_then(told).map_err(at)?),
        "schema" => task.schema = Some(one.read("an object").and_then(schema).map_err(at)?),
        "usd" => task.usd = Some(one.read("an amount of dollars").map_err(at)?),
        unknown => {
            let help = match nearest(unknown, KEYS).first() {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known are {}", KEYS.join(", ")),
            };
            let message = format!("unknown key `{unknown}`");
            return Err(Faulty { span: name.clone(), message, help: Some(help) });
        }
    }
    Ok(())
}

/// A value where it stands.
struct Placed<'a> {
    text: &'a str,
    span: Range<usize>,
}

impl Placed<'_> {
    fn read<T: DeserializeOwned>(&self, wanted: &str) -> Result<T, String> {
        serde_json::from_str(&self.text[self.span.clone()]).map_err(|error| {
            let said = error.to_string();
            let what = said.split(" at line ").next().unwrap_or(&said);
            format!("{wanted} is wanted here: {what}")
        })
    }

    /// A list of texts that say something.
    fn texts(&self) -> Result<Vec<Spanned<String>>, Faulty> {
        let list: Vec<Value> = self.read("a list of texts").map_err(|message| Faulty {
            span: self.span.clone(),
            message,
            help: None,
        })?;
        let places = members(&self.text[self.span.clone()]);
        let one = |(item, place): (Value, Member)| {
            let span = shifted(&place.value, self.span.start);
            match item {
                Value::String(value) if !value.trim().is_empty() => Ok(Spanned { value, span }),
                _ => Err(Faulty { span, message: "a text is wanted here".into(), help: None }),
            }
        };
        list.into_iter().zip(places).map(one).collect()
    }
}

fn id(id: String) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let begins = id.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins && id.len() <= LONGEST_ID && id.chars().all(plain) {
        return Ok(id);
    }
    Err(format!("an id has letters, digits, `.`, `_` and `-`, and at most {LONGEST_ID} of them"))
}

fn told(text: String) -> Result<String, String> {
    if text.trim().is_empty() { Err("this says nothing".to_owned()) } else { Ok(text) }
}

fn is_tool(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(plain)
}

/// A schema that is none would make every answer look wrong after it was paid for.
fn schema(schema: Value) -> Result<Value, String> {
    if !schema.is_object() {
        return Err("a JSON Schema is wanted here".to_owned());
    }
    match jsonschema::validator_for(&schema) {
        Ok(_) => Ok(schema),
        Err(error) => Err(format!("this is no JSON Schema: {error}")),
    }
}

fn shifted(span: &Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}

/// The byte that a column counted in bytes, from 1, points at, at a character's beginning.
fn column(line: &str, column: usize) -> usize {
    let at = column.saturating_sub(1).min(line.len());
    (0..=at).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0)
}
