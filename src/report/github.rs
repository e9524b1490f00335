//! Annotations of a GitHub workflow: commands that its runner reads from stdout.
//!
//! The runner obeys whatever line looks like a command, so text from outside is made inert before
//! it is escaped: no message can begin a line of its own.

use std::fmt::Write as _;

use super::annotation::Annotation;
use crate::model::{lint::Level, text};

/// One line for each annotation, each ended.
pub fn github(annotations: &[Annotation]) -> String {
    annotations.iter().map(command).collect()
}

fn command(annotation: &Annotation) -> String {
    let level = match annotation.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let path = annotation.path.to_string_lossy();
    let mut line = format!("::{level} file={}", property(&path));
    if let Some(region) = annotation.region {
        let _ = write!(line, ",line={},endLine={}", region.line, region.end_line);
        if region.line == region.end_line {
            let _ = write!(line, ",col={},endColumn={}", region.column, region.end_column);
        }
    }
    let _ = write!(line, ",title={}::{}", property(&annotation.rule), data(&annotation.message));
    if let Some(help) = &annotation.help {
        line.push_str("%0Afix: ");
        line.push_str(&data(help));
    }
    line.push('\n');
    line
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
    use crate::report::annotation::Region;

    fn annotation(message: &str, path: &str) -> Annotation {
        Annotation {
            rule: "name-form".to_owned(),
            level: Level::Warning,
            message: message.to_owned(),
            help: Some("mend it".to_owned()),
            path: path.into(),
            region: Some(Region { line: 2, column: 7, end_line: 2, end_column: 9 }),
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
        let whole = Annotation { region: None, help: None, ..annotation("gone", "x") };
        assert_eq!(github(&[whole]), "::warning file=x,title=name-form::gone\n");
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
