//! Every skill that is there, with what its header says.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{Roots, bundled, find, read, walk};
use crate::model::{
    Fault, Result,
    skill::{
        Found, MAX_BYTES,
        header::{self, Extent, Header},
        source::Source,
        tokens,
    },
};

/// How many bytes of a file are read at first; nearly every header ends before.
const FIRST_BYTES: usize = 16 * 1024;

/// A skill in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is and what it is asked for by.
    pub found: Found,
    /// What its header says, or why it cannot run.
    pub header: Result<Header>,
    /// About how many tokens its body has, from the size of the file alone.
    pub body_tokens: usize,
    /// The skill that is meant by the name instead of this one.
    pub shadowed_by: Option<PathBuf>,
}

/// All skills of all folders.
#[derive(Debug, Default)]
pub struct Listing {
    /// In the order of the folders that are searched, then by name.
    pub entries: Vec<Entry>,
    /// What could not be looked at.
    pub warnings: Vec<String>,
}

impl Roots {
    /// Every skill, with those that others shadow and those that are broken.
    pub fn list(&self) -> Listing {
        let mut listing = Listing::default();
        listing.warnings.extend(self.trouble.clone());
        let mut winners: HashMap<String, Winner> = HashMap::new();
        for (rank, root) in self.existing().iter().enumerate() {
            let walk = walk::walk(&root.dir);
            listing.warnings.extend(walk.warnings);
            // A copy of a bundled skill is that skill, and stands in the list once.
            let first = listing.entries.len();
            // Shallow comes before deep, so the first of a name is the one that is meant.
            for candidate in walk.candidates {
                if root.source != Source::Bundled
                    && bundled::is_bundled(&candidate.name, &candidate.dir)
                {
                    continue;
                }
                let depth = candidate.depth;
                let mut entry = entry(find::found(root, candidate));
                match winners.get(&entry.found.name) {
                    Some(winner) if (winner.rank, winner.depth) == (rank, depth) => {
                        let fault = clash(&entry.found, winner);
                        listing.entries[winner.index].header = Err(fault.clone());
                        entry.header = Err(fault);
                    }
                    Some(winner) => entry.shadowed_by = Some(winner.file.clone()),
                    None => {
                        let (index, file) = (listing.entries.len(), entry.found.file.clone());
                        winners
                            .insert(entry.found.name.clone(), Winner { rank, depth, index, file });
                    }
                }
                listing.entries.push(entry);
            }
            listing.entries[first..].sort_by(|a, b| a.found.name.cmp(&b.found.name));
        }
        listing
    }
}

/// The header of a file and the size of the whole, reading no more of it than is needed.
///
/// # Errors
/// The file cannot be read, or its front matter is broken.
pub(super) fn header(path: &Path) -> Result<(Header, u64)> {
    let (file, size) = read::open(path, MAX_BYTES)?;
    let mut bytes = Vec::new();
    let mut target = FIRST_BYTES;
    loop {
        let more = read::prefix(&file, target - bytes.len());
        bytes.extend(more.map_err(|error| read::unreadable(path, &error))?);
        let whole = bytes.len() < target || target >= MAX_BYTES;
        let extent = if whole { Extent::Whole } else { Extent::Prefix };
        if let Some(header) = header::read(path, &bytes, extent)? {
            return Ok((header, size));
        }
        target = (target * 8).min(MAX_BYTES);
    }
}

struct Winner {
    rank: usize,
    depth: usize,
    /// Where its entry stands, until the entries of its folder are sorted.
    index: usize,
    file: PathBuf,
}

fn entry(found: Found) -> Entry {
    let (header, body_tokens) = match header(&found.file) {
        Ok((header, size)) => {
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let body = size.saturating_sub(header.front_bytes);
            (Ok(header), tokens(body))
        }
        Err(fault) => (Err(fault), 0),
    };
    Entry { found, header, body_tokens, shadowed_by: None }
}

fn clash(found: &Found, winner: &Winner) -> Fault {
    find::claimed(&found.name, [winner.file.as_path(), &found.file].into_iter())
}
