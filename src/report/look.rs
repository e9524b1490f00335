//! What the other side can show: colors, symbols, a width.

use std::borrow::Cow;

use anstyle::{AnsiColor, Effects};

use super::{fault::Style, wrap};

/// How text is drawn for one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether it may hold terminal styles.
    pub style: Style,
    /// Which symbols stand for what happened.
    pub symbols: Symbols,
    /// The columns of a terminal; `None` where lines are never folded.
    pub width: Option<u16>,
}

/// Which symbols stand for what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbols {
    /// Check marks and the like.
    Unicode,
    /// Words in ASCII, for screen readers and for terminals that show nothing else.
    Words,
}

/// What a line tells, before its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Something is done and was accepted.
    Good,
    /// Something was refused or broke.
    Bad,
    /// Something deserves attention and decides nothing.
    Warning,
    /// Something is tried again.
    Again,
    /// Something begins or is said by the way.
    Note,
    /// Advice.
    Hint,
}

/// A color, by what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Accepted.
    Good,
    /// Refused or broken.
    Bad,
    /// Neither, and worth a look.
    Doubtful,
    /// Beside the point.
    Faint,
}

impl Look {
    /// Text alone, on lines of any length: what a file or a pipe gets.
    pub const PLAIN: Self = Self { style: Style::Plain, symbols: Symbols::Unicode, width: None };

    /// What stands between the parts of a line.
    pub fn separator(self) -> &'static str {
        match self.symbols {
            Symbols::Unicode => " · ",
            Symbols::Words => ", ",
        }
    }

    /// What stands before a number that is an estimate.
    pub fn about(self) -> &'static str {
        match self.symbols {
            Symbols::Unicode => "≈",
            Symbols::Words => "about",
        }
    }

    /// What stands for something left out.
    pub fn ellipsis(self) -> &'static str {
        match self.symbols {
            Symbols::Unicode => "…",
            Symbols::Words => "...",
        }
    }

    /// A line with its mark, folded to the width, ended. `text` must be safe to show.
    pub fn line(self, mark: Mark, text: &str) -> String {
        let (symbol, tone) = self.mark(mark);
        let indent = wrap::columns(symbol) + 1;
        let folded = wrap::text(text, self.width, indent);
        match tone {
            Some(tone) => format!("{} {folded}\n", self.paint(symbol, tone)),
            None => format!("{symbol} {folded}\n"),
        }
    }

    /// A line made of parts that belong together, folded between them, ended. The first part says
    /// the most, and has the color.
    pub fn parts(self, parts: &[String], tone: Option<Tone>) -> String {
        let mut line = wrap::parts(parts, self.separator(), self.width);
        // On a very narrow terminal even the first part is folded; then it goes without.
        let first = parts.first().filter(|first| line.starts_with(first.as_str()));
        if let (Some(tone), Some(first)) = (tone, first) {
            let painted = self.paint(first, tone).into_owned();
            line.replace_range(..first.len(), &painted);
        }
        line.push('\n');
        line
    }

    /// The text in a color, where the other side shows any.
    pub fn paint(self, text: &str, tone: Tone) -> Cow<'_, str> {
        match self.style {
            Style::Plain => Cow::Borrowed(text),
            Style::Colored => {
                let look = match tone {
                    Tone::Good => AnsiColor::Green.on_default().effects(Effects::BOLD),
                    Tone::Bad => AnsiColor::Red.on_default().effects(Effects::BOLD),
                    Tone::Doubtful => AnsiColor::Yellow.on_default().effects(Effects::BOLD),
                    Tone::Faint => anstyle::Style::new().effects(Effects::DIMMED),
                };
                Cow::Owned(format!("{look}{text}{look:#}"))
            }
        }
    }

    fn mark(self, mark: Mark) -> (&'static str, Option<Tone>) {
        let (symbol, word, tone) = match mark {
            Mark::Good => ("✓", "ok:", Some(Tone::Good)),
            Mark::Bad => ("✗", "failed:", Some(Tone::Bad)),
            Mark::Warning => ("!", "warning:", Some(Tone::Doubtful)),
            Mark::Again => ("↻", "again:", Some(Tone::Doubtful)),
            Mark::Note => ("·", "note:", Some(Tone::Faint)),
            Mark::Hint => ("hint:", "hint:", None),
        };
        match self.symbols {
            Symbols::Unicode => (symbol, tone),
            Symbols::Words => (word, tone),
        }
    }
}
