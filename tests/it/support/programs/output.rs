//! What a program left behind when it ended.

use std::fmt;

use serde_json::Value;

/// The end of a program: exactly one of `code` and `signal` is set.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// The exit code of a program that ended by itself.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    /// All of its stdout, as text.
    pub(crate) stdout: String,
    /// All of its stderr, as text.
    pub(crate) stderr: String,
}

impl Output {
    /// Fails the test, showing all output, unless the program ended with this exit code.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "exit code\n{self}");
        self
    }

    /// Stdout as one JSON document, as `--format json` gives it.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("stdout is no JSON: {e}\n{self}"))
    }

    /// The lines of stdout that are JSON objects, as Claude's stream has them.
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines = self.stdout.lines().filter(|line| line.starts_with('{'));
        lines
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect()
    }

    /// The last event of this type.
    #[track_caller]
    pub(crate) fn last_event(&self, kind: &str) -> Value {
        let found = self.events().into_iter().rev().find(|event| event["type"] == kind);
        found.unwrap_or_else(|| panic!("no {kind} event\n{self}"))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, signal, stdout, stderr } = self;
        writeln!(f, "code {code:?}, signal {signal:?}")?;
        writeln!(f, "──── stdout\n{stdout}\n──── stderr\n{stderr}\n────")
    }
}
