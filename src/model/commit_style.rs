//! How a repository writes its commit messages, as its own log shows it: told before a message is
//! written, and held against it afterwards.
//!
//! A custom counts where a clear majority keeps it. Where the log is too short to show anything,
//! only what git itself needs is asked for: one short subject, an empty line, a wrapped body.

mod message;

#[cfg(test)]
mod tests;

use std::fmt;

use message::Message;

/// With fewer messages a log shows no custom.
const ENOUGH: usize = 5;

/// A subject is at most so long, unless the log's own are longer.
const SUBJECT: usize = 72;

/// No log makes a subject longer than this good.
const LONGEST_SUBJECT: usize = 120;

/// A body is wrapped at this column, unless the log's own are wider.
const BODY: usize = 72;

/// A body that is wider than this is not wrapped at all.
const WIDEST_BODY: usize = 100;

/// So many subjects are shown as examples.
const EXAMPLES: usize = 12;

/// The words by which the convention of that name says what kind of change it is.
const KINDS: [&str; 11] =
    ["build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test"];

/// What a log shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitStyle {
    prefix: Prefix,
    /// Whether what follows the prefix begins with a capital; nothing where both are usual.
    capital: Option<bool>,
    /// Whether a subject ends with a period, likewise.
    period: Option<bool>,
    /// The most characters of a subject.
    subject: usize,
    /// The most characters of a line of the body; nothing where bodies are not wrapped.
    body: Option<usize>,
    /// How many of the messages that were read have a body.
    bodies: usize,
    /// How many messages were read.
    read: usize,
    examples: Vec<String>,
}

/// What a subject begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Prefix {
    /// Nothing in particular.
    Free,
    /// One of these kinds, perhaps with a scope: `fix(parser): `.
    Kind(Vec<String>),
    /// The part of the code that changes: `parser: `.
    Area,
    /// Words, and no prefix.
    None,
}

impl CommitStyle {
    /// What these messages show, newest first.
    pub fn of(messages: &[String]) -> Self {
        let all: Vec<Message<'_>> = messages
            .iter()
            .filter_map(|text| Message::read(text))
            .filter(|message| !message.is_made_by_git())
            .collect();
        let bodies: Vec<usize> = all.iter().filter_map(Message::body_width).collect();
        let mut style = Self {
            prefix: Prefix::Free,
            capital: None,
            period: None,
            subject: SUBJECT,
            body: Some(BODY),
            bodies: bodies.len(),
            read: all.len(),
            examples: all.iter().take(EXAMPLES).map(|all| all.subject.to_owned()).collect(),
        };
        if all.len() < ENOUGH {
            return style;
        }
        style.prefix = prefix(&all);
        style.capital = custom(all.iter().filter_map(Message::begins_with_capital));
        style.period = custom(all.iter().map(|message| message.subject.ends_with('.')));
        let lengths = all.iter().map(|message| message.subject.chars().count()).collect();
        style.subject = usual(lengths).clamp(SUBJECT, LONGEST_SUBJECT);
        if bodies.len() >= ENOUGH {
            let width = usual(bodies);
            style.body = (width <= WIDEST_BODY).then_some(width.max(BODY));
        }
        style
    }

    /// What of a message is not as it should be; empty where all is.
    pub fn faults(&self, text: &str) -> Vec<String> {
        let Some(message) = Message::read(text) else {
            return vec!["there is no message".to_owned()];
        };
        let mut faults = message.wrapping();
        faults.extend(self.prefix_fault(&message));
        faults.extend(self.subject_faults(&message));
        faults.extend(self.body_faults(&message));
        faults
    }

    fn prefix_fault(&self, message: &Message<'_>) -> Option<String> {
        match (&self.prefix, message.prefix()) {
            (Prefix::Free, _) | (Prefix::None, None) | (Prefix::Area, Some(_)) => None,
            (Prefix::Kind(kinds), Some(prefix)) if kinds.iter().any(|kind| kind == prefix.kind) => {
                None
            }
            (Prefix::Kind(kinds), _) => Some(format!(
                "the subject begins with the kind of change and a colon, here one of {}",
                kinds.join(", ")
            )),
            (Prefix::Area, None) => Some(
                "the subject begins with the part that changes and a colon, as in the log"
                    .to_owned(),
            ),
            (Prefix::None, Some(prefix)) => KINDS
                .contains(&prefix.kind)
                .then(|| format!("the log has no prefix such as `{}:`", prefix.kind)),
        }
    }

    fn subject_faults(&self, message: &Message<'_>) -> Vec<String> {
        let mut faults = Vec::new();
        let length = message.subject.chars().count();
        if length > self.subject {
            faults.push(format!("the subject has {length} characters, at most {}", self.subject));
        }
        match (self.capital, message.begins_with_capital()) {
            (Some(true), Some(false)) => {
                faults.push("the subject's words begin with a capital".to_owned());
            }
            // A name keeps its capital; a verb has none of its own.
            (Some(false), Some(true)) if message.begins_with_verb() => {
                faults.push("the subject's words begin with a small letter".to_owned());
            }
            (Some(_) | None, _) => {}
        }
        match (self.period, message.subject.ends_with('.')) {
            (Some(true), false) => faults.push("the subject ends with a period".to_owned()),
            (Some(false) | None, true) => {
                faults.push("the subject ends without a period".to_owned());
            }
            (Some(true), true) | (Some(false) | None, false) => {}
        }
        faults
    }

    fn body_faults(&self, message: &Message<'_>) -> Vec<String> {
        let mut faults = Vec::new();
        if !message.second_line.is_empty() {
            faults.push("an empty line stands between subject and body".to_owned());
        }
        if let (Some(most), Some(width)) = (self.body, message.body_width())
            && width > most
        {
            faults.push(format!("a line of the body has {width} characters, at most {most}"));
        }
        if let Some(trailer) = message.personal_trailer() {
            faults.push(format!("`{trailer}` is for people to give"));
        }
        faults
    }
}

impl fmt::Display for CommitStyle {
    /// The customs in words, then examples.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.read < ENOUGH {
            writeln!(f, "The log is too short to show how messages are written here.")?;
        } else {
            writeln!(f, "How the last {} messages of this repository are written:", self.read)?;
        }
        match &self.prefix {
            Prefix::Free => {}
            Prefix::Kind(kinds) => writeln!(
                f,
                "- The subject begins with the kind of change, a scope in parentheses where the \
                 log has one, and a colon. Kinds: {}.",
                kinds.join(", ")
            )?,
            Prefix::Area => {
                writeln!(f, "- The subject begins with the part that changes, and a colon.")?;
            }
            Prefix::None => writeln!(f, "- The subject has no prefix.")?,
        }
        match self.capital {
            Some(true) => writeln!(f, "- Its words begin with a capital letter.")?,
            Some(false) => writeln!(f, "- Its words begin with a small letter.")?,
            None => {}
        }
        match self.period {
            Some(true) => writeln!(f, "- It ends with a period.")?,
            Some(false) | None => writeln!(f, "- It ends without a period.")?,
        }
        writeln!(f, "- It has at most {} characters.", self.subject)?;
        match self.body {
            Some(width) => writeln!(f, "- The body is wrapped at {width} characters.")?,
            None => writeln!(f, "- The body is not wrapped: one line a paragraph.")?,
        }
        if self.read >= ENOUGH {
            writeln!(f, "- {} of {} messages have a body.", self.bodies, self.read)?;
        }
        if !self.examples.is_empty() {
            writeln!(f, "\nThe last subjects:")?;
            self.examples.iter().try_for_each(|subject| writeln!(f, "  {subject}"))?;
        }
        Ok(())
    }
}

/// What more than half of the log begins with.
fn prefix(all: &[Message<'_>]) -> Prefix {
    let prefixes: Vec<message::Prefix<'_>> = all.iter().filter_map(Message::prefix).collect();
    let kinds = prefixes.iter().filter(|prefix| KINDS.contains(&prefix.kind)).count();
    if kinds * 2 > all.len() {
        let mut known: Vec<String> = KINDS.map(str::to_owned).to_vec();
        // A kind of the log's own is one that comes again.
        for prefix in &prefixes {
            let again = prefixes.iter().filter(|other| other.kind == prefix.kind).count() > 1;
            if again && !known.iter().any(|kind| kind == prefix.kind) {
                known.push(prefix.kind.to_owned());
            }
        }
        return Prefix::Kind(known);
    }
    if prefixes.len() * 2 > all.len() {
        return Prefix::Area;
    }
    if prefixes.len() * 10 < all.len() { Prefix::None } else { Prefix::Free }
}

/// What at least four of five do.
fn custom(found: impl Iterator<Item = bool>) -> Option<bool> {
    let (mut yes, mut all) = (0, 0);
    for one in found {
        yes += usize::from(one);
        all += 1;
    }
    match (yes * 5 >= all * 4, yes * 5 <= all) {
        _ if all < ENOUGH => None,
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

/// What nine of ten do not exceed.
fn usual(mut sizes: Vec<usize>) -> usize {
    sizes.sort_unstable();
    let place = (sizes.len() * 9).div_ceil(10).saturating_sub(1);
    sizes.get(place).copied().unwrap_or(0)
}
