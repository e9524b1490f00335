//! Where a folder stands: every kind of repository, and none.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use super::sandbox::{Sandbox, repository};
use crate::sys::git::{GitError, Head, Place, discover};

/// The place in one line, with the temporary folder cut off.
fn place(sandbox: &Sandbox, folder: &Path) -> String {
    let short = |path: &Path| match path.strip_prefix(sandbox.root().parent().unwrap()) {
        Ok(rest) => rest.display().to_string(),
        Err(_) => path.display().to_string(),
    };
    match discover(folder) {
        Ok(Place::Outside) => "outside".to_owned(),
        Ok(Place::Bare { git_dir }) => format!("bare {}", short(&git_dir)),
        Ok(Place::Repository(it)) => format!("{} of {}", short(it.root()), short(it.git_dir())),
        Ok(Place::Unsupported { root, reason }) => {
            let above = format!("{}/", sandbox.root().parent().unwrap().display());
            format!("unsupported {}: {}", short(&root), reason.replace(&above, ""))
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn places() {
    let rows = [
        ("", ".", "outside"),
        ("git init -q", ".", "work of work/.git"),
        ("git init -q; mkdir -p a/b", "a/b", "work of work/.git"),
        ("git init -q; ln -s . link", "link", "work of work/.git"),
        (
            "git init -q",
            ".git/objects",
            "unsupported work: this folder belongs to git itself; the work tree is work",
        ),
        ("git init -q --bare x.git", "x.git", "bare work/x.git/"),
        ("git init -q; git init -q --bare sub/x", "sub/x", "bare work/sub/x/"),
        ("git init -q; git init -q sub", "sub", "work/sub of work/sub/.git"),
        (
            "git init -q; git commit -q --allow-empty -m 1; git worktree add -q ../tree; mkdir ../tree/x",
            "../tree/x",
            "tree of work/.git/worktrees/tree",
        ),
        ("git init -q --separate-git-dir=../elsewhere", ".", "work of elsewhere"),
        (
            "git init -q; git config core.worktree /usr",
            ".",
            "unsupported work: core.worktree names /usr, which does not hold this folder",
        ),
        (
            "git init -q --object-format=sha256",
            ".",
            "unsupported work: the repository uses SHA-256 object names, which libgit2 cannot read \
             (unknown object format 'sha256')",
        ),
        (
            "git init -q --ref-format=reftable; mkdir x",
            "x",
            "unsupported work: the repository keeps its refs as reftable, which libgit2 cannot read; \
             `git refs migrate --ref-format=files` converts them \
             (unsupported extension name extensions.refstorage)",
        ),
        (
            "git init -q; git config core.repositoryformatversion 1
            git config extensions.partialClone origin",
            ".",
            "unsupported work: this is a partial clone, which libgit2 cannot read; clone it again \
             without `--filter` (unsupported extension name extensions.partialclone)",
        ),
        ("git init -q; rm .git/HEAD", ".", "outside"),
        ("git init -q; rm -r .git; echo nonsense > .git", ".", "cannot open the repository: [..]"),
    ];
    for (script, folder, expected) in rows {
        let sandbox = Sandbox::empty();
        sandbox.sh(script);
        let place = place(&sandbox, &sandbox.root().join(folder)).replace("/.git/ ", "/.git ");
        let place = place.trim_end_matches('/');
        match expected.strip_suffix("[..]") {
            Some(beginning) => assert!(place.starts_with(beginning), "{script}: {place}"),
            None => assert_eq!(place, expected.trim_end_matches('/'), "{script}"),
        }
    }
}

/// Git sets these for its hooks; a run that a hook starts still means the folder it stands in.
#[test]
#[expect(clippy::disallowed_methods, reason = "variables can only be set for another process")]
fn no_variable_of_git_counts() {
    let elsewhere = Sandbox::new();
    let git_dir = elsewhere.root().join(".git");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sys::git::tests::places::places", "sys::git::tests::snapshots::store"])
        .env("GIT_DIR", &git_dir)
        .env("GIT_COMMON_DIR", &git_dir)
        .env("GIT_WORK_TREE", elsewhere.root())
        .env("GIT_INDEX_FILE", git_dir.join("index"))
        .env("GIT_OBJECT_DIRECTORY", git_dir.join("objects"))
        .env("GIT_CEILING_DIRECTORIES", "/")
        .env("GIT_NAMESPACE", "x")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("2 passed"), "{text}");
}

#[test]
fn owner() {
    let sandbox = Sandbox::new();
    if !rustix::process::geteuid().is_root() {
        return;
    }
    sandbox.sh("chown -R 12345:12345 .; mkdir x");
    let error = discover(&sandbox.root().join("x")).unwrap_err();
    assert!(matches!(&error, GitError::NotOwned { path } if *path == sandbox.root()), "{error:?}");
    let root = sandbox.root();
    let root = root.display();
    assert_eq!(error.to_string(), format!("the repository {root} belongs to another user"));
    assert_eq!(
        error.hint().unwrap(),
        format!("if you trust it: git config --global --add safe.directory {root}")
    );
}

#[test]
fn heads() {
    let sandbox = Sandbox::new();
    let commit = sandbox.sh("git rev-parse HEAD");
    let head = || sandbox.repository().head().unwrap();
    assert_eq!(head(), Head::Branch { name: "main".into(), commit: commit.clone() });
    sandbox.sh("git checkout -qb 'team/$(x)'; git pack-refs --all");
    assert_eq!(head(), Head::Branch { name: "team/$(x)".into(), commit: commit.clone() });
    sandbox.sh("git checkout -q --detach");
    assert_eq!(head(), Head::Detached { commit });
    sandbox.sh("git checkout -q --orphan new");
    assert_eq!(head(), Head::Unborn { branch: "new".into() });
}

#[test]
fn ignored() {
    let sandbox = Sandbox::new();
    sandbox.sh("printf 'target/\\n*.log\\n!keep.log\\n/only\\n' > .gitignore; mkdir -p target x");
    let repository = sandbox.repository();
    let rows = [
        ("a.txt", false),
        ("target/", true),
        ("target/deep/file", true),
        ("x/y.log", true),
        ("x/keep.log", false),
        ("only", true),
        ("x/only", false),
    ];
    for (path, expected) in rows {
        assert_eq!(repository.is_ignored(path.as_ref()).unwrap(), expected, "{path}");
        let absolute = sandbox.root().join(path);
        assert_eq!(repository.is_ignored(&absolute).unwrap(), expected, "{path}");
    }
}

#[test]
fn another_repository_in_its_place() {
    let sandbox = Sandbox::new();
    let repository = repository(&sandbox.root());
    sandbox.sh("git init -q ../other; mv .git ../gone; echo 'gitdir: ../other/.git' > .git");
    let error = repository.head().unwrap_err();
    assert!(matches!(error, GitError::Moved { .. }), "{error:?}");
}
