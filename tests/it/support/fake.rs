//! The fake `claude` from the test's side: writing its script, reading what it was started with.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::files;

#[path = "../../fakes/script.rs"]
mod script;

pub(crate) use script::{Script, Step};

impl Script {
    /// What the first call plays, and every later one unless `then` says otherwise.
    pub(crate) fn plays(steps: impl IntoIterator<Item = Step>) -> Self {
        Self::default().then(steps)
    }

    /// What the next call plays.
    pub(crate) fn then(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.turns.push(steps.into_iter().collect());
        self
    }

    /// Claims another version.
    pub(crate) fn version(self, version: &str) -> Self {
        Self { version: Some(version.to_owned()), ..self }
    }

    /// Prints another help text.
    pub(crate) fn help(self, help: &str) -> Self {
        Self { help: Some(help.to_owned()), ..self }
    }

    /// Says that nobody is logged in.
    pub(crate) fn logged_out(self) -> Self {
        Self { logged_out: true, ..self }
    }

    /// Leaves stdin unread.
    pub(crate) fn ignoring_stdin(self) -> Self {
        Self { ignore_stdin: true, ..self }
    }

    /// Lives on after SIGTERM.
    pub(crate) fn ignoring_term(self) -> Self {
        Self { ignore_term: true, ..self }
    }
}

/// A fake that stands at a path of its own.
#[derive(Debug, Clone)]
pub(crate) struct Fake {
    path: PathBuf,
}

impl Fake {
    /// Puts the fake at `path`, with this script.
    ///
    /// It is a link: a copy that another thread's child still holds open for writing could not be started.
    pub(crate) fn install(path: &Path, script: &Script) -> Self {
        let fake = Self { path: path.to_owned() };
        files::write(
            &fake.beside("script.json"),
            serde_json::to_vec(script).expect("it is plain data"),
        );
        let program = Path::new(env!("CARGO_BIN_EXE_fake-claude"));
        fs::hard_link(program, path)
            .or_else(|_other_file_system| std::os::unix::fs::symlink(program, path))
            .unwrap_or_else(|e| panic!("link {}: {e}", path.display()));
        fake
    }

    /// Where it stands.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Every start so far: `args`, `cwd`, `env`, `pid` and the size and hash of `stdin`.
    pub(crate) fn starts(&self) -> Vec<Value> {
        let lines = files::read(&self.beside("calls"));
        // One that is still being written has no end yet.
        let whole = lines.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole.map(|line| serde_json::from_str(line).expect("the fake writes JSON")).collect()
    }

    /// A file of its own beside it.
    pub(crate) fn beside(&self, extension: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".");
        name.push(extension);
        name.into()
    }
}
