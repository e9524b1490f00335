//! The file of an index as git describes it in `gitformat-index`: versions 2, 3 and 4.
//!
//! libgit2 reads this file, too, but builds a map of all paths and sums the file up by a SHA-1 that
//! no processor helps with, which is a quarter of the time that a look at a big tree takes. So the
//! plain case is read here. Whatever is not plain, or damaged, is none: libgit2 then reads it, or
//! says what is wrong with it.

use git2::Oid;
use sha1::{Digest as _, Sha1};

use super::{Kind, LONGEST, Time, Tracked};

/// The bytes of a checksum, and of an object's name.
const SUM: usize = 20;
/// The fewest bytes that an entry takes.
const SMALLEST: usize = 63;
/// The flag of an entry that says that more flags follow.
const EXTENDED: u16 = 1 << 14;
/// Those that git knows: what is announced, and what is outside of a sparse checkout.
const FURTHER: u16 = 3 << 13;
/// The part of the flags that holds the path's length, as far as it goes.
const LENGTH: u16 = 0xfff;

/// The entries, one for each path; none if the file is not plain.
pub(in crate::sys::git) fn read(file: &[u8]) -> Option<Vec<Tracked>> {
    let (body, sum) = file.split_last_chunk::<SUM>()?;
    // `index.skipHash` writes zeros.
    let is_whole = *sum == [0; SUM] || Sha1::digest(body)[..] == sum[..];
    let mut rest = Rest(body);
    let is_index = rest.array()? == *b"DIRC";
    let version = rest.u32()?;
    if !is_whole || !is_index || !matches!(version, 2..=4) {
        return None;
    }
    let count = usize::try_from(rest.u32()?).ok()?;
    let mut entries: Vec<Tracked> = Vec::with_capacity(count.min(body.len() / SMALLEST));
    for _ in 0..count {
        let before = entries.last_mut();
        let entry = rest.entry(version, before.as_ref().map_or(&[], |last| &last.path))?;
        match before {
            Some(last) if last.path == entry.path => last.kind = Kind::Conflicted,
            // Whoever searches relies on the order, and git makes no other.
            Some(last) if last.path > entry.path => return None,
            _ => entries.push(entry),
        }
    }
    rest.can_be_left_out()?.then_some(entries)
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn entry(&mut self, version: u32, before: &[u8]) -> Option<Tracked> {
        let left = self.0.len();
        let changed = self.time()?;
        let modified = self.time()?;
        let _device = self.u32()?;
        let ino = self.u32()?;
        let mode = self.u32()?;
        let _owner: [u8; 8] = self.array()?;
        let size = self.u32()?;
        let oid = Oid::from_bytes(&self.array::<SUM>()?).ok()?;
        let flags = self.u16()?;
        let further = if flags & EXTENDED == 0 { 0 } else { self.u16()? };
        if version == 2 && flags & EXTENDED != 0 {
            return None;
        }
        let mut path = Vec::new();
        if version == 4 {
            let kept = before.len().checked_sub(self.number()?)?;
            path.extend_from_slice(&before[..kept]);
        }
        path.extend_from_slice(self.text()?);
        if version < 4 {
            // Zeros up to a multiple of eight, of which the one that ends the path is the first.
            let used = left - self.0.len();
            self.take(used.next_multiple_of(8) - used)?;
        }
        // Who goes by the length would see another entry than who goes by the zero.
        let length = u16::try_from(path.len()).unwrap_or(LENGTH).min(LENGTH);
        let is_sound = flags & LENGTH == length && further & !FURTHER == 0 && is_plain(&path);
        let kind = Kind::of(flags, further);
        is_sound.then_some(Tracked { path, mode, oid, kind, size, ino, modified, changed })
    }

    /// Whether git lets readers leave out all extensions that are left: those with a capital. A
    /// split or a sparse index has others.
    fn can_be_left_out(&mut self) -> Option<bool> {
        while !self.0.is_empty() {
            let name: [u8; 4] = self.array()?;
            let size = usize::try_from(self.u32()?).ok()?;
            self.take(size)?;
            if !name[0].is_ascii_uppercase() {
                return Some(false);
            }
        }
        Some(true)
    }

    fn time(&mut self) -> Option<Time> {
        // libgit2 takes the seconds for signed. Whoever compares them looks at their 32 bits alone.
        Some((self.u32()?.cast_signed().into(), self.u32()?.into()))
    }

    /// A number of as many bytes as it takes, the highest bit of each but the last set: the
    /// encoding of offsets in `gitformat-pack`.
    fn number(&mut self) -> Option<usize> {
        let mut number = 0_usize;
        loop {
            let [byte] = self.array()?;
            number = number.checked_mul(128)?.checked_add(usize::from(byte & 127))?;
            if byte & 128 == 0 {
                return Some(number);
            }
            number = number.checked_add(1)?;
        }
    }

    /// The bytes up to the next zero, which is passed over.
    fn text(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(text)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
}

/// Whether the path is certainly one that git takes: none that leads out of the tree, and none that
/// some system takes for git's folder.
fn is_plain(path: &[u8]) -> bool {
    // Apple's file systems leave out some characters when they compare names.
    let is_safe = path.len() <= LONGEST && (cfg!(not(target_vendor = "apple")) || path.is_ascii());
    is_safe && path.split(|byte| *byte == b'/').all(|name| !is_special(name))
}

/// Windows calls `.git` also `git~1`, and takes it for the same with dots, spaces and the name of a
/// stream behind it.
fn is_special(name: &[u8]) -> bool {
    let rest = [&b".git"[..], b"git~1"].into_iter().find_map(|git| {
        let (first, rest) = name.split_at_checked(git.len())?;
        first.eq_ignore_ascii_case(git).then_some(rest)
    });
    matches!(name, b"" | b"." | b"..")
        || matches!(rest, Some([] | [b'.' | b' ' | b':' | b'\\', ..]))
}
