//! Faults and warnings as people see them: what failed, why, where, and what to do.
//!
//! Everything here may quote text from outside, so all of it is made inert first.

use std::{borrow::Cow, fmt::Write as _, ops::Range};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Effects};

use crate::model::{Fault, Spot, text};

/// Whether a text may hold terminal styles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With colors, for a terminal that shows them.
    Colored,
}

/// How many places of one fault are drawn; the others are counted.
const MAX_SPOTS: usize = 20;

/// The fault as lines, each ended.
pub fn render(fault: &Fault, style: Style) -> String {
    let mut shown = headline(Kind::Error, &fault.message, style);
    for cause in &fault.causes {
        line(&mut shown, "caused by", cause, style);
    }
    for spot in fault.spots.iter().take(MAX_SPOTS) {
        shown.push_str(&snippet((Kind::Error, Label::Message), spot, style));
    }
    if let Some(more) = fault.spots.len().checked_sub(MAX_SPOTS).filter(|more| *more > 0) {
        let _ = writeln!(shown, "… and {more} more");
    }
    for hint in &fault.hints {
        line(&mut shown, "hint", hint, style);
    }
    shown
}

/// A warning about a place, as lines, each ended.
pub fn render_warning(spot: &Spot, style: Style) -> String {
    headline(Kind::Warning, &spot.message, style)
        + &snippet((Kind::Warning, Label::Nothing), spot, style)
}

/// A warning about no place in particular, as a line.
pub fn render_notice(message: &str, style: Style) -> String {
    headline(Kind::Warning, message, style)
}

/// Something that is wrong by a rule with a name, as lines, each ended.
pub fn render_finding(kind: Kind, rule: &str, spot: &Spot, style: Style) -> String {
    let word = format!("{}[{rule}]", kind.word());
    let message = indented(&spot.message);
    let headline = format!("{}: {message}\n", paint(&word, kind.color(), style));
    headline + &snippet((kind, Label::Nothing), spot, style)
}

/// How much something weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It cannot stay so.
    Error,
    /// It may.
    Warning,
    /// It is only worth knowing.
    Note,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }

    fn color(self) -> AnsiColor {
        match self {
            Self::Error => AnsiColor::Red,
            Self::Warning => AnsiColor::Yellow,
            Self::Note => AnsiColor::Cyan,
        }
    }

    fn level(self) -> Level<'static> {
        match self {
            Self::Error => Level::ERROR,
            Self::Warning => Level::WARNING,
            Self::Note => Level::NOTE,
        }
    }
}

/// What stands beside the underlined text. A headline may have said it already.
#[derive(Clone, Copy)]
enum Label {
    Message,
    Nothing,
}

fn headline(kind: Kind, message: &str, style: Style) -> String {
    format!("{}: {}\n", paint(kind.word(), kind.color(), style), indented(message))
}

fn line(shown: &mut String, word: &str, message: &str, style: Style) {
    let _ = writeln!(shown, "{}: {}", paint(word, AnsiColor::Cyan, style), indented(message));
}

/// Later lines of a message stand further in, so that none of them can pass for a line of atlas.
fn indented(message: &str) -> String {
    text::sanitize(message.trim_end()).replace('\n', "\n    ")
}

fn paint(word: &str, color: AnsiColor, style: Style) -> Cow<'_, str> {
    match style {
        Style::Plain => Cow::Borrowed(word),
        Style::Colored => {
            let look = color.on_default().effects(Effects::BOLD);
            Cow::Owned(format!("{look}{word}{look:#}"))
        }
    }
}

/// The place, with its line and what is underlined in it; a place without a text is named alone.
fn snippet((kind, label): (Kind, Label), spot: &Spot, style: Style) -> String {
    let path = text::sanitize_line(&spot.path.to_string_lossy()).into_owned();
    let excerpt = Excerpt::of(spot);
    let label = match label {
        Label::Message => Some(text::sanitize_line(&spot.message).into_owned()),
        Label::Nothing => None,
    };
    let annotation = AnnotationKind::Primary.span(excerpt.span.clone()).label(label);
    let window = Snippet::source(excerpt.text.as_str())
        .line_start(excerpt.first_line)
        .path(path)
        .fold(false)
        .annotation(annotation);
    let mut group = Group::with_level(kind.level()).element(window);
    if let Some(help) = &spot.help {
        group = group.element(Level::HELP.message(text::sanitize_line(help).into_owned()));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colored => Renderer::styled(),
    };
    renderer.render(&[group]) + "\n"
}

/// The lines around a place, made inert character for character, so that columns stay true.
struct Excerpt {
    text: String,
    first_line: usize,
    span: Range<usize>,
}

impl Excerpt {
    /// The line of the place and one on either side; of a long place only its first line.
    fn of(spot: &Spot) -> Self {
        let source = spot.source.as_ref();
        let start = boundary(source, spot.span.start);
        let line_end = end_of_line(source, start);
        let end = boundary(source, spot.span.end).clamp(start, line_end);
        let before = start_of_line(source, start_of_line(source, start).saturating_sub(1));
        let next = source[line_end..].find('\n').map_or(source.len(), |end| line_end + end + 1);
        let after = end_of_line(source, next);
        let shown = |range: Range<usize>| text::sanitize(&source[range]).into_owned();
        let lead = shown(before..start);
        let place = shown(start..end);
        Self {
            span: lead.len()..lead.len() + place.len(),
            text: lead + &place + &shown(end..after),
            first_line: 1 + source[..before].matches('\n').count(),
        }
    }
}

fn start_of_line(source: &str, at: usize) -> usize {
    source[..at].rfind('\n').map_or(0, |end| end + 1)
}

fn end_of_line(source: &str, at: usize) -> usize {
    let line = &source[at..];
    at + line.find('\n').map_or(line.len(), |end| line[..end].trim_end_matches('\r').len())
}

/// The nearest place at or before `at` where the text may be cut.
fn boundary(source: &str, at: usize) -> usize {
    (0..=at.min(source.len())).rev().find(|&at| source.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
