//! Who reads the talk line by line, and obeys some of it.
//!
//! The runner of a GitHub workflow takes every line that begins with `::` for a command, and what
//! follows `##[` for another kind. What atlas says of a run quotes hooks, skills and models over
//! several lines, so such a line is kept from looking like one.

use std::borrow::Cow;

/// Who reads the talk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Host {
    /// People and files, which obey nothing.
    #[default]
    Anybody,
    /// The runner of a GitHub workflow.
    GitHub,
}

impl Host {
    /// The lines as this reader shows them, and obeys none.
    pub fn inert(self, lines: &str) -> Cow<'_, str> {
        match self {
            Self::Anybody => Cow::Borrowed(lines),
            Self::GitHub if !lines.contains("::") && !lines.contains("##[") => Cow::Borrowed(lines),
            Self::GitHub => Cow::Owned(lines.split_inclusive('\n').map(quoted).collect()),
        }
    }
}

/// A line with a mark before what would be a command.
fn quoted(line: &str) -> String {
    let line = line.replace("##[", r"##\[");
    let text = line.trim_start();
    if text.starts_with("::") {
        let (blank, text) = line.split_at(line.len() - text.len());
        return format!(r"{blank}\{text}");
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn commands_are_shown_and_not_obeyed() {
        let rows = [
            ("plain: std::fs\n", "plain: std::fs\n"),
            ("::error::x\n", "\\::error::x\n"),
            ("a\n  ::set-output name=x::y\nb", "a\n  \\::set-output name=x::y\nb"),
            ("a ##[error]x\n", "a ##\\[error]x\n"),
        ];
        for (given, expected) in rows {
            assert_eq!(Host::GitHub.inert(given), expected);
            assert_eq!(Host::Anybody.inert(given), given);
        }
    }

    proptest! {
        #[test]
        fn no_line_is_a_command(lines in "(\n|::|##\\[|[ \t\u{a0}]|error|x){0,20}") {
            for line in Host::GitHub.inert(&lines).lines() {
                prop_assert!(!line.trim_start().starts_with("::"), "{line:?}");
                prop_assert!(!line.contains("##["), "{line:?}");
            }
        }
    }
}
