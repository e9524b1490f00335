//! The options that every command takes.

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgAction, ValueEnum};

#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub(super) struct Global {
    /// Give the result as text, or as one JSON document on stdout whatever happens; `atlas check`
    /// also writes `sarif`, and annotations for `github`, `atlas stats` `csv`, and `atlas report`
    /// `markdown`
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
    Sarif,
    Github,
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
    /// The format for everything that is no report of findings.
    pub(super) fn plain(self) -> Format {
        match self {
            Self::Json => Format::Json,
            Self::Text | Self::Sarif | Self::Github | Self::Csv | Self::Markdown => Format::Text,
        }
    }

    /// What it is called and the one command that has it, if only one has.
    pub(super) fn only_of(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Text | Self::Json => None,
            Self::Sarif => Some(("sarif", "check")),
            Self::Github => Some(("github", "check")),
            Self::Csv => Some(("csv", "stats")),
            Self::Markdown => Some(("markdown", "report")),
        }
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
    pub(super) format: Format,
    pub(super) color: Color,
}

impl Glimpse {
    pub(super) fn of(argv: &[OsString]) -> Self {
        Self {
            format: last(argv, "--format").map_or(Format::Text, Asked::plain),
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
            ("atlas run --format json --nonsense", Format::Json, Color::Auto),
            ("atlas --format=json", Format::Json, Color::Auto),
            ("atlas --format=json run --format text", Format::Text, Color::Auto),
            ("atlas run x -- --format json", Format::Text, Color::Auto),
            ("atlas run --format", Format::Text, Color::Auto),
            ("atlas --format xml --color never", Format::Text, Color::Never),
            ("atlas --formatjson", Format::Text, Color::Auto),
            ("atlas --color=always", Format::Text, Color::Always),
        ];
        for (line, format, color) in rows {
            let argv: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(Glimpse::of(&argv), Glimpse { format, color }, "{line}");
        }
    }
}
