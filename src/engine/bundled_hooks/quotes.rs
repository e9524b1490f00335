//! `quotes-stand`: every finding's quote is looked up in the file that it names. A quote that does
//! not stand there was made up, and so, most likely, was the finding.

use std::path::PathBuf;

use serde::Deserialize;

use super::{Answer, work::Work};
use crate::{
    model::panel::quote::{places, says_something},
    sys::{fs::read_capped, git},
};

/// A quote may stand so many lines from the line that is named.
const NEAR: usize = 10;

/// Larger files are not reviewed line by line.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

#[derive(Debug, Deserialize)]
struct Review {
    findings: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
struct Finding {
    file: Option<String>,
    line: Option<usize>,
    quote: Option<String>,
}

pub(super) fn look(work: &Work) -> Result<Answer, String> {
    let output = work.output()?;
    let review: Review = match serde_json::from_str(&output) {
        Ok(review) => review,
        Err(error) => {
            return Ok(Answer::Refused(vec![format!("the output holds no findings: {error}")]));
        }
    };
    let faults = (1..).zip(&review.findings).filter_map(|(number, finding)| {
        let fault = fault(work, finding)?;
        Some(format!("finding {number}: {fault}"))
    });
    Ok(Answer::of(faults.collect()))
}

/// What is wrong with a finding's place. A finding without a quote claims nothing to look up.
fn fault(work: &Work, finding: &Finding) -> Option<String> {
    let (file, quote) = (finding.file.as_deref()?, finding.quote.as_deref()?);
    let Some(path) = named(work, file) else {
        return Some(format!("`{file}` is no file of this repository"));
    };
    let bytes = match read_capped(&path, FILE_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => return Some(format!("`{file}` cannot be read: {error}")),
    };
    let text = String::from_utf8_lossy(&bytes);
    let found = places(&text, quote);
    let Some(first) = found.first() else {
        return Some(match bare(quote).filter(|bare| !places(&text, bare).is_empty()) {
            Some(_) => format!(
                "quote the file `{file}`, without the signs that a patch puts before its lines"
            ),
            None => format!("the quote does not stand in `{file}`: {}", first_line(quote)),
        });
    };
    if !says_something(quote) && !is_a_line(&text, *first, quote) {
        return Some(format!(
            "the quote says too little to prove anything: quote the whole line of `{file}`, or more"
        ));
    }
    let line = finding.line?;
    let near = found.iter().any(|place| place.abs_diff(line) <= NEAR);
    (!near).then(|| format!("the quote stands at line {first} of `{file}`, not near line {line}"))
}

/// Whether the quote is all of the line at which it begins, and that no mere brace.
fn is_a_line(text: &str, line: usize, quote: &str) -> bool {
    let all = text.lines().nth(line - 1).is_some_and(|all| all.trim() == quote.trim());
    all && quote.chars().filter(|c| c.is_alphanumeric()).count() > 1
}

/// The file that a reviewer names. Lists show names so that nothing in them acts, and a reviewer may
/// write them as they are shown.
fn named(work: &Work, file: &str) -> Option<PathBuf> {
    let plain = file.replace("\\@", "@");
    let unescaped = git::unescape(&plain).and_then(|bytes| String::from_utf8(bytes).ok());
    [Some(file.to_owned()), Some(plain), unescaped]
        .into_iter()
        .flatten()
        .find_map(|it| work.file(&it))
}

/// The quote without a patch's signs, where every line has one.
fn bare(quote: &str) -> Option<String> {
    let lines: Option<Vec<&str>> =
        quote.lines().map(|line| line.strip_prefix(['+', '-', ' '])).collect();
    Some(lines?.join("\n"))
}

fn first_line(quote: &str) -> String {
    const SHOWN: usize = 80;
    let line = quote.trim().lines().next().unwrap_or_default();
    format!("`{}`", line.chars().take(SHOWN).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::bundled_hook::With,
        sys::{env::Env, fs::write_atomic},
    };

    const CODE: &str = "fn main() {\n    let total = sum(&items);\t\n\n    print(total);\r\n}\n";

    fn review(findings: &serde_json::Value) -> Answer {
        let tree = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &[u8]| {
            write_atomic(&tree.path().join(name), text, 0o600).unwrap();
        };
        let far = "\n".repeat(40) + "@dataclass\nc = 3\n";
        write("main.rs", CODE.as_bytes());
        write("far.py", far.as_bytes());
        write("@at.rs", CODE.as_bytes());
        write("out.json", serde_json::json!({ "findings": findings }).to_string().as_bytes());
        let outside = std::path::Path::new("/etc/hosts");
        std::os::unix::fs::symlink(outside, tree.path().join("link")).unwrap();
        let told = serde_json::json!({
            "timing": "post", "cwd": tree.path(), "output_file": tree.path().join("out.json"),
        });
        let told = serde_json::from_value(told).unwrap();
        let work = Work::new(told, With::default(), &Env::default()).unwrap();
        look(&work).unwrap()
    }

    #[test]
    fn quotes_are_looked_up_in_their_files() {
        let rows = [
            ("main.rs", 2, "    let total = sum(&items);", None),
            ("main.rs", 2, "sum(&items)", None),
            ("main.rs", 2, "let total = sum(&items);\n\n    print(total);", None),
            ("main.rs", 4, "print(total);\n}\n", None),
            ("far.py", 41, "\\@dataclass", None),
            ("\\@at.rs", 2, "sum(&items)", None),
            ("main.rs", 5, "}", Some("says too little")),
            ("main.rs", 2, "let", Some("says too little")),
            ("far.py", 42, "c = 3", None),
            ("far.py", 42, "= 3", Some("says too little")),
            ("main.rs", 2, "let total = sum(items);", Some("does not stand in `main.rs`: `let")),
            ("main.rs", 2, "let total = sum(&items);\nprint(total);", Some("does not stand")),
            ("main.rs", 2, "   \n", Some("does not stand")),
            ("main.rs", 2, "+    let total = sum(&items);", Some("without the signs")),
            ("far.py", 3, "@dataclass", Some("stands at line 41 of `far.py`, not near line 3")),
            ("none.rs", 1, "x", Some("`none.rs` is no file")),
            ("../main.rs", 1, "x", Some("is no file of this repository")),
            ("/etc/hosts", 1, "localhost", Some("is no file of this repository")),
            ("link", 1, "localhost", Some("is no file of this repository")),
        ];
        for (file, line, quote, fault) in rows {
            let finding = serde_json::json!([{ "file": file, "line": line, "quote": quote }]);
            match (review(&finding), fault) {
                (Answer::Passed { .. }, None) => {}
                (Answer::Refused(reasons), Some(fault)) => {
                    assert!(reasons[0].starts_with("finding 1: "), "{reasons:?}");
                    assert!(reasons[0].contains(fault), "{quote:?}: {reasons:?}");
                }
                (answer, _) => panic!("{file}:{line} {quote:?}: {answer:?}"),
            }
        }
        assert_eq!(review(&serde_json::json!([])), Answer::Passed { context: None });
        assert!(matches!(review(&serde_json::json!("none")), Answer::Refused(_)));
    }
}
