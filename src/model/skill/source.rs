//! Where a skill comes from: this decides who wins, and who is trusted.

use std::fmt;

/// The place a skill was found in, in the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// `--skills-dir`.
    Flag,
    /// `ATLAS_SKILLS_PATH`.
    Variable,
    /// `~/.claude/skills`.
    Personal,
    /// `.claude/skills` of the project.
    Project,
    /// `.agents/skills` of the project.
    Agents,
    /// `skills` of the project.
    Repository,
    /// A plugin with this name that the user named or installed.
    Plugin(String),
    /// A plugin with this name that is a part of the project.
    ProjectPlugin(String),
    /// Part of atlas itself.
    Bundled,
}

impl Source {
    /// Whether the skill is a part of the repository, which anybody may have written.
    pub fn is_repository(&self) -> bool {
        match self {
            Self::Project | Self::Agents | Self::Repository | Self::ProjectPlugin(_) => true,
            Self::Flag | Self::Variable | Self::Personal | Self::Plugin(_) | Self::Bundled => false,
        }
    }

    /// Whether trust in the repository looks at the skill. A skill of a plugin may lie anywhere in
    /// it and stands for itself, as one from elsewhere does.
    pub fn stands_with_repository(&self) -> bool {
        self.is_repository() && self.plugin().is_none()
    }

    /// The plugin that it is a part of.
    pub fn plugin(&self) -> Option<&str> {
        match self {
            Self::Plugin(plugin) | Self::ProjectPlugin(plugin) => Some(plugin),
            Self::Flag
            | Self::Variable
            | Self::Personal
            | Self::Project
            | Self::Agents
            | Self::Repository
            | Self::Bundled => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("--skills-dir"),
            Self::Variable => f.write_str("ATLAS_SKILLS_PATH"),
            Self::Personal => f.write_str("personal"),
            Self::Project => f.write_str("project"),
            Self::Agents => f.write_str("project .agents"),
            Self::Repository => f.write_str("project skills"),
            Self::Plugin(name) => write!(f, "plugin {name}"),
            Self::ProjectPlugin(name) => write!(f, "project plugin {name}"),
            Self::Bundled => f.write_str("bundled"),
        }
    }
}
