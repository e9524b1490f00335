//! What belongs to one machine and one moment, and the placeholders that stand for it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Something that differs from machine to machine or from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The tree that the call works on.
    Repository,
    /// The session's folder.
    Session,
    /// The skill's folder.
    Skill,
    /// The user's home.
    Home,
    /// The folder for temporary files, where the user has one of their own.
    Temporary,
    /// claude's own id of the conversation.
    Conversation,
    /// The number that fences the work for a panel.
    Fence,
    /// The user's name.
    User,
    /// The machine's name.
    Host,
}

impl Place {
    /// What stands in a recording in its place.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Repository => "{{atlas:repository}}",
            Self::Session => "{{atlas:session}}",
            Self::Skill => "{{atlas:skill}}",
            Self::Home => "{{atlas:home}}",
            Self::Temporary => "{{atlas:temporary}}",
            Self::Conversation => "{{atlas:conversation}}",
            Self::Fence => "{{atlas:fence}}",
            Self::User => "{{atlas:user}}",
            Self::Host => "{{atlas:host}}",
        }
    }
}

/// What each placeholder stands for, here and now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Places(Vec<(Place, String)>);

impl Places {
    /// Texts shorter than two characters stand for nothing. Longer ones are replaced first, since
    /// a session lies in a repository, and that in a home.
    pub fn new(places: impl IntoIterator<Item = (Place, String)>) -> Self {
        let mut places: Vec<_> = places.into_iter().filter(|(_, text)| text.len() > 1).collect();
        places.sort_by(|(_, one), (_, other)| other.len().cmp(&one.len()).then(one.cmp(other)));
        places.dedup();
        Self(places)
    }

    /// The same places as they stand inside a string of JSON.
    #[must_use]
    pub fn in_json(&self) -> Self {
        let escaped = |text: &String| {
            let quoted = serde_json::Value::from(text.as_str()).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        };
        Self(self.0.iter().map(|(place, text)| (*place, escaped(text))).collect())
    }

    /// The text with placeholders.
    pub fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (place, real)| {
            if text.contains(real.as_str()) {
                text.replace(real.as_str(), place.placeholder())
            } else {
                text
            }
        })
    }

    /// A recorded stream: placeholders, and of its first line only what a replay can need. What
    /// else stands there tells which skills, plugins and servers somebody has.
    pub fn hide_stream(&self, stream: &str) -> String {
        let inner = self.in_json();
        stream.lines().map(|line| inner.hide(&trimmed(line)) + "\n").collect()
    }

    /// The text with what the placeholders stand for; a person's and a machine's name are nobody's,
    /// and without a folder of the user's own the common one is meant.
    pub fn fill(&self, text: &str) -> String {
        let nobody = [
            (Place::User, "user".to_owned()),
            (Place::Host, "host".to_owned()),
            (Place::Temporary, "/tmp".to_owned()),
        ];
        self.0.iter().chain(&nobody).fold(text.to_owned(), |text, (place, real)| {
            if text.contains(place.placeholder()) {
                text.replace(place.placeholder(), real)
            } else {
                text
            }
        })
    }
}

/// What is kept of claude's first line.
const KEPT: [&str; 12] = [
    "type",
    "subtype",
    "cwd",
    "session_id",
    "tools",
    "mcp_servers",
    "model",
    "permissionMode",
    "apiKeySource",
    "claude_code_version",
    "output_style",
    "uuid",
];

fn trimmed(line: &str) -> Cow<'_, str> {
    if !line.contains("\"init\"") {
        return Cow::Borrowed(line);
    }
    let Ok(mut fields) = serde_json::from_str::<serde_json::Map<_, _>>(line) else {
        return Cow::Borrowed(line);
    };
    if fields.get("type") != Some(&"system".into()) || fields.get("subtype") != Some(&"init".into())
    {
        return Cow::Borrowed(line);
    }
    fields.retain(|name, _| KEPT.contains(&name.as_str()));
    Cow::Owned(serde_json::Value::Object(fields).to_string())
}

/// Names that say nothing about anybody.
const COMMON: [&str; 12] = [
    "root",
    "user",
    "admin",
    "runner",
    "ubuntu",
    "debian",
    "node",
    "build",
    "test",
    "git",
    "host",
    "localhost",
];

/// A person's and a machine's name, replaced where they stand as words of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<(Place, String)>);

impl Words {
    /// `is_content` says whether a word stands in the recorded repository anyway: there it means
    /// something, and a quote from a file has to stay a quote.
    pub fn new(
        words: impl IntoIterator<Item = (Place, String)>,
        is_content: impl Fn(&str) -> bool,
    ) -> Self {
        let tells = |word: &str| word.len() > 2 && !COMMON.contains(&word) && !is_content(word);
        Self(words.into_iter().filter(|(_, word)| tells(word)).collect())
    }

    /// The text with placeholders.
    pub fn hide(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for (place, word) in &self.0 {
            if text.contains(word.as_str()) {
                text = Cow::Owned(replace_words(&text, word, place.placeholder()));
            }
        }
        text.into_owned()
    }
}

fn replace_words(text: &str, word: &str, with: &str) -> String {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut replaced = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(word) {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        if before.ends_with(part_of_word) || after.starts_with(part_of_word) {
            continue;
        }
        replaced.push_str(&text[done..at]);
        replaced.push_str(with);
        done = at + word.len();
    }
    replaced.push_str(&text[done..]);
    replaced
}
