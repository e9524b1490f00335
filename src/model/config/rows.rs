//! Every setting as a row: its key, its value, its source.

use serde_json::Value;

use super::Settings;
use crate::model::sourced::Source;

/// One line of `atlas config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key as a file writes it, with dots.
    pub key: String,
    /// The value as JSON; `null` where nobody said anything and nothing is built in.
    pub value: String,
    /// Where it was said.
    pub source: Source,
}

impl Settings {
    /// Every setting, in the order of the type.
    ///
    /// The rows are read off the stored form, so that no setting can be forgotten here.
    pub fn rows(&self) -> Vec<Row> {
        let mut stored = serde_json::to_value(self).expect("settings hold only what JSON can hold");
        // What was not granted is no setting.
        stored.as_object_mut().map(|fields| fields.remove("capped"));
        let mut rows = Vec::new();
        collect("", &stored, &mut rows);
        rows
    }
}

fn collect(key: &str, stored: &Value, rows: &mut Vec<Row>) {
    let inside = |name: &str| match key {
        "" => name.replace('_', "-"),
        key => format!("{key}.{}", name.replace('_', "-")),
    };
    match stored {
        Value::Object(fields) => match sourced(fields) {
            Some((value, source)) => {
                rows.push(Row { key: key.to_owned(), value: value.to_string(), source });
            }
            None => fields.iter().for_each(|(name, field)| collect(&inside(name), field, rows)),
        },
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                // A hook is known by its name, not by its place.
                let name = item["name"].as_str().map_or(index.to_string(), str::to_owned);
                collect(&inside(&name), item, rows);
            }
        }
        Value::Null => {
            let source = Source::BuiltIn;
            rows.push(Row { key: key.to_owned(), value: "null".to_owned(), source });
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A value with its source, however it is called: a hook is one too.
fn sourced(fields: &serde_json::Map<String, Value>) -> Option<(&Value, Source)> {
    let source = serde_json::from_value(fields.get("source")?.clone()).ok()?;
    Some((fields.get("value").or_else(|| fields.get("hook"))?, source))
}
