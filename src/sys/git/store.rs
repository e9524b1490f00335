//! The session's own object folder: loose objects in git's format, written by us because they
//! have to be readable by their owner only, which libgit2 cannot be told.
//!
//! Objects are stored without compression: a snapshot is on the way of every step, and a session
//! is deleted one day. Nothing is synced: after a power cut a session's objects may be missing,
//! which reading them reports.

use std::{
    borrow::Cow,
    fs::DirBuilder,
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use git2::{ObjectType, Odb, OdbLookupFlags, Oid};
use tempfile::NamedTempFile;

use super::GitError;

/// Where new objects go, and where old ones are.
pub(super) struct Store<'a> {
    folder: &'a Path,
    repository: Odb<'a>,
}

/// One file of a tree to be written.
pub(super) struct Entry<'a> {
    pub(super) path: Cow<'a, [u8]>,
    pub(super) mode: u32,
    pub(super) oid: Oid,
}

/// A folder that is being written.
#[derive(Default)]
struct Folder<'a> {
    /// From the root, with a slash at its end; the root's is empty.
    path: &'a [u8],
    tree: Vec<u8>,
}

impl Folder<'_> {
    /// A path in the folder, from there.
    fn below<'p>(&self, path: &'p [u8]) -> &'p [u8] {
        &path[self.path.len()..]
    }

    fn add(&mut self, mode: u32, name: &[u8], oid: Oid) {
        write!(self.tree, "{mode:o} ").expect("a Vec takes every write");
        self.tree.extend_from_slice(name);
        self.tree.push(0);
        self.tree.extend_from_slice(oid.as_bytes());
    }
}

impl<'a> Store<'a> {
    /// Makes the folder if it is missing.
    pub(super) fn open(
        folder: &'a Path,
        repository: &'a git2::Repository,
    ) -> Result<Self, GitError> {
        make_folder(folder).map_err(|error| GitError::io("cannot make", folder, error))?;
        let odb = repository.odb().map_err(GitError::git("cannot open the object store"))?;
        Ok(Self { folder, repository: odb })
    }

    /// Whether the object is in the repository or in the folder.
    pub(super) fn has(&self, oid: Oid) -> bool {
        // After a power cut a file may be there that has nothing in it.
        let is_stored = || self.file(oid).metadata().is_ok_and(|found| found.len() > 0);
        is_stored() || self.repository.exists_ext(oid, OdbLookupFlags::NO_REFRESH)
    }

    /// An object of the repository's, if it is there.
    pub(super) fn read(&self, oid: Oid) -> Option<Vec<u8>> {
        self.repository.read(oid).ok().map(|object| object.data().to_vec())
    }

    /// Writes an object that is nowhere yet.
    pub(super) fn put(&self, kind: ObjectType, data: &[u8], oid: Oid) -> Result<(), GitError> {
        if self.has(oid) {
            return Ok(());
        }
        let file = self.file(oid);
        write_whole(&file, &stored(kind, data))
            .map_err(|error| GitError::io("cannot write", file, error))
    }

    /// Writes the trees above the entries, which are in byte order of their paths, and so in that of
    /// git. A path can have thousands of folders, so those around the entry are a list and no calls.
    pub(super) fn put_tree(&self, entries: &[Entry<'_>]) -> Result<Oid, GitError> {
        let mut around: Vec<Folder<'_>> = Vec::new();
        let mut folder = Folder::default();
        for Entry { path, mode, oid } in entries {
            while !path.starts_with(folder.path) {
                let outer =
                    around.pop().expect("every path begins with the root's, which is empty");
                folder = self.close(&folder, outer)?;
            }
            while let Some(slash) = folder.below(path).iter().position(|byte| *byte == b'/') {
                let inner = Folder { path: &path[..=folder.path.len() + slash], tree: Vec::new() };
                around.push(std::mem::replace(&mut folder, inner));
            }
            folder.add(*mode, folder.below(path), *oid);
        }
        while let Some(outer) = around.pop() {
            folder = self.close(&folder, outer)?;
        }
        self.put_folder(&folder)
    }

    /// Puts a folder that is complete into the one around it.
    fn close<'f>(&self, inner: &Folder<'f>, mut outer: Folder<'f>) -> Result<Folder<'f>, GitError> {
        let oid = self.put_folder(inner)?;
        let name = outer.below(inner.path).strip_suffix(b"/").unwrap_or_default();
        outer.add(0o40_000, name, oid);
        Ok(outer)
    }

    fn put_folder(&self, folder: &Folder<'_>) -> Result<Oid, GitError> {
        let oid = hash(ObjectType::Tree, &folder.tree)?;
        self.put(ObjectType::Tree, &folder.tree, oid)?;
        Ok(oid)
    }

    fn file(&self, oid: Oid) -> PathBuf {
        let hex = oid.to_string();
        self.folder.join(&hex[..2]).join(&hex[2..])
    }
}

/// The name that git gives the object.
pub(super) fn hash(kind: ObjectType, data: &[u8]) -> Result<Oid, GitError> {
    Oid::hash_object(kind, data).map_err(GitError::git("cannot hash"))
}

fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A temporary file has the mode 0600 and is renamed when it is whole, so that an object under
/// its own name is never half an object.
fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().expect("an object lies in a folder of the store");
    make_folder(folder)?;
    let mut temporary = NamedTempFile::with_prefix_in("tmp_obj_", folder)?;
    temporary.write_all(bytes)?;
    temporary.persist(file)?;
    Ok(())
}

/// The bytes of a loose object: a zlib stream of stored blocks.
fn stored(kind: ObjectType, data: &[u8]) -> Vec<u8> {
    const BLOCK: usize = u16::MAX as usize;
    let mut object = format!("{} {}\0", kind.str(), data.len()).into_bytes();
    object.extend_from_slice(data);
    let mut stream = Vec::with_capacity(object.len() + object.len() / BLOCK * 5 + 16);
    stream.extend_from_slice(&[0x78, 0x01]);
    let mut blocks = object.chunks(BLOCK).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).expect("a block has at most 65,535 bytes");
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend_from_slice(&length.to_le_bytes());
        stream.extend_from_slice(&(!length).to_le_bytes());
        stream.extend_from_slice(block);
    }
    stream.extend_from_slice(&adler32(&object).to_be_bytes());
    stream
}

fn adler32(bytes: &[u8]) -> u32 {
    /// As many bytes as can be summed before 32 bits overflow.
    const RUN: usize = 5552;
    const PRIME: u32 = 65_521;
    let (mut low, mut high) = (1, 0);
    for run in bytes.chunks(RUN) {
        for byte in run {
            low += u32::from(*byte);
            high += low;
        }
        low %= PRIME;
        high %= PRIME;
    }
    high << 16 | low
}
