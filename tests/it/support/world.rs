//! A world of its own for one test: a home, a folder to work in, a `claude`, and a model behind it.
//!
//! Nothing of the caller's environment reaches a program started here, and nothing started here
//! outlives the world.

mod contents;
mod redactions;
mod repo;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use snapbox::IntoData;
use tempfile::TempDir;

use super::claude::real_claude;
use super::fake::{Fake, Script};
use super::files;
use super::model::{Log, Model, Rule};
use super::processes::end_processes_with;
use super::programs::Run;
pub(crate) use contents::{GREET, files_below};
use repo::Repo;

/// The path that programs are looked up in, instead of the caller's.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Where no model listens: the discard port, so that nothing ever leaves for the network.
const NO_MODEL: &str = "http://127.0.0.1:9";

/// One test's surroundings, removed with all its processes when it is dropped.
pub(crate) struct World {
    root: TempDir,
    claude: PathBuf,
    model: Option<Model>,
    fake: Option<Fake>,
}

impl World {
    /// Without a `claude`: for what needs none, and for how its absence is told.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        let claude = root.path().join("no-claude");
        let world = Self { root, claude, model: None, fake: None };
        for folder in [world.dir(), world.home(), world.root().join("tmp")] {
            std::fs::create_dir(folder).expect("a folder can be made in a new one");
        }
        world
    }

    /// With the real `claude`, whose model answers by these rules.
    pub(crate) fn scripted(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self::scripted_in(|_| rules)
    }

    /// The same, by rules that know the folder that programs start in.
    pub(crate) fn scripted_in<R: IntoIterator<Item = Rule>>(
        rules: impl FnOnce(&Path) -> R,
    ) -> Self {
        let mut world = Self::new();
        real_claude().clone_into(&mut world.claude);
        world.model = Some(Model::start(rules(&world.dir())));
        world
    }

    /// With a fake `claude` that plays this script.
    pub(crate) fn faked(script: &Script) -> Self {
        let mut world = Self::new();
        let fake = Fake::install(&world.root().join("bin/claude"), script);
        fake.path().clone_into(&mut world.claude);
        world.fake = Some(fake);
        world
    }

    /// The folder that holds everything, with all its links resolved.
    pub(crate) fn root(&self) -> PathBuf {
        self.root.path().canonicalize().expect("the world's folder exists")
    }

    /// The folder that programs start in; a git repository after `repo`.
    pub(crate) fn dir(&self) -> PathBuf {
        self.root().join("repo")
    }

    /// The user's home.
    pub(crate) fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// The fake `claude` of a world that was made with a script.
    pub(crate) fn fake(&self) -> &Fake {
        self.fake.as_ref().expect("this world was made with a script for a fake")
    }

    /// What the model was asked.
    pub(crate) fn model(&self) -> &Log {
        self.model.as_ref().expect("this world was made with rules for a model").log()
    }

    /// Writes a file below `dir`.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        files::write(&self.dir().join(path), content);
        self
    }

    /// Reads a file below `dir`.
    pub(crate) fn read(&self, path: &str) -> String {
        files::read(&self.dir().join(path))
    }

    /// Adds a skill of the project.
    pub(crate) fn skill(&self, name: &str, text: &str) -> &Self {
        self.write(&format!(".claude/skills/{name}/SKILL.md"), text)
    }

    /// Adds a personal skill.
    pub(crate) fn personal_skill(&self, name: &str, text: &str) -> &Self {
        files::write(&self.home().join(format!(".claude/skills/{name}/SKILL.md")), text);
        self
    }

    /// The git repository in `dir`, made at the first call.
    pub(crate) fn repo(&self) -> Repo<'_> {
        Repo::open_or_init(self)
    }

    /// The session folder; the test fails when there is none or more than one.
    #[track_caller]
    pub(crate) fn session(&self) -> PathBuf {
        files::only_folder_with(&self.dir().join(".claude/sessions"), "journal.jsonl")
    }

    /// The journal of the only session, line by line: a last one that has no end yet is still being
    /// written.
    #[track_caller]
    pub(crate) fn journal(&self) -> Vec<serde_json::Value> {
        let text = files::read(&self.session().join("journal.jsonl"));
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        lines
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect()
    }

    /// atlas itself, started in `dir`.
    pub(crate) fn atlas(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
        self.program(Path::new(env!("CARGO_BIN_EXE_atlas")), args).env("ATLAS_CLAUDE", &self.claude)
    }

    /// The world's `claude`, started as atlas would have it but without atlas.
    pub(crate) fn claude(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
        self.program(&self.claude, args)
    }

    /// Any program, in this world's environment.
    pub(crate) fn program(
        &self,
        program: &Path,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Run {
        let run = Run::new(program, &self.dir())
            .args(args)
            .env("PATH", PATH)
            .env("HOME", self.home())
            .env("TMPDIR", self.root().join("tmp"))
            .env("TERM", "dumb")
            .env("LANG", "C.UTF-8")
            .env("ANTHROPIC_BASE_URL", self.model.as_ref().map_or(NO_MODEL.to_owned(), Model::url))
            .env("ANTHROPIC_API_KEY", "dummy")
            .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
            .env("DISABLE_AUTOUPDATER", "1")
            .env("DISABLE_TELEMETRY", "1");
        // claude refuses some modes to root, unless it is told that it stands in a sandbox.
        if rustix::process::geteuid().is_root() { run.env("IS_SANDBOX", "1") } else { run }
    }

    /// Compares with a snapshot, with paths, ids and times replaced by names.
    #[track_caller]
    pub(crate) fn check(&self, actual: &str, expected: impl IntoData) {
        redactions::assert(&self.root()).eq(actual, expected);
    }

    /// The cookie that every process started in this world carries.
    pub(crate) fn cookie(&self) -> String {
        format!("HOME={}", self.home().display())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        end_processes_with(&self.cookie());
    }
}
