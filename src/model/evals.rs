//! `evals/evals.json` of a skill: what it shall be tried with, and what shall be so afterwards.
//!
//! The file belongs to others: skill-creator writes `expectations`, the guide of the open
//! specification `assertions`. It is read leniently. Nearly all of what stands there is prose for
//! a model to judge; [`Expectation`] is the part that code can.

mod expectation;

pub use expectation::Expectation;

use std::collections::BTreeSet;

use serde_json::Value;

/// Where a skill has the file.
pub const FILE: &str = "evals/evals.json";

/// One thing to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eval {
    /// Its id, a number or a word.
    pub id: String,
    /// What the skill is asked.
    pub prompt: String,
    /// Files that it is given, from the skill's folder.
    pub files: Vec<String>,
    /// What shall be so afterwards, in somebody's words.
    pub expectations: Vec<String>,
}

impl Eval {
    /// The name of its case: of its rows, and of the folder of a recording of it.
    pub fn case(&self) -> String {
        format!("eval-{}", self.id)
    }
}

/// Reads the file.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read(text: &str) -> Result<Vec<Eval>, String> {
    let document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let listed = document.get("evals").and_then(Value::as_array);
    let listed = listed.ok_or("there is no list `evals`")?;
    let mut seen = BTreeSet::new();
    let mut evals = Vec::new();
    for (number, entry) in (1..).zip(listed) {
        let eval = eval(number, entry).map_err(|why| format!("eval {number}: {why}"))?;
        if !seen.insert(eval.id.clone()) {
            return Err(format!("eval {number}: the id {} is there twice", eval.id));
        }
        evals.push(eval);
    }
    Ok(evals)
}

fn eval(number: usize, entry: &Value) -> Result<Eval, String> {
    let id = match entry.get("id") {
        None => number.to_string(),
        Some(Value::Number(id)) => id.to_string(),
        Some(Value::String(id)) if is_name(id) => id.clone(),
        Some(_) => return Err("an id is a number, or letters, digits and hyphens".to_owned()),
    };
    let prompt = entry.get("prompt").and_then(Value::as_str).unwrap_or_default();
    if prompt.trim().is_empty() {
        return Err("it has no prompt".to_owned());
    }
    let files = texts(entry, "files")?;
    if let Some(file) = files.iter().find(|file| leads_out(file)) {
        return Err(format!("the file `{file}` does not lie in the skill's folder"));
    }
    let mut expectations = texts(entry, "expectations")?;
    expectations.extend(texts(entry, "assertions")?);
    Ok(Eval { id, prompt: prompt.to_owned(), files, expectations })
}

/// It becomes a part of a path.
fn is_name(id: &str) -> bool {
    !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn leads_out(file: &str) -> bool {
    let inside = |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
    file.is_empty() || !std::path::Path::new(file).components().all(inside)
}

fn texts(entry: &Value, key: &str) -> Result<Vec<String>, String> {
    let listed = match entry.get(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(listed)) => listed,
        Some(_) => return Err(format!("`{key}` is a list")),
    };
    let text = |one: &Value| one.as_str().map(str::to_owned);
    listed.iter().map(text).collect::<Option<_>>().ok_or(format!("`{key}` is a list of texts"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_formats_are_read() {
        let text = json!({"skill_name": "x", "evals": [
            {"id": 1, "prompt": "a", "expected_output": "b", "files": ["evals/files/a.csv"],
             "expectations": ["one", "two"]},
            {"id": "second", "prompt": "c", "assertions": ["three"], "unknown": {}},
            {"prompt": "d", "files": null},
        ]});
        let evals = read(&text.to_string()).unwrap();
        let cases: Vec<String> = evals.iter().map(Eval::case).collect();
        assert_eq!(cases, ["eval-1", "eval-second", "eval-3"]);
        assert_eq!(evals[0].files, ["evals/files/a.csv"]);
        assert_eq!(evals[0].expectations, ["one", "two"]);
        assert_eq!(evals[1].expectations, ["three"]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let of = |evals: Value| read(&json!({ "evals": evals }).to_string()).unwrap_err();
        let rows = [
            (of(json!("x")), "there is no list `evals`"),
            (of(json!([{"id": 1}])), "eval 1: it has no prompt"),
            (of(json!([{"prompt": " "}])), "eval 1: it has no prompt"),
            (
                of(json!([{"id": 1, "prompt": "a"}, {"id": "1", "prompt": "a"}])),
                "eval 2: the id 1 is there twice",
            ),
            (
                of(json!([{"id": "../x", "prompt": "a"}])),
                "eval 1: an id is a number, or letters, digits and hyphens",
            ),
            (
                of(json!([{"prompt": "a", "files": ["../../etc/passwd"]}])),
                "eval 1: the file `../../etc/passwd` does not lie in the skill's folder",
            ),
            (of(json!([{"prompt": "a", "files": "x"}])), "eval 1: `files` is a list"),
            (
                of(json!([{"prompt": "a", "assertions": [{"type": "x"}]}])),
                "eval 1: `assertions` is a list of texts",
            ),
        ];
        for (said, expected) in rows {
            assert_eq!(said, expected);
        }
        assert!(read("{").unwrap_err().contains("EOF"));
    }
}
