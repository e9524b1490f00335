//! The options that every command takes.

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgAction, ValueEnum};

use crate::report::Form;

#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub(super) struct Global {
    /// Give the result as text, or as one JSON document on stdout whatever happens; a run also as
    /// its events or as a report for a CI, which `atlas check` and `atlas test` have in part,
    /// `atlas stats` as `csv`, and `atlas report` as `markdown`
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Asked,
    /// Say less on stderr: only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say more on stderr
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Use colors; `auto` does on a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
    /// Write plain lines without tables, symbols or movement, as screen readers like them
    #[arg(long, global = true)]
    pub(super) plain: bool,
    /// Do everything as if started in DIR
    #[arg(short = 'C', global = true, value_name = "DIR")]
    pub(super) start_in: Option<PathBuf>,
}

/// A format that can be asked for; not every command has every one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Asked {
    #[default]
    Text,
    Json,
    Jsonl,
    Junit,
    Sarif,
    Github,
    Gitlab,
    Csv,
    Markdown,
}

/// A format that every command has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Text,
    Json,
}

impl Asked {
    /// The format for everything that is no report.
    pub(super) fn plain(self) -> Format {
        match self {
            Self::Json => Format::Json,
            Self::Text
            | Self::Jsonl
            | Self::Junit
            | Self::Sarif
            | Self::Github
            | Self::Gitlab
            | Self::Csv
            | Self::Markdown => Format::Text,
        }
    }

    /// The form of a report about a run or its findings; the others are none.
    pub(super) fn form(self) -> Option<Form> {
        match self {
            Self::Text | Self::Csv | Self::Markdown => None,
            Self::Json => Some(Form::Json),
            Self::Jsonl => Some(Form::Jsonl),
            Self::Junit => Some(Form::Junit),
            Self::Sarif => Some(Form::Sarif),
            Self::Github => Some(Form::Github),
            Self::Gitlab => Some(Form::Gitlab),
        }
    }

    /// As it is typed.
    pub(super) fn name(self) -> String {
        let name = self.to_possible_value().map(|value| value.get_name().to_owned());
        name.unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// What of the global options can be told from a command line that clap could not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glimpse {
    pub(super) format: Asked,
    pub(super) color: Color,
}

impl Glimpse {
    pub(super) fn of(argv: &[OsString]) -> Self {
        Self {
            format: last(argv, "--format").unwrap_or_default(),
            color: last(argv, "--color").unwrap_or(Color::Auto),
        }
    }
}

/// The last readable value of an option; what stands after `--` is the skill's.
fn last<T: ValueEnum>(argv: &[OsString], option: &str) -> Option<T> {
    let words: Vec<&str> = argv
        .iter()
        .map(|word| word.to_str().unwrap_or_default())
        .take_while(|word| *word != "--")
        .collect();
    let mut given = words.iter().enumerate().rev().filter_map(|(at, word)| {
        match word.strip_prefix(option)? {
            "" => words.get(at + 1).copied(),
            rest => rest.strip_prefix('='),
        }
    });
    given.find_map(|value| T::from_str(value, false).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_command_line_still_says_how_to_answer() {
        let rows = [
            ("atlas run --format json --nonsense", Asked::Json, Color::Auto),
            ("atlas --format=json", Asked::Json, Color::Auto),
            ("atlas --format=json run --format text", Asked::Text, Color::Auto),
            ("atlas run x -- --format json", Asked::Text, Color::Auto),
            ("atlas run --format", Asked::Text, Color::Auto),
            ("atlas --format xml --color never", Asked::Text, Color::Never),
            ("atlas --formatjson", Asked::Text, Color::Auto),
            ("atlas --color=always", Asked::Text, Color::Always),
        ];
        for (line, format, color) in rows {
            let argv: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(Glimpse::of(&argv), Glimpse { format, color }, "{line}");
        }
    }
}
