//! A program about to be started, with nothing of the caller's environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Output, Running};
use crate::support::PATIENCE;

/// How to start a program; `run` waits for its end, `spawn` lets the test act meanwhile.
#[derive(Debug, Clone)]
#[must_use]
pub(crate) struct Run {
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    pub(super) env: BTreeMap<OsString, OsString>,
    pub(super) cwd: PathBuf,
    pub(super) stdin: Option<Vec<u8>>,
    pub(super) deadline: Duration,
}

impl Run {
    /// A program in the folder `cwd`, with an empty environment and no stdin.
    pub(crate) fn new(program: &Path, cwd: &Path) -> Self {
        Self {
            program: program.to_owned(),
            args: Vec::new(),
            env: BTreeMap::new(),
            cwd: cwd.to_owned(),
            stdin: None,
            deadline: PATIENCE,
        }
    }

    /// Appends arguments.
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Has another program start it, as `strace` or `sh` do: that one's arguments come first.
    pub(crate) fn under(
        mut self,
        program: &Path,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Self {
        let own = std::mem::replace(&mut self.program, program.to_owned());
        let mut all: Vec<OsString> = args.into_iter().map(|it| it.as_ref().to_owned()).collect();
        all.push(own.into());
        all.append(&mut self.args);
        self.args = all;
        self
    }

    /// Sets one variable of its environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(name.into(), value.as_ref().to_owned());
        self
    }

    /// Removes one variable that the world set.
    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.env.remove(OsStr::new(name));
        self
    }

    /// Gives it this text as stdin, then closes it.
    pub(crate) fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(text.into());
        self
    }

    /// Starts it in another folder.
    pub(crate) fn cwd(mut self, cwd: impl Into<PathBuf>) -> Self {
        self.cwd = cwd.into();
        self
    }

    /// Gives it a terminal for all three streams: what is given as stdin is typed there, and
    /// everything shown on it comes back as stdout.
    pub(crate) fn on_a_terminal(self) -> Self {
        let quoted = |word: &OsString| {
            let word = word.to_str().expect("words for a shell are text");
            format!("'{}'", word.replace('\'', r"'\''"))
        };
        let program = self.program.clone().into_os_string();
        let words: Vec<String> = [program].iter().chain(&self.args).map(quoted).collect();
        let program = PathBuf::from("/usr/bin/script");
        assert!(program.exists(), "the tests need `script` of util-linux for a terminal");
        let args = ["-qefc", &words.join(" "), "/dev/null"].map(OsString::from);
        Self { program, args: args.into(), ..self }
    }

    /// Starts it by another program, whose arguments come before it and its own.
    pub(crate) fn through<const N: usize>(self, program: &str, args: [&str; N]) -> Self {
        let mut all: Vec<OsString> = args.into_iter().map(OsString::from).collect();
        all.push(self.program.clone().into_os_string());
        all.extend(self.args.iter().cloned());
        Self { program: program.into(), args: all, ..self }
    }

    /// How long it may take, instead of a minute, before it is ended and the test fails.
    pub(crate) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Starts it and waits for its end.
    #[track_caller]
    pub(crate) fn run(self) -> Output {
        self.spawn().wait()
    }

    /// The command alone, for whoever starts it another way than a test does.
    pub(crate) fn command(&self) -> Command {
        let mut command = super::command(&self.program);
        command.args(&self.args).env_clear().envs(&self.env);
        command.current_dir(&self.cwd).process_group(0);
        command
    }

    /// Starts it.
    #[track_caller]
    pub(crate) fn spawn(self) -> Running {
        Running::start(&self)
    }
}
