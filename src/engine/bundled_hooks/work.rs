//! What a hook is told of the work, by a run of atlas or by Claude Code, and what it can look up
//! from there.

use std::{
    ffi::OsStr,
    io::ErrorKind,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    engine::tree::{SESSIONS, file_change},
    model::{
        bundled_hook::{With, globs::Globs},
        changes::{ChangeStatus, FileChange},
        check::Timing,
    },
    store::session::OBJECTS,
    sys::{
        env::Env,
        fs::read_capped,
        git::{self, FileDiff, Place, Repository, Snapshot, Sought},
    },
};

/// An output is far smaller, and so is every file that a person wrote.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

/// What a hook is told; it is told more, which these do not need.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    /// Only a run of atlas says it.
    timing: Option<Timing>,
    /// The moment as Claude Code names it.
    hook_event_name: Option<String>,
    cwd: PathBuf,
    output_file: Option<PathBuf>,
    #[serde(default)]
    changed_files: Vec<FileChange>,
    /// The tree as it was when the run began.
    base: Option<String>,
    /// The tree as it was when the changes were looked at.
    tree: Option<String>,
    tool_input: Option<Edit>,
}

/// One edit of a file, inside a call: what the tool was given.
#[derive(Debug, Deserialize)]
pub(super) struct Edit {
    #[serde(alias = "notebook_path")]
    file_path: Option<PathBuf>,
    /// What `Write` writes, what `Edit` puts in the place of something, what a cell becomes.
    #[serde(alias = "new_string", alias = "new_source")]
    content: Option<String>,
    /// The parts of a `MultiEdit`.
    #[serde(default)]
    edits: Vec<Part>,
}

/// One of several replacements in a file.
#[derive(Debug, Deserialize)]
struct Part {
    new_string: String,
}

impl Edit {
    /// The file, and what was put there; `None` where that is not told.
    fn read(self) -> Option<(PathBuf, Option<String>)> {
        let parts: Vec<String> = self.edits.into_iter().map(|part| part.new_string).collect();
        let text = self.content.or_else(|| (!parts.is_empty()).then(|| parts.join("\n")));
        Some((self.file_path?, text))
    }
}

/// The work, and how a hook shall look at it.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) timing: Timing,
    pub(super) with: With,
    pub(super) env: Env,
    cwd: PathBuf,
    output_file: Option<PathBuf>,
    pub(super) changes: Changes,
    except: Option<Globs>,
}

/// What is known of the change.
#[derive(Debug)]
pub(super) enum Changes {
    /// A run saw it.
    Seen(Seen),
    /// A run does not know.
    Unknown,
    /// One edit inside a call: the file, and what was put there if that is told.
    Edit(PathBuf, Option<String>),
    /// Nobody tells: it is what is not committed.
    Uncommitted,
}

/// What a run saw of the change, and where the contents are.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) files: Vec<FileChange>,
    pub(super) base: Snapshot,
    pub(super) tree: Snapshot,
    /// The session's own object folder.
    pub(super) objects: Option<PathBuf>,
}

impl Work {
    pub(super) fn new(told: Told, with: With, env: &Env) -> Result<Self, String> {
        let edited = told.tool_input.and_then(Edit::read);
        let snapshot = |tree: String| Snapshot { tree, unstored: Vec::new() };
        let changes = match (edited, told.timing, told.base, told.tree) {
            (Some((file, text)), ..) => Changes::Edit(file, text),
            (None, None, ..) => Changes::Uncommitted,
            (None, Some(_), Some(base), Some(tree)) => Changes::Seen(Seen {
                files: told.changed_files,
                base: snapshot(base),
                tree: snapshot(tree),
                objects: env.get_os("ATLAS_SESSION").map(|dir| Path::new(dir).join(OBJECTS)),
            }),
            (None, Some(_), _, _) => Changes::Unknown,
        };
        Ok(Self {
            timing: told.timing.unwrap_or_else(|| moment(told.hook_event_name.as_deref())),
            except: with.exceptions()?,
            with,
            env: env.clone(),
            cwd: told.cwd,
            output_file: told.output_file,
            changes,
        })
    }

    /// The output, as text.
    pub(super) fn output(&self) -> Result<String, String> {
        let file = self.output_file.as_ref().ok_or("there is no output to look at")?;
        let bytes = read_capped(file, FILE_BYTES)
            .map_err(|error| format!("cannot read the output: {error}"))?;
        String::from_utf8(bytes).map_err(|_| "the output is no text".to_owned())
    }

    /// The repository that the work is done in.
    pub(super) fn repository(&self) -> Result<Repository, String> {
        match git::discover(&self.cwd).map_err(|error| error.to_string())? {
            Place::Repository(repository) => Ok(repository),
            Place::Outside | Place::Bare { .. } => {
                Err("there is no git repository here".to_owned())
            }
            Place::Unsupported { reason, .. } => Err(reason),
        }
    }

    /// Whether the options take a path out of sight.
    pub(super) fn leaves_alone(&self, path: &str) -> bool {
        self.except.as_ref().is_some_and(|except| except.hold(path))
    }

    /// The files that differ, but for those that are left alone.
    pub(super) fn changes(&self) -> Result<Vec<FileChange>, String> {
        let mut files = match &self.changes {
            Changes::Seen(seen) => seen.files.clone(),
            Changes::Unknown => {
                let why = "what the run changed is not known, as outside of a git repository";
                return Err(why.to_owned());
            }
            Changes::Edit(file, _) => vec![self.edited(file)?],
            Changes::Uncommitted => {
                self.uncommitted()?.into_iter().map(|file| file_change(file.change)).collect()
            }
        };
        files.retain(|change| !self.leaves_alone(&change.path));
        Ok(files)
    }

    fn edited(&self, file: &Path) -> Result<FileChange, String> {
        let outside = || format!("`{}` lies outside of the repository", file.display());
        let root = self.root()?;
        let full = root.join(file);
        // The file itself may be a link, and it is the link that lies here.
        let (folder, name) = full.parent().zip(full.file_name()).ok_or_else(outside)?;
        let folder =
            folder.canonicalize().map_err(|error| format!("{}: {error}", file.display()))?;
        let below = folder.strip_prefix(&root).map_err(|_| outside())?.join(name);
        Ok(FileChange {
            path: git::escape(below.as_os_str().as_bytes()),
            old_path: None,
            status: ChangeStatus::Modified,
            added: None,
            removed: None,
        })
    }

    /// What is not committed.
    pub(super) fn uncommitted(&self) -> Result<Vec<FileDiff>, String> {
        let repository = self.repository()?;
        let exclude = [Path::new(SESSIONS)];
        let look = || {
            let facts = repository.facts(&exclude)?;
            let base = match repository.base(Some("HEAD"))? {
                Sought::Found(base) => base,
                // There is no commit yet, and everything is new.
                Sought::Unknown | Sought::Unrelated => match repository.base(None)? {
                    Sought::Found(base) => base,
                    Sought::Unknown | Sought::Unrelated => return Ok(None),
                },
            };
            facts.since(&base).map(Some)
        };
        let seen = look().map_err(|error: git::GitError| error.to_string())?;
        Ok(seen.ok_or("there is nothing to compare with")?)
    }

    /// Where the tree's paths begin, with all links resolved.
    pub(super) fn root(&self) -> Result<PathBuf, String> {
        let cwd = self.cwd.canonicalize();
        let cwd = cwd.map_err(|error| format!("{}: {error}", self.cwd.display()))?;
        match self.changes {
            Changes::Seen(_) | Changes::Unknown => Ok(cwd),
            // Claude Code stands wherever its user stood.
            Changes::Edit(..) | Changes::Uncommitted => match self.repository() {
                Ok(repository) => Ok(repository.root().to_owned()),
                Err(_) => Ok(cwd),
            },
        }
    }

    /// A file of the tree that somebody names, with all links resolved; `None` where the path
    /// leads out of it or nowhere.
    pub(super) fn file(&self, path: &str) -> Option<PathBuf> {
        let root = self.root().ok()?;
        let real = root.join(path).canonicalize().ok()?;
        (Path::new(path).is_relative() && real.starts_with(&root)).then_some(real)
    }

    /// Where a changed file is. Not resolved: it may be a link.
    pub(super) fn place(&self, path: &str) -> Result<PathBuf, String> {
        let bytes = git::unescape(path).ok_or_else(|| format!("`{path}` is no path"))?;
        Ok(self.root()?.join(OsStr::from_bytes(&bytes)))
    }

    /// The content of a changed file; `None` where it is gone, or is a link, a folder or a
    /// submodule, which have no lines of their own.
    pub(super) fn content(&self, change: &FileChange) -> Result<Option<Vec<u8>>, String> {
        let place = self.place(&change.path)?;
        let found = match std::fs::symlink_metadata(&place) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot read `{}`: {error}", change.path)),
        };
        if !found.is_file() {
            return Ok(None);
        }
        match read_capped(&place, FILE_BYTES) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => Err(format!(
                "cannot read `{}`: {error}; name it in `except` to leave it alone",
                change.path
            )),
        }
    }
}

/// The timing that a moment of Claude Code comes nearest to.
fn moment(event: Option<&str>) -> Timing {
    match event {
        Some("PreToolUse" | "SessionStart" | "UserPromptSubmit") => Timing::Pre,
        Some("PostToolUse") => Timing::Mid,
        _ => Timing::Post,
    }
}

/// Whether git would take it for no text: it holds a NUL near its beginning.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    const LOOKED_AT: usize = 8000;
    bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0)
}
