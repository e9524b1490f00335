//! Annotations of a GitHub workflow: commands that its runner reads from stdout.
//!
//! The runner obeys whatever line looks like a command, so text from outside is made inert before
//! it is escaped: no message can begin a line of its own.

use std::fmt::Write as _;

use super::{
    annotation::{Annotation, At, Region},
    told::{Ending, Told},
};
use crate::model::{lint::Level, text};

/// One line for each annotation, each ended.
pub fn github(annotations: &[Annotation]) -> String {
    annotations.iter().map(command).collect()
}

/// A run: an annotation for each remark, one for how it ended, and the answer, if it was accepted.
///
/// The answer is a model's words of any number of lines, so the runner is told to take no commands
/// until it reads `token`, which nobody can have foreseen.
pub fn github_of_run(told: &Told, token: &str) -> String {
    let mut said: String = told.findings().map(command).collect();
    let level = match told.ending {
        Ending::Passed | Ending::ByNobody => "notice",
        Ending::NotChecked => "warning",
        Ending::Refused | Ending::Broken => "error",
    };
    let (title, words) = (property(&told.skill), data(&told.conclusion()));
    let _ = writeln!(said, "::{level} title={title}::{words}");
    if let Some(answer) = &told.answer {
        let answer = text::sanitize(answer);
        let answer = answer.trim_end();
        let _ = write!(
            said,
            "::group::{}\n::stop-commands::{token}\n{answer}\n::{token}::\n::endgroup::\n",
            data(&format!("what {} says", told.skill))
        );
    }
    said
}

fn command(annotation: &Annotation) -> String {
    let level = match annotation.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some(path) = &annotation.path {
        properties.push(format!("file={}", property(&path.to_string_lossy())));
        properties.extend(place(annotation.at));
    }
    properties.push(format!("title={}", property(&annotation.rule)));
    let mut line = format!("::{level} {}::{}", properties.join(","), data(&annotation.message));
    if let Some(help) = &annotation.help {
        line.push_str("%0Afix: ");
        line.push_str(&data(help));
    }
    line.push('\n');
    line
}

fn place(at: At) -> Option<String> {
    match at {
        At::Anywhere => None,
        At::Line(line) => Some(format!("line={line}")),
        At::Region(Region { line, column, end_line, end_column }) if line == end_line => {
            Some(format!("line={line},endLine={end_line},col={column},endColumn={end_column}"))
        }
        At::Region(Region { line, end_line, .. }) => {
            Some(format!("line={line},endLine={end_line}"))
        }
    }
}

/// What stands after the second `::`.
fn data(text: &str) -> String {
    text::sanitize_line(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What stands between the name of a command and its second `::`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn annotation(message: &str, path: &str) -> Annotation {
        Annotation {
            rule: "name-form".to_owned(),
            level: Level::Warning,
            message: message.to_owned(),
            severity: None,
            help: Some("mend it".to_owned()),
            path: Some(path.into()),
            at: At::Region(Region { line: 2, column: 7, end_line: 2, end_column: 9 }),
            known_by: <_>::default(),
        }
    }

    #[test]
    fn a_command_says_where_what_and_how() {
        assert_eq!(
            github(&[annotation("100% wrong: a, b", "a,b:c/SKILL.md")]),
            "::warning file=a%2Cb%3Ac/SKILL.md,line=2,endLine=2,col=7,endColumn=9,\
             title=name-form::100%25 wrong: a, b%0Afix: mend it\n"
        );
        let whole = Annotation { at: At::Anywhere, help: None, ..annotation("gone", "x") };
        let line = Annotation { at: At::Line(4), ..whole.clone() };
        let nowhere = Annotation { path: None, ..line.clone() };
        assert_eq!(
            github(&[whole, line, nowhere]),
            "::warning file=x,title=name-form::gone\n\
             ::warning file=x,line=4,title=name-form::gone\n\
             ::warning title=name-form::gone\n"
        );
    }

    proptest! {
        #[test]
        fn no_text_becomes_a_command(message in "(\n|\r|::|error|##\\[|%0A|.){0,20}", path in ".{0,9}") {
            let said = github(&[annotation(&message, &path)]);
            prop_assert_eq!(said.lines().count(), 1);
            prop_assert!(said.starts_with("::warning file="));
            prop_assert_eq!(said.matches('\r').count(), 0);
        }
    }
}
