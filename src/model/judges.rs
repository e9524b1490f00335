//! Files that judge the work: hooks' scripts, the files that define hooks, contracts, schemas.
//!
//! The work must not change its own judge, so these are hashed before the first call and looked
//! at again before each use. Which files a command runs is found by its text alone; whether a file
//! is there, and what it holds, somebody else has to look up.

mod called;
mod command;
mod frozen;
mod part;
mod protect;

pub use called::called;
pub use command::{Run, Word, candidates, looks_like_a_path, runs};
pub use frozen::Frozen;
pub use part::{Part, script_text};
pub use protect::{Moves, Sight, protect};

use std::{
    fmt,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// A file that judges, as it once was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeFile {
    /// Where: relative to the root of the tree that is worked on, or absolute.
    pub path: PathBuf,
    /// What of it must stay as it is.
    #[serde(default, skip_serializing_if = "Part::is_whole")]
    pub part: Part,
    /// What it judges by it.
    pub of: Vec<Judge>,
    /// How it was.
    pub state: FileState,
}

/// Whose file it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judge {
    /// The command of the hook with this name runs it, or it lies beside what that runs.
    Hook(String),
    /// It defines the hook with this name.
    Definition(String),
    /// The command of the evidence with this name runs it.
    Evidence(String),
    /// The command step with this path in the contract runs it.
    Step(String),
    /// It is the skill's contract.
    Contract,
    /// It is the schema of an output.
    Schema,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    /// Where it leads, if it is a symbolic link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<PathBuf>,
    /// What a program reads there, links followed.
    pub holds: Holds,
}

/// What a program reads at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holds {
    /// No regular file.
    Nothing,
    /// Bytes with this SHA-256, hexadecimal.
    Sha256(String),
    /// A file that cannot be read.
    Unreadable,
}

/// Faults that are told of one look; more are counted.
const TOLD: usize = 5;

impl JudgeFile {
    /// Whether this hook's command names it.
    pub fn is_named_by(&self, hook: &str) -> bool {
        self.of.iter().any(|judge| matches!(judge, Judge::Hook(name) if name == hook))
    }

    /// Whether this command step runs it.
    pub fn is_run_by(&self, step: &str) -> bool {
        self.of.iter().any(|judge| matches!(judge, Judge::Step(name) if name == step))
    }

    /// Whether there was a file.
    pub fn existed(&self) -> bool {
        self.state.holds != Holds::Nothing || self.state.link.is_some()
    }

    /// What is told where it changed.
    fn accusation(&self) -> String {
        let told = format!("the work changed its own check {self}");
        let Some(judge) = self.of.first() else { return told };
        match judge {
            Judge::Hook(hook) | Judge::Definition(hook) => {
                format!("{told} ({judge}; if it may, list it in `hooks.{hook}.may-change`)")
            }
            Judge::Evidence(_) | Judge::Step(_) | Judge::Contract | Judge::Schema => {
                format!("{told} ({judge})")
            }
        }
    }
}

impl fmt::Display for JudgeFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.part {
            Part::Whole => write!(f, "{path}"),
            Part::Scripts(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                write!(f, "{path}, its script {}", names.join(", "))
            }
        }
    }
}

impl fmt::Display for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hook(hook) => write!(f, "the hook `{hook}` runs it"),
            Self::Definition(hook) => write!(f, "it defines the hook `{hook}`"),
            Self::Evidence(name) => write!(f, "the evidence `{name}` runs it"),
            Self::Step(step) => write!(f, "the step `{step}` runs it"),
            Self::Contract => f.write_str("the skill's contract"),
            Self::Schema => f.write_str("the schema of an output"),
        }
    }
}

/// One line for all files that are not what they were; `None` where there are none.
pub fn accuse<'a>(changed: impl IntoIterator<Item = &'a JudgeFile>) -> Option<String> {
    let changed: Vec<&JudgeFile> = changed.into_iter().collect();
    let mut told: Vec<String> = changed.iter().take(TOLD).map(|judge| judge.accusation()).collect();
    if changed.len() > TOLD {
        told.push(format!("and {} more", changed.len() - TOLD));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

/// The path relative to `root`, without `.` and `..`; nothing if it leads out by its text.
pub fn below(root: &Path, path: &Path) -> Option<PathBuf> {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let mut plain = PathBuf::new();
    for component in relative.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => plain.push(name),
            Component::ParentDir => {
                if !plain.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!plain.as_os_str().is_empty()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_below_a_folder() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(
                below(Path::new("/r"), Path::new(path)),
                expected.map(PathBuf::from),
                "{path}"
            );
        };
        check("/r/a/b", Some("a/b"));
        check("./a//b/../c", Some("a/c"));
        check("../a", None);
        check("/elsewhere/a", None);
        check("/r", None);
    }

    #[test]
    fn an_accusation_names_the_file_and_the_way_out() {
        let file = |path: &str, judge: Judge| JudgeFile {
            path: path.into(),
            part: Part::Whole,
            of: vec![judge],
            state: FileState { link: None, holds: Holds::Nothing },
        };
        assert_eq!(accuse(&[]), None);
        let one = [file("qc.py", Judge::Hook("qc".into()))];
        assert_eq!(
            accuse(&one).unwrap(),
            "the work changed its own check qc.py \
             (the hook `qc` runs it; if it may, list it in `hooks.qc.may-change`)"
        );
        let many: Vec<JudgeFile> = (0..7).map(|n| file(&n.to_string(), Judge::Schema)).collect();
        let told = accuse(&many).unwrap();
        assert!(told.ends_with("check 4 (the schema of an output); and 2 more"), "{told}");
    }
}
