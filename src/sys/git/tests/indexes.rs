//! The index is read as libgit2 reads it, whatever git wrote into it.

use std::{fs, path::PathBuf, sync::LazyLock};

use proptest::prelude::*;

use super::sandbox::Sandbox;
use crate::sys::git::index::{Index, by_libgit2, read::read};

/// Who can read an index.
#[derive(Debug, PartialEq, Eq)]
enum Readers {
    /// We and libgit2, which say the same.
    Both,
    /// We alone.
    We,
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
        (Some(_), Err(_)) => Readers::We,
        (None, Err(_)) => Readers::Nobody,
        (None, Ok(_)) => panic!("{script}: libgit2 alone can read it"),
    };
    assert_eq!(&seen, readers, "{script}");
}

fn index_of(sandbox: &Sandbox) -> PathBuf {
    sandbox.root().join(".git/index")
}

#[test]
fn every_index_of_gits_is_read_as_libgit2_reads_it() {
    use Readers::{Both, Nobody, We};
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
        // Longer than the length that an entry can tell, and than one byte of version 4 can.
        (
            "deep=$(printf 'folder/%.0s' $(seq 900)); blob=$(git rev-parse HEAD:a.txt)
             git update-index --add --cacheinfo 100644,$blob,${deep}file
             git update-index --add --cacheinfo 100644,$blob,zebra",
            Both,
        ),
        (
            "deep=$(printf 'folder/%.0s' $(seq 900)); blob=$(git rev-parse HEAD:a.txt)
             git update-index --index-version 4 --add --cacheinfo 100644,$blob,${deep}file
             git update-index --add --cacheinfo 100644,$blob,zebra",
            We,
        ),
        // What git adds for itself.
        ("git write-tree; git update-index --untracked-cache; git status", Both),
        ("git config index.skipHash true; touch new; git add new", Both),
        ("git config core.splitIndex true; touch new; git add new", Nobody),
        ("git sparse-checkout set --cone --sparse-index dir", Nobody),
        ("printf DIRC > .git/index", Nobody),
        ("printf x | dd of=.git/index bs=1 seek=80 conv=notrunc status=none", Nobody),
    ];
    for (script, readers) in rows {
        check(script, &readers);
    }
}

/// An index without a checksum, so that what stands in it can be changed.
fn unsummed(script: &str) -> (Sandbox, Vec<u8>) {
    let sandbox = Sandbox::empty();
    sandbox.sh(&format!("git init -q; git config index.skipHash true; {script}; git add -A"));
    let bytes = fs::read(index_of(&sandbox)).unwrap();
    (sandbox, bytes)
}

fn replaced(bytes: &[u8], old: &[u8; 6], new: &[u8; 6]) -> Vec<u8> {
    let at = bytes.windows(6).position(|window| window == old).unwrap();
    [&bytes[..at], new, &bytes[at + 6..]].concat()
}

#[test]
fn paths_that_git_never_writes_are_refused() {
    for hostile in [b".git/x", b".GIT/x", b"../../", b"x/../y", b"/abs/x", b"a//b/c", b"./self"] {
        let (_sandbox, bytes) = unsummed("mkdir file; touch file/x");
        let changed = replaced(&bytes, b"file/x", hostile);
        assert_eq!(read(&changed), None, "{hostile:?}");
    }
    // So is the whole index then.
    let (sandbox, bytes) = unsummed("mkdir file; touch file/x");
    fs::write(index_of(&sandbox), replaced(&bytes, b"file/x", b".git/x")).unwrap();
    let handle = git2::Repository::open(sandbox.root()).unwrap();
    assert!(Index::load(&handle).is_err());
}

#[test]
fn paths_out_of_order_are_refused() {
    let (sandbox, bytes) = unsummed("touch file-1 file-2");
    let changed = replaced(&bytes, b"file-1", b"file-3");
    assert_eq!(read(&changed), None);
    fs::write(index_of(&sandbox), changed).unwrap();
    let handle = git2::Repository::open(sandbox.root()).unwrap();
    let error = Index::load(&handle).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the index: its paths are out of order");
}

/// A small index of version 4.
static SAMPLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    unsummed("mkdir dir; touch dir/a dir/ab other; git update-index --index-version 4").1
});

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        version in prop::sample::select(vec![2_u8, 3, 4]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
        is_cut: bool,
    ) {
        let mut bytes = SAMPLE.clone();
        bytes[7] = version;
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
            bytes.extend([0; 20]);
        }
        if let Some(entries) = read(&bytes) {
            prop_assert!(entries.is_sorted_by(|one, other| one.path < other.path));
        }
    }
}
