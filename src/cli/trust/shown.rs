//! All that a person decides on when asked for trust: what would happen, the files that have a
//! say in it, and how they changed since the last answer.

use serde::Serialize;

use super::{super::context::Context, asks::Asked, consent::Answer, word};
use crate::{
    cli::global::Format,
    model::{Result, contract::Ask, text},
    report::{Look, table::table},
    store::trust::{Change, Scope, Subject, TrustStore, Verdict, Why},
};

/// How much of a hash people compare.
const SHOWN_DIGITS: usize = 12;

/// As many lines of a change as somebody reads before they answer.
const MAX_LINES: usize = 400;

/// All that a person decides on.
pub(super) struct Shown<'a> {
    pub(super) subject: &'a Subject,
    before: &'a Verdict,
    asked: &'a Asked,
    scope: Scope,
    changes: Vec<Change>,
}

impl<'a> Shown<'a> {
    /// Trust in exactly this content.
    ///
    /// # Errors
    /// A file changed while it was looked at.
    pub(super) fn of(
        subject: &'a Subject,
        before: &'a Verdict,
        asked: &'a Asked,
        store: &TrustStore,
    ) -> Result<Self> {
        let changes = match before {
            Verdict::Untrusted(Why::Changed(difference)) => store.changes(subject, difference)?,
            Verdict::Untrusted(Why::New | Why::Replaced | Why::Shared(_))
            | Verdict::Trusted(_)
            | Verdict::NothingToTrust => Vec::new(),
        };
        Ok(Self { subject, before, asked, scope: Scope::Content, changes })
    }

    /// The same with another scope.
    pub(super) fn with(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    pub(super) fn give(&self, context: &Context) -> Result<()> {
        context.give(|| Document::of(self), |look| self.told(look))
    }

    /// Shows it where whoever answers sees it. Of a document there is but one: the result, or what
    /// is wrong.
    pub(super) fn consent(&self, given: Option<Answer>, context: &Context) -> Result<()> {
        let answer = Answer::of(given, context)?;
        match (answer, context.format) {
            (Answer::Asked, _) => context.printer.ask(&self.told(context.printer.look())),
            (Answer::Given | Answer::Nobody(_), Format::Text) => self.give(context)?,
            (Answer::Given | Answer::Nobody(_), Format::Json) => {}
        }
        answer.expect_yes(context)
    }

    pub(super) fn told(&self, look: Look) -> String {
        let rows: Vec<[String; 3]> = self
            .subject
            .files
            .iter()
            .map(|file| {
                let digits = file.sha256.get(..SHOWN_DIGITS).unwrap_or_default().to_owned();
                [digits, news(self.before, &file.path).to_owned(), file.path.clone()]
            })
            .collect();
        let mut told = self.asked.told(self.subject, look.style);
        if !told.is_empty() && !rows.is_empty() {
            told.push('\n');
        }
        if !rows.is_empty() {
            told += &table(["sha-256", "since", "file"], &rows, look);
        }
        for path in removed(self.before) {
            told.extend(["gone since: ", path, "\n"]);
        }
        told += &differences(&self.changes);
        if !rows.is_empty() {
            told.extend(["\nthis content for one run: --trust=", &self.subject.digest, "\n"]);
        }
        told
    }
}

/// What changed, file by file, as a unified diff that shows every character it holds.
fn differences(changes: &[Change]) -> String {
    let mut told = String::new();
    let mut left = MAX_LINES;
    for Change { path, hunks } in changes {
        told.extend(["\n--- ", path, "\n"]);
        let Some(hunks) = hunks else {
            told += "(no text, or too large to be shown)\n";
            continue;
        };
        // Not `lines`, which would hide the end of a line that somebody changed.
        let lines = hunks.split_terminator('\n').count();
        for line in hunks.split_terminator('\n').take(left) {
            told.extend([&*text::sanitize_line(line), "\n"]);
        }
        if lines > left {
            told.extend(["(", &(lines - left).to_string(), " more lines)\n"]);
        }
        left = left.saturating_sub(lines);
    }
    told
}

/// What is new about a file since the last answer.
fn news(before: &Verdict, path: &str) -> &'static str {
    let among = |paths: &[String]| paths.iter().any(|known| known == path);
    match before {
        Verdict::Untrusted(Why::Changed(difference)) if among(&difference.added) => "new",
        Verdict::Untrusted(Why::Changed(difference)) if among(&difference.changed) => "changed",
        Verdict::Untrusted(Why::New | Why::Replaced | Why::Shared(_)) => "new",
        Verdict::Untrusted(Why::Changed(_)) | Verdict::Trusted(_) | Verdict::NothingToTrust => "",
    }
}

fn removed(before: &Verdict) -> &[String] {
    match before {
        Verdict::Untrusted(Why::Changed(difference)) => &difference.removed,
        Verdict::Untrusted(Why::New | Why::Replaced | Why::Shared(_))
        | Verdict::Trusted(_)
        | Verdict::NothingToTrust => &[],
    }
}

#[derive(Serialize)]
struct Document<'a> {
    path: String,
    digest: &'a str,
    /// What was known before this command.
    before: &'static str,
    always: bool,
    /// What would execute or widen.
    asks: &'a [Ask],
    files: Vec<File<'a>>,
    removed: &'a [String],
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    sha256: &'a str,
    since: &'static str,
    /// How it changed, as hunks of a unified diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<&'a str>,
}

impl<'a> Document<'a> {
    fn of(shown: &'a Shown<'a>) -> Self {
        let Shown { subject, before, asked, scope, changes } = shown;
        let diff = |path: &str| changes.iter().find(|change| change.path == path)?.hunks.as_deref();
        let files = subject.files.iter().map(|file| File {
            path: &file.path,
            sha256: &file.sha256,
            since: news(before, &file.path),
            diff: diff(&file.path),
        });
        Self {
            path: subject.root.display().to_string(),
            digest: &subject.digest,
            before: word(before),
            always: *scope == Scope::Always,
            asks: &asked.asks,
            files: files.collect(),
            removed: removed(before),
        }
    }
}
