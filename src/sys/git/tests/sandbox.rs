//! A repository in a temporary folder, and what the real `git` says of it.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::sys::git::{FileChange, FileStatus, Place, Repository, Snapshot, discover};

pub(super) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    /// A repository with one commit: `a.txt` of ten lines, `dir/b.txt`, `run.sh` and `link`.
    pub(super) fn new() -> Self {
        let sandbox = Self::empty();
        sandbox.sh("
            git init -q -b main
            seq 10 > a.txt; mkdir dir; seq 20 30 > dir/b.txt
            printf 'echo\\n' > run.sh; ln -s a.txt link
            git add -A; git commit -qm base
        ");
        sandbox
    }

    /// A folder without a repository.
    pub(super) fn empty() -> Self {
        let sandbox = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(sandbox.root()).unwrap();
        fs::create_dir(sandbox.home()).unwrap();
        sandbox
    }

    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("work")
    }

    pub(super) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(super) fn objects(&self) -> PathBuf {
        self.folder.path().join("session/objects")
    }

    /// Where a worktree is made; scripts in the root know it as `../cache/tree`.
    pub(super) fn tree(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("cache/tree")
    }

    /// Runs a script in the worktree.
    pub(super) fn sh_in_tree(&self, script: &str) -> String {
        self.sh(&format!("cd ../cache/tree; {script}"))
    }

    /// Runs a script in the root; `$HOME` is a folder outside. Returns what it printed.
    pub(super) fn sh(&self, script: &str) -> String {
        self.sh_with(script, &[])
    }

    #[expect(clippy::disallowed_methods, reason = "tests build repositories with the real git")]
    pub(super) fn sh_with(&self, script: &str, environment: &[(&str, &str)]) -> String {
        let output = Command::new("sh")
            .args(["-euc", script])
            .current_dir(self.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home())
            .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("LC_ALL", "C"), ("TZ", "UTC")])
            .envs(["AUTHOR", "COMMITTER"].into_iter().flat_map(|who| {
                [(format!("GIT_{who}_NAME"), "t"), (format!("GIT_{who}_EMAIL"), "t@example.com")]
            }))
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}\n{output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub(super) fn repository(&self) -> Repository {
        repository(&self.root())
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.repository().snapshot(&self.objects(), &[]).unwrap()
    }

    /// The changes between two snapshots as text.
    pub(super) fn changes(&self, from: &Snapshot, to: &Snapshot) -> String {
        lines(&self.repository().changes(&self.objects(), from, to).unwrap())
    }

    /// The tree that `git add -A` would make of the work tree, made aside from the repository.
    pub(super) fn tree_by_git(&self) -> String {
        self.aside("git add -A; git write-tree")
    }

    /// The tree that `git apply` makes of `from` with the patch, made aside from the repository.
    pub(super) fn tree_by_patch(&self, from: &Snapshot, patch: &[u8]) -> String {
        let file = self.folder.path().join("patch");
        let mut writer = fs::File::create(&file).unwrap();
        std::io::Write::write_all(&mut writer, patch).unwrap();
        let apply = format!("git apply --cached --allow-empty {}", file.display());
        self.aside(&format!("git read-tree {}; {apply}; git write-tree", from.tree))
    }

    /// Runs git with a copy of the index and an object folder of its own.
    fn aside(&self, script: &str) -> String {
        let aside = tempfile::tempdir().unwrap();
        let git_dir = PathBuf::from(self.sh("git rev-parse --absolute-git-dir"));
        let store = self.sh("git rev-parse --path-format=absolute --git-path objects");
        let index = aside.path().join("index");
        if git_dir.join("index").exists() {
            fs::copy(git_dir.join("index"), &index).unwrap();
            // Git tells by the time of its index which files may have changed in the same tick.
            let written = fs::metadata(git_dir.join("index")).unwrap().modified().unwrap();
            fs::File::open(&index).unwrap().set_modified(written).unwrap();
        }
        let alternates = format!("{store}:{}", self.objects().display());
        let objects = aside.path().join("objects");
        fs::create_dir(&objects).unwrap();
        self.sh_with(
            script,
            &[
                ("GIT_INDEX_FILE", index.to_str().unwrap()),
                ("GIT_OBJECT_DIRECTORY", objects.to_str().unwrap()),
                ("GIT_ALTERNATE_OBJECT_DIRECTORIES", &alternates),
            ],
        )
        .lines()
        .last()
        .unwrap()
        .to_owned()
    }
}

pub(super) fn repository(folder: &Path) -> Repository {
    match discover(folder).unwrap() {
        Place::Repository(repository) => repository,
        other => panic!("no repository, but {other:?}"),
    }
}

/// One line a change: `M +1 -0 src/a.txt`.
pub(super) fn lines(changes: &[FileChange]) -> String {
    let count = |lines: Option<u64>| lines.map_or("?".to_owned(), |lines| lines.to_string());
    let line = |change: &FileChange| {
        let letter = match change.status {
            FileStatus::Added => "A",
            FileStatus::Modified => "M",
            FileStatus::Deleted => "D",
            FileStatus::Renamed => "R",
            FileStatus::TypeChanged => "T",
        };
        let (added, removed) = (count(change.added), count(change.removed));
        let from = change.old_path.as_ref().map_or(String::new(), |old| format!("{old} -> "));
        let mode = change.executable.map_or("", |on| if on { " +x" } else { " -x" });
        format!("{letter} +{added} -{removed} {from}{}{mode}\n", change.path)
    };
    changes.iter().map(line).collect()
}

/// Everything below the folder: names, modes, times, content.
pub(super) fn contents(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let look = fs::symlink_metadata(&path).unwrap();
            let content = if look.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            let times = (look.mtime(), look.mtime_nsec(), look.ctime(), look.ctime_nsec());
            all.push(format!("{path:?} {:o} {times:?} {content:?}", look.mode()));
            if look.is_dir() {
                folders.push(path);
            }
        }
    }
    all.sort();
    all
}
