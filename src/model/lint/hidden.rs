//! Text that a model reads and a person does not see.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag};

use super::{
    Finding, Page,
    rules::{COMMENT_INSTRUCTS, HIDDEN_TEXT, INVISIBLE_CHARACTER, Rule},
};
use crate::model::{skill::Skill, text};

/// As many places of one file as a person wants to see at once.
const MAX_PLACES: usize = 20;

/// Characters that show nothing by themselves.
pub(super) fn characters(page: &Page<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut before = '\0';
    let mut characters = page.text.char_indices().peekable();
    while let Some((start, first)) = characters.next() {
        let spelled = text::joins(before, first) || (start == 0 && first == '\u{feff}');
        before = first;
        let Some(kind) = Kind::of(first).filter(|_| !spelled) else {
            if let Some(flag) = flag(&page.text[start..]) {
                while characters.next_if(|(at, _)| *at < start + flag).is_some() {}
            }
            continue;
        };
        let mut end = start + first.len_utf8();
        while let Some((at, next)) = characters.next_if(|(_, next)| Kind::of(*next) == Some(kind)) {
            end = at + next.len_utf8();
            before = next;
        }
        found.push(kind.finding(page, start..end));
        if found.len() == MAX_PLACES {
            break;
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tag,
    Direction,
    Invisible,
}

impl Kind {
    fn of(character: char) -> Option<Self> {
        match character {
            '\n' | '\r' | '\t' => None,
            '\u{e0000}'..='\u{e007f}' => Some(Self::Tag),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(Self::Direction),
            other => text::is_hidden(other).then_some(Self::Invisible),
        }
    }

    fn finding(self, page: &Page<'_>, span: Range<usize>) -> Finding {
        let hidden = &page.text[span.clone()];
        let number = hidden.chars().count();
        let (rule, message): (&'static Rule, String) = match self {
            Self::Tag => {
                let says = spelled_out(hidden);
                let message = format!("{number} characters that nobody sees say `{says}`");
                (&HIDDEN_TEXT, message)
            }
            Self::Direction => {
                let message = "a mark that changes the direction in which a line is shown";
                (&HIDDEN_TEXT, message.to_owned())
            }
            Self::Invisible => {
                let first = hidden.chars().next().map_or(0, u32::from);
                let more =
                    if number > 1 { format!(" and {} more", number - 1) } else { String::new() };
                (&INVISIBLE_CHARACTER, format!("an invisible character, U+{first:04X}{more}"))
            }
        };
        page.finding(rule, span, message, "remove it")
    }
}

/// What characters of the tag block stand for: each for one of ASCII.
fn spelled_out(hidden: &str) -> String {
    const MAX: usize = 60;
    let ascii = |c: char| char::from_u32(u32::from(c).checked_sub(0xe_0000)?);
    let said: String = hidden.chars().filter_map(ascii).filter(|c| !c.is_control()).collect();
    if said.chars().count() <= MAX {
        return said;
    }
    said.chars().take(MAX).chain(['…']).collect()
}

/// How long the flag of a region is that a text begins with: a black flag, a few tags, an end.
fn flag(text: &str) -> Option<usize> {
    const MAX_TAGS: usize = 6;
    let rest = text.strip_prefix('\u{1f3f4}')?;
    let is_tag = |c: &char| ('\u{e0030}'..='\u{e007a}').contains(c);
    let tags = rest.chars().take_while(is_tag).count();
    let ends = rest.chars().nth(tags) == Some('\u{e007f}');
    let whole = || text.chars().take(tags + 2).map(char::len_utf8).sum();
    (ends && (1..=MAX_TAGS).contains(&tags)).then(whole)
}

/// Comments of HTML that read like instructions.
pub(super) fn comments(skill: &Skill, page: &Page<'_>) -> Vec<Finding> {
    let body = skill.body();
    let mut found = Vec::new();
    for (event, range) in Parser::new(body).into_offset_iter() {
        if !matches!(event, Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_)) {
            continue;
        }
        for comment in comments_of(&body[range.clone()]) {
            let said = &body[range.start + comment.start..range.start + comment.end];
            let Some(word) = telling(said) else { continue };
            let start = skill.body_start + range.start + comment.start;
            let span = start..start + comment.len();
            let message = format!("this comment reads like an instruction (`{word}`)");
            let help = "say it openly in the text, or remove it";
            found.push(page.finding(&COMMENT_INSTRUCTS, span, message, help));
        }
    }
    found.truncate(MAX_PLACES);
    found
}

fn comments_of(html: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = html[from..].find("<!--").map(|at| from + at) {
        let inside = start + "<!--".len();
        let end = html[inside..].find("-->").map_or(html.len(), |at| inside + at + "-->".len());
        found.push(start..end);
        from = end;
    }
    found
}

/// What people write to a model and not to each other.
const TELLING: &[&str] = &[
    "ignore",
    "disregard",
    "you must",
    "you should",
    "you are",
    "your task",
    "your instructions",
    "do not tell",
    "don't tell",
    "do not mention",
    "don't mention",
    "do not ask",
    "don't ask",
    "do not reveal",
    "don't reveal",
    "do not inform",
    "without asking",
    "without telling",
    "without confirm",
    "without permission",
    "system prompt",
    "system:",
    "assistant",
    "claude",
    "the agent",
    "the model",
    "the user",
    "secretly",
    "silently",
    "exfiltrate",
    "execute",
    "override",
    "bypass",
    "credential",
    "password",
    "api key",
    "curl ",
    "wget ",
    "base64",
];

fn telling(comment: &str) -> Option<&'static str> {
    let plain = comment.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    TELLING.iter().find(|word| plain.contains(*word)).map(|word| word.trim_end())
}
