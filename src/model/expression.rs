//! Expressions and templates of contracts: values that are known only while a run goes on.
//!
//! One engine for both, strict: a name that nobody gave is a fault and never an empty text. What a
//! template puts into an argument is that argument's text; what it puts into a prompt is material,
//! and stands there in a fence.

use std::collections::BTreeSet;

use minijinja::{
    Environment, Error, ErrorKind, UndefinedBehavior,
    syntax::SyntaxConfig,
    value::{Serde, Value as Jinja},
};
use serde_json::{Map, Value};

use crate::model::prompt;

#[cfg(test)]
mod tests;

/// How much work one expression may be. The largest that a person writes needs a thousandth.
const FUEL: u64 = 5_000_000;

/// The name under which an expression finds the inputs.
pub const INPUTS: &str = "inputs";

/// The name under which an expression finds what steps made.
pub const STEPS: &str = "steps";

/// The name under which an expression finds the newest value of each key of the scratch pad.
pub const SCRATCH: &str = "scratch";

/// What an expression is evaluated over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope(Map<String, Value>);

/// What an expression looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Inputs, by name.
    pub inputs: BTreeSet<String>,
    /// Steps, by id.
    pub steps: Steps,
    /// Whether it looks at the scratch pad.
    pub scratch: bool,
    /// Everything else.
    pub others: BTreeSet<String>,
}

/// Which steps an expression looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Steps {
    /// These, by id.
    Named(BTreeSet<String>),
    /// Any: it computes the id.
    Any,
}

impl Default for Steps {
    fn default() -> Self {
        Self::Named(BTreeSet::new())
    }
}

impl Names {
    /// Whether it looks at anything that only a run knows.
    pub fn is_late(&self) -> bool {
        self.steps != Steps::default() || self.scratch || !self.others.is_empty()
    }
}

impl Scope {
    /// Gives a name a value.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn root(&self) -> Jinja {
        Jinja::from(Serde(&self.0))
    }
}

/// What is inside an expression.
///
/// # Errors
/// It cannot be read.
pub fn names(expression: &str) -> Result<Names, String> {
    let environment = environment();
    let read = environment.compile_expression(expression).map_err(|error| told(&error))?;
    Ok(sorted(read.undeclared_variables(true), expression))
}

/// What is inside a template.
///
/// # Errors
/// It cannot be read.
pub fn names_in_template(template: &str) -> Result<Names, String> {
    let environment = environment();
    let read = environment.template_from_str(template).map_err(|error| told(&error))?;
    Ok(sorted(read.undeclared_variables(true), template))
}

/// Whether a text is more than itself.
pub fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

/// What an expression comes to, with its type.
///
/// # Errors
/// It cannot be read, names what is not there, or is no JSON.
pub fn value(expression: &str, scope: &Scope) -> Result<Value, String> {
    let environment = environment();
    let read = environment.compile_expression(expression).map_err(|error| told(&error))?;
    let value = read.eval(scope.root()).map_err(|error| told(&error))?;
    if value.is_undefined() {
        return Err(format!("`{expression}` is not there"));
    }
    serde_json::to_value(&value).map_err(|error| format!("`{expression}` is no JSON: {error}"))
}

/// Whether an expression holds: what is empty, zero, null or false does not.
///
/// # Errors
/// As for [`value`].
pub fn holds(expression: &str, scope: &Scope) -> Result<bool, String> {
    Ok(match value(expression, scope)? {
        Value::Null => false,
        Value::Bool(truth) => truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    })
}

/// A template as the text of one argument: lists and objects are JSON.
///
/// # Errors
/// As for [`value`].
pub fn argument(template: &str, scope: &Scope) -> Result<String, String> {
    render(template, scope, plain)
}

/// A template as words for an agent: every text that comes in is fenced, and chooses no files.
///
/// # Errors
/// As for [`value`].
pub fn words(template: &str, scope: &Scope) -> Result<String, String> {
    render(template, scope, |value| match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => plain(value),
        Value::String(_) | Value::Array(_) | Value::Object(_) => {
            format!("\n{}", prompt::fenced(&prompt::material(&readable(value))))
        }
    })
}

/// A value as one line of text.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value as people read it.
pub fn readable(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => format!("{other:#}"),
    }
}

fn render(
    template: &str,
    scope: &Scope,
    shown: impl Fn(&Value) -> String + Send + Sync + 'static,
) -> Result<String, String> {
    let mut environment = environment();
    environment.set_formatter(move |out, _, value| {
        if value.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        let value = serde_json::to_value(value)
            .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
        out.write_str(&shown(&value)).map_err(Error::from)
    });
    environment.render_str(template, scope.root()).map_err(|error| told(&error))
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
    environment.set_syntax(syntax.expect("the usual marks fit each other"));
    environment
}

/// The engine names a template that has no name, and a line that is the first.
fn told(error: &Error) -> String {
    let kind = error.kind();
    match error.detail() {
        Some(detail) => format!("{kind}: {detail}"),
        None => kind.to_string(),
    }
}

fn sorted(found: impl IntoIterator<Item = String>, text: &str) -> Names {
    let environment = Environment::new();
    let built_in: BTreeSet<String> =
        environment.globals().map(|(name, _)| name.to_owned()).collect();
    let mut names = Names::default();
    for name in found {
        let mut parts = name.split('.');
        let first = parts.next().unwrap_or_default();
        match (first, parts.next()) {
            (INPUTS, Some(input)) => drop(names.inputs.insert(input.to_owned())),
            (INPUTS, None) => names.inputs.extend(subscripts(text, INPUTS)),
            (STEPS, Some(step)) => names.steps.add([step.to_owned()]),
            (STEPS, None) => {
                let literal = subscripts(text, STEPS);
                if literal.is_empty() {
                    names.steps = Steps::Any;
                }
                names.steps.add(literal);
            }
            (SCRATCH, _) => names.scratch = true,
            (other, _) if built_in.contains(other) => {}
            (other, _) => drop(names.others.insert(other.to_owned())),
        }
    }
    names
}

impl Steps {
    fn add(&mut self, ids: impl IntoIterator<Item = String>) {
        match self {
            Self::Named(known) => known.extend(ids),
            Self::Any => {}
        }
    }
}

/// The names that stand in brackets after `of`: `steps['two-words']`.
fn subscripts(text: &str, of: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(of) {
        let rest = text[at + of.len()..].trim_start();
        let Some(rest) = rest.strip_prefix('[').map(str::trim_start) else { continue };
        let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
            continue;
        };
        found.extend(rest[1..].split_once(quote).map(|(name, _)| name.to_owned()));
    }
    found
}

/// Whether the things of an `each` are the files that a pattern fits, and no expression: a pattern
/// has a wildcard, and names nothing that an expression could look at.
pub fn is_glob(text: &str) -> bool {
    let looks_late =
        |names: Names| names.scratch || !names.inputs.is_empty() || names.steps != Steps::default();
    text.contains(['*', '?']) && !names(text).is_ok_and(looks_late)
}
