//! Test suites: which program runs one, and whether one ran at all.
//!
//! A runner that found nothing to run ends well. That says nothing of the work, so what it printed
//! is asked how many tests there were, as far as it can be read.

use std::fmt;

use serde::{Deserialize, Serialize};

mod counted;

pub use counted::{Ran, ran};

/// A program that runs a project's tests.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Runner {
    /// `cargo test --workspace`
    Cargo,
    /// `npm test`
    Npm,
    /// `pytest`
    Pytest,
    /// `go test ./...`
    Go,
    /// `make test`
    Make,
}

/// What there is to see of a project.
pub struct Project<'a> {
    /// Whether a file is there, by its path from the root.
    pub has: &'a dyn Fn(&str) -> bool,
    /// The text of such a file.
    pub text: &'a dyn Fn(&str) -> Option<String>,
}

impl Runner {
    /// The programs that can be it, with what they are given, best first.
    pub const fn commands(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Cargo => &[&["cargo", "test", "--workspace"]],
            Self::Npm => &[&["npm", "test"]],
            Self::Pytest => {
                &[&["pytest"], &["python3", "-m", "pytest"], &["python", "-m", "pytest"]]
            }
            Self::Go => &[&["go", "test", "./..."]],
            Self::Make => &[&["make", "test"]],
        }
    }

    /// The runners of a project, all that its files speak of. `make test` is most often another
    /// word for one of the others, so it counts only where there is none.
    pub fn of(project: &Project<'_>) -> Vec<Self> {
        let own = [Self::Cargo, Self::Npm, Self::Pytest, Self::Go];
        let found: Vec<Self> = own.into_iter().filter(|runner| runner.is_in(project)).collect();
        if found.is_empty() && Self::Make.is_in(project) { vec![Self::Make] } else { found }
    }

    fn is_in(self, project: &Project<'_>) -> bool {
        let Project { has, text } = project;
        let says = |path: &str, part: &str| text(path).is_some_and(|text| text.contains(part));
        match self {
            Self::Cargo => has("Cargo.toml"),
            Self::Npm => text("package.json").is_some_and(|text| has_test_script(&text)),
            Self::Pytest => {
                ["pytest.ini", "conftest.py", "tests/conftest.py"].iter().any(|path| has(path))
                    || says("pyproject.toml", "[tool.pytest")
                    || says("setup.cfg", "[tool:pytest]")
                    || says("tox.ini", "[pytest]")
                    || (["pyproject.toml", "setup.py"].iter().any(|path| has(path)) && has("tests"))
            }
            Self::Go => has("go.mod"),
            Self::Make => ["GNUmakefile", "makefile", "Makefile"]
                .iter()
                .find_map(|path| text(path))
                .is_some_and(|text| text.lines().any(is_test_target)),
        }
    }
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cargo => "cargo",
            Self::Npm => "npm",
            Self::Pytest => "pytest",
            Self::Go => "go",
            Self::Make => "make",
        })
    }
}

/// Whether there is a script, and another one than what `npm init` writes.
fn has_test_script(package: &str) -> bool {
    let package: serde_json::Value = serde_json::from_str(package).unwrap_or_default();
    let script = package["scripts"]["test"].as_str().unwrap_or_default();
    !script.trim().is_empty() && !script.contains("no test specified")
}

/// `test:`, alone or among other targets; `test := x` is a variable.
fn is_test_target(line: &str) -> bool {
    let Some((targets, rest)) = line.split_once(':') else { return false };
    let is_rule = !rest.trim_start_matches(':').starts_with('=');
    is_rule
        && !line.starts_with(['\t', '#'])
        && targets.split_whitespace().any(|name| name == "test")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and texts.
    type Files = &'static [(&'static str, &'static str)];

    #[test]
    fn runners_are_known_by_their_files() {
        let rows: [(Files, &[Runner]); 15] = [
            (&[("Cargo.toml", "")], &[Runner::Cargo]),
            (&[("package.json", r#"{"scripts":{"test":"jest"}}"#)], &[Runner::Npm]),
            (&[("package.json", r#"{"scripts":{"build":"x"}}"#)], &[]),
            (
                &[(
                    "package.json",
                    r#"{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}"#,
                )],
                &[],
            ),
            (&[("package.json", "{oops")], &[]),
            (&[("pytest.ini", "")], &[Runner::Pytest]),
            (&[("pyproject.toml", "[tool.pytest.ini_options]\n")], &[Runner::Pytest]),
            (&[("pyproject.toml", "[project]\n"), ("tests", "")], &[Runner::Pytest]),
            (&[("pyproject.toml", "[tool.ruff]\n")], &[]),
            (&[("go.mod", "module x")], &[Runner::Go]),
            (&[("Makefile", "all:\n\ttest: no\nlint test: all\n")], &[Runner::Make]),
            (&[("Makefile", "test := x\nall: test\n# test:\n")], &[]),
            (&[("Makefile", "test:\n"), ("go.mod", "")], &[Runner::Go]),
            (
                &[("Cargo.toml", ""), ("package.json", r#"{"scripts":{"test":"x"}}"#)],
                &[Runner::Cargo, Runner::Npm],
            ),
            (&[("README.md", "")], &[]),
        ];
        for (files, expected) in rows {
            let find = |path: &str| files.iter().find(|(name, _)| *name == path);
            let has = |path: &str| find(path).is_some();
            let text = |path: &str| find(path).map(|(_, text)| (*text).to_owned());
            assert_eq!(Runner::of(&Project { has: &has, text: &text }), expected, "{files:?}");
        }
    }
}
