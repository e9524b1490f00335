//! Tasks for sub-agents: one JSON object a line, or words on the command line.
//!
//! Each is a call with a fresh context of its own, which knows its task and what the task hands it,
//! and nothing else. A file of tasks is read strictly, because a key that nobody knows would be a
//! wish that nobody hears, and all that is wrong in it is told at once.

mod members;
mod read;
mod result;
pub mod words;

#[cfg(test)]
mod tests;

pub use read::{from_words, read};
pub use result::TaskResult;

use std::{path::PathBuf, sync::Arc};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;

use super::{Spot, value::Usd, yaml::Spanned};

/// What a sub-agent shall do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "One line of a file for `atlas spawn -f`")]
pub struct Task {
    /// Its name, unique in the file: letters, digits, `.`, `_` and `-`, at most 64 of them. Its
    /// number where it has none.
    #[schemars(with = "String", default, regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// What it is told to do.
    #[schemars(length(min = 1))]
    pub task: String,
    /// What it has to know, as any JSON value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<serde_json::Value>,
    /// Text files that are put before it, relative to where atlas is started.
    #[schemars(with = "Vec<String>", default)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Spanned<String>>,
    /// The folder that it works in, relative to where atlas is started. An empty folder of its own
    /// where there is none.
    #[schemars(with = "String", default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<Spanned<String>>,
    /// The tools that it is offered, by name; none where it names none.
    #[schemars(default, inner(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$")))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// The model that does it.
    #[schemars(with = "String", default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The JSON Schema that its answer has to satisfy.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>", default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<serde_json::Value>,
    /// What it may cost at most, in dollars. So much is set aside for it before it starts.
    #[schemars(with = "Usd", default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd: Option<Usd>,
}

/// The keys of a task, in the order of the documentation.
const KEYS: [&str; 9] =
    ["id", "task", "context", "files", "cwd", "tools", "model", "schema", "usd"];

/// The tasks of one file, or of one command line.
#[derive(Clone, Debug, PartialEq)]
pub struct Tasks {
    /// The file, as the user would name it; `None` for words of the command line.
    pub path: Option<PathBuf>,
    /// The file's whole text, for pointing into it.
    pub text: Arc<str>,
    /// The tasks, in order. There is at least one, and no two have the same id.
    pub list: Vec<Task>,
}

impl Tasks {
    /// A spot in the file of these tasks.
    pub fn spot<T>(&self, at: &Spanned<T>, message: impl Into<String>) -> Option<Spot> {
        let path = self.path.clone()?;
        let source = Arc::clone(&self.text);
        Some(Spot { path, source, span: at.span.clone(), message: message.into(), help: None })
    }
}

/// The published JSON Schema of one line.
pub fn schema() -> serde_json::Value {
    let settings = SchemaSettings::draft2020_12();
    settings.into_generator().into_root_schema_for::<Task>().to_value()
}
