//! The hooks that come with atlas, by name; `engine::bundled_hooks` runs them.

/// The command by which atlas is started as one of its own hooks; the hook's name follows.
pub const COMMAND: &str = "__hook";

/// A hook that comes with atlas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundledHook {
    /// Each quote of a finding stands in the file that it names.
    QuotesStand,
    /// A commit message is like those that the repository has.
    CommitConventions,
    /// No changed file holds the marks of a merge that nobody finished.
    NoConflictMarkers,
}

impl BundledHook {
    /// All of them, by name.
    pub const ALL: [Self; 3] =
        [Self::CommitConventions, Self::NoConflictMarkers, Self::QuotesStand];

    /// What it is called after `use:`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::QuotesStand => "quotes-stand",
            Self::CommitConventions => "commit-conventions",
            Self::NoConflictMarkers => "no-conflict-markers",
        }
    }

    /// The hook with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hook| hook.name() == name)
    }
}
