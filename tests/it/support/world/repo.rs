//! The git repository of a world, made by the real `git` with nothing of the caller's configuration.

use super::World;
use crate::support::programs::Run;

/// The moment of every commit, so that commit ids are the same in every run.
const DATE: &str = "2026-01-02T03:04:05Z";

/// A repository in the world's folder.
pub(crate) struct Repo<'a> {
    world: &'a World,
}

impl<'a> Repo<'a> {
    pub(super) fn open_or_init(world: &'a World) -> Self {
        let repo = Self { world };
        if !world.dir().join(".git").exists() {
            repo.git(["init", "--quiet"]);
        }
        repo
    }

    /// Runs git in the repository; returns its stdout, and fails the test when git fails.
    #[track_caller]
    pub(crate) fn git<const N: usize>(&self, args: [&str; N]) -> String {
        self.command(args).run().expect_code(0).stdout
    }

    /// Commits everything that is not ignored, with nothing changed too.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str) -> &Self {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--allow-empty", "--message", message]);
        self
    }

    fn command<const N: usize>(&self, args: [&str; N]) -> Run {
        let config = [
            ("init.defaultBranch", "main"),
            ("user.name", "Ada"),
            ("user.email", "ada@example.org"),
            ("commit.gpgSign", "false"),
            ("core.hooksPath", "/dev/null"),
        ];
        let program = std::path::Path::new("git");
        let run = Run::new(program, &self.world.dir())
            .args(args)
            .env("PATH", super::PATH)
            .env("HOME", self.world.home())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", DATE)
            .env("GIT_COMMITTER_DATE", DATE)
            .env("GIT_CONFIG_COUNT", config.len().to_string());
        config.iter().enumerate().fold(run, |run, (n, (key, value))| {
            run.env(&format!("GIT_CONFIG_KEY_{n}"), key)
                .env(&format!("GIT_CONFIG_VALUE_{n}"), value)
        })
    }
}
