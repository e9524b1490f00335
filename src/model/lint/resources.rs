//! Files that a skill names: links, and paths of scripts, references and assets in its text.

mod mentions;

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Parser, Tag};

use super::{
    Finding, Page, Stands, Surroundings,
    rules::{RESOURCE_MISSING, RESOURCE_OUTSIDE, SCRIPT_MISSING, SCRIPT_NOT_EXECUTABLE},
};
use crate::model::skill::Skill;
use mentions::{Manner, Mention, mentions};

/// So many links, and so many paths below each folder, are looked at; a skill for people to read has far fewer.
const MAX_LOOKED_AT: usize = 1_000;

/// Every file that is named and is not there, or not as it would have to be.
pub(super) fn resources(skill: &Skill, page: &Page<'_>, around: &dyn Surroundings) -> Vec<Finding> {
    let parsed = Parsed::of(skill.body());
    let mentions = mentions(skill.body(), &parsed.code, MAX_LOOKED_AT);
    let placed = |span: &Range<usize>| skill.body_start + span.start..skill.body_start + span.end;
    let mut found = Vec::new();
    for link in &parsed.links {
        let Some(path) = local(&link.target) else { continue };
        let (rule, message, help) = match around.in_skill(&path) {
            Stands::Nothing => (
                &RESOURCE_MISSING,
                format!("there is no `{path}` in the skill"),
                "make the file, or mend the link",
            ),
            Stands::Outside => (
                &RESOURCE_OUTSIDE,
                format!("`{path}` is outside of the skill's folder"),
                "move what is needed into the skill",
            ),
            Stands::Folder | Stands::File | Stands::Script | Stands::Program | Stands::Unknown => {
                continue;
            }
        };
        found.push(page.finding(rule, placed(&link.span), message, help));
    }
    let mut told: Vec<&str> = Vec::new();
    for mention in &mentions {
        let inside_link = parsed.links.iter().any(|link| link.span.contains(&mention.span.start));
        if inside_link || told.contains(&mention.path.as_str()) || is_there(mention, around) {
            continue;
        }
        told.push(&mention.path);
        let path = &mention.path;
        let (rule, message) = if path.starts_with("scripts/") {
            (&SCRIPT_MISSING, format!("there is no `{path}` in the skill or in the repository"))
        } else {
            (&RESOURCE_MISSING, format!("there is no `{path}` in the skill"))
        };
        let help = "make the file, or mend its path";
        found.push(page.finding(rule, placed(&mention.span), message, help));
    }
    for mention in not_executable(&mentions, around) {
        let message = format!("`{}` is called by its path, but may not be executed", mention.path);
        let help = format!("chmod +x {}", mention.path);
        found.push(page.finding(&SCRIPT_NOT_EXECUTABLE, placed(&mention.span), message, help));
    }
    found
}

/// A name without an ending may be anything; a script may be one of the repository.
fn is_there(mention: &Mention, around: &dyn Surroundings) -> bool {
    let file = mention.path.rsplit('/').next().unwrap_or_default();
    let ends = file.rsplit_once('.').is_some_and(|(stem, _)| !stem.is_empty());
    !ends
        || around.in_skill(&mention.path) != Stands::Nothing
        || !matches!(around.in_root(&mention.path), Stands::Nothing | Stands::Unknown)
}

/// The first call by its path alone of each script that could not be started so, and that nobody
/// calls in another way.
fn not_executable<'a>(mentions: &'a [Mention], around: &dyn Surroundings) -> Vec<&'a Mention> {
    let mut found: Vec<&Mention> = Vec::new();
    for mention in mentions {
        let same = |other: &&Mention| other.path == mention.path;
        let otherwise = mentions.iter().filter(same).any(|it| it.manner == Manner::ByProgram);
        let known = found.iter().any(|other| other.path == mention.path);
        if otherwise || known || !mention.path.starts_with("scripts/") {
            continue;
        }
        let called = match (mention.manner, around.in_skill(&mention.path)) {
            (Manner::Called, Stands::File | Stands::Script) | (Manner::Alone, Stands::Script) => {
                true
            }
            (Manner::Called | Manner::Alone | Manner::ByProgram | Manner::Named, _) => false,
        };
        if called {
            found.push(mention);
        }
    }
    found
}

struct Link {
    target: String,
    span: Range<usize>,
}

/// What the text says where: links, and blocks of code.
#[derive(Default)]
struct Parsed {
    links: Vec<Link>,
    code: Vec<Range<usize>>,
}

impl Parsed {
    fn of(body: &str) -> Self {
        let mut parsed = Self::default();
        for (event, span) in Parser::new(body).into_offset_iter() {
            match event {
                // An address in angle brackets is no path.
                Event::Start(Tag::Link {
                    link_type: LinkType::Autolink | LinkType::Email, ..
                }) => {}
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. })
                    if parsed.links.len() < MAX_LOOKED_AT =>
                {
                    parsed.links.push(Link { target: dest_url.into_string(), span });
                }
                Event::Start(Tag::CodeBlock(_)) => parsed.code.push(span),
                _ => {}
            }
        }
        parsed
    }
}

/// The path of a link to a file of one's own; nothing for addresses, places in the same text, and
/// what is only filled in later.
fn local(target: &str) -> Option<String> {
    let path = target.split(['#', '?']).next().unwrap_or_default();
    let path = path.strip_prefix("${CLAUDE_SKILL_DIR}/").unwrap_or(path);
    let scheme = path.split(['/', '.']).next().is_some_and(|first| first.contains(':'));
    let later = path.contains(['{', '}', '<', '>', '$', '*']);
    if path.is_empty() || scheme || later || path.starts_with(['/', '~']) || path == "..." {
        return None;
    }
    Some(unescaped(path))
}

/// Percent signs with two digits stand for a byte.
fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| first == b'%');
        let code = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &after[2..]).1,
            None => (bytes.push(first), rest = after).1,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
