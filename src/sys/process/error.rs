//! Why a program did not start, told apart, because the remedies differ.

use std::{error::Error, fmt, io, path::PathBuf};

use rustix::io::Errno;

use crate::sys::process::Program;

/// A program could not be started, or the system would not tell how it ended.
#[derive(Debug)]
pub struct SpawnError {
    /// The program as it was named.
    pub program: PathBuf,
    /// What was in the way.
    pub why: NotStarted,
    /// What the system said.
    pub source: io::Error,
}

/// What was in the way of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotStarted {
    /// There is no such program.
    Missing,
    /// It is there and is no program that this user may run.
    NotExecutable,
    /// The interpreter that its first line names is missing.
    NoInterpreter,
    /// It may be run, and is neither a program of this system nor a script that names its
    /// interpreter. Shells run such a file themselves.
    NoFormat,
    /// The folder to start it in is not there or is no folder.
    NoFolder(PathBuf),
    /// The system has no room: too many processes or open files, or no memory. It may pass.
    NoRoom,
    /// Anything else; the system's own words say what.
    Other,
}

impl SpawnError {
    pub(super) fn new(program: &Program, source: io::Error) -> Self {
        Self { program: program.path.clone(), why: reason(program, &source), source }
    }

    /// The program ran, and its end could not be learned.
    pub(super) fn lost(program: &Program, source: io::Error) -> Self {
        Self { program: program.path.clone(), why: NotStarted::Other, source }
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, why, source } = self;
        write!(formatter, "cannot run `{}`: ", program.display())?;
        match why {
            NotStarted::Missing => write!(formatter, "no such program"),
            NotStarted::NotExecutable => write!(formatter, "it is not executable"),
            NotStarted::NoInterpreter => {
                write!(formatter, "the interpreter in its first line does not exist")
            }
            NotStarted::NoFormat => write!(
                formatter,
                "it is no program, and no script whose first line names its interpreter, as \
                 `#!/bin/sh` does"
            ),
            NotStarted::NoFolder(folder) => {
                write!(formatter, "no such folder to start in: `{}`", folder.display())
            }
            NotStarted::NoRoom | NotStarted::Other => write!(formatter, "{source}"),
        }
    }
}

impl Error for SpawnError {}

fn reason(program: &Program, source: &io::Error) -> NotStarted {
    match Errno::from_io_error(source) {
        Some(Errno::NOENT | Errno::NOTDIR) if !program.cwd.is_dir() => {
            NotStarted::NoFolder(program.cwd.clone())
        }
        Some(Errno::NOENT) if exists(program) => NotStarted::NoInterpreter,
        Some(Errno::NOENT | Errno::NOTDIR) => NotStarted::Missing,
        Some(Errno::NOEXEC) => NotStarted::NoFormat,
        Some(Errno::ACCESS | Errno::PERM | Errno::ISDIR) => NotStarted::NotExecutable,
        Some(Errno::AGAIN | Errno::MFILE | Errno::NFILE | Errno::NOMEM) => NotStarted::NoRoom,
        Some(_) | None => NotStarted::Other,
    }
}

/// Whether a file is where the program would be looked for.
fn exists(program: &Program) -> bool {
    if program.is_name() {
        program.searched().any(|file| file.is_file())
    } else {
        program.cwd.join(&program.path).is_file()
    }
}
