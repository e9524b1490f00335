//! The index is read as libgit2 reads it, whatever git wrote into it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use proptest::prelude::*;

use super::sandbox::Sandbox;
use crate::sys::git::index::{Index, by_libgit2, read::read};

/// Who can read an index.
#[derive(Debug, PartialEq, Eq)]
enum Readers {
    /// We and libgit2, which say the same.
    Both,
    /// libgit2 alone.
    LibGit2,
    /// Nobody, which is an error.
    Nobody,
}

#[track_caller]
fn check(script: &str, readers: &Readers) {
    let sandbox = Sandbox::new();
    sandbox.sh(script);
    let file = index_of(&sandbox);
    let (ours, theirs) = (read(&fs::read(&file).unwrap()), by_libgit2(&file));
    let seen = match (&ours, &theirs) {
        (Some(ours), Ok(theirs)) => {
            assert_eq!(ours, theirs, "{script}");
            Readers::Both
        }
        (Some(_), Err(error)) => panic!("{script}: only we can read it, libgit2 says {error}"),
        (None, Ok(_)) => Readers::LibGit2,
        (None, Err(_)) => Readers::Nobody,
    };
    assert_eq!(&seen, readers, "{script}");
}

fn index_of(sandbox: &Sandbox) -> PathBuf {
    sandbox.root().join(".git/index")
}

#[test]
fn every_index_of_gits_is_read_as_libgit2_reads_it() {
    use Readers::{Both, LibGit2, Nobody};
    let rows = [
        ("", Both),
        ("git read-tree --empty", Both),
        ("for n in $(seq 300); do echo $n > dir/file-$n; done; git add -A", Both),
        // Version 3 has more flags than version 2.
        ("git update-index --skip-worktree a.txt; touch new; git add -N new", Both),
        // Version 4 leaves out what a path has in common with the one before.
        ("touch dir/b dir/bb other; git add -A; git update-index --index-version 4", Both),
        ("git update-index --index-version 4; git read-tree --empty", Both),
        // One path in three versions.
        (
            "git checkout -qb other; echo other > a.txt; git commit -qam other; git checkout -q main
             echo mine > a.txt; git commit -qam mine; git merge -q other && exit 1 || true",
            Both,
        ),
        ("git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),module", Both),
        ("git update-index --chmod=+x a.txt", Both),
        // Longer than one byte of version 4 can tell.
        (
            "deep=$(printf 'folder/%.0s' $(seq 500)); blob=$(git rev-parse HEAD:a.txt)
             git update-index --index-version 4 --add --cacheinfo 100644,$blob,${deep}file
             git update-index --add --cacheinfo 100644,$blob,zebra",
            Both,
        ),
        // Longer than any file's path, and than the length that an entry can tell.
        (
            "deep=$(printf 'folder/%.0s' $(seq 900)); blob=$(git rev-parse HEAD:a.txt)
             git update-index --add --cacheinfo 100644,$blob,${deep}file",
            Nobody,
        ),
        // What git adds for itself.
        ("git write-tree; git update-index --untracked-cache; git status", Both),
        ("git config index.skipHash true; touch new; git add new", Both),
        // Names that git's folder has on other systems: libgit2 looks closer.
        ("git config core.protectNTFS false; touch .git.txt; git add .git.txt", LibGit2),
        ("git config core.protectNTFS false; touch git~1; git add git~1", Nobody),
        ("git config core.splitIndex true; touch new; git add new", Nobody),
        ("git sparse-checkout set --cone --sparse-index dir", Nobody),
        ("printf DIRC > .git/index", Nobody),
        ("printf x | dd of=.git/index bs=1 seek=80 conv=notrunc status=none", Nobody),
    ];
    for (script, readers) in rows {
        check(script, &readers);
    }
}

/// An index whose checksum is zeros, which is none, so that what stands in it can be changed.
fn unsummed(script: &str) -> (Sandbox, Vec<u8>) {
    let sandbox = Sandbox::empty();
    sandbox.sh(&format!("git init -q; {script}"));
    let mut bytes = fs::read(index_of(&sandbox)).unwrap();
    let sum = bytes.len() - 20;
    bytes[sum..].fill(0);
    assert!(read(&bytes).is_some(), "{script}");
    (sandbox, bytes)
}

fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = bytes.windows(old.len()).position(|window| window == old).unwrap();
    [&bytes[..at], new, &bytes[at + old.len()..]].concat()
}

#[expect(clippy::disallowed_methods, reason = "what somebody else wrote")]
fn write(file: &Path, bytes: &[u8]) {
    fs::write(file, bytes).unwrap();
}

/// Why the index cannot be used, with these bytes.
fn refusal(sandbox: &Sandbox, bytes: &[u8]) -> String {
    write(&index_of(sandbox), bytes);
    let handle = git2::Repository::open(sandbox.root()).unwrap();
    Index::load(&handle).map(|index| index.entries).unwrap_err().to_string()
}

#[test]
fn paths_that_git_never_writes_are_refused() {
    let (sandbox, bytes) = unsummed("mkdir file; touch file/x; git add -A");
    assert!(read(&replaced(&bytes, b"file/x", b"fine/x")).is_some());
    for hostile in [b".git/x", b".GIT/x", b"../../", b"x/../y", b"/abs/x", b"a//b/c", b"./self"] {
        assert_eq!(read(&replaced(&bytes, b"file/x", hostile)), None, "{hostile:?}");
    }
    let refused = refusal(&sandbox, &replaced(&bytes, b"file/x", b".git/x"));
    assert!(refused.starts_with("cannot read the index: "), "{refused}");
}

#[test]
fn paths_out_of_order_are_refused() {
    let (sandbox, bytes) = unsummed("touch file-1 file-2; git add -A");
    let changed = replaced(&bytes, b"file-1", b"file-3");
    assert_eq!(read(&changed), None);
    let refused = refusal(&sandbox, &changed);
    assert_eq!(refused, "cannot read the index: its paths are out of order");
}

#[test]
fn an_entry_that_can_be_read_in_two_ways_is_left_to_libgit2() {
    let (_sandbox, bytes) = unsummed("touch file-1; git add -A");
    // The length stands right before the path: six of its letters, or three.
    assert_eq!(read(&replaced(&bytes, b"\x00\x06file-1", b"\x00\x03file-1")), None);
    assert_eq!(read(&replaced(&bytes, b"\x00\x06file-1", b"\x00\x06fil\0-1")), None);
}

#[test]
fn a_pipe_in_the_place_of_the_index_makes_nobody_wait() {
    let sandbox = Sandbox::new();
    sandbox.sh("rm .git/index; mkfifo .git/index");
    let handle = git2::Repository::open(sandbox.root()).unwrap();
    let error = Index::load(&handle).map(|index| index.entries).unwrap_err().to_string();
    assert!(error.ends_with("it is no regular file"), "{error}");
}

/// As deep as a path can be, nothing runs out of stack.
#[test]
fn a_tree_as_deep_as_a_path_can_be_is_looked_at() {
    let sandbox = Sandbox::new();
    let base = sandbox.snapshot();
    let add = |file: &str| {
        sandbox.sh(&format!(
            "
            deep=$(printf 'a/%.0s' $(seq 2000)); blob=$(git rev-parse HEAD:a.txt)
            git update-index --add --cacheinfo 100644,$blob,${{deep}}{file}
            git update-index --skip-worktree ${{deep}}{file}
        "
        ));
        sandbox.snapshot()
    };
    let (one, two) = (add("one"), add("two"));
    assert_eq!(two.tree, sandbox.sh("git write-tree"));
    assert_eq!(sandbox.changes(&base, &one).lines().count(), 1);
    assert_eq!(sandbox.changes(&one, &two).lines().count(), 1);
}

/// A small index of each version.
static SAMPLES: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let files = "mkdir dir; touch dir/a dir/ab other; git add -A";
    [
        unsummed(files).1,
        unsummed(&format!("{files}; git update-index --skip-worktree other")).1,
        unsummed(&format!("{files}; git update-index --index-version 4")).1,
    ]
});

proptest! {
    #[test]
    fn whatever_stands_in_it_we_say_what_libgit2_says_or_nothing(
        sample in 0..3_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = SAMPLES[sample].clone();
        prop_assert_eq!(usize::from(bytes[7]), sample + 2);
        let sum = bytes.len() - 20;
        for (at, byte) in changes {
            let at = at.index(sum);
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(sum));
            bytes.extend([0; 20]);
        }
        if let Some(ours) = read(&bytes) {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("index");
            write(&file, &bytes);
            prop_assert_eq!(Ok(ours), by_libgit2(&file));
        }
    }
}
