//! The headings of a markdown text, by byte.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

pub(super) struct Heading {
    pub(super) title: String,
    pub(super) level: u8,
    /// The beginning of its line.
    pub(super) start: usize,
}

/// The headings that stand by themselves: not in a fence, an HTML block, a list, a quote or a
/// footnote.
pub(super) fn headings(text: &str) -> Vec<Heading> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
    let mut headings: Vec<Heading> = Vec::new();
    let mut containers = 0_usize;
    let mut inside = false;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) if containers == 0 => {
                let start = line_start(text, range.start);
                headings.push(Heading { title: String::new(), level: level as u8, start });
                inside = true;
            }
            Event::End(TagEnd::Heading(_)) => inside = false,
            Event::Start(ref tag) if is_container(tag) => containers += 1,
            Event::End(ref end) if is_container_end(*end) => containers -= 1,
            Event::Text(ref piece) | Event::Code(ref piece) if inside => push(&mut headings, piece),
            Event::SoftBreak | Event::HardBreak if inside => push(&mut headings, " "),
            _ => {}
        }
    }
    for heading in &mut headings {
        heading.title = heading.title.trim().to_owned();
    }
    headings
}

/// Where the header ends, if a heading ends it.
pub(super) fn header_end(headings: &[Heading]) -> Option<usize> {
    let second = headings.iter().find(|heading| heading.level == 2).or(headings.get(1));
    second.map(|heading| heading.start)
}

/// How many lines that look like a heading are tried before the whole text is parsed.
const MAX_TRIES: usize = 4;

/// The first level-2 heading, at the price of the text before it: whether a line is a heading is
/// decided by that line and those above it, so the parser sees no more than that.
pub(super) fn first_second_level(text: &str) -> Option<usize> {
    let found = |text: &str| headings(text).iter().find(|h| h.level == 2).map(|h| h.start);
    let mut end = 0;
    let candidates = text.split_inclusive('\n').filter_map(|line| {
        end += line.len();
        looks_second_level(line).then_some(end)
    });
    let mut candidates = candidates.peekable();
    candidates.peek()?;
    let tried = candidates.by_ref().take(MAX_TRIES).find_map(|end| found(&text[..end]));
    tried.or_else(|| candidates.next().and_then(|_| found(text)))
}

fn looks_second_level(line: &str) -> bool {
    let line = line.trim();
    let underline = !line.is_empty() && line.bytes().all(|byte| byte == b'-');
    underline || line.starts_with("##") || line.contains('\r')
}

fn push(headings: &mut [Heading], piece: &str) {
    if let Some(heading) = headings.last_mut() {
        heading.title.push_str(piece);
    }
}

fn is_container(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::List(_) | Tag::BlockQuote(_) | Tag::FootnoteDefinition(_))
}

fn is_container_end(end: TagEnd) -> bool {
    matches!(end, TagEnd::List(_) | TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition)
}

/// A heading may be indented; the indentation is its own.
fn line_start(text: &str, at: usize) -> usize {
    text[..at].trim_end_matches([' ', '\t']).len()
}
