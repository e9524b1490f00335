//! The hooks that come with atlas: their names, when they look, what they take.
//! `engine::bundled_hooks` runs them.
//!
//! hooks/README.md is compared with [`BundledHook::ALL`] by a test.

pub mod added;
pub mod globs;
pub mod links;
pub mod paths;
pub mod size;
pub mod suites;
pub mod with;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::check::Timing;
pub use with::With;

/// The command by which atlas is started as one of its own hooks; the hook's name follows, and
/// then its options as JSON.
pub const COMMAND: &str = "__hook";

/// A hook that comes with atlas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BundledHook {
    /// Nothing is changed or untracked before the work begins.
    CleanTree,
    /// A commit message is like those that the repository has.
    CommitConventions,
    /// The change is small enough to be reviewed.
    DiffSize,
    /// Files, or the output, have the form that a schema asks for.
    JsonSchema,
    /// Links of changed documents lead somewhere.
    LinksAlive,
    /// No changed file holds the marks of a merge that nobody finished.
    NoConflictMarkers,
    /// Nothing that was added looks like a key.
    NoSecrets,
    /// Only files that the work is about are touched.
    PathsAllowed,
    /// Each quote of a finding stands in the file that it names.
    QuotesStand,
    /// The project's own tests pass.
    TestsPass,
}

/// What a hook is and takes.
struct About {
    name: &'static str,
    timings: &'static [Timing],
    /// Whether it can look after a single edit.
    edits: bool,
    options: &'static [&'static str],
    needs: Option<&'static str>,
    looks_at: &'static str,
}

const ALWAYS: &[Timing] = &[Timing::Pre, Timing::Mid, Timing::Post];
const BEFORE: &[Timing] = &[Timing::Pre];
const AFTER: &[Timing] = &[Timing::Mid, Timing::Post];

/// One row for each hook, in their order.
const TABLE: [About; BundledHook::ALL.len()] = [
    About {
        name: "clean-tree",
        timings: BEFORE,
        edits: false,
        options: &["except"],
        needs: None,
        looks_at: "whether anything is changed or untracked before the work begins",
    },
    About {
        name: "commit-conventions",
        timings: ALWAYS,
        edits: false,
        options: &[],
        needs: None,
        looks_at: "whether a commit message is like those in the log",
    },
    About {
        name: "diff-size",
        timings: AFTER,
        edits: false,
        options: &["max-lines", "max-files", "except"],
        needs: None,
        looks_at: "whether the change is small enough to be reviewed",
    },
    About {
        name: "json-schema",
        timings: ALWAYS,
        edits: false,
        options: &["schema", "files"],
        needs: Some("schema"),
        looks_at: "whether files, or the output, have the form that a JSON Schema asks for",
    },
    About {
        name: "links-alive",
        timings: AFTER,
        edits: true,
        options: &["except"],
        needs: None,
        looks_at: "whether local links of changed documents lead somewhere",
    },
    About {
        name: "no-conflict-markers",
        timings: AFTER,
        edits: true,
        options: &["except"],
        needs: None,
        looks_at: "whether a changed file holds an unfinished merge",
    },
    About {
        name: "no-secrets",
        timings: AFTER,
        edits: true,
        options: &["except"],
        needs: None,
        looks_at: "whether an added line holds what looks like a key or a password",
    },
    About {
        name: "paths-allowed",
        timings: AFTER,
        edits: true,
        options: &["paths"],
        needs: Some("paths"),
        looks_at: "whether only files were touched that may be",
    },
    About {
        name: "quotes-stand",
        timings: AFTER,
        edits: false,
        options: &[],
        needs: None,
        looks_at: "whether each quote of a finding stands in its file",
    },
    About {
        name: "tests-pass",
        timings: ALWAYS,
        edits: false,
        options: &["runners"],
        needs: None,
        looks_at: "whether the project's own tests pass, and that there are some",
    },
];

impl BundledHook {
    /// All of them, by name.
    pub const ALL: [Self; 10] = [
        Self::CleanTree,
        Self::CommitConventions,
        Self::DiffSize,
        Self::JsonSchema,
        Self::LinksAlive,
        Self::NoConflictMarkers,
        Self::NoSecrets,
        Self::PathsAllowed,
        Self::QuotesStand,
        Self::TestsPass,
    ];

    const fn about(self) -> &'static About {
        &TABLE[self as usize]
    }

    /// What it is called after `use:`.
    pub const fn name(self) -> &'static str {
        self.about().name
    }

    /// When it can look.
    pub const fn timings(self) -> &'static [Timing] {
        self.about().timings
    }

    /// Whether it can look after a single edit, with `on: edit`.
    pub const fn looks_at_edits(self) -> bool {
        self.about().edits
    }

    /// The options that it takes in `with:`.
    pub const fn options(self) -> &'static [&'static str] {
        self.about().options
    }

    /// The option that it cannot do without.
    pub const fn needs(self) -> Option<&'static str> {
        self.about().needs
    }

    /// What it looks at, for a list: `whether …`.
    pub const fn looks_at(self) -> &'static str {
        self.about().looks_at
    }

    /// The hook with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hook| hook.name() == name)
    }
}

impl fmt::Display for BundledHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_read_by_the_name_that_it_shows() {
        for hook in BundledHook::ALL {
            assert_eq!(serde_json::to_value(hook).unwrap(), hook.name());
            assert_eq!(BundledHook::from_name(hook.name()), Some(hook));
            assert!(hook.needs().is_none_or(|needed| hook.options().contains(&needed)));
        }
        assert!(BundledHook::ALL.is_sorted_by_key(|hook| hook.name()));
    }
}
