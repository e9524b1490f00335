//! `with:`, the options of a hook that comes with atlas.
//!
//! One type for all of them, so that an option means the same wherever it stands; which hook takes
//! which is a table. docs/design/012-bundled-hooks-take-options.md says why.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    BundledHook,
    globs::{self, Globs},
    suites::Runner,
};
use crate::model::{
    check::Timing,
    yaml::{Complaint, Spanned},
};

/// Options of a hook that comes with atlas. Each hook takes only some of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct With {
    /// Globs of files that the hook leaves alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub except: Option<Spanned<Vec<Spanned<String>>>>,
    /// Files that are looked at: paths that have to be there, and globs of changed ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Spanned<Vec<Spanned<String>>>>,
    /// How many files may differ; 20 unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_files: Option<Spanned<u64>>,
    /// How many lines may be added and removed together; 400 unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<Spanned<u64>>,
    /// Globs of files that may be touched; `!` before one forbids it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paths: Option<Spanned<Vec<Spanned<String>>>>,
    /// The programs that run the tests, instead of those that the project's files speak of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runners: Option<Spanned<Vec<Runner>>>,
    /// A JSON Schema: a path in the skill's folder, else in the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Spanned<String>>,
}

impl With {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The files that the hook leaves alone; none where nothing is said.
    ///
    /// # Errors
    /// One of the globs is none.
    pub fn exceptions(&self) -> Result<Option<Globs>, String> {
        let Some(except) = self.except.as_ref().filter(|except| !except.is_empty()) else {
            return Ok(None);
        };
        Globs::new(except.iter().map(|glob| glob.value.as_str())).map(Some)
    }

    /// What is said, by name and place.
    fn said(&self) -> Vec<(&'static str, Range<usize>)> {
        let Self { except, files, max_files, max_lines, paths, runners, schema } = self;
        let all = [
            ("except", except.as_ref().map(|said| &said.span)),
            ("files", files.as_ref().map(|said| &said.span)),
            ("max-files", max_files.as_ref().map(|said| &said.span)),
            ("max-lines", max_lines.as_ref().map(|said| &said.span)),
            ("paths", paths.as_ref().map(|said| &said.span)),
            ("runners", runners.as_ref().map(|said| &said.span)),
            ("schema", schema.as_ref().map(|said| &said.span)),
        ];
        all.into_iter().filter_map(|(name, span)| Some((name, span?.clone()))).collect()
    }

    /// Lists that say nothing, where something has to be said.
    fn emptiness(&self) -> Vec<(Range<usize>, &'static str)> {
        let files = self.files.as_ref().filter(|files| files.is_empty());
        let paths = self.paths.as_ref().filter(|paths| paths.is_empty());
        let runners = self.runners.as_ref().filter(|runners| runners.is_empty());
        let all = [
            files.map(|files| (files.span.clone(), "name the files to look at")),
            paths.map(|paths| (paths.span.clone(), "name the paths that may be touched")),
            runners.map(|runners| (runners.span.clone(), "name a runner, or leave this out")),
        ];
        all.into_iter().flatten().collect()
    }

    /// Every glob that is said.
    fn globs(&self) -> impl Iterator<Item = &Spanned<String>> {
        [&self.except, &self.files, &self.paths].into_iter().flatten().flat_map(|list| &list.value)
    }
}

/// What does not fit a hook: an option that it does not take, one that it lacks, a moment at
/// which it has nothing to look at.
pub fn complaints(used: &Spanned<BundledHook>, with: &With, timing: Timing) -> Vec<Complaint> {
    let hook = used.value;
    let mut found = Vec::new();
    let mut complain = |span: &Range<usize>, message: String| found.push((span.clone(), message));
    let said = with.said();
    for (name, span) in &said {
        if !hook.options().contains(name) {
            complain(span, format!("`{hook}` has no option `{name}`; {}", options(hook)));
        }
    }
    if let Some(needed) = hook.needs()
        && !said.iter().any(|(name, _)| *name == needed)
    {
        complain(&used.span, format!("`{hook}` needs `{needed}` in `with:`"));
    }
    if !hook.timings().contains(&timing) {
        let fitting: Vec<String> = hook.timings().iter().map(ToString::to_string).collect();
        let fitting = fitting.join(" or ");
        complain(&used.span, format!("`{hook}` cannot look at {timing}, only at {fitting}"));
    }
    for (span, why) in with.emptiness() {
        complain(&span, why.to_owned());
    }
    for glob in [&with.except, &with.files].into_iter().flatten().flat_map(|list| &list.value) {
        if glob.starts_with('!') {
            complain(&glob.span, "only `paths` has exceptions".to_owned());
        }
    }
    if hook == BundledHook::JsonSchema && timing == Timing::Pre && with.files.is_none() {
        let why = "there is no output before the work; name the `files` to look at";
        complain(&used.span, why.to_owned());
    }
    if let Some(schema) = with.schema.as_ref().filter(|schema| !is_plain(schema)) {
        let why = format!("`{}` is no path in the skill or the repository", schema.value);
        complain(&schema.span, why);
    }
    for glob in with.globs() {
        if let Err(why) = globs::read(glob.strip_prefix('!').unwrap_or(glob)) {
            complain(&glob.span, why);
        }
    }
    found
}

/// Whether it is a relative path that does not lead up by its text.
pub fn is_plain(path: &str) -> bool {
    let is_up = path.split('/').any(|part| part == "..");
    !path.is_empty() && !path.starts_with('/') && !is_up && !path.contains('\0')
}

fn options(hook: BundledHook) -> String {
    match hook.options() {
        [] => "it has none".to_owned(),
        options => {
            let names: Vec<String> = options.iter().map(|name| format!("`{name}`")).collect();
            format!("it has {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hook: BundledHook, with: &str, timing: Timing, expected: &[&str]) {
        let with: With = serde_json::from_str(with).unwrap();
        let found = complaints(&Spanned::unplaced(hook), &with, timing);
        let told: Vec<&str> = found.iter().map(|(_, message)| message.as_str()).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_does_not_fit_a_hook_is_told() {
        use BundledHook::{CleanTree, DiffSize, JsonSchema, PathsAllowed, QuotesStand, TestsPass};
        use Timing::{Mid, Post, Pre};
        check(DiffSize, r#"{"max-lines":1,"except":["*.lock"]}"#, Post, &[]);
        check(DiffSize, "{}", Mid, &[]);
        check(
            DiffSize,
            r#"{"paths":["src"]}"#,
            Post,
            &["`diff-size` has no option `paths`; it has `max-lines`, `max-files`, `except`"],
        );
        let none = "`quotes-stand` has no option `max-files`; it has none";
        check(QuotesStand, r#"{"max-files":1}"#, Post, &[none]);
        check(PathsAllowed, "{}", Post, &["`paths-allowed` needs `paths` in `with:`"]);
        check(
            PathsAllowed,
            r#"{"paths":["!a","b/["]}"#,
            Post,
            &["`b/[` is no glob: unclosed character class; missing ']'"],
        );
        check(PathsAllowed, r#"{"paths":[]}"#, Post, &["name the paths that may be touched"]);
        let twice = "only `paths` has exceptions";
        check(DiffSize, r#"{"except":["!a"]}"#, Post, &[twice]);
        check(
            JsonSchema,
            r#"{"schema":"../x"}"#,
            Pre,
            &[
                "there is no output before the work; name the `files` to look at",
                "`../x` is no path in the skill or the repository",
            ],
        );
        let files = r#"{"schema":"x","files":[]}"#;
        check(JsonSchema, files, Pre, &["name the files to look at"]);
        check(TestsPass, r#"{"runners":[]}"#, Post, &["name a runner, or leave this out"]);
        check(CleanTree, "{}", Post, &["`clean-tree` cannot look at post, only at pre"]);
        let after = "`quotes-stand` cannot look at pre, only at mid or post";
        check(QuotesStand, "{}", Pre, &[after]);
    }

    #[test]
    fn every_option_is_taken_by_some_hook() {
        let all = r#"{"except":[],"files":[],"max-files":0,"max-lines":0,"paths":[],"runners":[],"schema":""}"#;
        let with: With = serde_json::from_str(all).unwrap();
        let known = serde_json::to_value(&with).unwrap();
        let said: Vec<&str> = with.said().into_iter().map(|(name, _)| name).collect();
        assert_eq!(said, known.as_object().unwrap().keys().collect::<Vec<_>>());
        for name in said {
            assert!(BundledHook::ALL.iter().any(|hook| hook.options().contains(&name)), "{name}");
        }
    }
}
