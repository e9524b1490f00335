//! Puts arguments into the body of a skill, exactly as Claude Code does.
//!
//! One pass from left to right: a value that looks like a placeholder stays as it is, so that what
//! a user types can never be expanded.

use super::arguments::Arguments;

/// What stands for the conversation in a body.
pub const SESSION_ID: &str = "${CLAUDE_SESSION_ID}";

/// What `${…}` stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places<'a> {
    /// `${CLAUDE_SKILL_DIR}`: the skill's folder.
    pub skill_dir: &'a str,
    /// `${CLAUDE_SESSION_ID}`: the conversation.
    pub session_id: &'a str,
    /// `${CLAUDE_PROJECT_DIR}`: the root of the project.
    pub project_dir: &'a str,
}

/// A body with its arguments in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substituted {
    /// The body.
    pub text: String,
    /// The positions of the arguments that the body has no place for.
    pub unplaced: Vec<usize>,
    /// The names of the named values that the body has no place for.
    pub unplaced_names: Vec<String>,
}

/// Replaces `$ARGUMENTS`, `$ARGUMENTS[N]`, `$N`, `$name` and `${CLAUDE_…}`. One backslash before an
/// argument keeps it as written and goes away; two stay and keep nothing. An index that was not given stays as written, a declared name that
/// was not given becomes empty, and what nobody declared is text.
pub fn substitute(body: &str, arguments: &Arguments, places: Places<'_>) -> Substituted {
    let mut text = String::with_capacity(body.len());
    let mut seen = Seen::new(arguments);
    let mut rest = body;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        let Some((length, holder)) = placeholder(from, arguments) else {
            text.push_str(&rest[..=at]);
            rest = &from[1..];
            continue;
        };
        if let Some(before) = escaped(before).filter(|_| holder.can_be_escaped()) {
            text.push_str(before);
            text.push_str(&from[..length]);
        } else {
            text.push_str(before);
            match seen.value(holder, arguments, places) {
                Some(value) => text.push_str(value),
                None => text.push_str(&from[..length]),
            }
        }
        rest = &from[length..];
    }
    text.push_str(rest);
    seen.finish(text, arguments)
}

#[derive(Clone, Copy)]
enum Holder {
    All,
    Index(usize),
    Name(usize),
    SkillDir,
    SessionId,
    ProjectDir,
}

impl Holder {
    fn can_be_escaped(self) -> bool {
        match self {
            Self::All | Self::Index(_) | Self::Name(_) => true,
            Self::SkillDir | Self::SessionId | Self::ProjectDir => false,
        }
    }
}

/// The text before a placeholder that one backslash escapes.
fn escaped(before: &str) -> Option<&str> {
    before.strip_suffix('\\').filter(|before| !before.ends_with('\\'))
}

/// The placeholder that `text`, which begins with `$`, begins with, and its length.
fn placeholder(text: &str, arguments: &Arguments) -> Option<(usize, Holder)> {
    let fixed = [
        ("${CLAUDE_SKILL_DIR}", Holder::SkillDir),
        (SESSION_ID, Holder::SessionId),
        ("${CLAUDE_PROJECT_DIR}", Holder::ProjectDir),
    ];
    let fixed = fixed.into_iter().find(|(written, _)| text.starts_with(written));
    if let Some((written, holder)) = fixed {
        return Some((written.len(), holder));
    }
    let word = &text[1..];
    if let Some((index, name)) = named(word, arguments) {
        return Some((1 + name.len(), Holder::Name(index)));
    }
    if let Some(after) = word.strip_prefix("ARGUMENTS") {
        let length = text.len() - after.len();
        let bracketed = after.strip_prefix('[').and_then(index);
        return match bracketed {
            Some((digits, n)) if after[1 + digits..].starts_with(']') => {
                Some((length + digits + 2, Holder::Index(n)))
            }
            _ => Some((length, Holder::All)),
        };
    }
    let (digits, n) = index(word)?;
    (!word[digits..].starts_with(is_word)).then_some((1 + digits, Holder::Index(n)))
}

/// The longest declared name that the text begins with, unless it goes on.
fn named<'a>(text: &str, arguments: &'a Arguments) -> Option<(usize, &'a str)> {
    let names = arguments.named.iter().map(|(name, _)| name.as_str()).enumerate();
    names
        .filter(|(_, name)| !name.is_empty())
        .filter(|(_, name)| {
            let after = text.strip_prefix(name);
            after.is_some_and(|after| !after.starts_with('[') && !after.starts_with(is_word))
        })
        .max_by_key(|(_, name)| name.len())
}

/// The digits that a text begins with: how many, and their number.
fn index(text: &str) -> Option<(usize, usize)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    // A number that no list is long enough for is an index all the same, one that was not given.
    (digits > 0).then(|| (digits, text[..digits].parse().unwrap_or(usize::MAX)))
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Which arguments have found a place.
struct Seen {
    positions: Vec<bool>,
    names: Vec<bool>,
}

impl Seen {
    fn new(arguments: &Arguments) -> Self {
        Self {
            positions: vec![false; arguments.list.len()],
            names: vec![false; arguments.named.len()],
        }
    }

    fn value<'a>(
        &mut self,
        holder: Holder,
        arguments: &'a Arguments,
        places: Places<'a>,
    ) -> Option<&'a str> {
        match holder {
            Holder::All => {
                self.positions.fill(true);
                Some(&arguments.raw)
            }
            Holder::Index(index) => {
                *self.positions.get_mut(index)? = true;
                Some(&arguments.list[index])
            }
            Holder::Name(index) => {
                self.names[index] = true;
                Some(arguments.named[index].1.as_deref().unwrap_or_default())
            }
            Holder::SkillDir => Some(places.skill_dir),
            Holder::SessionId => Some(places.session_id),
            Holder::ProjectDir => Some(places.project_dir),
        }
    }

    fn finish(mut self, text: String, arguments: &Arguments) -> Substituted {
        // A positional argument with a name is one value with two ways to be written.
        for (name, position) in self.names.iter_mut().zip(&mut self.positions) {
            let either = *name || *position;
            (*name, *position) = (either, either);
        }
        let missing = |placed: &[bool]| -> Vec<usize> {
            (0..placed.len()).filter(|index| !placed[*index]).collect()
        };
        let positional = self.positions.len();
        let names = missing(&self.names).into_iter().filter(|index| *index >= positional);
        let given = names.filter(|index| arguments.named[*index].1.is_some());
        Substituted {
            text,
            unplaced: missing(&self.positions),
            unplaced_names: given.map(|index| arguments.named[index].0.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
