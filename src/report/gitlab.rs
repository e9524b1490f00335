//! GitLab's code quality report: an array of what was found in files of the repository.
//!
//! An entry has to name a file, so what speaks of no file is left out here; JUnit has it.

use serde_json::{Value, json};

use super::annotation::{Annotation, At, fingerprints};
use crate::model::{lint::Level, result::Severity, text};

/// The whole report.
pub fn gitlab(annotations: &[Annotation]) -> Value {
    let numbered = annotations.iter().zip(fingerprints(annotations));
    numbered.filter_map(|(annotation, print)| entry(annotation, &print)).collect()
}

fn entry(annotation: &Annotation, fingerprint: &str) -> Option<Value> {
    // GitLab shows paths of the repository alone.
    let path = annotation.path.as_deref().filter(|path| path.is_relative())?;
    let begin = match annotation.at {
        // It wants a line, and of a whole file the first one is meant.
        At::Anywhere => 1,
        At::Line(line) => line,
        At::Region(region) => region.line as u64,
    };
    let mut description = inert(&annotation.message);
    if let Some(help) = &annotation.help {
        description.push_str("; fix: ");
        description.push_str(&inert(help));
    }
    Some(json!({
        "description": description,
        "check_name": inert(&annotation.rule),
        "fingerprint": fingerprint,
        "severity": severity(annotation),
        "location": { "path": inert(&path.to_string_lossy()), "lines": { "begin": begin } },
    }))
}

/// In GitLab's words: info, minor, major, critical, blocker.
fn severity(annotation: &Annotation) -> &'static str {
    match (annotation.severity, annotation.level) {
        // What nobody could confirm weighs no more than a note, whatever it claims to be.
        (Some(Severity::Note), _) | (_, Level::Note) => "info",
        (Some(Severity::Blocker), _) => "blocker",
        (Some(Severity::Major), _) | (None, Level::Error) => "major",
        (Some(Severity::Minor), _) | (None, Level::Warning) => "minor",
    }
}

fn inert(text: &str) -> String {
    text::sanitize_line(text).into_owned()
}
