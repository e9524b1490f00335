//! What can go wrong with a repository, told apart as far as the advice differs.

use std::{error::Error, fmt, io, path::PathBuf};

/// A failure to read a repository or to keep a snapshot of it.
#[derive(Debug)]
pub enum GitError {
    /// The folder belongs to another user, and git's own rule says not to read it.
    NotOwned {
        /// The folder, as git names it.
        path: PathBuf,
    },
    /// The repository uses a format that libgit2 does not read.
    Unsupported {
        /// What the format is, and how to leave it.
        reason: String,
    },
    /// The repository that was discovered is no longer what stands at its root.
    Moved {
        /// The root of the work tree.
        root: PathBuf,
    },
    /// The folder cannot be a worktree of atlas's, or is none.
    Worktree {
        /// The folder.
        dir: PathBuf,
        /// Why not: `it lies in the repository`.
        reason: &'static str,
    },
    /// A file is under merge, so that what is staged is no tree.
    Unmerged {
        /// Its path from the root, escaped.
        path: String,
    },
    /// A file or folder could not be read or written.
    Io {
        /// What was being done: `cannot read`, `cannot write`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// libgit2 refused for any other reason.
    Git {
        /// What was being done: `cannot read the index`.
        doing: &'static str,
        /// What libgit2 says.
        message: String,
    },
}

impl GitError {
    /// What a person can do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotOwned { path } => Some(format!(
                "if you trust it: git config --global --add safe.directory {}",
                path.display()
            )),
            Self::Unsupported { .. } | Self::Worktree { .. } | Self::Io { .. } => None,
            Self::Unmerged { .. } => Some("finish the merge, or leave it".into()),
            Self::Moved { .. } => Some("`.git` was replaced while atlas ran; look at it".into()),
            Self::Git { .. } => Some("`git fsck` tells whether the repository is sound".into()),
        }
    }

    pub(super) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
        error: impl Into<io::Error>,
    ) -> Self {
        Self::Io { doing, path: path.into(), error: error.into() }
    }

    /// Wraps an error of libgit2's that has no advice of its own.
    pub(super) fn git(doing: &'static str) -> impl FnOnce(git2::Error) -> Self {
        move |error| match unsupported(&error) {
            Some(reason) => Self::Unsupported { reason },
            None => Self::Git { doing, message: error.message().to_owned() },
        }
    }
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOwned { path } => {
                write!(f, "the repository {} belongs to another user", path.display())
            }
            Self::Unsupported { reason } => f.write_str(reason),
            Self::Moved { root } => {
                write!(f, "the repository of {} is not the one it was", root.display())
            }
            Self::Worktree { dir, reason } => {
                write!(f, "cannot use {} as a worktree: {reason}", dir.display())
            }
            Self::Unmerged { path } => write!(f, "`{path}` is under merge"),
            Self::Io { doing, path, error } => write!(f, "{doing} {}: {error}", path.display()),
            Self::Git { doing, message } => write!(f, "{doing}: {message}"),
        }
    }
}

impl Error for GitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::NotOwned { .. }
            | Self::Unsupported { .. }
            | Self::Moved { .. }
            | Self::Worktree { .. }
            | Self::Unmerged { .. }
            | Self::Git { .. } => None,
        }
    }
}

/// Explains the formats that libgit2 names but cannot read; it has no error code for them, so
/// its wording decides, and a test per format notices when that changes.
pub(super) fn unsupported(error: &git2::Error) -> Option<String> {
    const FORMATS: [(&str, &str); 6] = [
        (
            "unknown object format",
            "the repository uses SHA-256 object names, which libgit2 cannot read",
        ),
        (
            "extensions.refstorage",
            "the repository keeps its refs as reftable, which libgit2 cannot read; \
             `git refs migrate --ref-format=files` converts them",
        ),
        (
            "extensions.partialclone",
            "this is a partial clone, which libgit2 cannot read; clone it again without `--filter`",
        ),
        (
            "extension: 'sdir'",
            "the index is sparse, which libgit2 cannot read; \
             `git sparse-checkout reapply --no-sparse-index` expands it",
        ),
        (
            "extension: 'link'",
            "the index is split, which libgit2 cannot read; \
             `git update-index --no-split-index` joins it",
        ),
        (
            "unsupported extension name",
            "the repository uses an extension that libgit2 does not know",
        ),
    ];
    let message = error.message();
    FORMATS
        .iter()
        .find(|(sign, _)| message.contains(sign))
        .map(|(_, reason)| format!("{reason} ({message})"))
}
